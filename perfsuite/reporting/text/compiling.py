"""What compiling costs, as a table of the terminal: only of a run that was asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from perfsuite.model import payback
from perfsuite.model.printable import REASON, cut, visible
from perfsuite.reporting import evidence, units
from perfsuite.reporting.frame import OWN, rows
from perfsuite.reporting.text.grid import Column, draw
from perfsuite.reporting.text.ink import BOLD, DIM, Paint

COLUMNS = (
    Column("variant", right=False),
    Column("case", right=False),
    Column("cold"),
    Column("warm"),
    Column("saves", rank=3),
    Column("break-even"),
    Column("interval", rank=2),
    Column("recompiles", rank=1),
)


def table(cells: pd.DataFrame, width: int, paint: Paint) -> list[str]:
    """The compiled cells among those of a component whose first calls had processes of their own."""
    found = rows(cells[cells["compile_in"] == OWN])
    if not found:
        return []
    title, *drawn = draw(COLUMNS, [_line(row) for row in found], width)
    return [
        paint("compile cost", BOLD) + paint("  first calls in processes of their own", DIM),
        paint(title, DIM),
        *drawn,
    ]


def _line(row: Mapping[str, Any]) -> list[str]:
    calls, _, ends = evidence.paid_back(row).partition(" (")
    unclear = row["pays_off"] == payback.UNCLEAR
    recompiles = ""
    if units.known(row["new_shapes"]):
        recompiles = f"{units.count(row['recompiles'])} of {units.count(row['new_shapes'])}"
    return [
        visible(cut(row["way"], REASON)),
        visible(cut(row["case"], REASON)),
        units.time(row["compile"]),
        units.time(row["compile_warm"]),
        units.time(row["saves"]) if units.known(row["saves"]) else "",
        "unclear" if unclear else calls,
        f"from {units.digits(row['break_even_low'])}" if unclear else ends.removesuffix(")"),
        recompiles,
    ]
