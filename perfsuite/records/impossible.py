"""Times that are faster than the hardware allows. They are not results; the reason names the roof and how to appeal.

A cell is impossible if the whole interval of its time lies below a share of the minimum time of the hardware: the
declared arithmetic at the rate measured for its dtype, or the compulsory bytes at the bandwidth of the caches and
memory that hold them, with results written over inputs. If the component accepts rounded arithmetic (it declares this,
and a test checks it), the fastest arithmetic of any dtype counts. A cell without a matching roof is never impossible.

The share leaves a margin for honest cells. No launch of any cell in the archive took less than half of the minimum
time; a test reads them all. At the time of writing the lowest ratio was 0.51, of a loader that hands out views, whose
bytes were declared then and are not now. Next was 0.63, in float64, because its roof was measured 1.6 times too low on
a busy machine. Products of 8-bit integers, which no roof measures, may run at twice the rate of bf16 and four times
that of fp32; the lowest was 0.69. Processes that a variant starts are also held to the roofs of its threads: of the
loaders that start any (at most four), the fastest took fifteen times the minimum time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfsuite.model import estimates
from perfsuite.model.component import Component
from perfsuite.model.floor import COMPUTE, applying, floor
from perfsuite.model.record import Record, Roof
from perfsuite.model.roofs import DTYPES, quantity
from perfsuite.project import catalogue

SHARE = 0.2  # of the minimum time: an interval entirely below is impossible
ROUNDED = "bf16 arithmetic"  # a component that accepts this kind of variant allows arithmetic in any dtype


@dataclass(frozen=True)
class Bound:
    """The minimum time that the hardware needs for one term of a cell's work."""

    seconds: float
    work: float  # declared, in ``unit``
    unit: str  # "FLOP", "B"
    roof: str  # the roof that gives the rate, in words
    appeal: str  # what the roofs may not cover

    def told(self, seconds: float, component: str) -> str:
        """Why ``seconds`` is impossible, in figures, and what may be wrong."""
        would_be, most = (quantity(self.work / time, f"{self.unit}/s") for time in (seconds, self.seconds))
        ratio = self.seconds / seconds
        times = f"{ratio:,.0f}x" if ratio >= 100 else f"{ratio:.1f}x"
        declared = catalogue.declared_in(component)
        return (
            f"{quantity(seconds, 's')} a call would be {would_be} of the declared {quantity(self.work, self.unit)}, "
            f"and {self.roof} gives {most} at most here: {times} faster than the hardware; "
            f"the work is not done, or {declared} declares too much of it, or {self.appeal}"
        )


def bound(record: Record, component: Component, roofs: Sequence[Roof]) -> Bound | None:
    """The term of the work of ``record`` that takes the hardware longest; ``None`` if no roof covers any.

    Work that was derived and not declared does not count.

    Several threads are only held to roofs that were measured with as many threads, because they can do more than one.
    """
    cell = record.key
    own = {roof.threads for roof in roofs if (roof.device, roof.unit) == (cell.device, "FLOP/s")}
    if not own & {"", cell.threads}:
        return None
    limit = floor(record, roofs)
    bounds = []
    if "bytes" not in component.defaults:  # what was derived may be more than the problem needs
        roof = f"memory up to {limit.level}"
        bounds.append(Bound(limit.in_place, record.bytes, "B", roof, "a cache level is not modelled"))
    if limit.compute and "flops" not in component.defaults:
        names = DTYPES if ROUNDED in component.accepts else COMPUTE[record.dtype]
        known = applying(cell.device, cell.threads, roofs)
        peak = max((known[name] for name in names if name in known), key=lambda roof: roof.value)
        appeal = "no roof covers its arithmetic"
        bounds.append(Bound(record.flops / peak.value, record.flops, "FLOP", f"arithmetic in {peak.name}", appeal))
    longest = max(bounds, key=lambda one: one.seconds, default=None)
    return longest if longest and longest.seconds else None


def why(record: Record, component: Component, roofs: Sequence[Roof]) -> str:
    """Why the time of ``record`` is impossible; ``""`` if it is not."""
    estimate, limit = estimates.seconds(record), bound(record, component, roofs)
    if estimate is None or limit is None or estimate.high >= SHARE * limit.seconds:
        return ""
    return limit.told(estimate.value, component.name)
