"""Who judges: the referee's process, what it says of an answer, and what the parent believes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from perfsuite.project import catalogue
from perfsuite.proving import answer, gate
from perfsuite.workers import contents, referee
from perfsuite.workers.process import Process, Verdict

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
    truths = contents.Truths()
    told = referee.judged(question(tmp_path, 5, None), truths)
    assert 0 < told["match"]["share"] <= 1
    told = referee.judged(question(tmp_path, 5, torch.zeros(8, 8)), truths)
    assert "64 of 64 elements are outside the tolerance" in told["wrong"]
    told = referee.judged({**question(tmp_path, 5, None), "case": "none"}, truths)
    assert "the reference failed: StopIteration" in told["error"]


def test_references_are_computed_once_and_the_oldest_are_let_go(monkeypatch: pytest.MonkeyPatch):
    made, truth = [], gate.truth
    monkeypatch.setattr(gate, "truth", lambda *arguments: made.append(arguments[2]) or truth(*arguments))
    truths = contents.Truths(most=5000)
    for seed in (1, 2, 1, 2, 3, 4, 5, 5, 1):
        truths.of("matmul.ladder", "8", seed)
    assert made == [1, 2, 3, 4, 5, 1]


def test_seeds_are_the_same_for_a_secret_and_tell_nothing_without_it():
    one = contents.drawn(7, "matmul.ladder", "8", 0)
    assert one == contents.drawn(7, "matmul.ladder", "8", 0) < 2**48
    others = [(8, "matmul.ladder", "8", 0), (7, "matmul.ladder", "8", 1), (7, "matmul.ladder", "16", 0)]
    assert one not in [contents.drawn(*other) for other in others]
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
    assert len(set(contents.distinct("matmul.ladder", "8", 7, 3))) == 3
    component = catalogue.component("matmul.ladder")

    def few(case: object, generator: torch.Generator) -> tuple[torch.Tensor]:
        return (torch.randint(3, (), generator=generator),)

    monkeypatch.setattr(catalogue, "component", lambda name: dataclasses.replace(component, inputs=few))
    for secret in range(20):
        found = contents.distinct("matmul.ladder", "8", secret, 3)
        numbers = {int(few(None, torch.Generator().manual_seed(seed))[0]) for seed in found}
        assert numbers == {0, 1, 2} and len(found) == 3
    assert len(contents.distinct("matmul.ladder", "8", 7, 5)) == 5, "more than there are: some are alike"


def component_of(monkeypatch: pytest.MonkeyPatch, reference: object, tolerance: float = 0.0) -> None:
    """Let ``matmul.ladder`` have this reference, of one number in 0 to 99."""
    component = catalogue.component("matmul.ladder")

    def numbers(case: object, generator: torch.Generator) -> tuple[torch.Tensor]:
        return (torch.randint(100, (), generator=generator),)

    changed = dataclasses.replace(
        component, inputs=numbers, reference=reference, tolerance=lambda *_: torch.tensor(tolerance)
    )
    monkeypatch.setattr(catalogue, "component", lambda name: changed)


def the_numbers(found: list[int]) -> list[int]:
    return [int(torch.randint(100, (), generator=torch.Generator().manual_seed(seed))) for seed in found]


def choose(secret: int, count: int = 3) -> list[int]:
    return the_numbers(contents.distinct("matmul.ladder", "8", secret, count, contents.Truths()))


def test_contents_have_results_that_cannot_stand_for_each_other(monkeypatch: pytest.MonkeyPatch):
    component_of(monkeypatch, lambda case, number: number // 25)
    found = [choose(secret) for secret in range(40)]
    assert sum(len({number // 25 for number in numbers}) == 3 for numbers in found) > 35
    without = [the_numbers(contents.distinct("matmul.ladder", "8", secret, 3)) for secret in range(40)]
    assert sum(len({number // 25 for number in numbers}) == 3 for numbers in without) < 25


def test_results_within_the_tolerance_are_alike(monkeypatch: pytest.MonkeyPatch):
    component_of(monkeypatch, lambda case, number: number.double(), tolerance=2.0)
    for secret in range(20):
        one, two, three = sorted(choose(secret))
        assert two - one > 2 and three - two > 2


def test_a_result_that_does_not_depend_on_the_inputs_costs_a_few_references_more(monkeypatch: pytest.MonkeyPatch):
    asked = []
    component_of(monkeypatch, lambda case, number: asked.append(number) or torch.zeros(()))
    assert len(set(choose(1))) == 3, "the inputs still differ"
    assert len(asked) <= 3 + contents.ALIKE


def test_a_reference_that_fails_is_no_matter_of_the_inputs(monkeypatch: pytest.MonkeyPatch):
    def fails(case: object, number: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("no luck")

    component_of(monkeypatch, fails)
    assert len(set(choose(1))) == 3


def test_one_content_and_large_results_are_not_compared(monkeypatch: pytest.MonkeyPatch):
    asked = []
    component_of(monkeypatch, lambda case, number: asked.append(number) or torch.zeros(()))
    assert len(choose(1, count=1)) == 1 and not asked
    monkeypatch.setattr(contents, "LARGE", 8)
    assert len(set(choose(1))) == 3 and len(asked) == 3


def test_where_the_references_process_dies_the_inputs_are_chosen_without_it(monkeypatch: pytest.MonkeyPatch):
    judge, ask, asked = referee.Referee(timeout=120), Process.ask, []

    def dies(self: Process, do: str, **arguments: object) -> object:
        asked.append((do, arguments.get("results")))
        if arguments.get("results"):
            self._process.kill()
        return ask(self, do, **arguments)

    monkeypatch.setattr(Process, "ask", dies)
    try:
        assert len(set(judge.seeds("matmul.ladder", "8", 3))) == 3
    finally:
        judge.close()
    assert asked == [("seeds", True), ("seeds", False)]


def test_inputs_that_cannot_be_made_are_told(monkeypatch: pytest.MonkeyPatch):
    assert "the inputs failed: ValueError: no component 'no.such'" in referee.seeds("no.such", "8", 1, 2)["error"]
