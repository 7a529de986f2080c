"""The losses: what the sources print, what overflows and how, all variants on small shapes, and the rows' mistakes."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from variants import prepared_or_skipped as prepared
from variants import some

from perfsuite.measuring import prepared as preparing
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("losses.")]


def variants(*names: str) -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in names
        for variant in catalogue.variants(name)
    ]


def answer(component: str, variant: str, *inputs: torch.Tensor) -> Any:
    try:
        return preparing.first_call(prepared(component, variant, inputs))
    except preparing.Missing as missing:
        pytest.skip(str(missing))


SHAPES: dict[str, list[dict[str, Any]]] = {
    "losses.softmax": [{"rows": 9, "columns": 1500}, {"rows": 17, "columns": 3}],
    "losses.softmax_columns": [{"rows": 3, "columns": 17}],
    "losses.cross_entropy": [{"batch": 17, "classes": 7}],
    "losses.linear_cross_entropy": [{"tokens": 70, "width": 5, "vocabulary": 33}],
    "losses.one_hot": [{"batch": 33}],
    "losses.logsumexp": [{"rows": 17}],
    "losses.binary_cross_entropy": [{"n": 333, "spread": 1}],
    "losses.mean_squared_error": [{"n": 1}, {"n": 333}],
    "losses.denormals": [{"n": 33, "scale": 1.0}, {"n": 33, "scale": 1e-41}],
    "losses.likelihood": [{"batch": 33}],
}


@pytest.mark.parametrize(("component", "variant"), variants(*FAMILY))
def test_every_variant_is_right_on_other_shapes_and_when_its_inputs_change_in_place(component: str, variant: str):
    problem = catalogue.component(component)
    for shape in SHAPES[component]:
        truths = [gate.truth(problem, Case("other", shape), seed) for seed in range(3)]
        inputs = gate.copy(truths[0].inputs, "cpu")
        call = prepared(component, variant, inputs)
        try:
            preparing.first_call(call)
        except preparing.Missing as missing:
            pytest.skip(str(missing))
        gate.prove(call, inputs, truths)


# -- what the sources print --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("component", "variant"), variants("losses.softmax"))
def test_softmax_of_1000_and_0(component: str, variant: str):
    assert answer(component, variant, torch.tensor([[1000.0, 0]])).tolist() == [[1, 0]]
    assert answer(component, variant, torch.tensor([[-1e4, 1e4], [1e4, 1e4]])).tolist() == [[0, 1], [0.5, 0.5]]


def test_the_softmax_of_the_definition_is_nan_there():
    powers = torch.tensor([1000.0, 0]).exp()
    naive = powers / powers.sum()
    assert naive[0].isnan() and naive[1] == 0


@pytest.mark.parametrize(("component", "variant"), variants("losses.cross_entropy"))
def test_cross_entropy_500_with_gradient_a_half(component: str, variant: str):
    """Two rows, one of each label, are the source's labels of one half each."""
    loss, slope = answer(component, variant, torch.tensor([[1000.0, 0]] * 2), torch.tensor([0, 1]))
    assert loss == 500
    assert slope.tolist() == [[0, 0], [0.5, -0.5]]


def test_the_source_itself_with_labels_of_one_half():
    labels, logits = torch.tensor([0.5, 0.5]), torch.tensor([1000.0, 0], requires_grad=True)
    naive = -(labels * (logits.exp() / logits.exp().sum()).log()).sum()
    assert not naive.isfinite()
    assert -(labels * logits.softmax(0).log()).sum() == math.inf
    shifted = logits - logits.max()
    loss = -(labels * (shifted - shifted.logsumexp(0))).sum()
    assert loss == functional.cross_entropy(logits, labels) == 500
    assert torch.autograd.grad(loss, logits)[0].tolist() == [0.5, -0.5]


