"""The effect of each noise reduction of a comparison on the spread of X between fresh processes: with and without it.

Both sides are the same tree, so every X is noise. A smaller spread helps more than any better test, because the number
of epochs that a verdict takes grows with its square.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfsuite.calibration.calibrate import CELLS, EVIDENCE, WORKERS
from perfsuite.host import machine, scratch
from perfsuite.judging import opening, session
from perfsuite.judging.record import Options
from perfsuite.model.cell import Cell
from perfsuite.project import catalogue
from perfsuite.records import reading, sound
from perfsuite.running.progress import Progress


@dataclass(frozen=True)
class Way:
    """One way of comparing."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)  # the options that differ from the defaults


WAYS = (
    Way("as compare does it"),
    Way("batches of 10 ms, not 0.3 ms", {"target": 1e-2}),
    Way("AABB or BBAA, not ABBA or BAAB", {"orders": ("AABB", "BBAA")}),
    Way("the allocator left as it is", {"malloc": False}),
    Way("a process for each tree, not one for both", {"apart": True}),
)
# Prevents verdicts, so that every cell is measured in every epoch.
ENDLESS: dict[str, Any] = {
    "alpha": 1e-12,
    "delta": 0.0031,
    "patience": 1 << 30,
    "budget": 1e6,
    "counts": False,
    "equal": True,
}


def measure(epochs: int, rounds: int, progress: Progress) -> dict[str, dict[str, list[float]]]:
    """X by way and cell: in each of ``rounds``, every way gets ``epochs`` fresh processes."""
    cells = [cell for cell in CELLS if cell != WORKERS]
    found: dict[str, dict[str, list[float]]] = {way.name: {cell: [] for cell in cells} for way in WAYS}
    for at in range(rounds):
        for way in WAYS[at % len(WAYS) :] + WAYS[: at % len(WAYS)]:
            progress.note(f"round {at + 1} of {rounds}: {way.name}")
            asked = Options(cells=(), selection=" or ".join(cells), command="", epochs=epochs)
            asked = dataclasses.replace(asked, **ENDLESS, **way.options)
            with scratch.Scratch() as folder:
                tree = str(catalogue.IMPLS)
                one = session.measure(opening.start(asked, folder, tree, tree), Progress(progress.out))
            if one.partial:
                raise KeyboardInterrupt
            for row in one.rows:
                found[way.name][row.cell] += row.xs
    return found


def record(folder: Path = EVIDENCE) -> Path:
    """The file with the results of this kind of machine."""
    return folder / "spread" / f"{machine.machine_class(machine.machine())}.json"


def write(path: Path, found: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Record the results, replacing earlier ones."""
    short = {way: {cell: [float(f"{x:.4g}") for x in xs] for cell, xs in cells.items()} for way, cells in found.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(short, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, dict[str, list[float]]]:
    """Read and validate the recorded results.

    Raises:
        FileNotFoundError: there are none yet.
        ValueError: the record is damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"nothing in {path}: run `{catalogue.PROJECT.command} spread` first")
    with reading.damage(path):
        found = reading.value(reading.parsed(path.read_bytes()), dict[str, dict[str, list[float]]])
        for way, cells in found.items():
            for cell, xs in cells.items():
                where = f"{reading.told(way)}.{reading.told(cell)}"
                sound.cell(cell, reading.told(way))
                for at, x in enumerate(xs):
                    if abs(x) > sound.LOG:
                        raise ValueError(f"{where}[{at}]: {x:g} is not the logarithm of a ratio of times")
        if not _shared(found):
            raise ValueError("no cell has two values in every way")
    return found


def table(found: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """The standard deviation of X in per cent as Markdown: a column for each cell, and the geometric mean last."""
    ways = list(found)
    cells = _shared(found)
    number = min((len(found[way][cell]) for way in ways for cell in cells), default=0)
    lines = [
        f"| standard deviation of X, {number} processes | {' | '.join(map(_short, cells))} | all |",
        f"|---|{'---:|' * (len(cells) + 1)}",
    ]
    for way in ways:
        spreads = [100 * statistics.stdev(found[way][cell]) for cell in cells]
        shown = " | ".join(f"{spread:.2f} %" for spread in spreads)
        mean = statistics.geometric_mean(spreads) if min(spreads) else 0.0
        lines.append(f"| {way} | {shown} | {mean:.2f} % |")
    return "\n".join(lines) + "\n"


def _shared(found: Mapping[str, Mapping[str, Sequence[float]]]) -> list[str]:
    """The cells that have a spread in every way."""
    cells = dict.fromkeys(cell for way in found.values() for cell in way)
    return [cell for cell in cells if all(len(way.get(cell, ())) > 1 for way in found.values())]


def _short(cell: str) -> str:
    parsed = Cell.parse(cell)
    return f"{parsed.component.partition('.')[2]} {parsed.case}"
