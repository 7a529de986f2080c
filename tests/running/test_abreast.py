"""Checks in several processes: which get what when they are free, and what becomes of one that ends early."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from perfsuite.model.cell import Cell
from perfsuite.project import catalogue
from perfsuite.records.options import Options
from perfsuite.running import checks, session
from perfsuite.running.context import Context
from perfsuite.running.parallel import abreast
from perfsuite.running.progress import Progress

CELLS = (
    "broadcast.squared_error/diagonal/eager/cpu/1000/1",
    "matmul.ladder/mm/eager/cpu/8/1",
    "matmul.ladder/einsum/eager/cpu/8/1",
    "noise.softmax/softmax/eager/cpu/16x100/1",
)
DYING = """\
import json, os, signal, sys

work = json.loads(sys.stdin.readline())
print(json.dumps({"free": True}), flush=True)
first, *rest = json.loads(sys.stdin.readline())
print(json.dumps({"begins": first}), flush=True)
print(json.dumps({"cell": first, "answer": {"status": "error", "reason": "said by a double"}}), flush=True)
print("half a li", end="", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
UNEVEN = """\
import json, os, pathlib, sys, time

done = pathlib.Path({folder!r}) / "done"
sys.stdin.readline()
while True:
    print(json.dumps({{"free": True}}), flush=True)
    if not (portion := json.loads(sys.stdin.readline())):
        break
    end = time.monotonic() + 30
    while "matmul.ladder" in portion[0] and not (done.exists() and len(done.read_text()) == 2):
        assert time.monotonic() < end, "nobody else did the rest"
        time.sleep(0.01)
    for cell in portion:
        print(json.dumps({{"cell": cell, "answer": {{"by": os.getpid()}}}}), flush=True)
    with done.open("a") as file:
        file.write("x")
"""


def known(names: tuple[str, ...] = CELLS) -> tuple[str, ...]:
    """Those of ``names`` that the catalogue has, so that a renamed cell shows."""
    every = set(map(str, catalogue.all_cells()))
    assert set(names) <= every, set(names) - every
    return names


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Context]:
    options = Options(known(), selection="", command="", left_out="", launches=1, budget=0.01, cost=False)
    journal = session.start(options, tmp_path)
    made = Context(journal, tmp_path, catalogue.IMPLS, Progress(io.StringIO()))
    yield made
    made.close()
    journal.close()


def ready(run: Context, monkeypatch: pytest.MonkeyPatch, cores: int = 2) -> None:
    """As if the machine had been looked at, and the checks took long."""
    monkeypatch.setitem(run.found.head, "environment", {"cuda": None})
    monkeypatch.setattr(abreast, "ENOUGH", 0.0)
    monkeypatch.setattr(abreast.machine, "cores", lambda: cores)


def test_a_portion_is_a_component_in_the_order_of_its_cells_and_the_longest_is_first(
    run: Context, monkeypatch: pytest.MonkeyPatch
):
    ready(run, monkeypatch)
    portions = [[str(cell) for cell in portion] for portion in abreast.portions(run)]
    assert portions == [list(CELLS[1:3]), [CELLS[0]], [CELLS[3]]]


