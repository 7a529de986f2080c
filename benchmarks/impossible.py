"""Faster than the hardware allows: such a time is no result, but evidence, with the roof beside it and how to appeal.

A cell is impossible if the whole interval of its time lies below a share of what the hardware needs at the least: the
declared arithmetic at the highest rate that was measured here in any dtype, for a variant may calculate in a shorter
one where its tolerance allows that, or the compulsory bytes at the rate of the caches and the memory that hold them,
with results written over inputs. What has no roof, and no other term either, is never impossible.

The share leaves room for what honest cells were seen to do, in every kept run (a test reads them): the lowest time is
0.52 of the least one, of a loader that hands out views whose bytes were declared; then 0.76, of a product in whole
numbers of eight bits, which no roof measures and which have up to twice the rate of bf16, or four times that of fp32;
then 0.95. Nor is a roof quite what the machine can do: on a busy one, the best of a run was found up to 1.6 times too
low. Processes that a variant starts are held to the roofs of its threads, too: with at most four of them, the fastest
such loader takes sixteen times what the hardware needs in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import estimates
from benchmarks.floor import applying, floor
from benchmarks.limits import quantity
from benchmarks.record import Record, Roof

SHARE = 0.2  # of the least time: what is wholly below is impossible


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
        declared = f"benchmarks/components/{component.replace('.', '/')}.py"
        return (
            f"{quantity(seconds, 's')} a call would be {would_be} of the declared {quantity(self.work, self.unit)}, "
            f"and {self.roof} gives {most} at most here: {self.seconds / seconds:,.1f}x faster than the hardware; "
            f"either the work is not done, or {declared} declares too much of it, or {self.appeal}"
        )


def bound(record: Record, roofs: Sequence[Roof]) -> Bound | None:
    """The term of the work of ``record`` that takes the hardware longest; ``None`` where no roof tells of any.

    Several threads are only held to roofs that were measured with as many: they can do more than one.
    """
    cell = record.key
    arithmetic = {
        name: roof for name, roof in applying(cell.device, cell.threads, roofs).items() if roof.unit == "FLOP/s"
    }
    own = {roof.threads for roof in roofs if (roof.device, roof.unit) == (cell.device, "FLOP/s")}
    if not own & {"", cell.threads}:
        return None
    limit = floor(record, roofs)
    fastest = max(arithmetic.values(), key=lambda roof: roof.value)
    computing = record.flops / fastest.value if limit.compute else 0.0  # of whole numbers no roof tells
    bounds = (
        Bound(computing, record.flops, "FLOP", f"arithmetic in {fastest.name}", "no roof knows its kind of arithmetic"),
        Bound(limit.in_place, record.bytes, "B", f"memory up to {limit.level}", "a cache level is not modelled"),
    )
    longest = max(bounds, key=lambda one: one.seconds)
    return longest if longest.seconds else None


def why(record: Record, roofs: Sequence[Roof]) -> str:
    """Why the time of ``record`` is impossible; ``""`` where it is not."""
    estimate, limit = estimates.seconds(record), bound(record, roofs)
    if estimate is None or limit is None or estimate.high >= SHARE * limit.seconds:
        return ""
    return limit.told(estimate.value, record.key.component)
