"""The drift of the machine is taken out of cells by roofs and by cells whose function did not change."""

from __future__ import annotations

import dataclasses
import random
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from histories import CELL, run, stored

from perfsuite.history import cells, index
from perfsuite.history.cells import Measured
from perfsuite.model.record import Roof, Variant

RUNS = 12
OTHERS = [f"{name}.more/f/eager/cpu/n{at}/1" for name in ("a", "b", "c") for at in range(5)]


def drifting(at: int) -> float:
    return 1 + random.Random(at).uniform(0, 0.3)


def measured(tmp: Path, names: list[str], roofs: int, same: bool = True) -> Measured:
    """A machine that drifts by up to 30 % from run to run, and cells that do nothing else."""
    briefs = []
    for at in range(RUNS):
        times = {cell: 1e-3 * drifting(at) for cell in [CELL, *names]}
        limits = tuple(Roof(f"r{n}", "1", "cpu", 1.0, 1e9 / drifting(at), "FLOP/s", "") for n in range(roofs))
        made = run(at, "a" * 40, times, roofs=limits)
        if same:
            made = dataclasses.replace(made, problems=tuple(_unchanged(one) for one in made.problems))
        (path,) = stored(tmp, [made])
        briefs.append(index.briefs(path, tmp / "index"))
    return cells.measured(briefs, lambda cell: str(cell) == CELL)


def _unchanged(problem: Any) -> Any:
    if problem.name == CELL.split("/")[0]:
        return problem
    return dataclasses.replace(
        problem, variants=tuple(dataclasses.replace(one, hash="same") for one in problem.variants)
    )


def spread(found: Measured) -> float:
    times = [point.seconds for point in found.series[0].points]
    return max(times) / min(times)


def test_control_cells_take_the_drift_out(tmp_path: Path):
    found = measured(tmp_path, OTHERS, roofs=0)
    assert found.drift.used and found.drift.controls == len(OTHERS) and found.drift.removed > 0.9
    assert spread(found) < 1.03 and max(point.seconds for point in found.raw[0].points) > 1.2e-3


def test_roofs_take_the_drift_out(tmp_path: Path):
    found = measured(tmp_path, [], roofs=6)
    assert found.drift.used and (found.drift.roofs, found.drift.controls) == (6, 0)
    assert spread(found) < 1.03


@pytest.mark.parametrize("names", [OTHERS[:5], OTHERS[:9]], ids=["one component", "nine cells"])
def test_few_cells_are_no_controls(tmp_path: Path, names: list[str]):
    """They may share a function that became slower."""
    found = measured(tmp_path, names, roofs=0)
    assert not found.drift.used and not found.drift.controls and spread(found) > 1.15


def test_a_cell_whose_function_changed_is_no_control(tmp_path: Path):
    found = measured(tmp_path, OTHERS, roofs=0, same=False)
    assert not found.drift.controls and spread(found) > 1.15


def test_launches_of_any_number_are_read(tmp_path: Path):
    made = run(0, "a" * 40, {CELL: 1e-3, OTHERS[0]: 2e-3})
    first, second = made.records
    fewer = dataclasses.replace(first, launches=first.launches[:2])
    (path,) = stored(tmp_path, [dataclasses.replace(made, records=(fewer, second))])
    found = cells.measured([index.briefs(path, tmp_path / "index")], lambda cell: True)
    for series, record in zip(found.raw, (fewer, second), strict=True):
        assert tuple(series.points[0].launches) == tuple(launch.median for launch in record.launches)


def test_runs_of_several_kinds_and_of_any_number_of_launches_are_in_their_order(tmp_path: Path):
    """Every second run has another cell too, and fewer launches."""
    other = OTHERS[0]
    briefs, wanted = [], []
    for at in range(5):
        made = run(at, "a" * 40, {CELL: 1e-3 * (at + 1), **({other: 1e-3} if at % 2 else {})})
        records = tuple(dataclasses.replace(one, launches=one.launches[: 2 + at % 2]) for one in made.records)
        (path,) = stored(tmp_path, [dataclasses.replace(made, records=records)])
        briefs.append(index.briefs(path, tmp_path / "index"))
        wanted.append([launch.median for launch in records[0].launches])
    first, second = cells.measured(briefs, lambda cell: True).raw
    assert [point.launches for point in first.points] == wanted and len(second) == 2
    assert [point.run for point in first.points] == [brief.run for brief in briefs]
    assert [point.seconds for point in first.points] == [statistics.median(launches) for launches in wanted]


RIVALS = [f"lib.work/{name}/eager/cpu/n1/1" for name in "ghijk"]


def beside(tmp: Path, match: str) -> Measured:
    """Rivals of the cell that drift together, whose functions did not change; another case drifts otherwise."""
    briefs = []
    for at in range(RUNS):
        times = dict.fromkeys([CELL, *RIVALS], 1e-3 * drifting(at))
        times |= {cell.replace("n1", "n2"): 1e-3 * drifting(at + 100) for cell in RIVALS}
        made = run(at, "a" * 40, times)
        variants = tuple(Variant(name, "", "", "", "same") for name in "fghijk")
        made = dataclasses.replace(
            made, problems=tuple(dataclasses.replace(one, variants=variants) for one in made.problems)
        )
        (path,) = stored(tmp, [made])
        briefs.append(index.briefs(path, tmp / "index"))
    return cells.measured(briefs, lambda cell: str(cell) == match)


def test_rivals_are_those_of_the_group_also_where_only_one_cell_is_selected(tmp_path: Path):
    found = beside(tmp_path, CELL)
    assert [one.cell for one in found.raw] == [one.cell for one in found.series] == [CELL] and not found.drift.used
    moved = np.exp(found.rivals[CELL])
    assert moved / moved[0] == pytest.approx([drifting(at) / drifting(0) for at in range(RUNS)], rel=0.02)
    assert found.raw[0] is found.series[0]


def selected(tmp: Path, *selections: tuple[str, tuple[str, ...]]) -> Measured:
    """Runs of these selections, each with the cell and these variants beside it."""
    briefs = []
    for at, (selection, variants) in enumerate(selections):
        names = [CELL, *(CELL.replace("/", f"/{variant}", 1) for variant in variants)]
        (path,) = stored(tmp, [run(at, "a" * 40, dict.fromkeys(names, 1e-3), selection=selection)])
        briefs.append(index.briefs(path, tmp / "index"))
    return cells.measured(briefs, lambda cell: str(cell) == CELL)


@pytest.mark.parametrize(
    ("runs", "left"),
    [
        ([("full", ("x", "y")), ("-k one", ("x",)), ("-k one", ("x",))], 2),
        ([("-k one", ("x",)), ("full", ("x", "y"))], 1),
        ([("full", ("x", "y")), ("-k one", ("x", "y")), ("-k other", ("x", "y"))], 3),
        ([("full", ("x", "y")), ("full", ("x", "y", "z"))], 2),
        ([("full", ("x",)), ("full", ("x", "y")), ("-k one", ("x",))], 2),
    ],
    ids=["fewer rivals", "more rivals", "the same rivals", "a new variant", "one of each"],
)
def test_only_runs_with_the_selection_or_the_rivals_of_the_newest_count(
    tmp_path: Path, runs: list[tuple[str, tuple[str, ...]]], left: int
):
    found = selected(tmp_path, *runs)
    assert len(found.series[0]) == left
    assert found.apart.get(CELL, 0) == len(runs) - left
