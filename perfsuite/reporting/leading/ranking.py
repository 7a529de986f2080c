"""The cells of a run by their distance from the hardware; those that overhead bounds are ranked apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from perfsuite.reporting import units

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Ranked:
    """Cells that have a time, the farthest from the hardware first."""

    hardware: tuple[Row, ...]  # bound by arithmetic or by memory
    overhead: tuple[Row, ...]  # bound by the overhead of operators: the hardware is not what they wait for
    unknown: tuple[Row, ...]  # what bounds them is not known, because no operators were counted


def ranked(rows: Iterable[Row]) -> Ranked:
    """The ranking of ``rows`` (of :func:`perfsuite.reporting.frame.rows`)."""
    timed = [row for row in rows if units.known(row["seconds"])]
    counted = [row for row in timed if units.known(row["times_floor"])]
    return Ranked(
        hardware=_farthest(row for row in counted if row["bound"] != "overhead"),
        overhead=_farthest(row for row in counted if row["bound"] == "overhead"),
        unknown=_farthest(row for row in timed if not units.known(row["times_floor"])),
    )


def _farthest(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows by decreasing distance; a distance that is not known comes last."""
    return tuple(sorted(rows, key=lambda row: -row["times_hardware"] if units.known(row["times_hardware"]) else 0.0))
