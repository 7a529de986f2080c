"""A comparison for a comment on a pull request."""

from __future__ import annotations

from perfsuite.judging.record import Comparison, Row
from perfsuite.reporting.comparison import wording
from perfsuite.reporting.tables import is_formula


def text(found: Comparison) -> str:
    """A comparison fit for a comment on a pull request."""
    head, base = (_escaped(wording.label(side)) for side in (found.head, found.base))
    lines = [f"**{wording.headline(found)}**", "", f"{head} against {base}. {wording.effort(found)}."]
    if warning := wording.warnings(found):
        lines += ["", *map(_escaped, warning)]
    rows = wording.ordered(found, every=False)
    if rows:
        lines += [
            "",
            "| verdict | change | interval | cell | BASE | epochs | why |",
            "|---|---:|---:|---|---:|---:|---|",
        ]
        lines += [_line(row) for row in rows]
    rest = wording.ordered(found, every=True)[len(rows) :]
    if rest:
        lines += ["", f"<details><summary>{len(rest)} more</summary>", ""]
        lines += ["| verdict | change | interval | cell | BASE | epochs | why |", "|---|---:|---:|---|---:|---:|---|"]
        lines += [*(_line(row) for row in rest), "", "</details>"]
    if found.skipped:
        lines += ["", *map(_escaped, wording.skipped(found))]
    lines += ["", f"<sub>{_escaped(wording.promise(found))}</sub>"]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    verdict, ratio, interval, cell, base, epochs, _ = map(_escaped, wording.cells(row))
    told = _escaped(wording.why(row))
    # A signed number is not a formula, but a spreadsheet may take a text for one.
    cell, told = ("\\" * is_formula(text) + text for text in (cell, told))
    return f"| {verdict} | {ratio} | {interval} | {cell} | {base} | {epochs} | {told} |"


def _escaped(text: str) -> str:
    """``text`` escaped, so that Markdown takes none of it for markup."""
    text = wording.shown(text)
    for letter in "\\`*_[]<>|":
        text = text.replace(letter, f"\\{letter}" if letter not in "<>" else {"<": "&lt;", ">": "&gt;"}[letter])
    return text
