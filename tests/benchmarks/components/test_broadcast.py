"""Broadcasting: known answers, the answers that an accident gives, memory, parameters, and the work declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode
from variants import prepared, some

from perfsuite.instruments import cost
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("broadcast.")]


def every_variant() -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in FAMILY
        for variant in catalogue.variants(name)
    ]


# Two sequences of two steps: a has one feature, b has two, the layer has two outputs and the weights 1 | 2 3, 4 | 5 6.
STEPS = torch.tensor([[[1.0], [2]], [[3], [-40]]])
SHARED = torch.tensor([[[1.0, 1]], [[0, 2]]])
WHOLE = [torch.tensor([[1.0, 2, 3], [4, 5, 6]]), torch.tensor([10.0, 20])]
LEFT, RIGHT = WHOLE[0][:, :1].clone(), WHOLE[0][:, 1:].clone()
PARTS = [LEFT, torch.tensor([4.0, 30]), RIGHT, torch.tensor([6.0, -10])]

GOLDEN = {
    "broadcast.add": ((torch.tensor([[1.0, 2], [3, 4]]), torch.tensor([[1.0], [2]])), [[2, 3], [5, 6]]),
    "broadcast.merge": ((STEPS, SHARED, WHOLE, PARTS), [[[16, 35], [17, 39]], [[19, 44], [0, 0]]]),
    "broadcast.squared_error": ((torch.tensor([[1.0], [2], [3]]), torch.tensor([1.0, 0, 6])), 13 / 3),
    "broadcast.image": (
        (torch.arange(12.0).view(2, 2, 3), torch.arange(12.0).view(2, 2, 3).permute(2, 0, 1).contiguous(), WHOLE[0][0]),
        [[[0, 2, 6], [3, 8, 15]], [[6, 14, 24], [9, 20, 33]]],
    ),
}
GRADIENTS = (  # of the layer above without its relu, for a slope of ones
    [[[5.0], [5]], [[5], [5]]],
    [[[14.0, 18]], [[14, 18]]],
    [[-34.0, 2, 6], [-34, 2, 6]],
    [4.0, 4],
)


@pytest.mark.parametrize(("component", "variant"), every_variant())
def test_known_answers(component: str, variant: str):
    problem = catalogue.component(component)
    if component == "broadcast.merge_gradient":
        inputs = STEPS, SHARED, WHOLE, [LEFT, RIGHT], torch.ones(2, 2, 2)
        found = problem.canonical(problem.cases[0], prepared(component, variant, inputs)())
        assert tuple(each.tolist() for each in found) == GRADIENTS
        return
    inputs, answer = GOLDEN[component]
    output = prepared(component, variant, inputs)()
    output = problem.canonical(problem.cases[0], output) if problem.canonical else output
    assert output.dtype == torch.float32
    assert torch.equal(output, torch.tensor(answer))


LAYER = {"batch": 3, "steps": 4, "left": 5, "right": 6, "out": 7}
SHAPES: dict[str, list[dict[str, int]]] = {
    "broadcast.add": [{"n": 1}, {"n": 33}],
    "broadcast.merge": [dict.fromkeys(LAYER, 1), LAYER],
    "broadcast.merge_gradient": [dict.fromkeys(LAYER, 1), LAYER],
    "broadcast.squared_error": [{"n": 1}, {"n": 77}],
    "broadcast.image": [{"height": 1, "width": 1}, {"height": 17, "width": 5}],
}


@pytest.mark.parametrize(("component", "variant"), every_variant())
def test_every_variant_is_right_on_other_shapes_too(component: str, variant: str):
    problem = catalogue.component(component)
    for shape in SHAPES[component]:
        truths = [gate.truth(problem, Case("other", shape), seed) for seed in range(2)]
        inputs = gate.copy(truths[0].inputs, "cpu")
        gate.prove(prepared(component, variant, inputs), inputs, truths)


# -- the sources' examples ---------------------------------------------------------------------------------------------


def test_a_vector_is_added_to_every_row():
    row, matrix = torch.tensor([10, 20, 30]), torch.arange(1, 10).view(3, 3)
    assert (row + matrix).tolist() == [[11, 22, 33], [14, 25, 36], [17, 28, 39]]
    assert row.expand_as(matrix).stride() == (0, 1)


def test_a_sum_hides_an_accidental_broadcast():
    """BC-03: a column and a vector make a matrix; a sum over all of it looks like any other number."""
    a, b = torch.tensor([[1.0], [2]]), torch.tensor([1.0, 2])
    assert (a + b).sum().item() == 12
    assert (a + b).sum(0).tolist() == [5, 7]


def test_a_forgotten_squeeze_gives_another_loss_and_the_gate_knows():
    truth = gate.truth(*some("broadcast.squared_error", "1000"), 0)
    predictions, targets = truth.inputs
    assert (predictions - targets).shape == (1000, 1000)
    with pytest.raises(gate.Wrong, match="outside the tolerance"):
        gate.match((predictions - targets).pow(2).mean(), truth)
    with (
        pytest.warns(UserWarning, match="different to the input size"),
        pytest.raises(gate.Wrong, match="outside the tolerance"),
    ):
        gate.match(functional.mse_loss(predictions, targets), truth)


class Merge(torch.nn.Module):
    """Two layers whose outputs are added, as the source has them."""

    def __init__(self, left: int, right: int, out: int):
        super().__init__()
        self.left, self.right = torch.nn.Linear(left, out), torch.nn.Linear(right, out)

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.left(a) + self.right(b))


def test_merged_layers_have_a_bias_more():
    """BC-02: 130 parameters for 120. With weights of the one layer they give its answer only if one bias is dropped."""
    one, two = torch.nn.Linear(11, 10), Merge(5, 6, 10)
    assert [sum(p.numel() for p in module.parameters()) for module in (one, two)] == [120, 130]
    component, case = some("broadcast.merge", "5x3x5-6-10")
    truth = gate.truth(component, case, 0)
    a, b, (weight, bias), _ = truth.inputs
    tied = {"left.weight": weight[:, :5], "left.bias": 0 * bias, "right.weight": weight[:, 5:], "right.bias": bias}
    two.load_state_dict(tied)
    gate.match(two(a, b), truth)
    two.load_state_dict(tied | {"left.bias": bias})
    with pytest.raises(gate.Wrong, match="outside the tolerance"):
        gate.match(two(a, b), truth)


def test_the_merged_layers_differ_from_the_one_by_rounding():
    """At the source's size: 6e-8 in the catalogue, for smaller weights and biases."""
    inputs = gate.truth(*some("broadcast.merge", "5x3x5-6-10"), 0).inputs
    joined = prepared("broadcast.merge", "tile_concat", inputs)()
    for name in ("merge_two_biases", "merge_tied_bias", "merge_into_product"):
        assert (prepared("broadcast.merge", name, inputs)() - joined).abs().max() < 2e-6, name


