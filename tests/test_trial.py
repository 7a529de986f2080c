"""What a launch asks of its contestants: which answer is judged, in which memory, and who need not work each time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from benchmarks import catalogue, contestant, gate, site, trial, turns
from benchmarks.cell import Cell
from benchmarks.clock import FakeClock

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


def test_a_right_answer_that_was_freed_is_not_found_in_fresh_memory():
    group: Any = SimpleNamespace(_sizes={4096})
    found = []
    for poisoned in (False, True):
        right = torch.full((1024,), 7.0)
        del right
        if poisoned:
            turns.Group._poison(group, "cpu")
        found.append(int((torch.empty(1024) == 7.0).sum()))
    if found[0] < 512:  # glibc writes over its first few bytes alone
        pytest.skip("this allocator does not hand out what was just freed")
    assert found[1] == 0


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
