"""Whether a call does its work when it has done it before: a call on new contents against one on the same contents.

What remembers its answers is fast on what it has seen. Before either call the inputs are written, in place, byte for
byte: the caches are in the same state, and the second writing changes nothing that could be seen. Runs in a worker.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from perfsuite.measuring import timing
from perfsuite.model.component import Inputs
from perfsuite.proving import gate

# No honest cell of the catalogue comes near, but for those that say why (Component.quick_again).
MUCH = 2.0
PAIRS, SURE = 5, 15  # pairs of calls; and how many decide where the first few look as if something was remembered
ENOUGH = 0.04  # seconds after which no further pair is begun, unless there is a suspicion


@dataclass
class Pairs:
    """Seconds of calls on new contents, and of the calls after them on the same."""

    changed: list[float] = field(default_factory=list)
    same: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """How many times longer a call takes on new contents: what three of four pairs say, and the quickest calls."""
        ratios = sorted(new / again for new, again in zip(self.changed, self.same, strict=True))
        return min(ratios[len(ratios) // 4], min(self.changed) / min(self.same))


def measure(timed: timing.Timed, inputs: Inputs, settled: Inputs, fresh: Callable[[], Inputs], enough: float) -> Pairs:
    """Take pairs of calls for about ``enough`` seconds; ``fresh`` makes contents that were never there before.

    ``settled`` are contents that a call is made on before each pair.

    Raises:
        Wrong: a call takes ``MUCH`` longer on new contents, again and again.
    """
    found, end = Pairs(), time.monotonic() + enough
    for goal in (PAIRS, SURE):
        while len(found.same) < goal and (time.monotonic() < end or goal == SURE or not found.same):
            contents = fresh()
            if not gate.differ(contents, inputs):
                return found  # the seed changes nothing: there are no new contents
            gate.refill(inputs, settled)
            timed(1)  # making new contents has disturbed the caches
            for seconds in (found.changed, found.same):
                gate.refill(inputs, contents, unseen=seconds is found.same)
                _touch(inputs)
                seconds.append(timed(1).wall)
        if found.ratio <= MUCH:
            return found
    changed, same = statistics.median(found.changed), statistics.median(found.same)
    took = f"a call takes {_told(changed)} on new contents and {_told(same)} on the same again"
    raise gate.Wrong(f"answers repeated inputs from memory: {took}")


def _touch(inputs: Inputs) -> None:
    """Read all inputs, so that they are in the caches."""
    for leaf in gate.parts(inputs):
        if hasattr(leaf, "nbytes") and hasattr(leaf, "sum"):
            leaf.sum()


def _told(seconds: float) -> str:
    return f"{seconds * 1e6:.3g} µs"
