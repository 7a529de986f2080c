"""The layers: references against torch's own modules, variants on small shapes, mistakes, and where variants part."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode
from variants import prepared_or_skipped as prepared
from variants import some

from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("layers.")]


def variants(*names: str) -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in names
        for variant in catalogue.variants(name)
    ]


def truth_of(name: str, shape: dict[str, Any], seed: int = 0) -> gate.Truth:
    dtype = catalogue.component(name).cases[0].dtype
    return gate.truth(catalogue.component(name), Case("other", shape, dtype=dtype), seed)


SHAPES: dict[str, list[dict[str, Any]]] = {
    "layers.attention": [{"tokens": 1}, {"tokens": 100}],
    "layers.convolution": [
        {"x": (2, 3, 7, 9), "filters": (4, 3, 3, 2)},
        {"x": (1, 1, 5, 5), "filters": (2, 1, 5, 5)},
    ],
    "layers.batch_norm": [{"x": (3, 2, 5, 7)}],
    "layers.batch_norm_eval": [{"x": (1, 3, 1, 7)}],
    "layers.rnn": [{"steps": 1, "batch": 2, "in": 3, "hidden": 5}, {"steps": 7, "batch": 1, "in": 5, "hidden": 4}],
    "layers.lstm": [{"steps": 1, "batch": 2, "in": 3, "hidden": 5}, {"steps": 7, "batch": 1, "in": 5, "hidden": 4}],
    "layers.linear": [{"rows": 1, "in": 3, "out": 2}, {"rows": 17, "in": 100, "out": 33}],
    "layers.relu": [{"rows": 3}],
    "layers.relu_gradient": [{"rows": 3}],
    "layers.class_label": [{"rows": 33, "classes": 77}],
    "layers.normalise": [{"rows": 3}],
}


@pytest.mark.parametrize(("component", "variant"), variants(*FAMILY))
def test_every_variant_is_right_on_other_shapes_and_when_its_inputs_change_in_place(component: str, variant: str):
    for shape in SHAPES[component]:
        truths = [truth_of(component, shape, seed) for seed in range(3)]
        inputs = gate.copy(truths[0].inputs, "cpu")
        gate.prove(prepared(component, variant, inputs), inputs, truths)


# -- the references are torch's own modules in float64 -----------------------------------------------------------------


def same(expected: Any, wanted: Any) -> bool:
    pairs = zip(tree_leaves(expected), tree_leaves(wanted), strict=True)
    return all(torch.allclose(a, b, rtol=1e-10, atol=1e-12) for a, b in pairs)


def test_attention_is_torchs():
    truth = truth_of("layers.attention", {"tokens": 33})
    assert same(truth.expected, functional.scaled_dot_product_attention(*(each.double() for each in truth.inputs)))


def test_the_convolution_is_the_books_sum():
    x, filters = truth_of("layers.convolution", {"x": (2, 3, 5, 6), "filters": (4, 3, 2, 3)}).inputs
    wanted = torch.zeros(2, 4, 4, 4, dtype=torch.float64)
    for i in range(4):
        for j in range(4):
            for k in range(2):
                for step in range(3):
                    wanted[:, :, i, j] += x[:, :, i + k, j + step].double() @ filters[:, :, k, step].double().T
    assert same(catalogue.component("layers.convolution").reference(Case("", {}), x, filters), wanted)


def test_batch_norm_is_torchs():
    truth = truth_of("layers.batch_norm", {"x": (3, 2, 5, 7)})
    x, gamma, beta = (each.double() for each in truth.inputs)
    assert same(truth.expected, functional.batch_norm(x, None, None, gamma, beta, training=True))
    truth = truth_of("layers.batch_norm_eval", {"x": (3, 2, 5, 7)})
    assert same(truth.expected, functional.batch_norm(*(each.double() for each in truth.inputs)))


@pytest.mark.parametrize(("name", "kind"), [("layers.rnn", torch.nn.RNN), ("layers.lstm", torch.nn.LSTM)])
def test_the_recurrent_layers_are_torchs(name: str, kind: Callable[..., torch.nn.Module]):
    truth = truth_of(name, {"steps": 7, "batch": 3, "in": 5, "hidden": 4})
    layer = kind(5, 4, dtype=torch.float64)
    with torch.no_grad():
        for parameter, weight in zip(layer.parameters(), truth.inputs[1:], strict=True):
            parameter.copy_(weight)
        states, last = layer(truth.inputs[0].double())
    assert same(truth.expected, states if name == "layers.rnn" else (states, last[1][0]))


# -- wrong ideas -------------------------------------------------------------------------------------------------------


def norm(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, correction: int, least: float) -> torch.Tensor:
    variance, mean = torch.var_mean(x, (0, 2, 3), correction=correction, keepdim=True)
    return gamma[:, None, None] * (x - mean) / (variance + least).sqrt() + beta[:, None, None]


def lstm(x: torch.Tensor, *parameters: torch.Tensor, order: tuple[int, ...] = (0, 1, 2, 3)) -> tuple:
    """The module with its gates in another order."""
    turned = [torch.cat([each.chunk(4)[gate] for gate in order]) for each in parameters]
    return importlib.import_module("impls.layers.lstm").four_gates(x, *turned)


def rnn(*inputs: torch.Tensor) -> torch.Tensor:
    return importlib.import_module("impls.layers.rnn").two_products(*inputs)


MISTAKES: dict[tuple[str, str], dict[str, Callable[..., Any]]] = {
    ("layers.attention", "2x4x64x64"): {
        "no scale, as in the book": lambda q, k, v: (q @ k.mT).softmax(-1) @ v,
        "softmax over the queries": lambda q, k, v: (q @ k.mT / 8).softmax(-2) @ v,
        "a causal mask": lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, is_causal=True),
        "in bfloat16": lambda *qkv: functional.scaled_dot_product_attention(*(x.bfloat16() for x in qkv)).float(),
    },
    ("layers.convolution", "1x1x6x6-1"): {
        "the filter turned around": lambda x, f: functional.conv2d(x, f.flip(2, 3)),
        "the filter transposed": lambda x, f: functional.conv2d(x, f.mT),
    },
    ("layers.convolution", "32x1x28x28-6"): {
        "padded once more": lambda x, f: functional.conv2d(x, f, padding=2),
        "in bfloat16": lambda x, f: functional.conv2d(x.bfloat16(), f.bfloat16()).float(),
        "around the edge": lambda x, f: functional.conv2d(x.roll(1, 3), f),
    },
    ("layers.batch_norm", "32x16x28x28"): {
        "the unbiased variance": lambda x, gamma, beta: norm(x, gamma, beta, 1, 1e-5),
        "per image": lambda x, gamma, beta: functional.instance_norm(x, weight=gamma, bias=beta),
        "no shift": lambda x, gamma, beta: norm(x, gamma, 0 * beta, 0, 1e-5),
        "a hundred times the epsilon": lambda x, gamma, beta: norm(x, gamma, beta, 0, 1e-3),
    },
    ("layers.batch_norm_eval", "32x16x28x28"): {
        "deviation for variance": lambda x, m, v, g, b: functional.batch_norm(x, m, v.sqrt(), g, b),
        "the batch's own": lambda x, m, v, g, b: functional.batch_norm(x, None, None, g, b, training=True),
    },
    ("layers.rnn", "50x32x64-128"): {
        "one bias": lambda x, left, right, bias, other: rnn(x, left, right, bias, 0 * other),
        "no memory": lambda x, left, right, bias, other: rnn(x, left, 0 * right, bias, other),
    },
    ("layers.lstm", "50x32x64-128"): {
        "gates in another order": lambda *inputs: lstm(*inputs, order=(1, 0, 2, 3)),
        "output and input gate exchanged": lambda *inputs: lstm(*inputs, order=(3, 1, 2, 0)),
        "one bias": lambda x, left, right, bias, other: lstm(x, left, right, bias, 0 * other),
    },
    ("layers.linear", "64x32x10"): {
        "no bias": lambda x, w, weight, b: x @ w,
        "the bias twice": lambda x, w, weight, b: functional.linear(x, weight, b) + b,
        "weights in the wrong layout": lambda x, w, weight, b: x @ weight.view(w.shape) + b,
        "inputs in bfloat16": lambda x, w, weight, b: x.bfloat16().float() @ w + b,
    },
    ("layers.relu", "64x50"): {
        "leaky": lambda x: functional.leaky_relu(x, 1e-6),
        "absolute": torch.abs,
        "shifted": lambda x: x.clamp_min(0) - 0.5,
        "gelu": functional.gelu,
    },
    ("layers.relu_gradient", "10000x50"): {
        "the mask alone": lambda x, slope: (x > 0).float(),
        "of the slope": lambda x, slope: (slope > 0) * slope,
        "relu of the product": lambda x, slope: (x * slope).clamp_min(0),
    },
    ("layers.class_label", "10000x10"): {
        "the smallest": lambda logits: logits.argmin(1),
        "over the rows": lambda logits: logits.argmax(0),
        "in float8": lambda logits: logits.to(torch.float8_e4m3fn).float().argmax(1),
    },
    ("layers.normalise", "5000x784"): {
        "each column by its own": lambda x, mean, deviation: (x - x.mean(0)) / x.std(0),
        "the variance": lambda x, mean, deviation: (x - mean) / deviation**2,
        "the sources' numbers": lambda x, mean, deviation: (x - 0.1304) / 0.3073,
    },
}


@pytest.mark.parametrize(
    ("name", "case", "mistake"), [(*where, mistake) for where, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_the_gate_knows_the_wrong_ideas(name: str, case: str, mistake: str):
    truth = gate.truth(*some(name, case), 0)
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name, case][mistake](*gate.copy(truth.inputs, "cpu")), truth)


# -- where variants that agree here part -------------------------------------------------------------------------------


def test_relu_of_nan_and_of_infinity():
    x = torch.tensor([math.nan, math.inf, -math.inf, -0.0])
    found = {
        name: prepared("layers.relu", name, (x,))().tolist()
        for name in ("half_sum", "mask", "where", "clamp_min", "relu")
    }
    keeps_nan = {name for name, values in found.items() if math.isnan(values[0])}
    breaks_infinity = {name for name, values in found.items() if math.isnan(values[2])}
    assert keeps_nan == {"half_sum", "mask", "clamp_min", "relu"}  # where makes a 0 of it
    assert breaks_infinity == {"half_sum", "mask"}  # inf - inf and inf * 0
    assert all(values[1] == math.inf and values[3] == 0 for values in found.values())


def test_the_gradient_at_zero_is_a_convention():
    """The lesson's ``clamp_min`` handed the slope on at 0 until torch 2.13 and does not since 2.14; relu never did."""
    inputs = torch.tensor([[0.0, -0.0, 1, -1]]), torch.ones(1, 4)
    found = {name: prepared("layers.relu_gradient", name, inputs)().tolist() for name in ("clamp_min", "relu", "mask")}
    assert found["relu"] == found["mask"] == [[0, 0, 1, 0]]
    assert found["clamp_min"] in ([[1, 1, 1, 0]], [[0, 0, 1, 0]])
    leaf = inputs[0].clone().requires_grad_()
    shared = torch.autograd.grad(torch.maximum(leaf, torch.zeros(())).sum(), leaf)[0]
    assert shared.tolist() == [[0.5, 0.5, 1, 0]]


