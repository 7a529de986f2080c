"""What is told before a comparison begins: how many cells, and how long they will take at most."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from perfsuite.judging import outlook
from perfsuite.judging.comparisons import Found
from perfsuite.judging.record import Options
from perfsuite.pairing.sequential import Judge, Rule
from perfsuite.running import effort

EAGER = "a.b/v{}/eager/cpu/1/1"
SAME = {"verdict": "SAME", "reason": "the code is the same"}


def found(cells: list[str], gpus: tuple[str, ...] = (), **options: Any) -> Found:
    asked = Options(cells=tuple(cells), selection="", command="", **{"budget": 80.0, **options})
    return Found({"options": dataclasses.asdict(asked), "machine": {"gpus": list(gpus)}})


def eager(count: int) -> list[str]:
    return [EAGER.format(number) for number in range(count)]


def test_how_many_and_how_long():
    one = found(eager(4))
    one.add({"kind": "proof", "cell": EAGER.format(0), **SAME})
    assert outlook.told(one) == (
        "3 cells to compare, 1 with the same code; proof takes about 10 s, "
        "the whole comparison at most 80 s (--budget 80)"
    )
    assert outlook.told(found(eager(1), budget=300.0)) == (
        "1 cell to compare; proof takes about 10 s, the whole comparison at most 5 min (--budget 300)"
    )


def test_nothing_is_told_where_nothing_is_to_come():
    one = found(eager(2))
    for cell in eager(2):
        one.add({"kind": "proof", "cell": cell, **SAME})
    assert outlook.told(one) == ""


def test_proof_takes_longer_where_something_is_compiled():
    compiled = [cell.replace("eager", "compile") for cell in eager(30)]
    seconds = effort.START + 30 * 2 * effort.PROOF["compile"]
    assert f"proof takes about {math.ceil(seconds / 60)} min" in outlook.told(found(compiled, budget=6000.0))


def test_it_is_told_that_the_budget_will_not_do():
    many = found(eager(400), budget=600.0)
    assert (
        "the whole comparison at most 15 min (--budget 600), too little for a verdict on each: select"
        in outlook.told(many)
    )
    some = found(eager(100), budget=400.0)
    assert outlook.told(some).endswith("the whole comparison at most 10 min (--budget 400)"), (
        "a budget may be overdrawn"
    )


def test_it_never_takes_less_than_its_proof():
    line = outlook.told(found(eager(1000), budget=40.0))
    proof = effort.START + 1000 * 2 * effort.PROOF["eager"]
    assert f"the whole comparison at most {math.ceil(proof / 60)} min" in line


@pytest.mark.parametrize(("gpus", "expected"), [((), 1), (("a GPU",), 2)])
def test_cells_of_a_device_that_is_not_here_do_not_count(gpus: tuple[str, ...], expected: int):
    cells = [EAGER.format(0), EAGER.format(0).replace("cpu", "cuda")]
    assert outlook.told(found(cells, gpus)).startswith(f"{expected} cell")
    assert len(outlook.proofs(found(cells, gpus))) == expected


def test_what_is_resumed_tells_what_is_left():
    one = found(eager(3))
    for cell in eager(2):
        one.add({"kind": "proof", "cell": cell, "verdict": "", "reason": "", "call": 1e-6})
    one.add({"kind": "rule", "rule": dataclasses.asdict(Rule(2))})
    one.add({"kind": "sitting", "seconds": 50.0, "ended": False})
    assert (
        "3 cells to compare; proof takes about 10 s, the whole comparison at most 70 s (--budget 80)"
        in outlook.told(one)
    )
    one.add({"kind": "proof", "cell": EAGER.format(2), "verdict": "", "reason": "", "call": 1e-6})
    for _ in range(20):
        one.add({"kind": "x", "cell": EAGER.format(0), "x": 0.0})
    assert outlook.told(one) == "2 cells to compare; the whole comparison at most 70 s (--budget 80)"


@pytest.mark.parametrize("rule", [Rule(10), Rule(1), Rule(10, split=0.05)])
def test_no_verdict_comes_before_the_fewest_epochs(rule: Rule):
    judge = Judge(rule)
    while judge.finding.verdict == "UNDECIDED":
        judge.add(0.0)
    assert judge.finding.verdict == "SAME" and len(judge.xs) >= rule.least_same
    if not rule.split:
        assert len(judge.xs) <= rule.least_same + 2, "nor much later, where there is no noise"
