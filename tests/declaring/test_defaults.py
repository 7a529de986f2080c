"""Derived references, tolerances and work: right answers pass, coarse and wrong ones do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from perfsuite import component, prepared
from perfsuite.model.component import Case, Component
from perfsuite.proving import answer, gate


def truth(found: Component, seed: int = 0) -> gate.Truth:
    return gate.truth(found, found.cases[0], seed)


def declared(*variants: Callable[..., Any], inputs: Callable[..., Any], **told: Any) -> Component:
    return component(variants={f"v{at}": one for at, one in enumerate(variants)}, **told)(inputs)


def randn(*shape: int, dtype: torch.dtype = torch.float32) -> Callable[..., Any]:
    def inputs(case: Case, generator: torch.Generator) -> torch.Tensor:
        return torch.randn(*shape, generator=generator).to(dtype)

    return inputs


def two(*shape: int) -> Callable[..., Any]:
    return lambda case, generator: tuple(torch.randn(*shape, generator=generator) for _ in range(2))


def attention(q, k, v):
    return torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, -1) @ v


HONEST = {
    "matrix product": (two(64, 64), lambda a, b: a @ b, lambda a, b: torch.einsum("ij,jk->ik", a, b)),
    "long product": (two(512, 512), lambda a, b: a @ b, lambda a, b: (b.T @ a.T).T),
    "long sum": (randn(1_000_000), lambda x: x.sum(), lambda x: x.view(1000, 1000).sum(0).sum()),
    "running sum": (randn(1000, 1000), lambda x: x.sum(1), lambda x: x.cumsum(1)[:, -1]),
    "softmax": (randn(16, 1000), lambda x: x.softmax(1), lambda x: (x - x.logsumexp(1, keepdim=True)).exp()),
    "variance": (randn(1000, 100), lambda x: x.var(0), lambda x: (x - x.mean(0)).square().sum(0) / 999),
    "attention": (
        lambda case, generator: tuple(torch.randn(2, 4, 32, 16, generator=generator) for _ in range(3)),
        attention,
        torch.nn.functional.scaled_dot_product_attention,
    ),
    "norms": (randn(64, 256), lambda x: torch.nn.functional.layer_norm(x, (256,)), lambda x: _norm(x)),
    "deep": (randn(32, 64), lambda x: _deep(x), lambda x: _deep(x.contiguous())),
    "whole numbers": (randn(100, 10), lambda x: x.argmax(1), lambda x: x.sort(1, descending=True)[1][:, 0]),
    "bfloat16": (
        randn(64, 64, dtype=torch.bfloat16),
        lambda x: x @ x,
        lambda x: (x.float() @ x.float()).bfloat16(),
    ),
    "float16": (randn(64, 64, dtype=torch.float16), lambda x: (x * 3).sum(1), lambda x: 3 * x.sum(1)),
    "complex": (randn(256), lambda x: torch.fft.fft(x), lambda x: torch.fft.fft(x.to(torch.complex64))),
}


def _norm(x: torch.Tensor) -> torch.Tensor:
    return (x - x.mean(1, keepdim=True)) / (x.var(1, unbiased=False, keepdim=True) + 1e-5).sqrt()


def _deep(x: torch.Tensor) -> torch.Tensor:
    for _ in range(12):
        x = torch.tanh(x @ torch.linspace(-0.5, 0.5, 64 * 64, dtype=x.dtype).view(64, 64).sin()) + x
    return x


@pytest.mark.parametrize("kind", HONEST)
@pytest.mark.parametrize("seed", range(3))
def test_honest_variants_pass(kind: str, seed: int):
    inputs, first, second = HONEST[kind]
    told = truth(declared(first, second, inputs=inputs), seed)
    for variant in (first, second):
        gate.match(variant(*gate.copy(told.inputs, "cpu")), told)


COARSE = {
    "matrix product": (two(64, 64), lambda a, b: a @ b, lambda a, b: (a.bfloat16() @ b.bfloat16()).float()),
    "long product": (two(512, 512), lambda a, b: a @ b, lambda a, b: (a.half() @ b.half()).float()),
    "softmax": (randn(16, 1000), lambda x: x.softmax(1), lambda x: x.half().softmax(1).float()),
    "long sum": (randn(1_000_000), lambda x: x.sum(), lambda x: x.bfloat16().sum().float()),
    "one wrong": (randn(1000), lambda x: 2 * x, lambda x: torch.cat([2 * x[:-1], 2.001 * x[-1:]])),
    "one late": (randn(1000), lambda x: x.cumsum(0), lambda x: torch.cat([x[:1], x.cumsum(0)[:-1]])),
    "biased": (randn(1000, 100), lambda x: x.var(0), lambda x: x.var(0, unbiased=False)),
    "zeros": (randn(100), lambda x: 2 * x, lambda x: torch.zeros_like(x)),
    "other dtype": (randn(100), lambda x: 2 * x, lambda x: 2 * x.double()),
    "whole numbers": (randn(100, 10), lambda x: x.argmax(1), lambda x: x.argmin(1)),
    "complex": (randn(256), torch.fft.fft, lambda x: torch.fft.fft(x) * 1.001),
}


@pytest.mark.parametrize("kind", COARSE)
def test_coarse_and_wrong_ones_do_not(kind: str):
    inputs, first, wrong = COARSE[kind]
    told = truth(declared(first, wrong, inputs=inputs))
    with pytest.raises(gate.Wrong):
        gate.match(wrong(*gate.copy(told.inputs, "cpu")), told)


def test_the_reference_is_in_float64_and_what_is_made_on_the_way_too():
    def first(x: torch.Tensor) -> torch.Tensor:
        return x * torch.linspace(0, 1, 3)

    told = truth(declared(first, inputs=randn(3)))
    (expected,) = told.expected
    assert expected.dtype == torch.float64 and torch.get_default_dtype() == torch.float32
    assert torch.equal(expected, told.inputs[0].double() * torch.linspace(0, 1, 3, dtype=torch.float64))


def test_a_variant_that_does_not_run_in_float64_is_its_own_reference():
    def single(x: torch.Tensor) -> torch.Tensor:
        if x.dtype != torch.float32:
            raise TypeError("float32 only")
        return x.sin()

    told = truth(declared(single, torch.sin, inputs=randn(100)))
    gate.match(told.inputs[0].sin(), told)
    with pytest.raises(gate.Wrong):
        gate.match(told.inputs[0].half().sin().float(), told)


def test_a_declared_reference_is_called_in_float64_and_may_fail_the_first_variant():
    told = truth(declared(lambda x: x + x, inputs=randn(10), reference=lambda x: 2 * x))
    gate.match(2 * told.inputs[0], told)
    for wrong in (lambda x: 3 * x, lambda x: x.sum(), lambda x: x.nothing):
        told = truth(declared(wrong, lambda x: x + x, inputs=randn(10), reference=lambda x: 2 * x))
        gate.match(2 * told.inputs[0], told)
        with pytest.raises((gate.Wrong, AttributeError)):
            gate.match(wrong(told.inputs[0]), told)


def test_a_random_first_variant_is_told_what_it_is():
    with pytest.raises(ValueError, match=r"v0 differs from the reference by .*as dropout does"):
        truth(declared(lambda x: torch.nn.functional.dropout(x), inputs=randn(100)))


def test_a_declared_tolerance_is_relative_or_a_function():
    inputs, near = randn(100), lambda x: 2 * x + 1e-3
    told = truth(declared(lambda x: 2 * x, inputs=inputs, tolerance=1e-2))
    gate.match(near(told.inputs[0]), told)
    told = truth(declared(lambda x: 2 * x, inputs=inputs, tolerance=lambda case, reference, x: 1e-2))
    gate.match(near(told.inputs[0]), told)


@pytest.mark.parametrize(
    ("first", "inputs", "flops", "count"),
    [
        (lambda a, b: a @ b, two(8, 8), 2 * 8**3, 3 * 8 * 8 * 4),
        (lambda x: 2 * x, randn(100), 0, 800),
        (lambda d: d["x"].sum(), lambda case, generator: {"x": torch.randn(10, generator=generator)}, 0, 44),
    ],
)
def test_the_work_is_what_torch_counts_and_the_bytes_of_inputs_and_outputs(first, inputs, flops: int, count: int):
    told = truth(declared(first, inputs=inputs))
    assert told.derived is not None and told.component.count is not None
    assert (told.component.count(told.case, told.inputs), told.derived.bytes) == (flops, count)


def test_the_fewest_flops_of_a_variant_count_and_those_that_torch_cannot_count_do_not():
    def twice(a, b):
        a @ b
        return a @ b

    def counted_by_nobody(a, b):
        return torch.from_numpy(a.numpy() @ b.numpy())

    found = declared(twice, torch.matmul, counted_by_nobody, inputs=two(8, 8))
    told = truth(found)
    assert found.count is not None and found.count(told.case, told.inputs) == 2 * 8**3


def test_nothing_to_compare_is_told():
    with pytest.raises(ValueError, match="v0 returns nothing with a tensor in it"):
        truth(declared(lambda x: [], inputs=randn(3)))
    with pytest.raises(ValueError, match="v0 returns str: only tensors and numbers can be compared"):
        truth(declared(lambda x: [x + 1, "text"], inputs=randn(3)))


@pytest.mark.parametrize(
    "variant",
    [lambda x: x.sum().item(), lambda x: {"sum": x.sum(), "none": None}, lambda x: (x.argmax().item(), x + 1)],
)
def test_numbers_are_compared_and_none_is_nothing(variant: Callable[..., Any]):
    told = truth(declared(variant, inputs=randn(1000)))
    content = gate.content(told.component, told.case, 0)
    parts = answer.taken(variant(*told.inputs), content, told.inputs, "cpu")
    gate.compare(parts, told)
    wrong = answer.taken(variant(told.inputs[0].flip(0) + 1), content, told.inputs, "cpu")
    with pytest.raises(gate.Wrong):
        gate.compare(wrong, told)


def test_a_prepared_variant_may_be_the_first():
    closed = []

    class Ready:
        def __init__(self, x: torch.Tensor) -> None:
            self.x = x

        def __call__(self) -> torch.Tensor:
            return self.x.sin()

        def close(self) -> None:
            closed.append(self)

    told = truth(declared(prepared(lambda x: Ready(x)), torch.sin, inputs=randn(100)))
    gate.match(told.inputs[0].sin(), told)
    assert closed and torch.equal(told.expected[0], told.inputs[0].double().sin())


def test_a_view_is_told_how_to_allow_it():
    found = declared(lambda x: x[1:], inputs=randn(3))
    content = gate.content(found, found.cases[0], 0)
    with pytest.raises(gate.Wrong, match=r"a new tensor is required; where a view is meant, .*aliases="):
        answer.taken(content.inputs[0][1:], content, content.inputs, "cpu")
    allowed = declared(lambda x: x[1:], inputs=randn(3), aliases="a view is meant")
    content = gate.content(allowed, allowed.cases[0], 0)
    assert answer.taken(content.inputs[0][1:], content, content.inputs, "cpu")


# -- modules -----------------------------------------------------------------------------------------------------------


class Block(torch.nn.Module):
    def __init__(self, dim: int = 8) -> None:
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(dim)
        self.line = torch.nn.Linear(dim, dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.line(self.norm(x)), 1)


@pytest.mark.parametrize("mode", ["forward", "backward", "step"])
def test_modules_have_the_same_weights_and_give_the_same_again_and_again(mode: str):
    found = declared(Block, lambda: Block(8), inputs=randn(16, 8), mode=mode)
    told = truth(found)
    (case,) = found.cases
    assert found.call is not None and found.state is not None
    calls = [found.call(one, case, found.state(case)) for one in found.made.values()]
    for _ in range(3):
        for call in calls:
            gate.match(list(_flat(call(*gate.copy(told.inputs, "cpu")))), told)


def _flat(value: Any):
    if isinstance(value, list | tuple):
        for one in value:
            yield from _flat(one)
    else:
        yield value.detach()


def test_a_wrong_gradient_and_a_wrong_step_are_found():
    class Detached(Block):
        def forward(self, x):
            return torch.softmax(self.line(self.norm(x).detach()), 1)

    class Halved(Block):
        def forward(self, x):
            out = super().forward(x)
            return out / 2 + out.detach() / 2

    for mode, kind in (("backward", Detached), ("step", Halved)):
        found = declared(Block, kind, inputs=randn(16, 8), mode=mode)
        told, (case,) = truth(found), found.cases
        wrong = found.call(kind, case, found.state(case))
        with pytest.raises(gate.Wrong):
            gate.match(list(_flat(wrong(*told.inputs))), told)


def test_a_factory_may_take_the_case_and_must_make_a_module():
    def sized(case):
        return torch.nn.Linear(case.dim, 1)

    found = component(variants={"sized": sized}, mode="forward", cases={"d3": {"dim": 3}})(
        lambda case, generator: torch.ones(2, case.dim)
    )
    assert truth(found).expected[0].shape == (2, 1)
    with pytest.raises(ValueError, match=r"returns Tensor where mode= expects a torch.nn.Module"):
        truth(declared(lambda: torch.ones(1), inputs=randn(1), mode="forward"))
