"""What a launch asks of its variants: which answer is judged, in which memory, and who need not work each time."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from fakeclock import FakeClock

from perfsuite.measuring import prepared
from perfsuite.model.cell import Cell
from perfsuite.project import catalogue
from perfsuite.proving import gate
from perfsuite.tasks import trial, turns
from perfsuite.workers import context

CELL = Cell.parse("matmul.ladder/mm/eager/cpu/8/1")


def looked_at(rows: int) -> list[int]:
    """Which calls of rows of ten are looked at."""
    numbers, seen = itertools.cycle(range(10)), list[int]()
    timed = context.timed_in(CELL, prepared.Prepared(lambda: next(numbers), (), lambda: None, None), FakeClock())
    for _ in range(rows):
        timed(10, seen.append)
    return seen


@pytest.mark.parametrize("last_first", [True, False])
def test_of_each_two_looks_one_is_at_the_last_of_a_row_and_one_at_any(
    monkeypatch: pytest.MonkeyPatch, last_first: bool
):
    order = [False, True] if last_first else [True, False]
    monkeypatch.setattr(context, "CHANCE", SimpleNamespace(sample=lambda *_: order, randrange=lambda calls: 4))
    assert looked_at(4) == ([9, 4, 9, 4] if last_first else [4, 9, 4, 9])


def test_which_look_is_at_the_last_is_drawn_by_chance():
    found = [looked_at(2) for _ in range(400)]
    assert all(9 in seen for seen in found)
    assert {first for first, _ in found} == {second for _, second in found} == {*range(10)}


def test_blocks_as_large_as_the_answers_are_written_over(monkeypatch: pytest.MonkeyPatch):
    made, full = [], torch.full
    monkeypatch.setattr(torch, "full", lambda *size, **how: made.append(full(*size, **how)) or made[-1])
    turns.Group._poison(SimpleNamespace(_sizes={4096, 80}), "cpu")  # type: ignore[arg-type]
    assert sorted(block.nbytes for block in made) == [80] * turns.POISON + [4096] * turns.POISON
    assert all(bool((block == 0xA5).all()) for block in made), "no number that could be right"


@pytest.mark.parametrize("says_why", [True, False])
def test_who_says_why_it_is_quick_again_is_not_asked(says_why: bool):
    component = catalogue.component("matmul.ladder")
    component = dataclasses.replace(component, quick_again={"mm": "It keeps all."} if says_why else {})
    content = gate.content(component, component.cases[0], 1)
    here = context.WorkerContext(Path(), Path(), lambda what, cell: None)
    here._contents["", "", 1] = content
    asked: list[int] = []
    timed: Callable[..., Any] = lambda calls: asked.append(calls) or SimpleNamespace(wall=1e-6)  # noqa: E731
    trial.repeated(here, CELL, timed, gate.copy(content.inputs, "cpu"), content)
    assert bool(asked) != says_why
