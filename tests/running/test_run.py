"""What a run does when a worker fails, and what it says meanwhile: made-up answers, no workers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.project import catalogue
from perfsuite.records import folding
from perfsuite.records.options import Options
from perfsuite.running import checking, launching, session
from perfsuite.running.context import Context
from perfsuite.running.progress import Progress
from perfsuite.tasks.passes import COST
from perfsuite.workers.pool import Workers
from perfsuite.workers.process import Verdict
from perfsuite.workers.referee import Referee

CELL = Cell.parse("matmul.ladder/mm/eager/cpu/8/1")
OK = {"status": "ok", "reason": "", "proof": {"error": 0.0, "share": 0.0, "seeds": 3, "first": 1e-3, "call": 1e-6}}


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Context]:
    begun = session.start(Options(cells=(str(CELL),), selection="", command="", left_out="", launches=1), tmp_path)
    made = Context(begun, tmp_path, catalogue.IMPLS, None)
    yield made
    made.close()
    begun.close()


def answering(made: Context, monkeypatch: pytest.MonkeyPatch, *answers: Any) -> list[dict[str, Any]]:
    """Let the worker give these answers in turn; the jobs that it got."""
    jobs: list[dict[str, Any]] = []
    waiting = iter(answers)

    def ask(do: str, **job: Any) -> Any:
        jobs.append(job)
        answer = next(waiting)
        if isinstance(answer, Fault):
            raise answer
        return answer

    monkeypatch.setattr(made.workers, "ask", ask)
    monkeypatch.setattr(made.workers, "seeds", lambda cell: [1, 2, 3])
    worker = SimpleNamespace(verdicts=lambda: [Verdict(str(CELL), "")] * 4)
    monkeypatch.setattr(made.workers, "at_hand", lambda: worker)
    return jobs


def test_a_crash_while_memory_is_measured_costs_only_the_memory(one: Context, monkeypatch: pytest.MonkeyPatch):
    crash = Fault("crashed", "killed by SIGSEGV", str(CELL), COST)
    jobs = answering(one, monkeypatch, crash, OK)
    notes: list[str] = []
    monkeypatch.setattr(one.progress, "note", notes.append)
    answer = checking.proved(one, CELL)
    assert answer["status"] == "ok" and answer["no cost"] == "killed by SIGSEGV"
    assert [job.get("cost", False) for job in jobs] == [one.options.cost, False]
    assert notes == [f"{CELL}: memory not measured: killed by SIGSEGV"]


def test_a_crash_in_the_proof_itself_is_the_cells(one: Context, monkeypatch: pytest.MonkeyPatch):
    crash = Fault("crashed", "killed by SIGSEGV", str(CELL), "proof")
    jobs = answering(one, monkeypatch, crash)
    with pytest.raises(Fault):
        checking.proved(one, CELL)
    assert len(jobs) == 1


def test_an_ok_that_the_referee_did_not_give_is_none(one: Context, monkeypatch: pytest.MonkeyPatch):
    answering(one, monkeypatch, OK)
    worker = SimpleNamespace(verdicts=lambda: [Verdict(str(CELL), "")] * 3)
    monkeypatch.setattr(one.workers, "at_hand", lambda: worker)
    told = checking.proved(one, CELL)
    assert (told["status"], told["reason"]) == ("error", "3 results were handed over to be judged, but 4 were expected")


@pytest.mark.parametrize(
    ("verdicts", "status", "says"),
    [([""], "ok", ""), ([], "error", "0 results were handed over"), (["", "all zeros"], "wrong", "all zeros")],
)
def test_an_ok_of_a_launch_is_believed_only_with_the_referees_verdicts(
    one: Context, monkeypatch: pytest.MonkeyPatch, verdicts: list[str], status: str, says: str
):
    answering(one, monkeypatch, {str(CELL): {"status": "ok", "reason": ""}})
    given = [Verdict(str(CELL), wrong) for wrong in verdicts]
    worker = SimpleNamespace(verdicts=lambda: given, strays=lambda: [])
    monkeypatch.setattr(one.workers, "at_hand", lambda: worker)
    told = launching.together_once(one, [str(CELL)], 0)[str(CELL)]
    assert told["status"] == status and says in told["reason"]


def test_what_needs_a_device_that_is_not_here_asks_for_nothing(one: Context, monkeypatch: pytest.MonkeyPatch):
    jobs = answering(one, monkeypatch)
    monkeypatch.setitem(one.found.head, "environment", {"cuda": None})
    assert checking.checked(one, Cell.parse(CUDA)) == {"status": "skipped", "reason": "needs cuda"}
    assert not jobs and not one.workers.referee._seeds, "no reference is computed and no inputs are drawn"


def played(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cells: list[str],
    answers: dict[str, dict[str, Any]],
    launches: int = 2,
):
    """A whole run of ``cells`` whose checks get these answers, otherwise ``OK``: jobs and lines."""
    options = Options(
        cells=tuple(cells), selection="", command="", left_out="", launches=launches, traces=tuple(cells[:1])
    )
    begun = session.start(options, tmp_path)
    out, jobs = io.StringIO(), []

    def ask(self: Workers, do: str, **job: Any) -> Any:
        jobs.append(do)
        launch = {"launch": job.get("plan", {}).get("launch"), "calls": 1, "prepare": 0.0, "first": 0.0}
        launch |= {name: [] for name in ("at", "wall", "cpu", "delay", "switches", "faults")} | {"parts": {}}
        match do:
            case "environment":
                return {"cuda": None}
            case "check":
                return answers.get(job["cell"], OK)
            case "time":
                return {cell: {"status": "ok", "launch": launch, "contended": False} for cell in job["cells"]}
            case "trace":
                return {"status": "ok"}
        return []

    step = Progress.step
    monkeypatch.setattr(Progress, "step", lambda *words, **more: step(*words, **{**more, "always": True}))
    monkeypatch.setattr(Workers, "ask", ask)
    right = [Verdict(cell, "") for cell in cells] * 4
    worker = SimpleNamespace(strays=lambda: [], verdicts=lambda: right)
    monkeypatch.setattr(Workers, "at_hand", lambda self: worker)
    monkeypatch.setattr(Workers, "forked", lambda self, cell, seeds: None)
    monkeypatch.setattr(Referee, "start", lambda self: None)
    monkeypatch.setattr(Referee, "seeds", lambda self, component, case, count: [*range(count)])
    session.measure(begun, tmp_path, progress=Progress(out))
    return jobs, out.getvalue().splitlines()


MM = "matmul.ladder/mm/eager/cpu/8/1"
CUDA = "matmul.ladder/mm/eager/cuda/5x784x10/1"
EINSUM = "matmul.ladder/einsum/eager/cpu/16/1"
LOOP = "matmul.ladder/numba_loops/eager/cpu/32/1"


def test_progress_counts_what_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    needs = {"status": "skipped", "reason": "needs numba"}
    wrong = {"status": "wrong", "reason": "it is"}
    _, lines = played(
        tmp_path,
        monkeypatch,
        [MM, CUDA, LOOP, EINSUM],
        {CUDA: {**needs, "reason": "needs cuda"}, LOOP: needs, EINSUM: wrong},
    )
    launches = [line.split("] ")[0].strip("[") for line in lines if "launch" in line]
    assert lines[0].startswith("starting a worker")
    assert lines[1] == f"[1/12] checking {MM}"  # 3 checks, twice a worker and three groups, 1 trace; nothing on cuda
    assert lines[2] == f"[2/12] checking {LOOP}"
    assert lines[3] == f"[2/9] checking {EINSUM}"  # nor what the check before turned out to need
    assert launches == ["3/7", "4/7", "5/7", "6/7"]  # nor what was wrong
    assert lines[-1] == f"[7/7] profiling {MM}"


@pytest.mark.parametrize(("cell", "looks"), [(MM, False), ("checkpoint.load/kept/eager/cpu/mlp/1", True)])
def test_facts_are_looked_at_where_the_selection_asks_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str, looks: bool
):
    jobs, _ = played(tmp_path, monkeypatch, [cell], {})
    assert ("facts" in jobs) == looks


@pytest.mark.parametrize(("by_itself", "disturbed"), [(2e-6, False), (20e-6, False), (0.2e-6, True)])
def test_each_is_looked_at_alone_and_timed_apart_where_its_rivals_slow_it_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_itself: float, disturbed: bool
):
    asked: list[int] = []

    def answer(cells: list[str], plan: dict[str, Any], seconds: float, alone: bool) -> dict[str, Any]:
        launch = {"launch": plan["launch"], "calls": 1, "prepare": 0.0, "first": 0.0, "at": [0.0], "wall": [seconds]}
        return {cell: {"status": "ok", "launch": {**launch, "alone": alone}, "contended": False} for cell in cells}

    def timed(cells: list[str], plan: dict[str, Any], process: Any) -> dict[str, Any]:
        asked.append(plan["launch"])
        return answer(cells, plan, by_itself if cells[0] == MM else 2e-6, True)

    def together(run: Context, cells: list[str], launch: int) -> dict[str, Any]:
        return answer(cells, run.plan(cells[0], launch), 2e-6, False)

    monkeypatch.setattr(launching.alone, "timed", timed)
    monkeypatch.setattr(launching, "together_once", together)
    found: list[Any] = []
    monkeypatch.setattr(session, "fold", lambda one, tree: found.append(one))
    _, lines = played(tmp_path, monkeypatch, [MM, EINSUM], {}, launches=6)
    assert asked == [6, 6, *([7, 8, 9, 10, 11, 12] if disturbed else [])], "both groups, then one of them"
    records = folding.fold(found[0]).records
    assert [len(record.launches) for record in records] == [6, 6]
    assert [all(launch.alone for launch in record.launches) for record in records] == [disturbed, False]
    told = f"timed apart from its rivals: it takes {by_itself * 1e6:.3g} µs alone and 2 µs beside its rivals"
    assert [record.remark for record in records] == [told if disturbed else "", ""]
    assert any("is timed again, each alone" in line for line in lines) == disturbed


@pytest.mark.parametrize("by_itself", [2e-6, 0.2e-6])
def test_a_variant_is_looked_at_in_one_group_and_in_all_of_its_component_where_its_rivals_slow_it_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_itself: float
):
    cells = [f"matmul.ladder/mm/eager/cpu/{case}/1" for case in ("8", "16", "32", "64")]
    looked: list[str] = []

    def answer(cells: list[str], number: int, seconds: float, alone: bool) -> dict[str, Any]:
        launch = {"launch": number, "calls": 1, "prepare": 0.0, "first": 0.0, "at": [0.0], "wall": [seconds]}
        return {cell: {"status": "ok", "launch": {**launch, "alone": alone}, "contended": False} for cell in cells}

    def timed(cells: list[str], plan: dict[str, Any], process: Any) -> dict[str, Any]:
        looked.extend(cells if plan["launch"] == 6 else [])
        return answer(cells, plan["launch"], by_itself, True)

    monkeypatch.setattr(launching.alone, "timed", timed)
    monkeypatch.setattr(launching, "together_once", lambda run, cells, number: answer(cells, number, 2e-6, False))
    _, lines = played(tmp_path, monkeypatch, cells, {}, launches=6)
    assert len(looked) == (1 if by_itself == 2e-6 else 4) and len({*looked}) == len(looked)
    assert sum("is timed again, each alone" in line for line in lines) == (0 if by_itself == 2e-6 else 4)
