"""What a launch asks of its contestants: which answer is judged, in which memory, and who need not work each time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from fakeclock import FakeClock

from benchmarks import catalogue, contestant, gate, site, trial, turns
from benchmarks.cell import Cell

CELL = Cell.parse("matmul.ladder/mm/eager/cpu/8/1")


@pytest.mark.parametrize(("coin", "judged"), [(1, 9), (0, 4)])
def test_every_second_time_the_last_of_a_row_is_judged_else_any(
    monkeypatch: pytest.MonkeyPatch, coin: int, judged: int
):
    chance = SimpleNamespace(getrandbits=lambda bits: coin, randrange=lambda calls: 4)
    monkeypatch.setattr(site, "CHANCE", chance)
    numbers, seen = iter(range(10)), list[int]()
    ready = contestant.Contestant(lambda: next(numbers), (), lambda: None, None)
    site.timed_in(CELL, ready, FakeClock())(10, seen.append)
    assert seen == [judged]


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
    here = site.Site(Path(), Path(), lambda what, cell: None)
    here._contents["", "", 1] = content
    asked: list[int] = []
    timed: Callable[..., Any] = lambda calls: asked.append(calls) or SimpleNamespace(wall=1e-6)  # noqa: E731
    trial.repeated(here, CELL, timed, gate.copy(content.inputs, "cpu"), content)
    assert bool(asked) != says_why