def test_the_sources_stable_formula_is_for_one_row_only():
    """A maximum of the whole batch and a sum without keepdim: raises, or is wrong in silence if the batch is square."""

    def source(logits: torch.Tensor) -> torch.Tensor:
        shifted = logits - logits.max()
        return shifted - shifted.logsumexp(1)

    with pytest.raises(RuntimeError, match="must match the size"):
        source(torch.randn(64, 10))
    square = torch.tensor([[1.0, 2], [3, 5]])
    assert (source(square) - square.log_softmax(1)).abs().max() > 1


def test_the_limit_of_exp_in_float32():
    assert math.log(torch.finfo(torch.float32).max) == pytest.approx(88.7, abs=0.03)
    assert torch.tensor([88.7, 88.8]).exp().isfinite().tolist() == [True, False]


def test_the_range_of_float32_and_of_smaller_types():
    x = torch.tensor(1.0)
    assert (x * torch.tensor(1e-50) / torch.tensor(1e-50)).isnan()
    large = torch.tensor(1e39, dtype=torch.float64).float()
    assert large.isinf() and (x * large / large).isnan()
    assert torch.finfo(torch.float32).max == pytest.approx(3.40282e38, rel=1e-5)
    least = torch.finfo(torch.float32).smallest_normal * torch.finfo(torch.float32).eps
    assert least == pytest.approx(1.4013e-45, rel=1e-4, abs=0)
    assert torch.tensor([least, least / 4], dtype=torch.float64).float().gt(0).tolist() == [True, False]
    assert [torch.finfo(dtype).max for dtype in (torch.float16, torch.float8_e4m3fn)] == [65504, 448]
    assert torch.tensor(3.39e38).bfloat16().isfinite() and torch.tensor(70000.0).half().isinf()


@pytest.mark.parametrize(
    ("variant", "loss"), [("formula", math.inf), ("bce_of_sigmoid", 100), ("softplus", 200), ("with_logits", 200)]
)
def test_binary_cross_entropy_of_a_logit_of_200_on_the_wrong_side(variant: str, loss: float):
    """The true value is 200; the formula gives inf (and nan beside it), ``BCELoss`` stops at 100."""
    right_half, wrong_half = torch.tensor([200.0]), torch.tensor([0.0])
    assert answer("losses.binary_cross_entropy", variant, right_half, wrong_half) == pytest.approx(loss, abs=1e-4)


@pytest.mark.parametrize(("component", "variant"), variants("losses.likelihood"))
def test_ten_equal_logits_cost_ln_10(component: str, variant: str):
    """The lesson's 2.3019 is that of an untrained network: about ln 10."""
    loss = answer(component, variant, torch.full((4, 10), 3.0), torch.tensor([0, 9, 5, 5]))
    assert loss == pytest.approx(math.log(10), rel=1e-6)


def test_one_hot_integers_are_refused_as_they_are():
    with pytest.raises(RuntimeError, match="floating"):
        functional.cross_entropy(torch.zeros(2, 3), functional.one_hot(torch.tensor([0, 2]), 3))


@pytest.mark.parametrize(
    ("variant", "row"),
    [("shifted", math.nan), ("guarded", -math.inf), ("logaddexp", -math.inf), ("logsumexp", -math.inf)],
)
def test_the_logsumexp_of_nothing_but_minus_infinity(variant: str, row: float):
    x = torch.tensor([[-math.inf] * 3, [0.0, -math.inf, 0]])
    nothing, two = answer("losses.logsumexp", variant, x).tolist()
    assert nothing == row or (math.isnan(nothing) and math.isnan(row))
    assert two == pytest.approx(math.log(2))


