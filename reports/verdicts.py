"""A comparison as text, Markdown, a JSON document and a page: what was found first, then what it rests on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.compare.record import VERDICTS, Comparison, Row, differ
from benchmarks.printable import REASON, cut, one_line, visible
from benchmarks.record import to_json
from reports import units
from reports.grid import Column, draw
from reports.tables import is_formula

FOUND = ("SLOWER", "FASTER", "UNTRUSTED", "ERROR", "INCOMPARABLE")  # shown always, in this order
QUIET = ("UNDECIDED", "SAME")  # shown when asked for
HUES = {"SLOWER": "31", "ERROR": "31", "UNTRUSTED": "31", "FASTER": "32", "INCOMPARABLE": "33", "UNDECIDED": "33"}
NAMES = {
    "SLOWER": "slower",
    "FASTER": "faster",
    "SAME": "the same",
    "UNDECIDED": "undecided",
    "UNTRUSTED": "untrusted",
    "INCOMPARABLE": "not comparable",
    "ERROR": "failed",
}
COLUMNS = (
    Column("", right=False),
    Column("change"),
    Column("interval"),
    Column("cell", right=False),
    Column("BASE", rank=2),
    Column("epochs", rank=3),
    Column("cost", rank=3),
)


LONGEST = 1000  # letters of one text


def _shown(text: str) -> str:
    """``text`` on one line, harmless to print, and no longer than anybody reads."""
    return cut(visible(text), LONGEST)


def change(ratio: float | None) -> str:
    """A ratio of times as a change: ``+10.3 %``; a tenfold time and more as a factor."""
    if ratio is None or not math.isfinite(ratio):
        return units.NONE
    if ratio >= 10:
        return f"{units.digits(ratio)}×"
    return f"{100 * (ratio - 1):+.1f} %"


def _label(side: Mapping[str, Any]) -> str:
    """What a tree is called, fit to print: the subject of a commit may be of any length."""
    return visible(cut(side["label"], REASON))


def between(row: Row) -> str:
    """The interval of a change; a side that so few epochs do not bound is open."""
    if row.ratio is None:
        return ""
    low = change(row.low) if row.low is not None else "−∞"
    high = change(row.high) if row.high is not None else "∞"
    return f"{low} … {high}"


def headline(found: Comparison) -> str:
    """How many cells got which verdict, what was found first."""
    if found.rows and found.untimed == len(found.rows):
        return "no code differs, apart from comments, docstrings and line numbers: nothing was timed"
    delta = f"{100 * found.options.delta:g} %"
    parts = []
    for verdict in ("SLOWER", "FASTER", "UNTRUSTED", "ERROR", "INCOMPARABLE", "SAME", "UNDECIDED"):
        if number := found.count(verdict) - (found.untimed if verdict == "SAME" else 0):
            within = f" within {delta}" if verdict == "SAME" else ""
            parts.append(f"{number} {NAMES[verdict]}{within}")
    if found.untimed:
        parts.append(f"{found.untimed} with the same code, not timed")
    return ", ".join(parts) or "nothing to compare"


def effort(found: Comparison) -> str:
    """What it cost."""
    cells = f"{len(found.rows)} cell{'s' * (len(found.rows) != 1)}"
    if found.untimed == len(found.rows):
        return cells
    return f"{cells}, {found.epochs} epochs in fresh processes, {units.lasting(found.seconds)}"


def promise(found: Comparison) -> str:
    """What the verdicts are worth."""
    if found.rule is None:
        return ""
    rule = found.rule
    return (
        f"SLOWER: by more than {100 * rule.tolerance:g} %; a false one among {rule.cells} unchanged cells happens in"
        f" {100 * rule.alpha:g} % of comparisons at most. Intervals: each end errs in {100 * rule.alpha_same:g} %"
        " at most, at whatever moment it stopped."
    )


def why(row: Row) -> str:
    """What explains a difference, or its absence: the counts that do not vary."""
    if row.reason:
        return cut(row.reason, REASON)
    changed = [
        f"{name} {_count(row.counts['base'][name])} → {_count(row.counts['head'][name])}" for name in differ(row.counts)
    ]
    if changed:
        return ", ".join(changed)
    if row.verdict in ("SLOWER", "FASTER"):
        if any(value is not None for value in row.counts.get("base", {}).values()):
            return f"counts equal but {row.verdict.lower()}: layout or cache; confirm by comparing again"
        return "nothing to count"
    if row.verdict == "UNDECIDED":
        if row.visible is None:
            return f"{row.epochs} epochs are too few for a verdict"
        return f"would have seen {change(1 + row.visible)}"
    return ""


def _count(value: int | None) -> str:
    return units.NONE if value is None else f"{value:,}"


def ordered(found: Comparison, every: bool) -> list[Row]:
    """The rows to show: what was found, the largest change first; then the quiet ones if ``every``."""
    order = [*FOUND, *QUIET] if every else list(FOUND)
    rows = [row for row in found.rows if row.verdict in order]
    return sorted(rows, key=lambda row: (order.index(row.verdict), -abs(math.log(row.ratio)) if row.ratio else 0.0))


def text(found: Comparison, *, every: bool, color: bool, width: int) -> str:
    """A comparison for a terminal."""

    def paint(text: str, *codes: str) -> str:
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if color and codes else text

    lines = [
        f"BASE  {_label(found.base)}",
        f"HEAD  {_label(found.head)}",
        "",
        paint(headline(found), "1"),
        effort(found),
    ]
    if found.partial:
        lines.append("! interrupted: `python -m benchmarks compare --resume` goes on")
    lines += other_packages(found)
    rows = ordered(found, every)
    if rows:
        title, *drawn = draw(COLUMNS, [_cells(row) for row in rows], width)
        lines += ["", paint(title, "2")]
        for line, row in zip(drawn, rows, strict=True):
            lines.append(paint(line, *([HUES[row.verdict]] if row.verdict in HUES else [])))
            if reason := why(row):
                lines.append(paint(f"    {_shown(reason)}", "2"))
    hidden = [f"{found.count(verdict)} {NAMES[verdict]}" for verdict in QUIET if found.count(verdict)]
    if hidden and not every:
        lines += ["", f"not shown: {', '.join(hidden)}; `--all` shows them"]
    if found.skipped:
        lines += ["", *_skipped(found)]
    lines += ["", promise(found)]
    return "\n".join(lines).rstrip() + "\n"


def other_packages(found: Comparison) -> list[str]:
    """What the packages of the two trees have to do with their times, where they are not the same."""
    base, head = set(found.base.get("requirements", ())), set(found.head.get("requirements", ()))
    if base == head:
        return []
    if "packages" in found.base:
        if not found.base["packages"] and not found.head["packages"]:
            return ["! the trees require different packages, which comes to the same ones: both ran with those"]
        told = " against ".join(
            visible(cut(", ".join(side["packages"]) or "none", REASON)) for side in (found.base, found.head)
        )
        return [f"! the packages differ too ({told}): each side ran with its own, in a process of its own"]
    apart = (("BASE", base - head), ("HEAD", head - base))
    sides = "; ".join(f"only {name}: {', '.join(sorted(one))}" for name, one in apart if one)
    return [f"! the trees want different packages ({visible(cut(sides, REASON))}); both ran with those installed here"]


def creep(found: Comparison, history: Sequence[Comparison]) -> str:
    """How the cells that are slower than the anchor came there, commit by commit; empty where none is."""
    lines = []
    for row in found.rows:
        if row.verdict != "SLOWER":
            continue
        steps = [other.ratio for one in history for other in one.rows if other.cell == row.cell and other.ratio]
        path = ", ".join(change(ratio) for ratio in steps)
        lines.append(f"{visible(cut(row.cell, REASON))} against {_label(found.base)}, one after the other: {path}")
    return "\n".join([*lines, ""]) + "\n" if lines else ""


def _cells(row: Row) -> list[str]:
    return [
        row.verdict,
        change(row.ratio) if row.ratio else "",
        between(row),
        visible(cut(row.cell, REASON)),
        units.time(row.base) if row.base else "",
        str(row.epochs) if row.epochs else "",
        units.time(row.seconds) if row.epochs else "",
    ]


def _skipped(found: Comparison) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for cell, reason in found.skipped.items():
        reasons.setdefault(reason, []).append(cell)
    return [
        one_line(f"left out: {cells[0] if len(cells) == 1 else f'{len(cells)} cells'}: {cut(reason, REASON)}")
        for reason, cells in reasons.items()
    ]


def markdown(found: Comparison) -> str:
    """A comparison fit for a comment on a pull request."""
    lines = [
        f"**{headline(found)}**",
        "",
        f"{_escaped(_label(found.head))} against {_escaped(_label(found.base))}. {effort(found)}.",
    ]
    if warning := other_packages(found):
        lines += ["", *map(_escaped, warning)]
    rows = ordered(found, every=False)
    if rows:
        lines += [
            "",
            "| verdict | change | interval | cell | BASE | epochs | why |",
            "|---|---:|---:|---|---:|---:|---|",
        ]
        lines += [_line(row) for row in rows]
    rest = ordered(found, every=True)[len(rows) :]
    if rest:
        lines += ["", f"<details><summary>{len(rest)} more</summary>", ""]
        lines += ["| verdict | change | interval | cell | BASE | epochs | why |", "|---|---:|---:|---|---:|---:|---|"]
        lines += [*(_line(row) for row in rest), "", "</details>"]
    if found.skipped:
        lines += ["", *map(_escaped, _skipped(found))]
    lines += ["", f"<sub>{_escaped(promise(found))}</sub>"]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    verdict, ratio, interval, cell, base, epochs, _ = map(_escaped, _cells(row))
    told = _escaped(why(row))
    # A number with its sign is no formula; a text may be one to a spreadsheet.
    cell, told = ("\\" * is_formula(text) + text for text in (cell, told))
    return f"| {verdict} | {ratio} | {interval} | {cell} | {base} | {epochs} | {told} |"


def _escaped(text: str) -> str:
    """``text`` so that Markdown takes none of it for markup."""
    text = _shown(text)
    for letter in "\\`*_[]<>|":
        text = text.replace(letter, f"\\{letter}" if letter not in "<>" else {"<": "&lt;", ">": "&gt;"}[letter])
    return text


def document(found: Comparison) -> dict[str, Any]:
    """A comparison for programs: every row with its X, and how many got each verdict."""
    data = to_json(found)
    assert isinstance(data, dict)
    data["counts"] = {verdict: found.count(verdict) for verdict in VERDICTS}
    data["exit_code"] = found.exit_code
    return data


def write(found: Comparison, folder: Path) -> Path:
    """Write the page, the Markdown and the document of a comparison, and return the page."""
    from reports import page

    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content in ((".json", json.dumps(document(found), allow_nan=False)), (".md", markdown(found))):
        _put(folder / f"{found.run}{suffix}", content)
    _put(folder / f"{found.run}.html", page.compared(found))
    return folder / f"{found.run}.html"


def _put(path: Path, content: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(content, encoding="utf-8")
    part.replace(path)


def facts(found: Comparison) -> Mapping[str, str]:
    """What a reader wants to know of the two sides."""
    return {
        "BASE": found.base["label"],
        "HEAD": found.head["label"],
        "Machine": str(found.machine.get("cpu") or found.machine_class),
        "Effort": effort(found),
        "What the verdicts are worth": promise(found),
        "Repeat": found.options.command,
    }
