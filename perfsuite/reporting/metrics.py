"""Metrics computed from a cell's record and its time: one function each, and one line in :data:`METRICS`.

Each is a column of the table, of ``cells.csv`` and of the JSON document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from perfsuite.model.estimates import Estimate
from perfsuite.model.record import Record


class Metric(NamedTuple):
    """A column: what it holds, and how it is computed. ``None`` means no value."""

    what: str
    of: Callable[[Record, Estimate], float | None]


def flop_rate(record: Record, estimate: Estimate) -> float | None:
    """FLOP/s: the declared arithmetic over the time."""
    return record.flops / estimate.value if record.flops else None


def byte_rate(record: Record, estimate: Estimate) -> float | None:
    """B/s: the compulsory bytes over the time."""
    return record.bytes / estimate.value if record.bytes else None


METRICS: Mapping[str, Metric] = {
    "flop_rate": Metric("declared FLOP per second", flop_rate),
    "byte_rate": Metric("compulsory bytes per second", byte_rate),
}
