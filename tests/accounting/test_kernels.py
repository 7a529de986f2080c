"""Operators by themselves: on other data, without what only the measuring costs, and none that must not run twice."""

from __future__ import annotations

import time

import pytest
import torch

from perfsuite.accounting import kernels
from perfsuite.accounting import parts as counted
from perfsuite.accounting.parts import parts
from perfsuite.model.record import OTHERS


def test_operators_are_summed_up_by_name_without_views():
    x = torch.rand(300, 300)

    def program() -> None:
        for _ in range(5):
            (x @ x).t().add_(1.0)

    found = kernels.alone(program)
    assert found is not None
    assert {name: part.calls for name, part in found.items()} == {"mm": 5, "add_": 5}
    assert found["mm"].seconds > found["add_"].seconds > 0


def test_the_tensors_of_the_call_are_not_changed():
    x, before = torch.ones(100), torch.get_rng_state()

    def program() -> None:
        x.mul_(2.0)

    assert kernels.alone(program)
    assert x.tolist() == [2.0] * 100
    assert torch.equal(torch.get_rng_state(), before)


def test_an_operator_gets_other_numbers_so_that_slow_ones_explain_nothing():
    """Subnormal numbers are much slower on some machines."""
    copy = kernels._like(torch.full((1000,), 1e-40))
    assert 0.4 < float(copy.mean()) < 0.6
    assert kernels._like(torch.full((9,), 3.0, dtype=torch.float64).to(torch.bfloat16)).max() <= 1


def test_strides_and_shared_memory_are_kept():
    wide = torch.rand(8, 6)
    for tensor in (wide.t(), wide[::2], wide[:, :1].expand(8, 6), torch.arange(5), torch.empty(0, 3)):
        copy = kernels._like(tensor)
        assert (copy.shape, copy.stride(), copy.dtype) == (tensor.shape, tensor.stride(), tensor.dtype)
        assert copy.data_ptr() != tensor.data_ptr() or not tensor.numel()
    assert torch.equal(kernels._like(torch.arange(5)), torch.arange(5))
    copies: dict[int, torch.Tensor] = {}
    first, second = kernels._copied((wide, wide), copies)
    assert first is second


def test_an_operator_that_fails_on_other_data_explains_nothing():
    x = torch.eye(3)
    found = kernels.alone(lambda: torch.linalg.cholesky(x))
    assert found is not None
    assert found["linalg_cholesky_ex"].seconds > 0  # it reports a failure and does not raise
    assert kernels._timed(torch.ops.aten.mm.default, (x, torch.rand(4, 4)), {}, time.thread_time) == (0.0, 0.0)


def test_operators_with_effects_on_other_processes_are_not_repeated():
    called = []

    class Operator:
        namespace = "c10d"

        def __call__(self) -> None:
            called.append(1)

    assert kernels._timed(Operator(), (), {}, time.thread_time) == (0.0, 0.0)
    assert not called


def test_only_the_costliest_names_are_kept():
    many = {f"op{at}": kernels.Part(1, float(at)) for at in range(kernels.KEPT + 3)}
    kept = kernels._shortened(many)
    assert len(kept) == kernels.KEPT + 1
    assert kept[OTHERS] == kernels.Part(3, 0.0 + 1.0 + 2.0, 0.0)


def test_autograd_is_counted():
    x = torch.rand(4, requires_grad=True)
    forward = parts(lambda: x.exp().sum(), lambda: x.exp().sum())
    assert (forward.nodes, forward.steps, forward.starts) == (2, 0, 0)

    def both() -> None:
        x.grad = None
        x.exp().sum().backward()

    found = parts(both, both)
    assert (found.nodes, found.steps, found.starts) == (2, 3, 1)  # accumulating the gradient is a step too


def test_of_compiled_code_no_operators_are_counted():
    x = torch.rand(4)
    assert parts(lambda: x + 1, None).operators is None


def test_marks_for_the_profiler_are_operators_that_take_time():
    def marked() -> None:
        with torch.autograd.profiler.record_function("epoch"):
            pass

    found = kernels.alone(marked)
    assert found is not None
    assert found["_record_function_enter_new"].seconds > 1e-7


def test_what_an_argument_contains_is_not_printed():
    """The text of a storage lists all its bytes: for a checkpoint, that took longer than everything else."""

    class Large:
        def __str__(self) -> str:
            raise AssertionError("printed")

    assert kernels._signature((Large(), torch.float64, 3)) == ("Large", "torch.float64", 3)


def test_the_steps_of_a_long_backward_pass_are_not_counted_and_explain_nothing(monkeypatch: pytest.MonkeyPatch):
    x = torch.rand(9, requires_grad=True)

    def program() -> None:
        torch.autograd.grad(x.tanh().sum(), x)

    assert parts(program, program).steps
    monkeypatch.setattr(counted, "LONGEST", 0.0)
    assert parts(program, program).steps is None
