"""What a run does when a worker fails: made-up answers, no workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import session
from benchmarks.cell import Cell
from benchmarks.journal import Options
from benchmarks.passes import COST
from benchmarks.process import Fault

CELL = Cell.parse("matmul.ladder/mm/eager/cpu/8/1")
OK = {"status": "ok", "reason": "", "proof": {"call": 1e-6}}


@pytest.fixture
def one(tmp_path: Path) -> Iterator[session.Session]:
    journal = session.start(Options(cells=(str(CELL),), selection="", command="", left_out="", launches=1), tmp_path)
    made = session.Session(journal, tmp_path, session.catalogue.IMPLS, None)
    yield made
    made.close()
    journal.close()


def answering(made: session.Session, monkeypatch: pytest.MonkeyPatch, *answers: Any) -> list[dict[str, Any]]:
    """Let the worker give these answers in turn; the jobs that it got."""
    jobs: list[dict[str, Any]] = []
    waiting = iter(answers)

    def ask(do: str, **job: Any) -> Any:
        jobs.append(job)
        answer = next(waiting)
        if isinstance(answer, Fault):
            raise answer
        return answer

    monkeypatch.setattr(made, "_ask", ask)
    return jobs


def test_a_crash_while_memory_is_measured_costs_only_the_memory(one: session.Session, monkeypatch: pytest.MonkeyPatch):
    crash = Fault("crashed", "killed by SIGSEGV", str(CELL), COST)
    jobs = answering(one, monkeypatch, crash, OK)
    notes: list[str] = []
    monkeypatch.setattr(one.progress, "note", notes.append)
    answer = one._proved(CELL)
    assert answer["status"] == "ok" and answer["no cost"] == "killed by SIGSEGV"
    assert [job.get("cost", False) for job in jobs] == [one.options.cost, False]
    assert notes == [f"{CELL}: memory not measured: killed by SIGSEGV"]


def test_a_crash_in_the_proof_itself_is_the_cells(one: session.Session, monkeypatch: pytest.MonkeyPatch):
    crash = Fault("crashed", "killed by SIGSEGV", str(CELL), "proof")
    jobs = answering(one, monkeypatch, crash)
    with pytest.raises(Fault):
        one._proved(CELL)
    assert len(jobs) == 1
