"""Series in which nothing changed: simulated with noise from the project's kept records, and real ones."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfsuite.calibration import calibrate
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


@dataclass(frozen=True)
class Kept:
    """The noise of the kept runs, of all cells with :data:`LAUNCHES` launches."""

    launches: Mapping[str, Floats]  # machine class -> deviations of the launches of each cell, (cells, launches)
    runs: float  # how far apart two runs of a cell are, over what their launches let expect; at least 1
    pairs: int  # cells that two runs of one machine class measured: what ``runs`` is from

    def draw(self, generator: Generator, series: int, runs: int, deviation: float | None = None) -> Floats:
        """Logarithms, (series, runs), each the median of :data:`LAUNCHES` launches drawn with replacement from a cell.

        With ``deviation``, each series is scaled to that standard deviation; otherwise it has that of its cell.
        """
        every, spreads = self._cells
        chosen = generator.integers(0, len(every), series)
        cells, own = every[chosen], spreads[chosen, None]
        drawn = medians(generator, cells, runs) + SMOOTH * own * generator.standard_normal((series, runs))
        wanted = self.runs * own if deviation is None else deviation
        return np.asarray(drawn * wanted / (own * np.sqrt(1 + SMOOTH**2)), dtype=np.float64)

    @cached_property
    def _cells(self) -> tuple[Floats, Floats]:
        every = np.concatenate(list(self.launches.values()))
        return every, deviations(every)

    def one_run(self) -> dict[str, Floats]:
        """The standard deviation of a run of each cell, by machine class."""
        return {name: self.runs * deviations(cells) for name, cells in self.launches.items()}


def medians(generator: Generator, cells: Floats, runs: int) -> Floats:
    """For each cell the medians of ``runs`` times as many launches as it has, drawn with replacement."""
    drawn = generator.integers(0, cells.shape[1], (len(cells), runs, cells.shape[1]))
    return np.asarray(np.median(cells[np.arange(len(cells))[:, None, None], drawn], axis=2), dtype=np.float64)


def deviations(cells: Floats) -> Floats:
    """The standard deviation of such medians, for each cell."""
    return np.asarray(np.maximum(medians(np.random.default_rng(0), cells, BOOTSTRAP).std(axis=1), 1e-6))


def kept(folder: Path = archive.FOLDER) -> Kept:
    """The noise of the records in ``folder``.

    Raises:
        ValueError: there are none.
    """
    launches: dict[str, list[Floats]] = {}
    moved: list[Floats] = []
    for name, runs in _classes(folder):
        known: dict[str, Floats] = {}
        for logs in map(_logs, runs):
            both = np.array([[logs[cell], known[cell]] for cell in logs if cell in known])
            if len(both):
                apart = np.median(both[:, 0], axis=1) - np.median(both[:, 1], axis=1)
                expected = np.hypot(
                    *(deviations(both[:, side] - both[:, side].mean(axis=1)[:, None]) for side in (0, 1))
                )
                moved.append((apart - np.median(apart)) / expected)
            known.update(logs)
            launches.setdefault(name, []).extend(FINITE * (one - np.median(one)) for one in logs.values())
    if not launches:
        raise ValueError(f"no kept run in {folder} has {LAUNCHES} launches: keep one, `run` and then `keep`")
    every = np.concatenate(moved) if moved else np.zeros(0)
    wider = max(1.0, NORMAL * float(np.median(np.abs(every)))) if moved else 1.0
    return Kept({name: np.array(each) for name, each in launches.items()}, wider, len(every))


def gaussian(deviation: float) -> Noise:
    """Normal noise."""
    return Noise(
        f"Gaussian, {100 * deviation:g} %",
        lambda generator, series, runs: deviation * generator.standard_normal((series, runs)),
    )


def recorded(source: Kept) -> Noise:
    """That of the kept runs."""
    return Noise("as recorded", source.draw)


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
