"""Runs propose, comparisons decide: what is suspected, and what a stored comparison makes of it."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

import pytest
from histories import CELL, CLASS, repository, run, stored, whole

from perfsuite.history import confirming, history
from perfsuite.history.commits import Commits
from perfsuite.history.model import Series
from perfsuite.history.searching import chance
from perfsuite.history.suspicions import Suspicion
from perfsuite.judging import comparisons
from perfsuite.judging.record import Options
from perfsuite.model.record import Problem, Variant
from perfsuite.pairing.sequential import Rule
from perfsuite.reporting.comparison.wording import change
from perfsuite.reporting.history import wording
from perfsuite.reporting.plots import history as plots

COMMITS = 16


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Commits:
    return repository(tmp_path_factory.mktemp("decisions") / "repo", COMMITS)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer random orders: these steps are clear."""
    monkeypatch.setattr(chance, "ORDERS", (8, 200))


def measured(tmp: Path, known: Commits, levels: Sequence[float], each: int = 2, **changes: object) -> None:
    """Runs of each commit, with these times in milliseconds."""
    pairs = [(commit, level) for commit, level in zip(known.order, levels, strict=True) for _ in range(each)]
    made = [run(at, commit, {CELL: 1e-3 * level}, **changes) for at, (commit, level) in enumerate(pairs)]
    stored(tmp / "results", made)


def compared(tmp: Path, base: str, head: str, xs: Sequence[float], machine_class: str = CLASS) -> str:
    """A stored comparison in which the cell gave these X; its id."""
    side = {"label": "l", "path": "", "hash": "h"}
    options = Options(cells=(CELL,), selection="", command="")
    facts = {
        "base": {**side, "commit": base},
        "head": {**side, "commit": head},
        "folder": "",
        "machine": {},
        "machine_class": machine_class,
        "malloc": {},
    }
    journal = comparisons.begin(tmp / "results", options, facts)
    journal.add("proof", cell=CELL, verdict="", reason="", call=1e-3)
    journal.add("rule", rule=dataclasses.asdict(Rule(1)))
    for at, x in enumerate(xs):
        more = {"blocks": [], "calls": [], "base": 1e-3, "truth": 0.0, "seconds": 0.1}
        journal.add("x", cell=CELL, epoch=at, x=x, **more)
    journal.add("sitting", seconds=1.0, ended=True)
    journal.close()
    return str(journal.found.head["run"])


SLOW = [1.0] * 8 + [1.05] * 8


def only(tmp: Path, known: Commits) -> Suspicion:
    """The only step of the only cell."""
    (row,) = whole(tmp, known).rows
    (step,) = [one for one in row.suspicions if one.kind == "step"]
    return step


def test_a_step_is_suspected_between_commits_that_have_it_inside(tmp_path: Path, known: Commits):
    measured(tmp_path, known, SLOW)
    found = whole(tmp_path, known)
    step = only(tmp_path, known)
    assert step.state == "suspected" and not step.confirmed and 1.04 < step.ratio < 1.06
    assert known.place[step.base] < 8 <= known.place[step.head] <= 9
    (pair,) = [pair for pair in found.todo if pair.base == step.base]
    assert pair.words == ["compare", step.base[:10], step.head[:10], "--only", CELL]


def test_a_steady_cell_is_not_suspected(tmp_path: Path, known: Commits):
    measured(tmp_path, known, [1.0] * COMMITS)
    (row,) = whole(tmp_path, known).rows
    assert row.state == "steady" and not whole(tmp_path, known).todo


def test_few_runs_are_said_to_be_few(tmp_path: Path, known: Commits):
    stored(tmp_path / "results", [run(at, known.order[at], {CELL: 1e-3}) for at in range(5)])
    assert whole(tmp_path, known).rows[0].state == "few runs"


def test_the_commits_do_not_lie_beyond_the_neighbouring_steps(tmp_path: Path, known: Commits):
    measured(tmp_path, known, [1.0] * 6 + [1.1] * 4 + [1.0] * 6)
    (row,) = whole(tmp_path, known).rows
    up, down = [one for one in row.suspicions if one.kind == "step"]
    assert up.ratio > 1 > down.ratio
    assert known.place[up.base] <= 5 and 6 <= known.place[up.head] <= 8
    assert 7 <= known.place[down.base] <= 9 and known.place[down.head] >= 10


def test_a_step_between_runs_of_one_commit_is_not_the_code(tmp_path: Path, known: Commits):
    commit = known.order[-1]
    stored(tmp_path / "results", [run(at, commit, {CELL: 1e-3 if at < 10 else 1.1e-3}) for at in range(20)])
    assert only(tmp_path, known).state == "same commit"
    assert not whole(tmp_path, known).todo