def test_a_softmax_can_hide_which_logit_is_larger():
    logits = torch.tensor([[1e-9, 2e-9]])
    assert prepared("layers.class_label", "argmax", (logits,))() == 1
    assert prepared("layers.class_label", "softmax_argmax", (logits,))() == 0


def test_the_labels_that_are_timed_are_far_enough_apart():
    (logits,) = gate.truth(*some("layers.class_label", "10000x10"), 0).inputs
    first, second = logits.topk(2).values.T
    assert (first - second).min() > 0.009


def test_the_weights_come_in_both_layouts():
    x, w, weight, b = gate.truth(*some("layers.linear", "64x32x10"), 0).inputs
    assert torch.equal(w.T, weight) and w.is_contiguous() and weight.is_contiguous()
    assert w.data_ptr() != weight.data_ptr()
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        functional.linear(x, w, b)


@pytest.mark.parametrize("name", ["layers.rnn", "layers.lstm"])
def test_the_modules_parameters_are_the_inputs_themselves(name: str):
    truth = truth_of(name, {"steps": 2, "batch": 2, "in": 3, "hidden": 5})
    ready = prepared(name, "module", truth.inputs)
    before = tree_leaves(ready())[0].clone()
    truth.inputs[1].zero_()
    assert not torch.equal(tree_leaves(ready())[0], before)


