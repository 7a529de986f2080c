"""The options of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """The options of a run: everything that a resumed run needs to continue as before."""

    cells: tuple[str, ...]
    selection: str  # "quick", "full" or the -k expression
    command: str
    left_out: str
    launches: int = 6  # the range of six launch medians covers the median with 96.9 % confidence
    rounds: int = 20
    budget: float = 0.15  # seconds of samples per cell and launch
    target: float = 1e-3  # seconds of one sample
    longest: float = 0.5  # a call predicted to take three times longer is skipped
    timeout: float = 300.0  # seconds that one step may take
    seeds: int = 3
    secret: int | None = None  # the value that input seeds are drawn from; None: a random one, recorded at the end
    memory_limit: int = 0  # bytes that a worker may grow by; 0 means no limit
    cost: bool = True
    traces: tuple[str, ...] = ()  # the cells to profile
    compile_cost: int = 0  # cold and warm first calls of each compiled cell; 0: only what the other passes tell
    limits: float = 0.3  # maximum seconds to measure each roof

    @property
    def ceiling(self) -> float:
        """Seconds to measure each roof, kept short if the cells themselves are timed only briefly."""
        return min(self.limits, 2 * self.budget)