def test_a_comparison_confirms(tmp_path: Path, known: Commits):
    measured(tmp_path, known, SLOW)
    step = only(tmp_path, known)
    made = compared(tmp_path, step.base, step.head, [0.05] * 12)
    after = only(tmp_path, known)
    assert after.state == "slower" and after.confirmed and after.comparison == made
    assert after.found == pytest.approx(1.0513, abs=1e-3)
    assert not [pair for pair in whole(tmp_path, known).todo if pair.base == step.base]


def test_a_comparison_refutes(tmp_path: Path, known: Commits):
    measured(tmp_path, known, SLOW)
    step = only(tmp_path, known)
    compared(tmp_path, step.base, step.head, [0.0] * 12)
    assert only(tmp_path, known).state == "refuted"


def test_a_comparison_of_the_step_by_hand_counts_and_one_beyond_it_does_not(tmp_path: Path, known: Commits):
    measured(tmp_path, known, [1.0] * 6 + [1.1] * 4 + [1.0] * 6)
    compared(tmp_path, known.order[0], known.order[15], [0.0] * 12)  # both steps, which cancel
    (row,) = whole(tmp_path, known).rows
    assert {one.state for one in row.suspicions} == {"suspected"}
    compared(tmp_path, known.order[5], known.order[6], [0.1] * 12)
    (row,) = whole(tmp_path, known).rows
    assert [one.state for one in row.suspicions if one.kind == "step"] == ["slower", "suspected"]


def test_a_row_shows_its_newest_confirmed_change_with_the_state_of_that(tmp_path: Path, known: Commits):
    measured(tmp_path, known, [1.0] * 6 + [1.1] * 5 + [1.0] * 5)
    compared(tmp_path, known.order[5], known.order[6], [0.1] * 12)
    (row,) = whole(tmp_path, known).rows
    assert row.change and (row.state, row.change.state) == ("slower", "slower") and row.change.ratio > 1
    compared(tmp_path, known.order[10], known.order[11], [-0.1] * 12)
    (row,) = whole(tmp_path, known).rows
    assert row.change and (row.state, row.change.state) == ("faster", "faster") and row.change.ratio < 1


def test_another_kind_of_machine_decides_nothing(tmp_path: Path, known: Commits):
    measured(tmp_path, known, SLOW)
    step = only(tmp_path, known)
    compared(tmp_path, step.base, step.head, [0.05] * 12, machine_class="other")
    assert only(tmp_path, known).state == "suspected"


def test_undecided_says_so_and_takes_nothing_back(tmp_path: Path, known: Commits):
    measured(tmp_path, known, SLOW)
    step = only(tmp_path, known)
    compared(tmp_path, step.base, step.head, [0.01] * 2)
    assert only(tmp_path, known).state == "undecided" and only(tmp_path, known).why
    compared(tmp_path, step.base, step.head, [0.05] * 12)
    assert only(tmp_path, known).state == "slower"
    last = compared(tmp_path, step.base, step.head, [0.01] * 2)
    folder = tmp_path / "results" / "compare"
    (folder / f"{last}.jsonl").rename(folder / "99999999-000000-0000.jsonl")  # the newest, even within a second
    assert only(tmp_path, known).state == "slower"


def test_the_named_commit_is_kept(tmp_path: Path, known: Commits):
    measured(tmp_path, known, SLOW)
    step = only(tmp_path, known)
    made = compared(tmp_path, step.base, step.head, [0.05] * 12)
    line = {"comparison": made, "cell": CELL, "commit": known.order[8], "between": []}
    (tmp_path / "results" / "history").mkdir()
    (tmp_path / "results" / "history" / confirming.NAMED).write_text(f"not json\n{json.dumps(line)}\n")
    assert only(tmp_path, known).commit == known.order[8]


