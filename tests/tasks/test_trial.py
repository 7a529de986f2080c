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


@pytest.mark.parametrize("place", [0, 3, 5])
def test_of_each_six_looks_one_is_at_the_last_of_a_row_and_five_at_any(monkeypatch: pytest.MonkeyPatch, place: int):
    drawn: list[tuple[bool, ...]] = []

    def sample(of, count):
        drawn.append(of)
        assert count == len(of)
        return [at == 5 - place for at in range(count)]  # the last one is taken first

    monkeypatch.setattr(context, "CHANCE", SimpleNamespace(sample=sample, randrange=lambda calls: 4))
    assert looked_at(12) == [9 if at % 6 == place else 4 for at in range(12)]
    assert [(len(of), sum(of)) for of in drawn] == [(6, 1)] * 2


def test_which_look_is_at_the_last_is_drawn_by_chance():
    found = [looked_at(6) for _ in range(400)]
    assert all(9 in seen for seen in found)
    assert [{seen[at] for seen in found} for at in range(6)] == [{*range(10)}] * 6
    assert min(sum(seen[at] == 9 for seen in found) for at in range(6)) > 40, "each place is the last in turn"


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
    timed: Callable[..., Any] = lambda calls, look=None: asked.append(calls) or SimpleNamespace(wall=1e-6)  # noqa: E731
    trial.repeated(here, CELL, timed, gate.copy(content.inputs, "cpu"), content)
    assert bool(asked) != says_why


def answered(*values: float) -> tuple[trial.outputs.Seen, list[int]]:
    """What one content was answered with, and how many outputs for new contents were judged of a variant's ``values``.

    Raises:
        gate.Wrong: one was judged, and there is none that is right.
    """
    content = gate.content(catalogue.component("matmul.ladder"), catalogue.component("matmul.ladder").cases[0], 1)
    here = context.WorkerContext(Path(), Path(), lambda what, cell: None)
    here._contents["", "", 1] = content
    judged: list[int] = []

    def judge(cell: Cell, inputs: Any, output: Any, contents: gate.Content) -> None:
        assert not gate.differ(contents.inputs, inputs) and contents.seed != 1, "the contents are in place"
        judged.append(contents.seed)
        raise gate.Wrong("all elements are outside the tolerance")

    here.judge = judge  # type: ignore[method-assign,assignment]
    waiting = iter(values)

    def timed(calls: int, look: Any = None, /) -> Any:
        if look:
            look(torch.full((8, 8), next(waiting)))
        return SimpleNamespace(wall=1e-6)

    seen = trial.outputs.Seen()
    seen.add([("cpu", torch.ones(8, 8))])
    trial.repeated(here, CELL, timed, gate.copy(content.inputs, "cpu"), content, seen)
    return seen, judged


def test_outputs_for_new_contents_that_differ_are_not_judged():
    _, judged = answered(2.0, 3.0, 4.0, 5.0, 6.0)
    assert not judged


@pytest.mark.parametrize("values", [(1.0,), (2.0, 2.0), (2.0, 3.0, 4.0, 5.0, 1.0)])
def test_an_output_that_was_given_before_is_judged(values: tuple[float, ...]):
    with pytest.raises(gate.Wrong, match="returns for new inputs what it returned for others: all elements"):
        answered(*values)


def test_outputs_are_told_apart_by_place_type_shape_and_elements_of_each_part():
    seen = trial.outputs.Seen()
    large = torch.zeros(3 * trial.outputs.SAMPLED + 7)
    last = large.index_fill(0, torch.tensor([3 * trial.outputs.SAMPLED]), 1.0)
    nan = torch.tensor([float("nan"), 1.0])
    every = [
        [("cpu", torch.zeros(4))],
        [("cpu", torch.zeros(4, dtype=torch.int32))],
        [("cpu", torch.zeros(2, 2))],
        [("cpu", torch.zeros(4)), ("cpu", torch.zeros(0))],
        [("cpu", large)],
        [("cpu", last)],
        [("cpu", torch.tensor(True))],
        [("cpu", nan)],
        [],
    ]
    assert [seen.add(parts) for parts in every] == [False] * len(every)
    assert all(seen.add([(place, part.clone()) for place, part in parts]) for parts in every)


def test_the_compiler_starts_before_any_variant_is_prepared(monkeypatch: pytest.MonkeyPatch):
    """Its start resets the compiler; a variant that was compiled by its own code before would have to compile again."""
    order: list[str] = []

    class Group:
        def __init__(self, *_: object) -> None:
            pass

        def begin(self, cell: Cell) -> None:
            order.append(cell.executor)
            raise RuntimeError("enough")

    monkeypatch.setattr(turns, "Group", Group)
    monkeypatch.setattr(turns, "start_compiler", lambda _: order.append("compiler"))
    ways = [Cell.parse(f"einsum.lone/{way}/cpu/10x20x30/1") for way in ("aot_eager/eager", "einsum/compile")]
    turns.interleave(None, ways, turns.Plan(0, 1, 0.1, 1e-3, 0.0, [1]))  # type: ignore[arg-type]
    assert order[0] == "compiler" and len(order) == 2
