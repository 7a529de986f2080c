"""Series in which nothing changed: simulated with noise from the project's kept records, and real ones."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfsuite.calibration import calibrate
from perfsuite.history import drift
from perfsuite.model.cell import Cell
from perfsuite.model.record import Run
from perfsuite.records import archive
from perfsuite.records.store import read

Floats = NDArray[np.float64]
Generator = np.random.Generator
LAUNCHES = 6  # of a cell in a run
NORMAL = 1.4826  # the standard deviation of normal values over the median of their absolute values
SMOOTH = 0.3  # standard deviations of the normal noise that is added, since six launches have few different medians
BOOTSTRAP = 200  # draws for the standard deviation of a median
FINITE = float(np.sqrt(LAUNCHES / (LAUNCHES - 1)))  # of deviations from the mean of the same few values


@dataclass(frozen=True)
class Noise:
    """Noise from run to run."""

    name: str
    draw: Callable[[Generator, int, int], Floats]  # -> (series, runs), logarithms


Cells = Sequence[Floats]  # of each cell (1 + rivals, launches): deviations of its launches, and of those of its rivals


@dataclass(frozen=True)
class Kept:
    """The noise of the kept runs, of all cells with :data:`LAUNCHES` launches."""

    launches: Mapping[str, Cells]  # by machine class
    runs: float  # how far apart two runs of a cell are, over what their launches let expect; at least 1
    pairs: int  # cells that two runs of one machine class measured: what ``runs`` is from

    def draw(self, generator: Generator, series: int, runs: int, deviation: float | None = None) -> Floats:
        """Logarithms, (series, runs), each the median of :data:`LAUNCHES` launches drawn with replacement from a cell.

        With ``deviation``, each series is scaled to that standard deviation; otherwise it has that of its cell.
        """
        every, spreads = self._cells
        chosen = generator.integers(0, len(every), series)
        cells, own = [every[at] for at in chosen], spreads[chosen, None]
        drawn = medians(generator, cells, runs) + SMOOTH * own * generator.standard_normal((series, runs))
        wanted = self.runs * own if deviation is None else deviation
        return np.asarray(drawn * wanted / (own * np.sqrt(1 + SMOOTH**2)), dtype=np.float64)

    @cached_property
    def _cells(self) -> tuple[Cells, Floats]:
        every = [cell for cells in self.launches.values() for cell in cells]
        return every, deviations(every)

    def one_run(self) -> dict[str, Floats]:
        """The standard deviation of a run of each cell, by machine class."""
        return {name: self.runs * deviations(cells) for name, cells in self.launches.items()}


def medians(generator: Generator, cells: Cells, runs: int) -> Floats:
    """For each cell the medians of ``runs`` times as many launches as it has, drawn with replacement.

    With rivals it is what is left of that beside them: without the median of their medians of the same launches.
    """
    found = np.empty((len(cells), runs))
    for at, cell in enumerate(cells):
        drawn = generator.integers(0, cell.shape[1], (runs, cell.shape[1]))
        each = np.median(cell[:, drawn], axis=2)
        found[at] = each[0] - np.median(each[1:], axis=0) if len(cell) > 1 else each[0]
    return found


def deviations(cells: Cells) -> Floats:
    """The standard deviation of such medians, for each cell."""
    return np.asarray(np.maximum(medians(np.random.default_rng(0), cells, BOOTSTRAP).std(axis=1), 1e-6))


def kept(folder: Path = archive.FOLDER, beside: bool = False) -> Kept:
    """The noise of the records in ``folder``; or that of the cells with enough rivals ``beside`` these.

    Raises:
        ValueError: there are none.
    """
    launches: dict[str, list[Floats]] = {}
    moved: list[Floats] = []
    for name, runs in _classes(folder):
        known: dict[str, tuple[float, Floats]] = {}
        for logs in map(_logs, runs):
            own = _cells(logs, beside)
            middles = {cell: float(np.median(logs[cell])) for cell in logs}
            both = [cell for cell in own if cell in known]
            if both:
                apart = _apart(both, {cell: middles[cell] - known[cell][0] for cell in logs if cell in known}, beside)
                sides = [own[cell] for cell in both], [known[cell][1] for cell in both]
                moved.append(apart / np.hypot(*map(deviations, sides)))
            known.update({cell: (middles[cell], deviating) for cell, deviating in own.items()})
            launches.setdefault(name, []).extend(own.values())
    if not launches:
        raise ValueError(f"no kept run in {folder} has {LAUNCHES} launches: keep one, `run` and then `keep`")
    every = np.concatenate(moved) if moved else np.zeros(0)
    wider = max(1.0, NORMAL * float(np.median(np.abs(every)))) if moved else 1.0
    return Kept(launches, wider, len(every))


def _cells(logs: Mapping[str, Floats], beside: bool) -> dict[str, Floats]:
    """The deviations of the launches of each cell, and with ``beside`` of its rivals' below them."""
    own = {cell: FINITE * (one - np.median(one)) for cell, one in logs.items()}
    if not beside:
        return {cell: one[None] for cell, one in own.items()}
    return {
        cell: np.stack([own[cell], *(own[other] for other in others)])
        for cell, others in _rivals(own).items()
        if len(others) >= drift.RIVALS
    }


