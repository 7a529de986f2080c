"""Faster than the hardware allows: such a time is no result, but evidence, with the roof beside it and how to appeal.

A cell is impossible if the whole interval of its time lies below a share of what the hardware needs at the least: the
declared arithmetic at the rate that was measured for its dtype, or the compulsory bytes at that of the caches and the
memory that hold them, with results written over inputs. Where the gate lets rounded arithmetic through, which the
component declares and a test holds it to, the fastest arithmetic of any dtype counts. What no roof tells of is never
impossible.

The share leaves room for what honest cells do. No launch of any cell in the kept runs took less than half of the least
time; a test reads them all. When this was written the lowest was 0.51, of a loader that hands out views, whose bytes
were declared then and are not now. Next was 0.63, in float64: on a busy machine its roof was found 1.6 times too low.
Products in whole numbers of eight bits, which no roof measures, may have twice the rate of bf16 and four times that of
fp32; the lowest was 0.69. Processes that a variant starts are held to the roofs of its threads, too: of the loaders
that start any, four at most, the fastest took fifteen times what the hardware needs.
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

SHARE = 0.2  # of the least time: what is wholly below is impossible
ROUNDED = "bf16 arithmetic"  # the kind of variant that a component accepts where any dtype will do


@dataclass(frozen=True)
class Bound:
    """What the hardware needs at the least for one term of a cell's work."""

    seconds: float
    work: float  # declared, in ``unit``
    unit: str  # "FLOP", "B"
    roof: str  # what gives the rate, in words
    appeal: str  # what the roofs may not know of

    def told(self, seconds: float, component: str) -> str:
        """Why ``seconds`` cannot be, in figures, and what may be wrong."""
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
    """The term of the work of ``record`` that takes the hardware longest; ``None`` where no roof tells of any.

    Several threads are only held to roofs that were measured with as many: they can do more than one.
    """
    cell = record.key
    own = {roof.threads for roof in roofs if (roof.device, roof.unit) == (cell.device, "FLOP/s")}
    if not own & {"", cell.threads}:
        return None
    limit = floor(record, roofs)
    bounds = [Bound(limit.in_place, record.bytes, "B", f"memory up to {limit.level}", "a cache level is not modelled")]
    if limit.compute:
        names = DTYPES if ROUNDED in component.accepts else COMPUTE[record.dtype]
        known = applying(cell.device, cell.threads, roofs)
        peak = max((known[name] for name in names if name in known), key=lambda roof: roof.value)
        appeal = "no roof knows its arithmetic"
        bounds.append(Bound(record.flops / peak.value, record.flops, "FLOP", f"arithmetic in {peak.name}", appeal))
    longest = max(bounds, key=lambda one: one.seconds)
    return longest if longest.seconds else None


def why(record: Record, component: Component, roofs: Sequence[Roof]) -> str:
    """Why the time of ``record`` is impossible; ``""`` where it is not."""
    estimate, limit = estimates.seconds(record), bound(record, component, roofs)
    if estimate is None or limit is None or estimate.high >= SHARE * limit.seconds:
        return ""
    return limit.told(estimate.value, component.name)