def test_a_column_and_a_row_have_another_mean_squared_error():
    """(n, 1) less (n,) is a matrix of all differences: silent in the formula, a warning from the library."""
    prediction, target = torch.tensor([[1.0], [2], [3]]), torch.tensor([1.0, 2, 3])
    assert answer("losses.mean_squared_error", "power", prediction, target) == pytest.approx(4 / 3)
    with pytest.warns(UserWarning, match="broadcasting"):
        assert functional.mse_loss(prediction, target) == pytest.approx(4 / 3)
    for variant in ("power", "mse_loss", "dot"):
        assert answer("losses.mean_squared_error", variant, prediction.squeeze(1), target) == 0


def test_flushing_denormal_numbers_is_another_answer():
    truth = gate.truth(*some("losses.denormals", "denormal"), 0)
    assert truth.inputs[0].abs().max() < torch.finfo(torch.float32).smallest_normal
    # What is set holds for this thread alone, not for those that torch has already started: conftest allows one.
    if not torch.set_flush_denormal(True):
        pytest.skip("needs a CPU that can flush denormal numbers")
    try:
        flushed = truth.inputs[0] * 2
    finally:
        torch.set_flush_denormal(False)
    assert not flushed.count_nonzero()
    with pytest.raises(gate.Wrong):
        gate.match(flushed, truth)


# -- wrong ideas -------------------------------------------------------------------------------------------------------


def naive_softmax(x: torch.Tensor) -> torch.Tensor:
    return x.exp() / x.exp().sum(1, keepdim=True)