def test_a_process_that_is_free_gets_the_next_portion(run: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """One of two processes hangs in its first portion until the other has done all the rest."""
    ready(run, monkeypatch)
    (tmp_path / "uneven.py").write_text(UNEVEN.format(folder=str(tmp_path)))
    monkeypatch.setattr(abreast, "PROGRAM", tmp_path / "uneven.py")
    by = {str(cell): answer["by"] for cell, answer in abreast.answers(run, abreast.portions(run))}
    assert set(by) == set(CELLS)
    assert by[CELLS[0]] == by[CELLS[3]] != by[CELLS[1]]


def _with(run: Context, monkeypatch: pytest.MonkeyPatch, cores: int) -> Context:
    monkeypatch.setattr(abreast.machine, "cores", lambda: cores)
    return run


def test_little_work_one_core_and_a_gpu_are_left_to_one_process(run: Context, monkeypatch: pytest.MonkeyPatch):
    ready(run, monkeypatch)
    assert not abreast.portions(_with(run, monkeypatch, cores=1))
    _with(run, monkeypatch, cores=2)
    monkeypatch.setattr(abreast, "ENOUGH", 1000.0)
    assert not abreast.portions(run)
    monkeypatch.setattr(abreast, "ENOUGH", 0.0)
    monkeypatch.setitem(run.found.head, "environment", {"cuda": "13.0"})
    run.cells.append(Cell.parse("matmul.ladder/mm/eager/cuda/8/1"))
    assert not abreast.portions(run)
    monkeypatch.setitem(run.found.head, "environment", {"cuda": None})
    assert abreast.portions(run), "a cell whose device is not here is skipped, and disturbs nobody"


@pytest.mark.slow
def test_the_results_are_those_of_one_process(run: Context, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(abreast, "ENOUGH", 0.0)
    monkeypatch.setattr(abreast.machine, "cores", lambda: 2)
    before = len(psutil.Process().children(recursive=True))
    asked: list[int] = []
    inner = abreast.answers
    monkeypatch.setattr(
        abreast, "answers", lambda run, portions: (asked.append(len(portions)), inner(run, portions))[1]
    )
    checks.check(run)
    assert asked == [3] and {answer["status"] for answer in run.found.checks.values()} == {"ok"}
    assert set(run.found.checks) == set(CELLS)
    known = run.workers.referee.known()
    assert len(known["verdicts"]) >= 3 * 3 and all("match" in told for told in known["verdicts"].values())
    assert {tuple(key) for *key, _ in known["seeds"]} == {
        ("broadcast.squared_error", "1000", 3),
        ("matmul.ladder", "8", 3),
        ("noise.softmax", "16x100", 3),
    }, "what the processes found out is known here"
    seeds = run.found.checks[CELLS[1]]["proof"]["drawn"]
    assert seeds == run.workers.seeds(Cell.parse(CELLS[1])), "drawn from the secret of the run"
    run.workers.referee.close()
    assert len(psutil.Process().children(recursive=True)) <= before


def test_what_a_process_leaves_when_it_dies_is_checked_here(
    run: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    ready(run, monkeypatch)
    (tmp_path / "dying.py").write_text(DYING)
    monkeypatch.setattr(abreast, "PROGRAM", tmp_path / "dying.py")
    notes: list[str] = []
    monkeypatch.setattr(run.progress, "note", notes.append)
    portions = abreast.portions(run)
    told = {str(cell): answer["reason"] for cell, answer in abreast.answers(run, portions)}
    assert told == {str(portion[0]): "said by a double" for portion in portions[:2]}
    assert notes == ["a process that checks cells ended with code -9: its other cells are checked here"] * 2
    monkeypatch.setattr(run.workers, "ask", lambda do, **job: {})
    monkeypatch.setattr(run.found, "roofs", [[]])
    here: list[str] = []
    monkeypatch.setattr(
        checks, "checked", lambda run, cell: here.append(str(cell)) or {"status": "error", "reason": ""}
    )
    checks.check(run)
    assert set(run.found.checks) == set(CELLS) and sorted(here) == sorted(set(CELLS) - set(told))


def test_interrupted_it_leaves_no_process(run: Context, monkeypatch: pytest.MonkeyPatch):
    ready(run, monkeypatch)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run.progress, "step", interrupt)
    started: list[psutil.Popen] = []
    popen = abreast.subprocess.Popen
    monkeypatch.setattr(abreast.subprocess, "Popen", lambda *a, **k: (started.append(made := popen(*a, **k)), made)[1])
    with pytest.raises(KeyboardInterrupt):
        list(abreast.answers(run, abreast.portions(run)))
    assert len(started) == 2 and all(one.poll() is not None for one in started)
