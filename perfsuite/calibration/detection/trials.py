"""The trials of the detectors: series without a change, and with one step of a known size at a known run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from perfsuite.calibration import calibrate
from perfsuite.calibration.detection import noise
from perfsuite.calibration.detection.noise import Floats, Noise
from perfsuite.calibration.detection.tools import CELLS, OURS, TOOLS, Found, Tool
from perfsuite.running.progress import Progress

RUNS = 100
EFFECTS = {"+2 %": 1.02, "+3 %": 1.03, "-3 %": 0.97, "+5 %": 1.05}
EDGE = 5  # runs at least on each side of a planted step
NEAR = 2  # runs: a step that is found farther away is not located
LEVELS = (0.005, 0.0075, 0.01, 0.0125, 0.015, 0.02, 0.03)  # standard deviations of a run
LENGTHS = (20, 50, 100, 200)
AFTER = (3, 5, 10, 20)  # runs after a step in the last runs
QUIET = 0.01  # the noise of a run of which the share of the kept cells is told
SEED = 17


def planted(flat: Floats, ratio: float, generator: np.random.Generator) -> tuple[Floats, list[int]]:
    """``flat`` with one step in each series, and where."""
    at = generator.integers(EDGE, flat.shape[1] - EDGE + 1, len(flat))
    return flat + np.log(ratio) * (np.arange(flat.shape[1]) >= at[:, None]), at.tolist()


def counted(found: Found, at: Sequence[int]) -> list[int]:
    """[series with a step found, with one within :data:`NEAR` runs of the true one, series]."""
    located = sum(any(abs(one - true) <= NEAR for one in each) for each, true in zip(found, at, strict=True))
    return [sum(map(bool, found)), located, len(found)]


def tool(one: Tool, source: Noise, series: int) -> dict[str, Any]:
    """One detector on series with the noise of ``source``: constant ones, and as many with each of the effects.

    It gets all of them together: ours learns the noise of a history from all its cells.
    """
    generator = np.random.default_rng(SEED)
    parts, places = [source.draw(generator, series, RUNS)], []
    for ratio in EFFECTS.values():
        part, at = planted(source.draw(generator, series, RUNS), ratio, generator)
        parts.append(part)
        places.append(at)
    start = time.perf_counter()
    found = one.find(np.concatenate(parts))
    seconds = (time.perf_counter() - start) * 1000 / len(found)
    pieces = [found[at : at + series] for at in range(0, len(found), series)]
    told: dict[str, Any] = {"constant": [sum(map(bool, pieces[0])), series], "seconds": seconds}
    for name, piece, at in zip(EFFECTS, pieces[1:], places, strict=True):
        told[name] = counted(piece, at)
    return told


def histories(source: Noise, number: int, progress: Progress) -> list[int]:
    """[histories of :data:`CELLS` constant cells in which ours has a false step, such cells, histories]."""
    generator, alarmed, cells = np.random.default_rng(SEED + 1), 0, 0
    for at in range(number):
        progress.note(f"{source.name}: history {at + 1} of {number}")
        wrong = sum(map(bool, OURS.find(source.draw(generator, CELLS, RUNS))))
        alarmed, cells = alarmed + bool(wrong), cells + wrong
    return [alarmed, cells, number]


def levels(source: noise.Kept) -> dict[str, dict[str, list[int]]]:
    """Noise -> runs of the history -> what ours finds of +3 %, in a history where a third of the cells has a step."""
    found: dict[str, dict[str, list[int]]] = {}
    for level in LEVELS:
        for runs in LENGTHS:
            generator = np.random.default_rng(SEED + 2)
            flat = noise.scaled(source, level).draw(generator, CELLS, runs)
            changed, at = planted(flat[: CELLS // 3], EFFECTS["+3 %"], generator)
            own = OURS.find(np.concatenate([changed, flat[CELLS // 3 :]]))
            found.setdefault(f"{level:g}", {})[str(runs)] = counted(own[: len(at)], at)
    return found


def late(source: Noise) -> dict[str, list[int]]:
    """Runs after a step of +3 % -> what ours finds of it."""
    found = {}
    for after in AFTER:
        flat = source.draw(np.random.default_rng(SEED + 3), CELLS, RUNS)
        flat[: CELLS // 3, RUNS - after :] += np.log(EFFECTS["+3 %"])
        found[str(after)] = counted(OURS.find(flat)[: CELLS // 3], [RUNS - after] * (CELLS // 3))
    return found


def stressed(number: int) -> dict[str, list[int]]:
    """[histories with a false step of ours, such cells, histories] where the runs are not in random order."""
    time_ = np.linspace(0, 1, RUNS)

    def correlated(share: float) -> Noise:
        def draw(generator: np.random.Generator, series: int, runs: int) -> Floats:
            fresh = generator.standard_normal((series, runs))
            for at in range(1, runs):
                fresh[:, at] = share * fresh[:, at - 1] + np.sqrt(1 - share**2) * fresh[:, at]
            return 0.01 * fresh

        return Noise(f"each run correlated with the last by {share:g}", draw)

    def sloped(size: float) -> Noise:
        flat = noise.gaussian(0.01)
        return Noise(
            f"every cell slower by {100 * size:g} % in all, evenly",
            lambda generator, series, runs: flat.draw(generator, series, runs) + size * time_,
        )

    def outlying(length: int) -> Noise:
        def draw(generator: np.random.Generator, series: int, runs: int) -> Floats:
            flat = 0.01 * generator.standard_normal((series, runs))
            at = generator.integers(0, runs - length + 1, series)
            flat[np.arange(series)[:, None], at[:, None] + np.arange(length)] += 0.3
            return flat

        return Noise(f"{length} run{'s' * (length > 1)} in a row 35 % slower, in every cell somewhere", draw)

    sources = [correlated(0.3), correlated(0.6), sloped(0.03), sloped(0.1), outlying(1), outlying(2), outlying(3)]
    return {source.name: histories(source, number, Progress()) for source in sources}


def measure(number: int, series: int, progress: Progress) -> dict[str, Any]:
    """All trials: ``number`` whole histories for each kind of noise, and ``series`` of each kind for each detector."""
    source, beside = noise.kept(), noise.kept(beside=True)
    kinds = [
        noise.gaussian(0.01),
        noise.scaled(source, 0.01),
        noise.recorded(source),
        noise.recorded(beside, beside=True),
    ]
    real = noise.sessions()
    if len(real):
        kinds.append(Noise("comparisons", lambda generator, series, runs: real[np.arange(series) % len(real), :runs]))
    missing = {one.name: why for one in TOOLS if (why := one.missing())}
    able = [one for one in TOOLS if one.name not in missing]
    told: dict[str, Any] = {"missing": missing, "noise": {}, "histories": {}}
    for kind in kinds:
        told["noise"][kind.name] = {}
        for one in able:
            progress.note(f"{kind.name}: {one.name}")
            count = series if kind.name != "comparisons" else len(real) * max(1, series // len(real))
            told["noise"][kind.name][one.name] = tool(one, kind, count)
        if kind in kinds[:2]:  # the search does not depend on the scale
            told["histories"][kind.name] = histories(kind, number, progress)
    progress.note("noise and length of a history")
    told["levels"], told["late"] = levels(source), late(kinds[1])
    told["stressed"] = stressed(max(1, number // 10))
    told["below"] = {name: float(np.mean(each <= QUIET)) for name, each in source.one_run().items()}
    told["between"] = [source.runs, source.pairs]
    told["spread"] = {
        name: [float(np.median(each)), float(np.median(beside.one_run()[name]))]
        for name, each in source.one_run().items()
        if name in beside.launches
    }
    told["anchors"] = anchors(able, series)
    told["confirmed"] = confirmed()
    return told


def confirmed() -> list[int]:
    """[kept comparisons of the same code that called a cell slower or faster, such comparisons]: without load."""
    sessions = [one for path in sorted(calibrate.EVIDENCE.glob("*.jsonl")) for one in calibrate.load(path)]
    same = [one["rows"].values() for one in sessions if one["kind"] in ("same", "no-op")]
    return [sum(any(row["verdict"] in ("SLOWER", "FASTER") for row in rows) for rows in same), len(same)]


def anchors(able: Sequence[Tool], series: int) -> dict[str, list[int]]:
    """What is known of otava, again: false alarms in 100 constant runs, and +2 % in the middle of 50, at 1 % noise."""
    otava = next((one for one in able if one.name == "apache-otava"), None)
    if otava is None:
        return {}
    generator = np.random.default_rng(SEED + 4)
    flat = otava.find(noise.gaussian(0.01).draw(generator, 2 * series, 100))
    short = noise.gaussian(0.01).draw(generator, series, 50)
    short[:, 25:] += np.log(1.02)
    return {"false": [sum(map(bool, flat)), len(flat)], "+2 %": counted(otava.find(short), [25] * series)}
