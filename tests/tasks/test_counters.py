"""The counters of a sample tell of its calls alone, also where an output is judged afterwards."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from perfsuite.measuring.timing import Batch
from perfsuite.model.cell import Cell
from perfsuite.tasks import turns

CELL = Cell.parse("a.b/v/eager/cpu/c/1")


@pytest.mark.parametrize("chosen", [True, False])
def test_judging_an_output_is_not_counted(chosen: bool, monkeypatch: pytest.MonkeyPatch):
    used = [0, 0, 0, 0]  # what the system has counted so far
    judged: list[Any] = []

    def timed(calls: int, look: Any = None) -> Batch:
        used[3] += 5 * calls  # page faults of the calls
        if look:
            look("output")
        return Batch(1.0)

    def judge(cell: Any, inputs: Any, content: Any, output: Any) -> None:
        used[3] += 1000
        judged.append(output)

    monkeypatch.setattr(turns, "_counters", lambda: SimpleNamespace(read=lambda: tuple(used)))
    group = object.__new__(turns.Group)
    group.context = SimpleNamespace(step=lambda what, cell: None, judge_timed=judge)
    group.plan, group.inputs, group._filled, group._sizes = SimpleNamespace(began=0.0), (), None, set()
    variant = turns.TimedVariant(CELL, None, timed, 0.0, 0.0, calls=2, chosen=frozenset({0} if chosen else ()))
    group.sample(variant, lambda: None)
    assert variant.counted == [(0, 0, 0, 10)]
    assert (judged, variant.judged) == ((["output"], [0]) if chosen else ([], []))
