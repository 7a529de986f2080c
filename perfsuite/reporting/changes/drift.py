"""How far the machine itself moved between two runs, from what both measured of it: a change within that means nothing.

Two measures, which are shown and never used to correct a time. The *roofs*: how much longer the floor of a cell is with
the roofs of the new run. The *controls*: how far cells moved although their function and the packages are the same.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from perfsuite.model.floor import applying, floor
from perfsuite.model.record import Record, Roof, Run

SHARE = 0.95  # of the controls moved by at most what is called their drift
SIZE = "B"  # the unit of the sizes of caches, which are no speeds


@dataclass(frozen=True)
class Moved:
    """A roof that both runs measured."""

    old: Roof
    new: Roof

    @property
    def longer(self) -> float:
        """How many times longer the same work takes at this roof in the new run, from the medians of the bursts."""
        return self.new.typical / self.old.typical if self.new.unit == "s" else self.old.typical / self.new.typical


@dataclass(frozen=True)
class Controls:
    """The cells of a device that can serve as controls."""

    device: str
    cells: int
    middle: float  # the median of their ratios, the new time over the old one
    most: float  # at least 1: the times of :data:`SHARE` of them changed by at most this factor


def roofs(old: Run, new: Run) -> tuple[Moved, ...]:
    """The speeds that both runs measured, in the new run's order."""
    before = {(roof.name, roof.threads, roof.device): roof for roof in old.roofs}
    same = ((before.get((roof.name, roof.threads, roof.device)), roof) for roof in new.roofs)
    return tuple(
        Moved(was, now)
        for was, now in same
        if was and now.unit != SIZE and was.unit == now.unit and was.typical > 0 and now.typical > 0
    )


def controls(device: str, ratios: Sequence[float]) -> Controls:
    """What the ``ratios`` of unchanged cells say; there is at least one."""
    moved = sorted(max(ratio, 1 / ratio) for ratio in ratios)
    return Controls(device, len(moved), statistics.median(ratios), moved[math.ceil(SHARE * len(moved)) - 1])


def of_floor(record: Record, old: Run, new: Run, moved: Iterable[Moved]) -> float | None:
    """How far the floor of ``record`` moved between the runs, as a factor of at least 1.

    For a cell without a floor, how far the roof of its device and threads moved that moved most; ``None`` without any.
    """
    before, after = (floor(record, _typical(run.roofs)).whole for run in (old, new))
    if before and after:
        return max(before / after, after / before)
    cell = record.key
    here = (one for one in moved if applying(cell.device, cell.threads, [one.new]))
    return max((max(one.longer, 1 / one.longer) for one in here), default=None)


def _typical(roofs: Iterable[Roof]) -> tuple[Roof, ...]:
    """``roofs`` with their median in place of their best: a cell's time is a median too."""
    return tuple(replace(roof, value=roof.typical) for roof in roofs)
