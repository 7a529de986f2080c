"""The hardware limits of this machine as measured in this run: every floor in the report is computed from them."""

from __future__ import annotations

from perfsuite.model.record import Roof
from perfsuite.reporting import units
from perfsuite.reporting.html.blocks import Cell, Column, Row, Section, Table, prose
from perfsuite.reporting.view import View, threads


def render(view: View) -> Section | None:
    """One row for each measured limit."""
    if not view.run.roofs:
        return None
    columns = (
        Column("Limit"),
        Column("Device"),
        Column("Best", True),
        Column("Typical", True),
        Column("How it was measured", wide=True),
    )
    lead = prose(
        "The floor of a call is the longest of the times of its arithmetic, traffic and operators at these limits."
    )
    return Section(
        "limits",
        "Limits of this machine",
        (lead, Table("limits", "Measured limits", columns, tuple(map(_row, view.run.roofs)))),
    )


def _row(roof: Roof) -> Row:
    place = f"{roof.device}, {threads(roof.threads)}" if roof.threads else roof.device
    return Row(
        (
            Cell(roof.name),
            Cell(place),
            Cell(units.roof(roof.value, roof.unit), roof.value),
            Cell(units.roof(roof.typical, roof.unit), roof.typical),
            Cell(roof.what),
        )
    )
