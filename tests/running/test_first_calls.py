"""The pass that measures what compiling costs: made-up answers, and one real run of variants made for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import own
import pytest

from perfsuite.measuring import prepared
from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.model.record import Compiling
from perfsuite.project import catalogue
from perfsuite.records import journal as journals
from perfsuite.records.options import Options
from perfsuite.records.store import read
from perfsuite.running import first_calls, session
from perfsuite.running.context import Context
from perfsuite.workers.process import Verdict

CELL = "matmul.ladder/mm/compile/cpu/8/1"
LAUNCH = {"launch": 0, "calls": 1, "prepare": 0.1, "first": 0.1, "at": [0.0], "wall": [1e-3]}
OK = {"status": "ok", "reason": "", "proof": {"error": 0.0, "share": 0.0, "seeds": 3, "first": 1.0, "call": 1e-6}}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Context]:
    cells = (CELL, CELL.replace("compile", "eager"))
    begun = session.start(Options(cells, "", "", "", launches=1, compile_cost=2), tmp_path)
    for cell in cells:
        begun.add("check", cell=cell, answer=OK)
        begun.add("launch", cell=cell, launch=LAUNCH, contended=False)
    made = Context(begun, tmp_path, catalogue.IMPLS, None)
    yield made
    made.close()
    begun.close()


def answering(run: Context, monkeypatch: pytest.MonkeyPatch, *answers: Any) -> list[tuple[str, dict[str, Any]]]:
    """Let each process give one of these answers; the jobs that they got, and how many processes were closed."""
    jobs: list[tuple[str, dict[str, Any]]] = []
    waiting = iter(answers)

    def single(cell: str, seeds: list[int], forked: bool) -> Any:
        def ask(do: str, **job: Any) -> Any:
            jobs.append((do, job))
            answer = next(waiting)
            if isinstance(answer, Fault):
                raise answer
            return answer

        return SimpleNamespace(ask=ask, verdicts=lambda: [Verdict(cell, "")], close=lambda: jobs.append(("close", {})))

    monkeypatch.setattr(run.workers, "single", single)
    monkeypatch.setattr(run.workers, "seeds", lambda cell: [1])
    monkeypatch.setattr(run.workers.referee, "size", lambda component, case: 1000 if case in ("8", "16") else 1 << 40)
    return jobs


def took(seconds: float) -> dict[str, Any]:
    return {"status": "ok", "reason": "", "seconds": seconds}


SHAPES = {"status": "ok", "reason": "", "shapes": [{"case": "8", "seconds": 1.0, "again": 1e-6, "graphs": 1}]}


def test_each_first_call_has_a_process_and_each_pair_a_folder(run: Context, monkeypatch: pytest.MonkeyPatch):
    jobs = answering(run, monkeypatch, took(2.0), took(0.2), took(3.0), took(0.3), SHAPES)
    first_calls.measure(run)
    assert [do for do, _ in jobs] == [*["first call", "close"] * 4, "shapes", "close"]
    assert {job["cell"] for do, job in jobs if do == "first call"} == {CELL}, "only what is compiled"
    folders = [job["caches"] for _, job in jobs if job]
    assert folders[0] == folders[1] != folders[2] == folders[3] and folders[4] not in folders[:4]
    assert all(" " not in folder for folder in folders), "the C++ compiler's command line is split at spaces"
    assert [other["case"] for other in jobs[8][1]["others"]] == ["16"], "the others are too large"
    assert run.found.first_calls == {CELL: [(2.0, 0.2), (3.0, 0.3)]}
    assert [shape.case for shape in run.found.shapes[CELL]] == ["8"]


def test_a_resumed_run_measures_what_is_missing(run: Context, monkeypatch: pytest.MonkeyPatch):
    run.journal.add("first call", cell=CELL, cold=2.0, warm=0.2)
    jobs = answering(run, monkeypatch, took(3.0), took(0.3), SHAPES)
    first_calls.measure(run)
    assert [do for do, job in jobs if job] == ["first call", "first call", "shapes"]
    jobs.clear()
    first_calls.measure(run)
    assert not jobs


def test_nothing_is_measured_unless_asked_for(run: Context, monkeypatch: pytest.MonkeyPatch):
    jobs = answering(run, monkeypatch)
    run.options = dataclasses.replace(run.options, compile_cost=0)
    first_calls.measure(run)
    assert not jobs


def test_a_fault_costs_only_these_figures_and_is_told_once(run: Context, monkeypatch: pytest.MonkeyPatch):
    jobs = answering(run, monkeypatch, took(2.0), Fault("crashed", "killed by SIGSEGV", CELL, "first call"))
    notes: list[str] = []
    monkeypatch.setattr(run.progress, "note", notes.append)
    first_calls.measure(run)
    assert [do for do, _ in jobs] == ["first call", "close", "first call", "close"], "it is not asked again"
    assert notes == [f"{CELL}: first call not measured: killed by SIGSEGV"]
    assert not run.found.first_calls and not run.found.faults


def test_a_wrong_result_makes_the_cell_wrong(run: Context, monkeypatch: pytest.MonkeyPatch):
    answering(run, monkeypatch, took(2.0), {"status": "wrong", "reason": "differs by 1"})
    first_calls.measure(run)
    assert run.found.faults == {CELL: ("wrong", "differs by 1 (in a first call)")}


def test_the_journal_reads_again(run: Context, monkeypatch: pytest.MonkeyPatch):
    answering(run, monkeypatch, took(2.0), took(0.2), took(3.0), took(0.3), SHAPES)
    first_calls.measure(run)
    run.journal.add("compiler", seconds=9.0, empty=True)
    found = journals.load(run.journal.path)
    assert found.first_calls == run.found.first_calls and found.shapes == run.found.shapes
    assert found.compiler[0].seconds == 9.0 and found.options.compile_cost == 2


COMPONENT = '''\
import torch
from mylib import core
from perfsuite import component


@component(
    variants=[core.one_graph, core.one_for_each_size],
    cases={name: {"rows": int(name)} for name in ("64", "96", "160")},
    executors=("eager", "compile"),
    devices=("cpu",),
)
def rows(case, generator):
    """What does another number of rows cost?"""
    return torch.randn(case.rows, 40, generator=generator)
'''
VARIANTS = """\
def one_graph(x):
    return (x * 2 + 1).tanh().sum(1)