def _apart(cells: Sequence[str], moved: Mapping[str, float], beside: bool) -> Floats:
    """How far apart two runs of each cell are, without what all cells have in common, or with ``beside`` its rivals."""
    others = _rivals(moved) if beside else {}
    every = float(np.median([*moved.values()]))
    common = {cell: float(np.median([moved[one] for one in others[cell]])) for cell in cells if others.get(cell)}
    return np.array([moved[cell] - common.get(cell, every) for cell in cells])


def _rivals(cells: Iterable[str]) -> dict[str, list[str]]:
    """Cell -> the others of its group."""
    groups: dict[object, list[str]] = {}
    for cell in cells:
        groups.setdefault(Cell.parse(cell).group, []).append(cell)
    return {cell: [one for one in group if one != cell] for group in groups.values() for cell in group}


def gaussian(deviation: float) -> Noise:
    """Normal noise."""
    return Noise(
        f"Gaussian, {100 * deviation:g} %",
        lambda generator, series, runs: deviation * generator.standard_normal((series, runs)),
    )


def recorded(source: Kept, beside: bool = False) -> Noise:
    """That of the kept runs."""
    return Noise(f"as recorded{', beside rivals' * beside}", source.draw)


def scaled(source: Kept, deviation: float) -> Noise:
    """The distribution of the kept runs, with the standard deviation ``deviation``."""
    return Noise(
        f"as recorded, scaled to {100 * deviation:g} %",
        lambda generator, series, runs: source.draw(generator, series, runs, deviation),
    )


def sessions(folder: Path = calibrate.EVIDENCE) -> Floats:
    """Real series: what comparisons of the same code found for each cell, in the order of time, (cells, sessions).

    Of the machine class with the most sessions; only cells that all of them have. Empty without sessions.
    """
    best: list[Mapping[str, Mapping[str, tuple[float, ...]]]] = []
    for path in sorted(folder.glob("*.jsonl")):
        rows = [one["rows"] for one in calibrate.load(path) if one["kind"] == "same"]
        best = max(best, rows, key=len)
    cells = [cell for cell in (best[0] if best else ()) if all(cell in rows and rows[cell]["xs"] for rows in best)]
    return np.array([[statistics.median(rows[cell]["xs"]) for rows in best] for cell in cells])


def _classes(folder: Path) -> Iterator[tuple[str, list[Run]]]:
    for inside in sorted(folder.glob("*")):
        if paths := sorted(inside.glob("*.jsonl.gz")):
            yield inside.name, [read(path) for path in paths]


def _logs(run: Run) -> dict[str, Floats]:
    """Cell -> the logarithm of each launch's time."""
    usable = [record for record in run.records if record.status == "ok"]
    times = {record.cell: [launch.median for launch in record.launches if launch.wall] for record in usable}
    return {cell: np.log(each) for cell, each in times.items() if len(each) == LAUNCHES}
