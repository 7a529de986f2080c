"""Rivals in processes of their own: forked workers, whose turn it is, and what is said where being alone matters."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from perfsuite.model.fault import Fault
from perfsuite.model.record import Launch
from perfsuite.project import catalogue, mount
from perfsuite.records.journal import Found
from perfsuite.tasks import alone
from perfsuite.workers import process
from perfsuite.workers.process import Process, Verdict
from perfsuite.workers.referee import Referee

PLAN: dict[str, Any] = {"launch": 2, "rounds": 3, "budget": 0.1, "target": 1e-3, "began": 0.0}


class Stub:
    """A worker that answers at once; ``sick`` says in which step of which cell it does not."""

    def __init__(self, said: list[tuple[str, str]], sick: dict[tuple[str, str], Any]) -> None:
        self.said, self.sick, self.cell = said, sick, ""

    def ask(self, do: str, **job: Any) -> dict[str, Any]:
        self.cell = job.get("cell", self.cell)
        self.said.append((do, self.cell))
        if how := self.sick.get((do, self.cell)):
            raise how
        return {"status": "ok", "reason": "", "count": 4, "launch": {}, "contended": False}

    def strays(self) -> list[Any]:
        return []

    def verdicts(self) -> list[Verdict]:
        return [Verdict(self.cell, "")]

    def dismiss(self) -> None:
        """Give no more jobs."""

    def close(self) -> None:
        self.said.append(("close", self.cell))


def test_all_are_ready_before_any_is_timed_and_all_are_closed():
    said: list[tuple[str, str]] = []
    answers = alone.timed(["a", "b", "c"], {**PLAN, "seeds": [1, 2]}, lambda: Stub(said, {}))  # type: ignore[arg-type]
    assert set(answers) == {"a", "b", "c"} and all(answer["status"] == "ok" for answer in answers.values())
    assert [do for do, _ in said] == ["alone"] * 3 + ["sample"] * 12 + ["finish"] * 3 + ["close"] * 3
    for start in range(3, 15, 3):
        assert sorted(cell for _, cell in said[start : start + 3]) == ["a", "b", "c"]


@pytest.mark.parametrize("step", ["alone", "sample", "finish"])
def test_one_that_fails_costs_its_own_cell_alone(step: str):
    said: list[tuple[str, str]] = []
    sick = {(step, "b"): Fault("crashed", "killed by SIGKILL", "b")}
    answers = alone.timed(["a", "b", "c"], {**PLAN, "seeds": [1, 2]}, lambda: Stub(said, sick))  # type: ignore[arg-type]
    assert (answers["b"]["status"], answers["b"]["reason"]) == ("crashed", "killed by SIGKILL")
    assert answers["a"]["status"] == answers["c"]["status"] == "ok"
    assert Counter(said)["sample", "a"] == 4 and Counter(do for do, _ in said)["close"] == 3
    done = {"alone": [], "sample": ["sample"], "finish": ["sample"] * 4 + ["finish"]}[step]
    assert [do for do, cell in said if cell == "b"] == ["alone", *done, "close"], "nothing more is asked of it"


def test_one_that_says_ok_is_believed_only_with_the_referees_verdict(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Stub, "verdicts", lambda self: [Verdict(self.cell, "all zeros" if self.cell == "b" else "")])
    answers = alone.timed(["a", "b"], {**PLAN, "seeds": [1, 2]}, lambda: Stub([], {}))  # type: ignore[arg-type]
    assert answers["a"]["status"] == "ok"
    assert (answers["b"]["status"], answers["b"]["reason"]) == ("wrong", "all zeros (its worker reported it as right)")


def test_a_look_is_believed_without_a_verdict_because_it_gives_no_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Stub, "verdicts", lambda self: [])
    plan = {**PLAN, "seeds": [1, 2]}
    assert alone.timed(["a"], plan, lambda: Stub([], {}))["a"]["status"] == "error"  # type: ignore[arg-type]
    look = {**plan, "recorded": False}
    assert alone.timed(["a"], look, lambda: Stub([], {}))["a"]["status"] == "ok"  # type: ignore[arg-type]


def launch(number: int, seconds: float, alone: bool = False) -> Launch:
    return Launch(number, 1, 0.0, 0.0, (0.0,), (seconds,), alone=alone)


@pytest.mark.parametrize(
    ("by_itself", "told"), [(2.4e-6, ""), (1.1e-6, ""), (9e-6, ""), (0.9e-6, "takes 0.9 µs alone and 2.4 µs beside")]
)
def test_who_is_slowed_down_by_rivals_is_quicker_alone(by_itself: float, told: str):
    beside = [2e-6, 2.4e-6, 2.5e-6]
    launches = {(at, "cell"): launch(at, seconds) for at, seconds in enumerate(beside)}
    found = Found({}, launches={**launches, (3, "cell"): launch(3, by_itself, alone=True)})
    assert found.disturbance("cell").startswith(told) and bool(found.disturbance("cell")) == bool(told)
    assert not found.disturbance("another")
    assert not Found({}, launches=launches).disturbance("cell")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes in a process that has lost its parent")
@pytest.mark.slow
def test_a_forked_worker_is_a_worker_like_any_other(tmp_path: Path):
    mount.lay(catalogue.IMPLS, tmp_path / "mount")
    judge, cells = Referee(120), [f"matmul.ladder/{way}/eager/cpu/8/1" for way in ("mm", "mm_out")]
    seeds = judge.seeds("matmul.ladder", "8", 3)
    with Process(tmp_path / "mount", tmp_path, timeout=120, forks=True) as origin:

        def forked() -> Process:
            return Process(tmp_path / "mount", tmp_path, timeout=120, judge=judge.judge, origin=origin)

        try:
            origin.ask("load", cell=cells[0], seeds=seeds)
            answers = alone.timed(cells, {**PLAN, "seeds": seeds}, forked)
            for answer in answers.values():
                assert answer["status"] == "ok" and answer["launch"]["alone"] is True
                assert len(answer["launch"]["wall"]) == 3 and len(answer["launch"]["judged"]) == 3
            looked = alone.timed(cells, {**PLAN, "seeds": seeds, "recorded": False}, forked)
            for answer in looked.values():
                assert answer["status"] == "ok" and len(answer["launch"]["wall"]) == 3
                assert not answer["launch"]["judged"], "nothing is recorded, so nothing is judged"
            with forked() as one, forked() as other:
                numbers = {one._process.pid, other._process.pid, origin._process.pid}
                assert len(numbers) == 3 and numbers <= process.WORKERS
                assert one._log != other._log and not one.strays()
                os.kill(one._process.pid, signal.SIGSEGV)
                with pytest.raises(Fault, match="killed by SIGSEGV"):
                    one.ask("ready")
                assert other.ask("ready") is None, "its sibling lives on"
            assert not [number for number in numbers - {origin._process.pid} if Path(f"/proc/{number}").exists()]
        finally:
            judge.close()
