"""The traces of a run as text: each trace's path, its costliest operators by self time, and how to open it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfsuite.instruments.tracing import OPERATORS
from perfsuite.model.printable import cut, visible
from perfsuite.model.record import Run
from perfsuite.reporting import units
from perfsuite.reporting.text.grid import Column, draw
from perfsuite.reporting.text.ink import BOLD, DIM, Paint, ink, wrapped

FEW, SHOWN = 4, 12  # traces: up to FEW are shown as a table each, up to SHOWN as a line each
LONGEST = 60  # characters of an operator's name
ROWS, NAMED = 5, 3  # operators in a table, and in a line
COLUMNS = (
    Column("operator", right=False),
    Column("self CPU"),
    Column("self device", rank=1),
    Column("share"),
    Column("calls"),
)


@dataclass(frozen=True)
class Profile:
    """One trace with the operators and notes that were written beside it."""

    cell: str
    path: Path
    steps: int = 0
    operators: tuple[dict[str, Any], ...] = ()  # the costliest first; none if the file is missing or damaged
    notes: tuple[str, ...] = ()


def profiles(run: Run, results: Path) -> list[Profile]:
    """The traces of ``run`` below ``results``, in its order."""
    return [_profile(record.cell, results / record.trace) for record in run.records if record.trace]


def _profile(cell: str, path: Path) -> Profile:
    try:
        told = json.loads((path.parent / OPERATORS).read_text(encoding="utf-8"))
        rows = [row for row in told["operators"] if _self(row) > 0]
        return Profile(cell, path, int(told["steps"]), tuple(rows), tuple(map(str, told["notes"])))
    except (OSError, ValueError, KeyError, TypeError):
        return Profile(cell, path)


def _name(row: dict[str, Any]) -> str:
    """An operator's name, cut: a kernel's may hold a page of template arguments."""
    return visible(cut(str(row["name"]), LONGEST))


def _self(row: dict[str, Any]) -> float:
    """An operator's self time in seconds, on the CPU and on the device."""
    return float(row["self_cpu_us"] + row.get("self_device_us", 0.0)) * 1e-6


def text(found: Sequence[Profile], color: bool, width: int, viewer: str = "", here: Path | None = None) -> str:
    """The traces as text; ``viewer`` is the command that opens all of them in TensorBoard, "" if it is not installed.

    Paths below the folder ``here`` are relative to it.
    """
    paint, here = ink(color), here or Path.cwd()
    what = "  operators by self time in one call; the profiler makes it longer"
    lines = [paint("Traces", BOLD) + what]
    for one in found[:SHOWN]:
        lines += _table(one, here, width, paint) if len(found) <= FEW else _line(one, here, width, paint)
    if (rest := len(found) - SHOWN) > 0:
        lines.append(f"and {rest} more below {visible(str(seen(found[0].path.parent.parent, here)))}")
    lines += ["", "open one     https://ui.perfetto.dev, Open trace file: the browser reads it, nothing is uploaded"]
    lines += [f"open all     {visible(viewer)}, then the tab PYTORCH_PROFILER"] if viewer else []
    return "\n".join(lines) + "\n"


def seen(path: Path, here: Path) -> Path:
    """``path``, relative to ``here`` if it is below it."""
    path = path.absolute()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _table(one: Profile, here: Path, width: int, paint: Paint) -> list[str]:
    lines = ["", visible(one.cell), paint(visible(str(seen(one.path, here))), DIM)]
    for note in one.notes:
        lines += wrapped(f"! {note}", width, paint, DIM)
    if not one.operators:
        return [*lines, paint("no operator in it takes any time", DIM)]
    whole = sum(map(_self, one.operators))
    rows = [
        [
            _name(row),
            units.time(row["self_cpu_us"] * 1e-6 / one.steps),
            units.time(row["self_device_us"] * 1e-6 / one.steps) if "self_device_us" in row else "",
            units.percent(_self(row) / whole),
            f"{row['calls'] / one.steps:,.0f}",
        ]
        for row in one.operators[:ROWS]
    ]
    title, *drawn = draw(COLUMNS, rows, width)
    rest = len(one.operators) - ROWS
    return [*lines, paint(title, DIM), *drawn, *([paint(f"{rest} more", DIM)] if rest > 0 else [])]


def _line(one: Profile, here: Path, width: int, paint: Paint) -> list[str]:
    whole = sum(map(_self, one.operators))
    named = [f"{_name(row)} {units.percent(_self(row) / whole)}" for row in one.operators[:NAMED]]
    told = f"    {', '.join(named) or 'no operator in it takes any time'}"
    return [visible(str(seen(one.path, here))), *wrapped(told, width, paint, DIM)]
