"""What is known about the two sides of an explanation: plain frozen values. ``None`` means that it was not taken.

Counts, bytes and seconds are those of one warm call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Operator:
    """An operator in the profiler's trace."""

    name: str  # "aten::mm"
    calls: float
    seconds: float  # self time under the profiler, on the CPU and on the device


@dataclass(frozen=True)
class Evidence:
    """One side."""

    seconds: float  # the time of a call, from the timing; everything else is from passes that time nothing
    running: float | None = None  # of this, what is left without the calling thread's waiting for a core
    compiled: bool = False  # run by torch.compile; operators of the program as written would be those of another one
    # dispatched operators
    operators: int | None = None  # without views and synchronisations
    views: int | None = None
    moved: int | None = None  # bytes that the operators read and write
    copied: int | None = None  # bytes of these that copies read and write
    strided: int | None = None  # bytes that are read with gaps, or in another order than the result is written
    wide: int | None = None  # operators with a floating dtype wider than that of every input
    subnormal: float | None = None  # share of subnormal numbers in what the operators read and write
    syncs: int | None = None  # times that a value was fetched into Python (`.item()`)
    culprits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # "copied", "wide", ... -> operators
    dtypes: Mapping[str, int] = field(default_factory=dict)  # of the operators' results -> how many
    threads: int | None = None  # the fewest that torch was set to use in an operator
    # memory
    allocations: int | None = None
    peak: int | None = None  # bytes above the level at entry
    kept: int | None = None  # bytes of the result that were allocated in the call
    # the compiler
    graphs: int | None = None  # that the first call compiled
    breaks: int | None = None  # graph breaks
    recompiled: float | None = None  # graphs that a warm call compiles
    compiling: float | None = None  # seconds that a warm call spends in the compiler
    kernels: int | None = None  # that the compiler generated
    # Python
    instructions: int | None = None  # bytecode instructions
    # the operating system, from plain calls in a row
    wall: float | None = None  # seconds
    cpu: float | None = None  # CPU seconds of all threads
    system: float | None = None  # of these, in the kernel
    faults: float | None = None  # page faults
    switches: float | None = None  # context switches
    waited: float | None = None  # seconds that the calling thread waited for a core
    # the processor's counters, in user code; most virtual machines have none
    cpu_instructions: float | None = None
    cycles: float | None = None
    cache_misses: float | None = None  # of the last level
    branch_misses: float | None = None
    # the profiler
    traced: float | None = None  # seconds of a call under it
    rows: tuple[Operator, ...] = ()  # the costliest first
    launched: int | None = None  # kernels on the device
    missing: Mapping[str, str] = field(default_factory=dict)  # pass that gave nothing -> why

    @property
    def temporary(self) -> int | None:
        """Bytes held at the peak beyond the result."""
        return None if self.peak is None or self.kept is None else max(0, self.peak - self.kept)

    @property
    def parallel(self) -> float | None:
        """CPU time over the time that the calling thread did not wait for a core: how many cores were busy."""
        if self.cpu is None or not self.wall:
            return None
        return self.cpu / max(self.wall - (self.waited or 0.0), 0.05 * self.wall)

    def self_time(self, names: tuple[str, ...]) -> float | None:
        """Seconds of a call in these operators: their share of the trace, times the time of a call."""
        if not self.traced or not self.rows:
            return None
        whole = self.seconds if self.running is None else self.running
        return whole * min(1.0, sum(row.seconds for row in self.rows if row.name in names) / self.traced)


@dataclass(frozen=True)
class Prices:
    """What one unit of something costs on this machine, measured for this explanation; ``None``: not measured."""

    dispatch: float | None = None  # seconds of an operator on one element
    view: float | None = None
    sync: float | None = None  # of `.item()`
    fault: float | None = None  # of the first touch of a page
    instruction: float | None = None  # of a Python bytecode instruction
    bandwidth: tuple[tuple[float, float], ...] = ()  # (bytes that fit, bytes per second), the smallest level first

    def stream(self, size: float, working_set: float | None = None) -> float | None:
        """Seconds to move ``size`` bytes, in the level of memory that ``working_set`` bytes (default: these) fit in."""
        wanted = size if working_set is None else working_set
        rate = next((rate for fits, rate in self.bandwidth if wanted <= fits), None)
        return None if rate is None else size / rate


@dataclass(frozen=True)
class Pair:
    """Both sides, by which is slower."""

    fast: Evidence
    slow: Evidence
    fast_name: str
    slow_name: str
    prices: Prices = Prices()

    @property
    def difference(self) -> float:
        """Seconds of a call to be explained, without waiting for a core where that is known."""
        running = self.more("running")
        return running if running is not None and running > 0 else self.slow.seconds - self.fast.seconds

    def more(self, name: str) -> float | None:
        """How much more the slower side has of ``name``; ``None`` unless known on both sides."""
        slow, fast = getattr(self.slow, name), getattr(self.fast, name)
        return None if slow is None or fast is None else float(slow - fast)

    def self_time(self, names: tuple[str, ...]) -> float | None:
        """Seconds that the slower side spends more in these operators."""
        slow, fast = self.slow.self_time(names), self.fast.self_time(names)
        return None if slow is None or fast is None else slow - fast
