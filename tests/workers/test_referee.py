"""Who judges: the referee's process, what it says of an answer, and what the parent believes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from perfsuite.project import catalogue
from perfsuite.proving import answer, gate
from perfsuite.workers import referee
from perfsuite.workers.process import Verdict

CELL = "matmul.ladder/mm/eager/cpu/8/1"


def question(folder: Path, seed: int, output: torch.Tensor) -> dict:
    component = catalogue.component("matmul.ladder")
    case = next(case for case in component.cases if case.name == "8")
    inputs = gate.content(component, case, seed).inputs
    path = folder / f"{seed}.pt"
    right = torch.mm(*inputs)
    answer.write([("cpu", right if output is None else output)], path)
    return {"cell": CELL, "component": "matmul.ladder", "case": "8", "seed": seed, "device": "cpu", "path": str(path)}


def test_right_wrong_and_no_reference(tmp_path: Path):
    truths = referee.Truths()
    told = referee.judged(question(tmp_path, 5, None), truths)
    assert 0 < told["match"]["share"] <= 1
    told = referee.judged(question(tmp_path, 5, torch.zeros(8, 8)), truths)
    assert "64 of 64 elements are outside the tolerance" in told["wrong"]
    told = referee.judged({**question(tmp_path, 5, None), "case": "none"}, truths)
    assert "the reference failed: StopIteration" in told["error"]


def test_references_are_computed_once_and_the_oldest_are_let_go(monkeypatch: pytest.MonkeyPatch):
    made, truth = [], gate.truth
    monkeypatch.setattr(gate, "truth", lambda *arguments: made.append(arguments[2]) or truth(*arguments))
    truths = referee.Truths(most=5000)
    for seed in (1, 2, 1, 2, 3, 4, 5, 5, 1):
        truths.of("matmul.ladder", "8", seed)
    assert made == [1, 2, 3, 4, 5, 1]


def test_seeds_are_the_same_for_a_secret_and_tell_nothing_without_it():
    one = referee.drawn(7, "matmul.ladder", "8", 0)
    assert one == referee.drawn(7, "matmul.ladder", "8", 0) < 2**48
    others = [(8, "matmul.ladder", "8", 0), (7, "matmul.ladder", "8", 1), (7, "matmul.ladder", "16", 0)]
    assert one not in [referee.drawn(*other) for other in others]
    assert referee.Referee(1.0).secret != referee.Referee(1.0).secret


@pytest.mark.parametrize(
    ("verdicts", "status", "says"),
    [
        ([Verdict(CELL, "")] * 4, "ok", ""),
        ([Verdict(CELL, "")] * 3, "error", "3 results were handed over to be judged, but 4 were expected"),
        ([Verdict("another", "")] * 4, "error", "0 results were handed over"),
        (
            [*[Verdict(CELL, "")] * 4, Verdict(CELL, "all zeros")],
            "wrong",
            "all zeros (its worker reported it as right)",
        ),
    ],
)
def test_a_worker_is_believed_only_with_the_referees_verdicts(verdicts: list[Verdict], status: str, says: str):
    told = referee.vouched(verdicts, CELL, {"status": "ok", "reason": "", "proof": {}}, 4)
    assert told["status"] == status and says in told["reason"]


def test_a_worker_that_says_that_it_failed_is_believed():
    failed = {"status": "error", "reason": "no luck"}
    assert referee.vouched([], CELL, failed, 4) == failed


def test_the_referee_is_a_process_and_is_started_again_when_it_died(tmp_path: Path):
    judge = referee.Referee(timeout=120)
    try:
        asked = question(tmp_path, 6, None)
        assert "match" in judge.judge(asked)
        assert judge._process is not None
        judge._process._process.kill()
        assert "the reference failed: killed by SIGKILL" in judge.judge(asked)["error"]
        assert "match" in judge.judge(asked)
    finally:
        judge.close()


def test_contents_that_answers_are_judged_on_differ_where_there_are_so_many(monkeypatch: pytest.MonkeyPatch):
    assert len(set(referee.distinct("matmul.ladder", "8", 7, 3))) == 3
    component = catalogue.component("matmul.ladder")

    def few(case: object, generator: torch.Generator) -> tuple[torch.Tensor]:
        return (torch.randint(3, (), generator=generator),)

    monkeypatch.setattr(catalogue, "component", lambda name: dataclasses.replace(component, inputs=few))
    for secret in range(20):
        found = referee.distinct("matmul.ladder", "8", secret, 3)
        numbers = {int(few(None, torch.Generator().manual_seed(seed))[0]) for seed in found}
        assert numbers == {0, 1, 2} and len(found) == 3
    assert len(referee.distinct("matmul.ladder", "8", 7, 5)) == 5, "more than there are: some are alike"


def test_inputs_that_cannot_be_made_are_told(monkeypatch: pytest.MonkeyPatch):
    assert "the inputs failed: ValueError: no component 'no.such'" in referee.seeds("no.such", "8", 1, 2)["error"]
