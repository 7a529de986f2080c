"""Contents in which half of the numbers, or half of their digits, are not enough: what a shortcut returns is wrong."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch.utils import _pytree as pytree
from variants import some

from benchmarks.components.training import _network
from perfsuite.proving import closeness, gate
from perfsuite.validation.fakes.attackers.values import _half, _halved

CASES = [("optim.polyfit", case) for case in ("100", "10000", "100000")] + [("models.modes", "1x28x28-both")]


def accepted(truth: gate.Truth, inputs: Any) -> bool:
    """Whether the right result for other ``inputs`` would be accepted as that of ``truth``."""
    expected = truth.component.reference(truth.case, *inputs)
    return gate.alike(gate.Truth(truth.component, truth.case, inputs, expected, truth.bound), truth)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_half_of_the_numbers_are_not_enough(name: str, case: str):
    for seed in range(5):
        truth = gate.truth(*some(name, case), seed)
        halve = partial(_half, size=truth.inputs[0].nbytes)
        assert accepted(truth, truth.inputs)
        assert not accepted(truth, [pytree.tree_map(halve, value) for value in truth.inputs])


def test_half_of_the_digits_are_not_enough_in_training():
    for seed in range(5):
        truth = gate.truth(*some("training.running_loss"), seed)
        assert accepted(truth, truth.inputs)
        assert not accepted(truth, [pytree.tree_map(_halved, value) for value in truth.inputs])


def test_steps_that_bring_a_hidden_unit_near_0_are_told():
    generator = torch.Generator().manual_seed(0)
    start = _network.start((4, 3, 2), generator)
    x, y = torch.rand(1, 5, 4, generator=generator), torch.zeros(1, 5, dtype=torch.int64)
    assert _network.smooth(zip(x, y, strict=True), start, 0.1)
    start[0][1], start[1][1] = 0.0, 1e-9
    assert not _network.smooth(zip(x, y, strict=True), start, 0.1)


def test_in_training_no_hidden_unit_is_near_0():
    component, case = some("training.running_loss")
    for seed in range(10):
        xs, ys, start = component.inputs(case, torch.Generator().manual_seed(seed))
        assert _network.smooth(zip(xs, ys, strict=True), start, 0.1)


def test_a_result_is_alike_within_the_tolerance_of_the_other():
    component, case = some("optim.polyfit")
    one = gate.truth(component, case, 1)
    near = gate.Truth(component, case, one.inputs, one.expected + 0.9 * one.bound, one.bound)
    far = gate.Truth(component, case, one.inputs, one.expected + 1.1 * one.bound, one.bound)
    assert gate.alike(near, one) and not gate.alike(far, one)
    assert closeness.within(far.expected, one.expected, closeness.limits(one.bound, one.expected)) is None
    other = gate.Truth(component, case, one.inputs, one.expected[:2], one.bound)
    assert not gate.alike(other, one), "another shape"
