"""Detect memoisation: compare the time of a call on new contents with that of a call on the same contents again.

A variant that remembers results is fast on contents it has seen. Before either call all inputs are written in place,
so the caches are in the same state, and the second write changes nothing that a variant could see. Runs in a worker.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from perfsuite.measuring import timing
from perfsuite.model import nested
from perfsuite.model.component import Inputs
from perfsuite.proving import gate

# No honest cell of the catalogue comes near this ratio, except those that declare why (Component.quick_again).
MUCH = 2.0
PAIRS, SURE = 5, 15  # pairs of calls at first; and pairs to decide if the first ones look suspicious
ENOUGH = 0.04  # seconds after which no further pair is started, unless the first ones look suspicious


@dataclass
class Pairs:
    """Seconds of calls on new contents, and of the calls after them on the same contents."""

    changed: list[float] = field(default_factory=list)
    same: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """How many times longer a call takes on new contents: the smaller of lower quartile and ratio of minima."""
        ratios = sorted(new / again for new, again in zip(self.changed, self.same, strict=True))
        return min(ratios[len(ratios) // 4], min(self.changed) / min(self.same))


def measure(
    timed: timing.Shown,
    inputs: Inputs,
    settled: Inputs,
    fresh: Callable[[], gate.Content],
    enough: float,
    look: Callable[[gate.Content, Any], None] | None = None,
) -> Pairs:
    """Time pairs of calls for about ``enough`` seconds; ``fresh`` makes contents that were never used before.

    Before each pair, one untimed call runs on the contents ``settled``. ``look`` gets the new contents, which are in
    place, and the output for them.

    Raises:
        Wrong: calls repeatedly take more than ``MUCH`` times longer on new contents.
    """
    found, end = Pairs(), time.monotonic() + enough
    for goal in (PAIRS, SURE):
        while len(found.same) < goal and (time.monotonic() < end or goal == SURE or not found.same):
            contents = fresh()
            if not gate.differ(contents.inputs, inputs):
                return found  # the inputs do not depend on the seed, so there are no new contents
            gate.refill(inputs, settled)
            timed(1)  # because making new contents has disturbed the caches
            for seconds in (found.changed, found.same):
                gate.refill(inputs, contents.inputs, unseen=seconds is found.same)
                _touch(inputs)
                seconds.append(timed(1, partial(look, contents) if look and seconds is found.changed else None).wall)
        if found.ratio <= MUCH:
            return found
    changed, same = statistics.median(found.changed), statistics.median(found.same)
    took = f"a call takes {_told(changed)} on new contents and {_told(same)} on the same again"
    raise gate.Wrong(f"answers repeated inputs from memory: {took}")


def _touch(inputs: Inputs) -> None:
    """Read all inputs, so that they are in the caches."""
    for leaf in nested.leaves(inputs):
        if hasattr(leaf, "nbytes") and hasattr(leaf, "sum"):
            leaf.sum()


def _told(seconds: float) -> str:
    return f"{seconds * 1e6:.3g} µs"
