"""Suspected steps, the drift of the machine, and creep: planted ones are found, and what looks like one is not."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from perfsuite.history import creep, detecting, drift
from perfsuite.history.model import Series, Stamp
from perfsuite.history.searching import chance, scanning

RUNS, NOISE = 60, 0.01


@pytest.fixture(autouse=True)
def _fewer_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """A twentieth of the random orders, which is enough for histories this small."""
    monkeypatch.setattr(chance, "SHUFFLED", 200_000)


def series(cell: str, logs: Sequence[float] | np.ndarray, missing: Sequence[int] = ()) -> Series:
    """A cell with a run for each value but the ``missing`` ones, each run of a commit of its own."""
    kept = [at for at in range(len(logs)) if at not in missing]
    stamps = tuple(Stamp(f"run {at}", "2026-11-29T00:00:00+00:00", f"commit {at}") for at in kept)
    seconds = np.exp(np.asarray(logs)[kept])
    return Series(cell, stamps, seconds, seconds[:, None])


def noise(cells: int, runs: int = RUNS, seed: int = 1) -> np.ndarray:
    return NOISE * np.random.default_rng(seed).standard_normal((cells, runs))


def found(logs: np.ndarray, false: float = 0.05) -> dict[str, list[detecting.Step]]:
    return detecting.steps([series(f"cell {at}", one) for at, one in enumerate(logs)], false)


@pytest.mark.parametrize("ratio", [1.05, 0.95])
def test_a_step_is_found_where_it_is_and_nowhere_else(ratio: float):
    logs = noise(40)
    logs[3, 37:] += math.log(ratio)
    steps = found(logs)
    (step,) = steps.pop("cell 3")
    assert abs(step.at - 37) <= 2
    assert step.low < ratio < step.high
    assert step.low < step.ratio < step.high
    assert step.p < 0.05
    assert not any(steps.values())


def test_both_steps_of_a_change_that_was_taken_back():
    logs = noise(40)
    logs[3, 20:41] += math.log(1.06)
    first, second = found(logs)["cell 3"]
    assert abs(first.at - 20) <= 2
    assert abs(second.at - 41) <= 2
    assert first.ratio > 1.04
    assert second.ratio < 0.96


def test_a_short_change_is_placed_by_the_runs_near_it():
    logs = noise(40) / 10
    logs[3, 20:27] += math.log(1.1)
    assert [step.at for step in found(logs)["cell 3"]] == [20, 27]


@pytest.mark.parametrize("length", [1, 2])
def test_outlying_runs_are_no_step(length: int):
    logs = noise(40)
    for cell in range(40):
        logs[cell, cell : cell + length] += math.log(1.5)
    assert not any(found(logs, 0.005).values())


def test_slow_drift_is_no_step():
    assert not any(found(noise(40) + np.linspace(0, 0.1, RUNS), 0.005).values())


def test_times_that_are_all_the_same_have_no_step_and_a_step_between_such_is_found():
    logs = np.zeros((2, RUNS))
    assert not any(found(logs).values())
    logs[1, 30:] += math.log(1.05)
    steps = found(logs)
    assert not steps["cell 0"]
    assert [step.at for step in steps["cell 1"]] == [30]


def test_runs_that_resemble_their_neighbours_raise_no_alarms():
    logs = noise(200, 100)
    for at in range(1, 100):
        logs[:, at] = 0.5 * logs[:, at - 1] + math.sqrt(0.75) * logs[:, at]
    assert not any(found(logs).values())
    assert chance.null(logs).correlation > 0.3
    assert chance.null(noise(200, 100)).correlation == pytest.approx(0, abs=0.02)


def test_few_histories_have_a_false_step():
    alarmed = sum(any(found(noise(20, 40, seed)).values()) for seed in range(40))
    assert alarmed <= 6  # 5 % of 40 are 2; more than 6 have a probability of 0.3 %


def test_short_histories_are_named_and_have_no_steps():
    cells = [series("short", [0, 0, 0, 1, 1]), series("long", [0] * 6)]
    assert list(detecting.steps(cells)) == ["long"]
    assert detecting.unjudged(cells) == ["short"]


def test_positions_count_the_runs_that_a_cell_has():
    logs = noise(40)
    logs[3, 37:] += math.log(1.1)
    cells = [series(f"cell {at}", one, missing=(2, 5) if at == 3 else ()) for at, one in enumerate(logs)]
    (step,) = detecting.steps(cells)["cell 3"]
    assert cells[3].points[step.at].run in ("run 36", "run 37", "run 38")


def test_the_same_history_has_the_same_steps():
    logs = noise(40)
    logs[3, 37:] += 0.05
    assert found(logs) == found(logs)


def test_a_step_is_parted_from_what_is_by_chance():
    known = chance.null(noise(100))
    assert known.tail(0) == 1
    assert 0 < known.tail(20) < known.tail(8) < known.tail(5) < known.tail(3) < 1
    assert known.tail(float(np.quantile(known.deviations, 0.9))) == pytest.approx(0.1, abs=0.01)


def test_the_deviation_is_that_of_the_runs_and_not_of_a_step():
    logs = noise(200, 100)
    _, plain, _ = scanning.cleaned(logs)
    logs[:, 50:] += 0.2
    _, stepped, _ = scanning.cleaned(logs)
    assert float(np.median(plain)) == pytest.approx(NOISE, rel=0.15)
    assert float(np.median(stepped)) == pytest.approx(float(np.median(plain)), rel=0.1)


@pytest.mark.parametrize("runs", [1, 2, 5, 6, 7, 8, 29, 30, 40, 49, 50, 51, 200])
def test_the_running_median_is_that_of_each_window(runs: int):
    logs = np.random.default_rng(runs).integers(0, 50, size=(4, runs)).astype(float)  # with values that are equal
    reach = scanning.side(runs)
    for at in range(runs):
        wanted = np.median(logs[:, max(0, at - reach) : at + reach + 1], axis=1)
        assert (scanning._running_median(logs)[:, at] == wanted).all()


@pytest.mark.parametrize("size", [1, 60, 100, 1 << 20])
def test_the_search_is_the_same_in_blocks_of_any_size(size: int, monkeypatch: pytest.MonkeyPatch):
    logs = np.random.default_rng(1).normal(size=(7, 30))
    whole = scanning.cleaned(logs)
    steps = scanning.clearest(*whole[:2], 3)
    monkeypatch.setattr(scanning, "BLOCK", size)
    for found, wanted in zip(
        [*scanning.cleaned(logs), *scanning.clearest(*whole[:2], 3)], [*whole, *steps], strict=True
    ):
        assert (found == wanted).all() and found.shape == wanted.shape


def test_drift_is_taken_out_of_cells_that_did_not_tell_it():
    moved = np.cumsum(0.02 * np.random.default_rng(2).standard_normal(RUNS))
    controls = [series(f"control {at}", one + moved + at, missing=[at]) for at, one in enumerate(noise(8, seed=3))]
    cells = [series(f"cell {at}", one + moved) for at, one in enumerate(noise(40))]
    factors = drift.factors(controls)
    logs = np.log([factors[f"run {at}"] for at in range(RUNS)]) - moved
    assert float(np.std(logs)) < 0.6 * NOISE  # of eight controls
    assert drift.removed(cells, factors) > 0.4
    (one,) = drift.without(series("cell", [moved[0]]), factors).points
    assert one.seconds == pytest.approx(math.exp(moved[0]) / factors["run 0"])
    assert one.launches == [one.seconds]


def test_controls_without_drift_add_no_noise():
    factors = drift.factors([series(f"control {at}", 3 * one) for at, one in enumerate(noise(5, seed=3))])
    assert float(np.std(np.log(list(factors.values())))) < NOISE / 2
    assert drift.removed([series("cell", noise(1)[0])], factors) > -0.3


def test_one_disturbed_run_is_corrected_by_its_controls_and_the_others_stay():
    logs = noise(8)
    logs[:, 20] += math.log(1.3)
    factors = drift.factors([series(f"control {at}", one) for at, one in enumerate(logs)])
    assert factors.pop("run 20") == pytest.approx(1.3, rel=0.02)
    assert float(np.std(np.log(list(factors.values())))) < NOISE / 3


def test_a_control_that_itself_changed_counts_for_nothing():
    logs = noise(8) + np.linspace(0, 0.1, RUNS)
    logs[0, 45:] += math.log(2)
    factors = drift.factors([series(f"control {at}", one) for at, one in enumerate(logs)])
    rest = np.log(list(factors.values())) - np.linspace(0, 0.1, RUNS)
    assert abs(float(np.mean(rest[45:]) - np.mean(rest[:45]))) < NOISE / 2


def test_two_controls_are_too_few():
    assert set(drift.factors([series("one", noise(1)[0] + 1), series("two", noise(1)[0])]).values()) == {1.0}
    assert drift.factors([]) == {}


def test_creep_is_seen_from_its_anchor_though_no_step_is():
    logs = noise(1)[0] + np.linspace(0, 0.1, RUNS)
    seen = creep.creep(series("cell", logs), "commit 0", cells=100)
    assert seen is not None
    assert seen.clear
    assert seen.low < math.exp(0.1) < seen.high
    assert (seen.anchors, seen.runs) == (1, creep.LAST)
    assert not detecting.steps([series("cell", logs)])["cell"]


def test_without_creep_few_intervals_exclude_1():
    seen = [creep.creep(series("cell", one), "commit 0") for one in noise(400, 30)]
    assert 0 < sum(one.clear for one in seen if one) < 40  # 5 % are 20


def test_an_outlying_run_of_the_anchor_is_no_creep():
    logs = noise(1)[0]
    logs[10] += math.log(1.5)
    seen = creep.creep(series("cell", logs), "commit 10", cells=100)
    assert seen is not None
    assert not seen.clear


@pytest.mark.parametrize(("runs", "anchor"), [(7, "commit 0"), (20, "commit 19"), (20, "another")])
def test_where_there_is_nothing_to_compare_there_is_no_creep(runs: int, anchor: str):
    assert creep.creep(series("cell", [0.0] * runs), anchor) is None


def group(cells: int = 6, seed: int = 3, common: float = 0.1, runs: int = RUNS) -> np.ndarray:
    """Rivals that vary together by a tenth from run to run, and each by a hundredth of its own."""
    random = np.random.default_rng(seed)
    return common * random.standard_normal(runs) + NOISE * random.standard_normal((cells, runs))


def rivals(logs: np.ndarray, changed: Sequence[int] = ()) -> tuple[list[Series], dict[str, np.ndarray]]:
    families = [series(f"cell {at}", one) for at, one in enumerate(logs)]
    return families, drift.rivals(families, {f"cell {at}" for at in range(len(logs)) if at not in changed})


def test_a_step_that_the_machine_hides_is_found_beside_rivals():
    logs = group()
    logs[2, 30:] += math.log(1.05)
    families, moved = rivals(logs)
    assert not any(detecting.steps(families).values())
    steps = detecting.steps(families, rivals=moved)
    (step,) = steps.pop("cell 2")
    assert step.beside and abs(step.at - 30) <= 2 and step.ratio == pytest.approx(1.05, abs=0.015)
    assert not any(steps.values()), "nor does it look like a step of its rivals"


def test_a_step_of_the_whole_group_is_found_in_the_times_themselves():
    logs = group(common=0.02)
    logs[:, 30:] += math.log(1.3)
    families, moved = rivals(logs)
    steps = detecting.steps(families, rivals=moved)
    assert len(moved) == len(logs)
    for (step,) in steps.values():
        assert not step.beside and abs(step.at - 30) <= 2 and step.ratio == pytest.approx(1.3, abs=0.03)


def test_a_clear_step_is_told_once_and_beside_rivals():
    logs = group(common=0.02)
    logs[2, 30:] += math.log(1.5)
    families, moved = rivals(logs)
    (step,) = detecting.steps(families, rivals=moved)["cell 2"]
    assert step.beside


def test_histories_without_a_change_have_no_step_beside_rivals():
    wrong = 0
    for seed in range(10):
        families, moved = rivals(group(cells=40, seed=seed))
        assert len(moved) == 40
        wrong += any(detecting.steps(families, rivals=moved).values())
    assert wrong <= 2  # 5 % each: three or more in 1 of 90


def test_who_is_a_rival():
    logs = group(cells=5)
    assert set(rivals(logs)[1]) == {f"cell {at}" for at in range(5)}
    moved = rivals(logs, changed=[3, 4])[1]
    assert set(moved) == {"cell 3", "cell 4"}, "the others have two each that did not change"
    logs[4] += 5 * np.random.default_rng(0).standard_normal(RUNS)
    assert np.array_equal(rivals(logs, changed=[3, 4])[1]["cell 3"], moved["cell 3"]), "what changed is no rival"
    families = [series(f"cell {at}", one, missing=[7] if at < 2 else ()) for at, one in enumerate(group(cells=5))]
    same = {one.cell for one in families}
    assert set(drift.rivals(families, same)) == {"cell 0", "cell 1"}, "the others have runs that two rivals lack"
    assert len(drift.rivals(families, same)["cell 0"]) == RUNS - 1


def test_where_rivals_only_add_their_noise_they_are_left_out():
    assert not rivals(group(common=0.0))[1]