# -- what need not be timed: it vanishes -------------------------------------------------------------------------------


def test_batch_norm_folds_into_the_convolution_before_it():
    x, filters = truth_of("layers.convolution", {"x": (2, 3, 8, 8), "filters": (4, 3, 3, 3)}).inputs
    _, mean, variance, gamma, beta = truth_of("layers.batch_norm_eval", {"x": (1, 4, 1, 1)}).inputs
    wanted = functional.batch_norm(functional.conv2d(x, filters), mean, variance, gamma, beta)
    scale = gamma / (variance + 1e-5).sqrt()
    folded = functional.conv2d(x, filters * scale[:, None, None, None], beta - mean * scale)
    assert torch.allclose(folded, wanted, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(functional.conv2d(x, filters), wanted, atol=1e-2)


def test_normalising_folds_into_the_first_layer():
    x, mean, deviation = truth_of("layers.normalise", {"rows": 8}).inputs
    layer = torch.nn.Linear(784, 10).requires_grad_(False)
    wanted = layer((x - mean) / deviation)
    weight = layer.weight / deviation
    folded = functional.linear(x, weight, layer.bias - mean * weight.sum(1))
    assert torch.allclose(folded, wanted, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(layer(x), wanted, atol=1e-2)


def test_the_lessons_normalised_set_has_mean_0_and_deviation_1():
    inputs = truth_of("layers.normalise", {"rows": 2000}).inputs
    for name in ("two_operators", "in_place", "scale_and_shift"):
        values = prepared("layers.normalise", name, inputs)()
        assert abs(values.mean()) < 1e-4 and abs(values.std() - 1) < 1e-4


# -- the work declared -------------------------------------------------------------------------------------------------

BY_HAND = {
    "layers.attention": ("2x4x64x64", 8 * 64 * 64 * (2 * 64 + 2 * 64 + 5)),
    "layers.convolution": ("32x1x28x28-6", 2 * 32 * 6 * 28 * 28 * 25),
    "layers.batch_norm": ("32x16x28x28", 6 * 401_408),
    "layers.batch_norm_eval": ("32x16x28x28", 2 * 401_408),
    "layers.rnn": ("50x32x64-128", 50 * 32 * 128 * (2 * 64 + 2 * 128 + 3)),
    "layers.lstm": ("50x32x64-128", 50 * 32 * 128 * (4 * (2 * 64 + 2 * 128) + 17)),
    "layers.linear": ("10000x784x50", 784_000_000),
    "layers.relu": ("10000x50", 500_000),
    "layers.relu_gradient": ("10000x50", 500_000),
    "layers.class_label": ("10000x10", 100_000),
    "layers.normalise": ("5000x784", 7_840_000),
}


@pytest.mark.parametrize("name", FAMILY)
def test_the_work_declared_is_that_of_the_tensors(name: str):
    case, flops = BY_HAND[name]
    component, found = some(name, case)
    truth = gate.truth(component, found, 0)
    read = sum(each.nbytes for each in tree_leaves(truth.inputs))
    if name == "layers.linear":
        read -= truth.inputs[1].nbytes  # of the two layouts a variant reads one
    elif name == "layers.normalise":
        read -= 8  # two numbers, not counted
    written = sum(
        each.numel() * (4 if each.is_floating_point() else each.itemsize) for each in tree_leaves(truth.expected)
    )
    assert (component.flops(found), component.bytes(found)) == (flops, read + written)


@pytest.mark.parametrize(
    ("name", "case", "variant", "uncounted"),
    [
        ("layers.attention", "2x4x64x64", "matmul", 5 * 8 * 64 * 64),
        ("layers.convolution", "32x1x28x28-6", "conv2d", 0),
        ("layers.rnn", "50x32x64-128", "two_products", 3 * 50 * 32 * 128),
        ("layers.lstm", "50x32x64-128", "four_gates", 17 * 50 * 32 * 128),
        ("layers.linear", "64x784x50", "addmm", 0),
    ],
)
def test_the_declared_products_are_those_that_torch_counts(name: str, case: str, variant: str, uncounted: int):
    component, found = some(name, case)
    inputs = gate.truth(component, found, 0).inputs
    with FlopCounterMode(display=False) as counter:
        prepared(name, variant, inputs)()
    assert counter.get_total_flops() == component.flops(found) - uncounted
