"""The whole way with real commits: they are measured, and what is planted in them is confirmed, and nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import own
import pytest
from histories import run, stored

from perfsuite.history import commits
from perfsuite.host import machine
from perfsuite.records.store import read

HERE = machine.machine_class(machine.machine())
WORK, STEADY = (f"work.sums/{name}/eager/cpu/n200/1" for name in ("work", "steady"))
SUM = """\
TIMES = {times}


def summed(x):
    for _ in range(TIMES):
        {name} = x.sum(0)
    return {name}
"""
FILES = {
    "src/mylib/core.py": "from mylib.deep import helper, still\n\n\ndef work(x):\n    return helper.summed(x)\n\n\n"
    "def steady(x):\n    return still.summed(x)\n",
    "src/mylib/__init__.py": "",
    "perf/work.py": own.FILES["perf/work.py"].replace("core.other", "core.steady"),
    "src/mylib/deep/still.py": SUM.format(times=100, name="total"),
    "src/mylib/deep/helper.py": SUM.format(times=100, name="total"),
}
SLOWER, FASTER, NUMBER = 4, 7, 11
EACH = 6  # runs of a commit: a step is then seen at the very commit, and no search for it is needed


def repository(root: Path, number: int = NUMBER) -> commits.Commits:
    """Every commit renames a variable, which changes no time; two of them change the work by 5 % too."""
    own.repository(root, FILES)
    for at in range(1, number):
        times = 105 if SLOWER <= at < FASTER else 100
        files = {"helper": SUM.format(times=times, name=f"x{at}"), "still": SUM.format(times=100, name=f"x{at}")}
        own.commit(root, f"version {at}", {f"src/mylib/deep/{name}.py": text for name, text in files.items()})
    return commits.of(root)


@pytest.mark.slow
def test_commits_without_a_record_are_measured_once(tmp_path: Path):
    root = tmp_path / "repo"
    known = repository(root, 4)
    arguments = ("history", "--launches", "1", "-k", "sums/work and cpu")
    done = own.perfsuite(root, *arguments, "--backfill", "2")
    assert "2 commits to measure, in random order" in done.stderr and "2 runs, 1 cell: " in done.stdout
    runs = [read(path) for path in (root / "results").glob("*/*.jsonl.gz")]
    assert {one.commit for one in runs} == set(known.order[-2:]) and not any(one.dirty for one in runs)
    assert len({one.tree for one in runs}) == 2 and all(
        [record.cell for record in one.records] == [WORK] for one in runs
    )
    done = own.perfsuite(root, *arguments, "--backfill", "1")
    assert "1 commit to measure" in done.stderr and f"1 of 1: {known.order[1][:10]} version 1: measured" in done.stderr


@pytest.mark.long
def test_what_is_planted_is_confirmed_and_a_false_suspicion_is_not(tmp_path: Path):
    """The records are made up: their noise is that of a quiet machine, and one of their steps is a lie."""
    root, results = tmp_path / "repo", tmp_path / "results"
    known = repository(root)
    made = []
    for at, commit in enumerate(known.order):
        for again in range(EACH):
            levels = {WORK: 1.05 if SLOWER <= at < FASTER else 1.0, STEADY: 1.05 if at >= 6 else 1.0}
            times = {cell: 4e-4 * level for cell, level in levels.items()}
            began = known.made[commit].isoformat()
            made.append(run(EACH * at + again, commit, times, machine_class=HERE, started=began))
    stored(results, made)
    arguments = ("--results", str(results), "--anchor", known.order[-1])  # no creep, which would be compared too
    done = own.perfsuite(root, "history", *arguments, "--confirm", "--budget", "300", "--json", seconds=1500)
    print(done.stderr, file=sys.stderr)
    cells = {cell["cell"]: cell for cell in json.loads(done.stdout)["cells"]}
    steps = [one for one in cells[WORK]["suspicions"] if one["kind"] == "step"]
    assert [one["state"] for one in steps] == ["slower", "faster"]
    assert 1.02 < steps[0]["found"] < 1.09 and 0.92 < steps[1]["found"] < 0.98
    for one, place in zip(steps, (SLOWER, FASTER), strict=True):
        assert one["commit"] == known.order[place], "another commit was named"
    lies = [one["state"] for one in cells[STEADY]["suspicions"]]
    assert lies and not {"slower", "faster"} & {*lies} and cells[STEADY]["state"] in ("refuted", "undecided")
    own.perfsuite(root, "history", *arguments)
    page = (results / "history" / "work.sums.html").read_text()
    assert "confirmed" in page and f"../compare/{steps[0]['comparison']}.html" in page
    assert (results / "compare" / f"{steps[0]['comparison']}.html").is_file()
