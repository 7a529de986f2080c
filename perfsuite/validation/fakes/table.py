"""The table in `docs/attackers.md`: a row for each kind of attacker."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from perfsuite.model.printable import cut, visible
from perfsuite.validation.fakes.kinds import KINDS, lesson
from perfsuite.validation.fakes.play import Played

NUMBER = re.compile(r"(?<![\w.])-?\d[\d.]*(?:e[+-]?\d+)?")
HEAD = "| what it does | seen in | verdict | message | rejected | neighbours |\n|---|---|---|---|---:|---|\n"
NO_DEVICE = "not run: there is no CUDA device here"


@dataclass(frozen=True)
class Row:
    """The results of one kind on all components it ran on."""

    kind: str
    told: str
    rejected: int
    of: int
    accepted: int
    neighbours: str

    @property
    def well(self) -> bool:
        """Whether it got through nowhere, and harmed no other variant."""
        return self.rejected + self.accepted == self.of and self.neighbours == "ok"


def rows(played: Sequence[Played]) -> list[Row]:
    """A row for each kind that ran, and for those that could not."""
    found = []
    all_of_a_cpu = {name for name, kind in KINDS.items() if kind.device == "cpu"} <= {one.kind for one in played}
    for name, kind in KINDS.items():
        mine = [one for one in played if one.kind == name]
        counted = [one for one in mine if one.rejected or not one.accepted]
        if mine:
            first = next((one for one in counted if not one.rejected), counted[0] if counted else mine[0])
            harmed = "; ".join(one.neighbours for one in mine if one.neighbours != "ok") or "ok"
            right = sum(one.rejected for one in counted)
            found.append(Row(name, _plain(first), right, len(mine), len(mine) - len(counted), harmed))
        elif kind.device != "cpu" and all_of_a_cpu:
            found.append(Row(name, NO_DEVICE, 0, 0, 0, "ok"))
    return found


def _plain(one: Played) -> str:
    """The message, without the parts that differ between executions."""
    return f"{one.status}: {NUMBER.sub('…', one.reason.split(';')[0])}" if one.reason else one.status


def table(found: Sequence[Row]) -> str:
    """The rows as Markdown."""
    return HEAD + "".join(line(row) + "\n" for row in found)


def line(row: Row) -> str:
    """A row of the table; the first two columns are the same on every machine."""
    status, _, said = row.told.partition(": ")
    if not row.of:
        status, said = "", row.told
    said = cut(visible(said), 160).replace("|", "\\|")
    right = f", {row.accepted} accepted" if row.accepted else ""
    share = f"{row.rejected} of {row.of - row.accepted}{right}" if row.of else ""
    return f"| {lesson(row.kind)} | {KINDS[row.kind].source} | {status} | {said} | {share} | {row.neighbours} |"
