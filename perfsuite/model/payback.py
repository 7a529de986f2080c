"""What compiling costs, and after how many calls it has paid off. Pure functions; times are in seconds."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from perfsuite.model.estimates import Estimate, median_interval
from perfsuite.model.record import Record

YES, NEVER, UNCLEAR = "yes", "never", "unclear"


@dataclass(frozen=True)
class Payback:
    """The number of calls after which compiling has paid off: infinity if never.

    The ends come from those of the cost's interval and of the gain's; no confidence is claimed for the combination.
    """

    calls: float
    low: float
    high: float  # infinity if the gain may be none
    verdict: str  # YES; NEVER: the gain's interval lies below 0; UNCLEAR: it contains 0; "" if there is no interval


def cold(record: Record) -> Estimate | None:
    """Preparation and first call of a compiled cell with nothing on disk.

    From processes of its own if that was asked for; otherwise the one value of the check, whose process may have
    compiled other cells before. Of fewer than six values the interval is the whole range.
    """
    if record.compiling and record.compiling.cold:
        return median_interval(record.compiling.cold)
    return median_interval([record.proof.first]) if record.key.compiles and record.proof else None


def warm(record: Record) -> Estimate | None:
    """The same with compiled code on disk: from processes of its own, or from the launches."""
    if record.compiling and record.compiling.warm:
        return median_interval(record.compiling.warm)
    if not record.key.compiles or not record.launches:
        return None
    return median_interval([launch.prepare + launch.first for launch in record.launches])


def gain(eager: Record, compiled: Record) -> Estimate | None:
    """Seconds that a compiled call saves: median of the differences within each launch, with its interval.

    Both were timed in turns in the same processes, so effects of a launch on both cancel. ``None`` if no launch has
    both.
    """
    theirs = {launch.launch: statistics.median(launch.wall) for launch in eager.launches if launch.wall}
    saved = [
        theirs[launch.launch] - statistics.median(launch.wall)
        for launch in compiled.launches
        if launch.wall and launch.launch in theirs
    ]
    return median_interval(saved) if saved else None


def payback(cost: Estimate, saved: Estimate) -> Payback:
    """The calls N with ``cost + N * compiled = N * eager``, where ``saved`` is the gain of a call."""
    low, high = _calls(cost.low, saved.high), _calls(cost.high, saved.low)
    if saved.launches < 2:
        verdict = ""
    elif saved.high <= 0:
        verdict = NEVER
    else:
        verdict = UNCLEAR if saved.low <= 0 else YES
    return Payback(_calls(cost.value, saved.value), low, high, verdict)


def _calls(cost: float, saved: float) -> float:
    return cost / saved if saved > 0 else math.inf
