"""The pass that counts unexplained parts again: made-up answers, and the real job in real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from perfsuite.model import account
from perfsuite.model.fault import Fault
from perfsuite.project import catalogue
from perfsuite.records import journal as journals
from perfsuite.records.folding import fold
from perfsuite.records.options import Options
from perfsuite.running import counting, session
from perfsuite.running.context import Context

CELL = "matmul.ladder/mm/eager/cpu/8/1"
LAUNCH = {"launch": 0, "calls": 1, "prepare": 0.1, "first": 0.1, "at": [0.0], "wall": [1e-3]}


def made(seconds: float, **more: Any) -> dict[str, Any]:
    """Parts whose one operator takes so long."""
    one = {"calls": 1, "seconds": seconds, "faults": 0.0}
    counts = {"nodes": 0, "steps": 0, "starts": 0, "instructions": 10}
    return {"operators": {"mm": one}, "native": {}, **counts, **more}


def answer(parts: dict[str, Any] | None) -> dict[str, Any]:
    proof = {"error": 0.0, "share": 0.0, "seeds": 3, "first": 1.0, "call": 1e-6}
    cost = {"peak": 0, "peak_is": "exact", "allocations": 1, "ops": 1, "views": 0, "traffic": 768, "parts": parts}
    return {"status": "ok", "reason": "", "proof": proof, "cost": cost}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Context]:
    """One cell that takes 1 ms, of which an operator of 0.1 ms is known."""
    begun = session.start(Options((CELL,), "", "", "", launches=1), tmp_path)
    begun.add("check", cell=CELL, answer=answer(made(1e-4)))
    begun.add("launch", cell=CELL, launch=LAUNCH, contended=False)
    context = Context(begun, tmp_path, catalogue.IMPLS, None)
    yield context
    context.close()
    begun.close()


def answering(run: Context, monkeypatch: pytest.MonkeyPatch, *answers: Any) -> list[str]:
    """Let each process give one of these answers; the jobs that they got."""
    jobs: list[str] = []
    waiting = iter(answers)

    def single(cell: str, seeds: list[int], forked: bool) -> Any:
        def ask(do: str, **job: Any) -> Any:
            jobs.append(f"{do} {job['cell']}")
            told = next(waiting)
            if isinstance(told, Fault):
                raise told
            return told

        return SimpleNamespace(ask=ask, verdicts=list, close=lambda: jobs.append("close"))

    monkeypatch.setattr(run.workers, "single", single)
    monkeypatch.setattr(run.workers, "seeds", lambda cell: [1])
    return jobs


def told(parts: dict[str, Any]) -> dict[str, Any]:
    return {"status": "ok", "reason": "", "parts": parts}


def shown(run: Context) -> Any:
    (record,) = fold(run.found).records
    assert record.cost
    return record.cost.parts


def test_the_parts_of_three_processes_with_the_median_sum_count(run: Context, monkeypatch: pytest.MonkeyPatch):
    more = {"native": {"loads": {"calls": 2, "seconds": 3e-4, "faults": 0.0}}, "nodes": None}
    jobs = answering(run, monkeypatch, told(made(9e-4, **more)), told(made(8e-4, **more, instructions=12)))
    counting.count(run, catalogue.IMPLS)
    assert jobs == [f"parts {CELL}", "close"] * 2, "two processes, each ended"
    found = shown(run)
    assert found.operators == {"mm": account.Part(1, 8e-4)} and found.native == {"loads": account.Part(2, 3e-4)}
    assert (found.nodes, found.instructions) == (None, 12), "all of one process"
    loaded = journals.load(run.journal.path)
    assert fold(loaded) == fold(run.found), "from the file it is the same"
    jobs.clear()
    counting.count(run, catalogue.IMPLS)
    assert not jobs, "explained now"


def test_what_stays_unexplained_is_not_counted_more_often(run: Context, monkeypatch: pytest.MonkeyPatch):
    jobs = answering(run, monkeypatch, told(made(2e-4)), told(made(1e-4)))
    for _ in range(2):  # as in a run that is resumed
        counting.count(run, catalogue.IMPLS)
    assert len(jobs) == 4 and shown(run).operators["mm"].seconds == 1e-4


@pytest.mark.parametrize("parts", [made(6e-4), None])
def test_explained_times_and_those_without_parts_are_left_alone(
    run: Context, monkeypatch: pytest.MonkeyPatch, parts: dict[str, Any] | None
):
    run.journal.add("check", cell=CELL, answer=answer(parts))
    jobs = answering(run, monkeypatch)
    counting.count(run, catalogue.IMPLS)
    assert not jobs


def test_it_takes_a_hundredth_of_the_run(run: Context, monkeypatch: pytest.MonkeyPatch):
    jobs = answering(run, monkeypatch)
    monkeypatch.setattr(counting, "LEAST", 0.0)
    monkeypatch.setattr(counting, "SHARE", 0.0)
    counting.count(run, catalogue.IMPLS)
    assert not jobs


def test_a_fault_costs_only_these_parts_and_is_told_once(run: Context, monkeypatch: pytest.MonkeyPatch):
    jobs = answering(run, monkeypatch, Fault("crashed", "killed by SIGSEGV", CELL, "memory and operators"))
    notes: list[str] = []
    monkeypatch.setattr(run.progress, "note", notes.append)
    counting.count(run, catalogue.IMPLS)
    assert jobs == [f"parts {CELL}", "close"] and shown(run).operators["mm"].seconds == 1e-4
    assert notes == [f"{CELL}: its parts were not counted again: killed by SIGSEGV"] and not run.found.faults


@pytest.mark.slow
def test_in_real_processes(run: Context, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(counting, "LEAST", 600.0)  # on a slow machine too
    counting.count(run, catalogue.IMPLS)
    assert len(run.found.parts[CELL]) == counting.PROCESSES
    for parts in run.found.parts[CELL]:
        assert parts.operators and parts.operators["mm"].calls == 1 and 0 < parts.operators["mm"].seconds < 1e-3
        assert parts.instructions