def stable(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    module = importlib.import_module("impls.losses.cross_entropy")
    return module.by_hand(logits, labels)


def log_of_softmax(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    leaf = logits.detach().requires_grad_()
    loss = -leaf.softmax(1).log().gather(1, labels[:, None]).mean()
    return loss.detach(), torch.autograd.grad(loss, leaf)[0]


MISTAKES: dict[tuple[str, str], dict[str, Callable[..., Any]]] = {
    ("losses.softmax", "64x32000"): {
        "the definition": naive_softmax,
        "one maximum for all": lambda x: naive_softmax(x - x.max()),
        "along the columns": lambda x: x.softmax(0),
        "in bfloat16": lambda x: x.bfloat16().softmax(1).float(),
        "the sum of half a row": lambda x: torch.cat([half.softmax(1) for half in x.chunk(2, 1)], 1),
    },
    ("losses.softmax", "128x1000-bf16"): {
        "sums in bfloat16": lambda x: naive_softmax(x - x.amax(1, keepdim=True)),
    },
    ("losses.softmax_columns", "128x1000"): {
        "along the rows": lambda x: x.softmax(1),
        "the definition": lambda x: x.exp() / x.exp().sum(0),
    },
    ("losses.cross_entropy", "64x10"): {
        "log of softmax": log_of_softmax,
        "the sum": lambda x, y: (functional.cross_entropy(x, y, reduction="sum"), stable(x, y)[1]),
        "the gradient of the sum": lambda x, y: (stable(x, y)[0], stable(x, y)[1] * len(y)),
        "the gradient without the label": lambda x, y: (stable(x, y)[0], x.softmax(1) / len(y)),
        "labels smoothed": lambda x, y: (functional.cross_entropy(x, y, label_smoothing=1e-3), stable(x, y)[1]),
    },
    ("losses.one_hot", "10000x10"): {
        "mean over the classes too": lambda x, y: -(y * x.log_softmax(1)).mean(),
        "class 0": lambda x, y: functional.cross_entropy(x, y.argmax(1) * 0),
    },
    ("losses.logsumexp", "50000x10"): {
        "the definition": lambda x: x.exp().sum(1).log(),
        "the maximum": lambda x: x.amax(1),
        "one maximum for all": lambda x: (x - x.max()).exp().sum(1).log() + x.max(),
    },
    ("losses.binary_cross_entropy", "1000000-large"): {
        "the formula": lambda z, y: -(y * z.sigmoid().log() + (1 - y) * (1 - z.sigmoid()).log()).mean(),
        "BCELoss of the sigmoid": lambda z, y: functional.binary_cross_entropy(z.sigmoid(), y),
        "the other sign": lambda z, y: functional.binary_cross_entropy_with_logits(-z, y),
    },
    ("losses.mean_squared_error", "100"): {
        "the sum": lambda x, y: functional.mse_loss(x, y, reduction="sum"),
        "absolute": lambda x, y: functional.l1_loss(x, y),
        "one less": lambda x, y: functional.mse_loss(x[1:], y[1:]),
    },
    ("losses.likelihood", "64x10"): {
        "likelihood itself": lambda x, y: -x.softmax(1).gather(1, y[:, None]).mean(),
        "the sum": lambda x, y: functional.cross_entropy(x, y, reduction="sum"),
    },
}


@pytest.mark.parametrize(
    ("name", "case", "mistake"), [(*where, mistake) for where, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_the_gate_knows_the_wrong_ideas(name: str, case: str, mistake: str):
    truth = gate.truth(*some(name, case), 0)
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name, case][mistake](*gate.copy(truth.inputs, "cpu")), truth)


# -- what the tables say -----------------------------------------------------------------------------------------------


class Largest(TorchDispatchMode):
    """The most elements of a tensor that an operator makes."""

    found = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        output = function(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves(output) if isinstance(leaf, torch.Tensor)]
        self.found = max(self.found, *(tensor.numel() for tensor in tensors), 0)
        return output


def test_the_logits_of_all_tokens_exist_only_as_a_whole():
    tokens, width, vocabulary = 256, 4, 100
    component = catalogue.component("losses.linear_cross_entropy")
    shape = {"tokens": tokens, "width": width, "vocabulary": vocabulary}
    inputs = gate.truth(component, Case("other", shape), 0).inputs
    for variant, largest in (("whole", tokens * vocabulary), ("chunked", 64 * vocabulary)):
        with Largest() as mode:
            answer(component.name, variant, *inputs)
        assert mode.found == largest, variant


BY_HAND = {
    ("losses.softmax", "128x10"): (5 * 1280, 2 * 4 * 1280),
    ("losses.softmax", "128x1000-bf16"): (5 * 128_000, 2 * 2 * 128_000),
    ("losses.softmax_columns", "128x1000"): (5 * 128_000, 2 * 4 * 128_000),
    ("losses.cross_entropy", "64x10"): (7 * 640, 2 * 4 * 640 + 64 * 8 + 4),
    ("losses.linear_cross_entropy", "512x64x4096"): (3 * 2 * 512 * 64 * 4096, 2 * 4 * 64 * (512 + 4096) + 512 * 8 + 4),
    ("losses.one_hot", "10000x10"): (4 * 100_000, 4 * 100_000 + 8 * 100_000 + 4),
    ("losses.logsumexp", "50000x10"): (4 * 500_000 + 2 * 50_000, 4 * 500_000 + 4 * 50_000),
    ("losses.binary_cross_entropy", "1000"): (5000, 8004),
    ("losses.mean_squared_error", "100"): (300, 804),
    ("losses.denormals", "denormal"): (100_000, 800_000),
    ("losses.likelihood", "64x10"): (2 * 640 + 3 * 64, 4 * 640 + 8 * 64 + 4),
}


@pytest.mark.parametrize(("name", "case"), BY_HAND)
def test_the_work_declared_is_that_of_the_tensors(name: str, case: str):
    component, found = some(name, case)
    assert (component.flops(found), component.bytes(found)) == BY_HAND[name, case]
    truth = gate.truth(component, found, 0)
    tensors = sum(each.nbytes for each in tree_leaves(truth.inputs))
    written = sum(each.numel() for each in tree_leaves(truth.expected)) * getattr(torch, found.dtype).itemsize
    assert component.bytes(found) == tensors + written


@pytest.mark.parametrize("name", FAMILY)
def test_every_component_has_its_shapes_and_its_work_by_hand(name: str):
    assert name in SHAPES and any(name == component for component, _ in BY_HAND)