def one_for_each_size(x):
    for _ in range(x.shape[0] // 32):  # a loop of Python's, so that the number of rows is part of the code
        x = x * 2 * 0.5
    return one_graph(x)
"""


@pytest.mark.long
@pytest.mark.skipif(bool(prepared.missing(["c++"], "compile", "cpu")), reason="needs a C++ compiler")
def test_what_compiling_costs_in_processes_of_their_own(tmp_path: Path):
    files = {"perf/work.py": COMPONENT, "src/mylib/core.py": VARIANTS, "src/mylib/__init__.py": ""}
    root = own.repository(tmp_path / "repo", files)
    amount = ("--launches", "2", "--budget", "0.01", "--compile-cost", "1")
    own.perfsuite(root, "run", "-k", "/64/", *amount, "--no-report", "--quiet", seconds=900)
    run = read(next((root / "results").glob("*/*.jsonl.gz")))
    assert len(run.records) == 4 and {record.status for record in run.records} <= {"ok", "unstable"}
    found: dict[str, Compiling] = {one.key.variant: one.compiling for one in run.records if one.compiling}
    assert set(found) == {"one_graph", "one_for_each_size"}
    assert all(Cell.parse(one.cell).compiles == bool(one.compiling) for one in run.records)
    for compiling in found.values():
        assert compiling.cold[0] > 2 * compiling.warm[0], "the C++ compiler runs only in the first process"
    graphs = {name: [shape.graphs for shape in compiling.shapes] for name, compiling in found.items()}
    assert graphs == {"one_graph": [1, 1, 0], "one_for_each_size": [1, 1, 1]}
    assert [shape.case for shape in found["one_graph"].shapes] == ["64", "96", "160"]
    for shape in found["one_for_each_size"].shapes:
        assert shape.seconds > 5 * shape.again
    starts = run.compiler
    assert [start.empty for start in starts] == [True, False, False]
    assert starts[0].seconds > max(start.seconds for start in starts[1:]), "only the first compiles C++ headers"
    launches = [launch for record in run.records for launch in record.launches]
    assert all(launch.prepare < min(start.seconds for start in starts) / 2 for launch in launches), (
        "the start of the compiler is part of no cell's preparation"
    )