# -- memory and work ---------------------------------------------------------------------------------------------------


def peak(component: str, variant: str, inputs: tuple[Any, ...]) -> int:
    return cost.in_torch(prepared(component, variant, inputs)).peak


sees_memory = pytest.mark.skipif(not cost.sees_memory(), reason="this torch reports no memory events")


@sees_memory
def test_what_a_broadcast_saves_in_memory():
    """BC-01, K14: one matrix is the answer; repeating the column makes a second one."""
    inputs = torch.randn(64, 64), torch.randn(64, 1)
    matrix = inputs[0].nbytes
    peaks = {name: peak("broadcast.add", name, inputs) for name in ("repeat", "expand", "broadcast")}
    assert peaks == {"repeat": 2 * matrix, "expand": matrix, "broadcast": matrix}


@sees_memory
def test_what_a_forgotten_squeeze_takes_in_memory():
    inputs = torch.randn(1000, 1), torch.randn(1000)
    assert peak("broadcast.squared_error", "diagonal", inputs) >= 2 * 4 * 1000**2
    assert peak("broadcast.squared_error", "squeezed", inputs) < 3 * 4 * 1000


@sees_memory
def test_what_joining_takes_in_memory():
    component, case = some("broadcast.merge", "16x8x256")
    inputs = gate.truth(component, case, 0).inputs
    rows, wide = 16 * 8 * 4, 256
    tiled, expanded = (peak(component.name, name, inputs) for name in ("tile_concat", "expand_concat"))
    # The tiled vector is held until the layer is done: beside the joined rows and two answers.
    assert tiled - expanded == rows * wide
    assert peak(component.name, "merge_into_product", inputs) < expanded < tiled


def counted(call: Callable[[], Any]) -> int:
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops()