def test_what_changed_beside_the_code_is_named(tmp_path: Path, known: Commits):
    old = [run(at, known.order[at // 2], {CELL: 1e-3}) for at in range(16)]
    new = {"torch": "2.1"}
    later = [run(at, known.order[at // 2], {CELL: 1.05e-3}, environment=new) for at in range(16, 32)]
    stored(tmp_path / "results", [*old, *later])
    assert only(tmp_path, known).others == ("torch 2.0 → 2.1",)
    assert whole(tmp_path, known).changes == {later[0].run: ["torch 2.0 → 2.1"]}


def test_creep_is_measured_from_a_run_that_counts(tmp_path: Path, known: Commits):
    """The oldest runs timed another cell beside this one, as a full run does."""
    both = {CELL: 1e-3, CELL.replace("/f/", "/g/"): 1e-3}
    old = [run(at, known.order[at // 2], both) for at in range(4)]
    later = [run(at, known.order[at // 2], {CELL: 1e-3}, selection="-k f") for at in range(4, 32)]
    stored(tmp_path / "results", [*old, *later])
    found = whole(tmp_path, known)
    row = next(row for row in found.rows if row.cell == CELL)
    assert len(row.series.points) == 28 and found.measured.apart == {CELL: 4}
    assert found.anchor and found.anchor.commit == known.order[0], "the other cell has no other runs"
    only_f = history.of(found.runs, "/f/", tmp_path / "results", tmp_path)
    assert only_f.anchor and only_f.anchor.commit == known.order[2] and only_f.rows[0].since is not None


def test_other_work_begins_the_series_anew(tmp_path: Path, known: Commits):
    made = [run(at, known.order[at // 2], {CELL: 1e-3 if at < 16 else 2e-3}) for at in range(32)]
    made[16:] = [
        dataclasses.replace(one, records=tuple(dataclasses.replace(record, flops=7) for record in one.records))
        for one in made[16:]
    ]
    stored(tmp_path / "results", made)
    found = whole(tmp_path, known)
    assert len(found.rows[0].series.points) == 16 and found.rows[0].state == "steady"
    assert found.measured.cut == {CELL: made[16].run}


def test_an_anchor_without_a_run_is_refused(tmp_path: Path, known: Commits):
    stored(tmp_path / "results", [run(at, known.order[at], {CELL: 1e-3}) for at in range(5)])
    with pytest.raises(ValueError, match=f"--anchor {known.order[9][:10]} version 9: no run of this commit"):
        whole(tmp_path, known, anchor=known.order[9])
    found = whole(tmp_path, known, anchor=known.order[2])
    assert found.anchor and found.anchor.commit == known.order[2]


def test_what_stayed_undecided_is_compared_again_only_on_request(tmp_path: Path, known: Commits):
    measured(tmp_path, known, SLOW)
    step = only(tmp_path, known)
    compared(tmp_path, step.base, step.head, [0.01] * 2)
    every = [only(tmp_path, known)]
    assert not confirming.pairs(every)
    assert confirming.pairs(every, again=True) == [confirming.Pair(step.base, step.head, (CELL,))]


def test_what_a_cell_takes_since_the_anchor_leaves_out_the_runs_of_the_anchor(tmp_path: Path, known: Commits):
    of_anchor = [run(at, known.order[0], {CELL: 1e-3}, noise=0) for at in range(2)]
    stored(tmp_path / "results", of_anchor)
    assert whole(tmp_path, known).rows[0].since is None, "nothing is later"
    stored(tmp_path / "results", [run(2, known.order[1], {CELL: 0.8e-3}, noise=0)])
    assert whole(tmp_path, known).rows[0].since == pytest.approx(0.8)
    faster = [run(3 + at, known.order[2 + at], {CELL: 0.5e-3}, noise=0) for at in range(3)]
    stored(tmp_path / "results", faster)
    assert whole(tmp_path, known).rows[0].since == pytest.approx(0.5), "the last three"


def test_cells_with_few_runs_are_not_called_steady(tmp_path: Path, known: Commits):
    stored(tmp_path / "results", [run(at, known.order[at], {CELL: 1e-3}) for at in range(2)])
    few = "1 cell with fewer than 6 runs, where no change can be seen"
    assert wording.headline(whole(tmp_path, known)) == f"2 runs, 1 cell: {few}"
    more = [run(2 + at, known.order[2 + at], {"lib.work/g/eager/cpu/n1/1": 1e-3}) for at in range(8)]
    stored(tmp_path / "results", more)
    assert wording.headline(whole(tmp_path, known)) == f"10 runs, 2 cells: no change is suspected, {few}"


def test_a_step_beside_rivals_is_told_and_shown_so(tmp_path: Path, known: Commits):
    """The machine varies by a tenth from run to run, and one of six rivals became slower."""
    rivals = [f"lib.work/{name}/eager/cpu/n1/1" for name in "ghijk"]
    problem = Problem("lib.work", "", "?", (), "f", "1", tuple(Variant(name, "", "", "", "same") for name in "fghijk"))
    rng, made = random.Random(5), []
    for at in range(3 * COMMITS):
        times = dict.fromkeys([CELL, *rivals], 1e-3 * math.exp(rng.gauss(0, 0.1)))
        times[CELL] *= 1.06 if at >= 24 else 1
        made.append(run(at, known.order[at // 3], times, problems=(problem,)))
    stored(tmp_path / "results", made)
    history = whole(tmp_path, known)
    (row,) = [row for row in history.rows if row.suspicions]
    (one,) = row.suspicions
    assert row.cell == CELL and one.beside and one.ratio == pytest.approx(1.06, abs=0.015)
    assert f"the runs suggest {change(one.ratio)} beside its rivals between" in wording.said(history, one)
    assert _jump(row.series) < 0.02 < 0.08 < _jump(row.raw)
    assert "without what its rivals did" in plots.series(history, row).caption
    assert "without what its rivals did" not in plots.series(history, history.rows[-1]).caption


def _jump(series: Series) -> float:
    return statistics.median(abs(math.log(b.seconds / a.seconds)) for a, b in itertools.pairwise(series.points))