@pytest.mark.parametrize(("name", "passes"), [("broadcast.merge", 1), ("broadcast.merge_gradient", 3)])
def test_the_products_of_the_layers(name: str, passes: int):
    """The one layer multiplies the shared vector at every step, forward and on both ways back."""
    component = catalogue.component(name)
    case = Case("other", LAYER)
    inputs = component.inputs(case, torch.Generator().manual_seed(0))
    tiled, merged = (counted(prepared(name, variant, inputs)) for variant in ("tile_concat", "merge_tied_bias"))
    assert (tiled, merged) == (passes * 2 * 3 * 4 * 11 * 7, passes * 2 * 3 * (4 * 5 + 6) * 7)
    sums = 2 * 3 * 4 * 7 if passes == 1 else 0  # the layers' sum and the relu, which torch does not count
    assert component.flops(case) == merged + sums


FLOPS = {
    "broadcast.add": 4,
    "broadcast.merge": 2 * (5 * (3 * 5 + 6) * 10) + 2 * 150,
    "broadcast.squared_error": 3000,
    "broadcast.image": 3 * 65536,
}


@pytest.mark.parametrize("name", FAMILY)
def test_the_work_declared_is_that_of_the_tensors(name: str):
    component = catalogue.component(name)
    case = component.cases[0]
    truth = gate.truth(component, case, 0)
    read = {
        "broadcast.add": lambda a, b: (a, b),
        "broadcast.merge": lambda a, b, whole, parts: (a, b, *whole),
        "broadcast.merge_gradient": lambda a, b, whole, parts, slope: (a, b, *whole, slope),
        "broadcast.squared_error": lambda predictions, targets: (predictions, targets),
        "broadcast.image": lambda pixels, planes, factors: (pixels, factors),
    }[name](*truth.inputs)
    expected = truth.expected if isinstance(truth.expected, tuple) else (truth.expected,)
    assert component.bytes(case) == sum(each.nbytes for each in read) + 4 * sum(each.numel() for each in expected)
    if name in FLOPS:
        assert component.flops(case) == FLOPS[name]


# -- what the gate must know -------------------------------------------------------------------------------------------

MISTAKES: dict[tuple[str, str], dict[str, Callable[..., Any]]] = {
    ("broadcast.add", "2x2"): {
        "the column as a row": lambda a, b: a + b.view(-1),
        "the wrong axis repeated": lambda a, b: a + b.view(1, -1).repeat(a.shape[0], 1),
        "bfloat16": lambda a, b: (a.bfloat16() + b.bfloat16()).float(),
    },
    ("broadcast.merge", "16x8x256"): {
        "the shared vector is left out": lambda a, b, whole, parts: torch.relu(functional.linear(a, *parts[:2])),
        "both biases and the one": lambda a, b, whole, parts: torch.relu(
            functional.linear(a, parts[0], whole[1]) + functional.linear(b, parts[2], whole[1])
        ),
        "another sequence's vector": lambda a, b, whole, parts: torch.relu(
            functional.linear(a, *parts[:2]) + functional.linear(b.flip(0), *parts[2:])
        ),
        "no relu": lambda a, b, whole, parts: functional.linear(a, *parts[:2]) + functional.linear(b, *parts[2:]),
    },
    ("broadcast.image", "256x256x3"): {
        "channels exchanged": lambda pixels, planes, factors: pixels * factors.flip(0),
        "one factor for all": lambda pixels, planes, factors: planes * factors[0],
    },
}


@pytest.mark.parametrize(
    ("name", "case", "mistake"), [(*where, mistake) for where, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_the_gate_knows_the_mistakes_that_broadcasting_invites(name: str, case: str, mistake: str):
    truth = gate.truth(*some(name, case), 0)
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name, case][mistake](*gate.copy(truth.inputs, "cpu")), truth)


def test_the_gate_knows_a_gradient_of_one_step_only():
    truth = gate.truth(*some("broadcast.merge_gradient", "16x128x256"), 0)
    of_a, of_b, of_weight, of_bias = (each.float() for each in truth.expected)
    slope, weight = truth.inputs[-1], truth.inputs[2][0]
    first = slope[:, :1] @ weight[:, 256:]
    gate.match((of_a, of_b, of_weight, of_bias), truth)
    for wrong in ((of_a, first, of_weight, of_bias), (of_a, of_b, of_weight.roll(256, 1), of_bias)):
        with pytest.raises(gate.Wrong, match="outside the tolerance"):
            gate.match(wrong, truth)
