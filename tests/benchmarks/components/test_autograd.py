"""Autograd: the sources' derivatives, what is recorded and what is not, what freezing saves, the work declared."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode
from variants import prepared

from benchmarks.components.autograd import _perceptron as perceptron
from impls.autograd import _classifier, _rosenbrock
from perfsuite.instruments.cost import in_torch, sees_memory
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("autograd.")]
# Forward mode loads rules of torch's own that are still written in TorchScript.
pytestmark = pytest.mark.filterwarnings("ignore:.torch[.]jit")


def every_variant(*components: str) -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in components
        for variant in catalogue.variants(name)
    ]


def truth_of(name: str, case: Case, seed: int = 0) -> gate.Truth:
    return gate.truth(catalogue.component(name), case, seed)


def pair(*weights: list, bias: list) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(weights, dtype=torch.float32), torch.tensor(bias, dtype=torch.float32)


# -- known answers -----------------------------------------------------------------------------------------------------

TWO = torch.tensor([1.0, 1.0])
GOLDEN = {
    "autograd.scalar": ((torch.tensor([0.0, 1.0]),), [4.5, [-1, 0]]),
    "autograd.hessian": ((TWO,), [[[802, -400], [-400, 200]]]),
    "autograd.hessian_vector": ((TWO, torch.tensor([1.0, 2.0])), [[2, 0]]),
    "autograd.tracking": (
        (torch.tensor([[1.0, 2]]), [pair([1, -1], [1, -1], bias=[0, 1]), pair([2], [5], bias=[1])]),
        [[[7]]],
    ),
}


@pytest.mark.parametrize(("component", "variant"), every_variant(*GOLDEN))
def test_known_answers(component: str, variant: str):
    inputs, answers = GOLDEN[component]
    output = prepared(component, variant, inputs)()
    made = [output] if isinstance(output, torch.Tensor) else list(output)
    assert [tensor.tolist() for tensor in made] == answers
    assert all(tensor.dtype == torch.float32 for tensor in made)


@pytest.mark.parametrize(
    ("function", "at", "slope"),
    [
        (lambda x: -(x**2), 1.0, -2.0),
        (lambda x: x**2 + 3 * x + 1, 2.0, 7.0),
        (lambda x: x**3, 2.0, 12.0),
    ],
    ids=["-x^2", "x^2 + 3x + 1", "x^3"],
)
def test_the_sources_small_derivatives(function: Callable[..., torch.Tensor], at: float, slope: float):
    x = torch.tensor(at, requires_grad=True)
    assert torch.autograd.grad(function(x), x)[0].item() == slope
    assert torch.func.grad(function)(torch.tensor(at)).item() == slope
    assert torch.func.jvp(function, (torch.tensor(at),), (torch.tensor(1.0),))[1].item() == slope


def test_the_second_derivative_of_a_cube_which_the_source_calls_a_hessian():
    x = torch.tensor(2.0, requires_grad=True)
    (first,) = torch.autograd.grad(x**3, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    assert (first.item(), second.item()) == (12, 12)
    assert torch.func.hessian(lambda x: x**3)(torch.tensor(2.0)).item() == 12


def test_without_create_graph_there_is_no_second_derivative():
    x = torch.tensor(2.0, requires_grad=True)
    (first,) = torch.autograd.grad(x**3, x)
    with pytest.raises(RuntimeError, match="does not require grad"):
        torch.autograd.grad(first, x)


def test_the_gradient_in_the_text_of_the_source_is_wrong():
    """AG-02: the text says [-0.5, 0.5] where its own code prints [-1, 0]."""
    component = catalogue.component("autograd.scalar")
    x = torch.tensor([0.0, 1.0])
    case = Case("", {"n": 2})
    expected = component.reference(case, x)
    truth = gate.Truth(component, case, (x,), expected, component.tolerance(case, expected, x))
    gate.match((torch.tensor(4.5), torch.tensor([-1.0, 0.0])), truth)
    with pytest.raises(gate.Wrong, match="outside the tolerance"):
        gate.match((torch.tensor(4.5), torch.tensor([-0.5, 0.5])), truth)


def test_finite_differences_agree_in_float64():
    x = torch.randn(4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(_rosenbrock.rosenbrock, x)
    assert torch.autograd.gradgradcheck(_rosenbrock.rosenbrock, x)
    scalar = importlib.import_module("impls.autograd.scalar")
    assert torch.autograd.gradcheck(scalar._function, x)


SHAPES = {
    "autograd.scalar": [{"n": 1}, {"n": 5}],
    "autograd.hessian": [{"n": 2}, {"n": 3}, {"n": 9}],
    "autograd.hessian_vector": [{"n": 2}, {"n": 17}],
    "autograd.tracking": [{"n": 1, "sizes": (3, 2)}, {"n": 9, "sizes": (7, 30, 4, 3)}],
    "autograd.freeze_early": [{"n": 1}, {"n": 5}],
    "autograd.freeze_late": [{"n": 1}, {"n": 5}],
}


@pytest.mark.parametrize(("component", "variant"), every_variant(*FAMILY))
def test_every_variant_is_right_on_other_shapes_and_follows_its_inputs(component: str, variant: str):
    for shape in SHAPES[component]:
        truths = [truth_of(component, Case("other", shape), seed) for seed in range(2)]
        inputs = gate.copy(truths[0].inputs, "cpu")
        gate.prove(prepared(component, variant, inputs), inputs, truths)


def test_the_gradients_of_the_reference_are_those_of_autograd_in_float64():
    case = Case("", {"n": 6})
    x, target, layers = perceptron.classifier(case, torch.Generator().manual_seed(0))
    x, layers = x.double(), _classifier.wanting(perceptron.doubled(layers))
    error = _classifier.loss(_classifier.features(x, layers[:-1]), layers[-1], target)
    for name, wanted in (("autograd.freeze_early", layers[-1]), ("autograd.freeze_late", layers[0])):
        found = catalogue.component(name).reference(case, x, target, layers)
        expected = torch.autograd.grad(error, wanted, retain_graph=True)
        assert all(torch.allclose(a, b, rtol=1e-11, atol=1e-14) for a, b in zip(found, expected, strict=True))


# -- what is recorded --------------------------------------------------------------------------------------------------

RECORDS = {
    "tracked": (True, True),
    "detached": (False, True),
    "frozen": (False, False),
    "no_grad": (False, False),
    "inference_mode": (False, False),
}


@pytest.mark.parametrize("variant", [variant.name for variant in catalogue.variants("autograd.tracking")])
def test_what_wants_gradients_and_what_keeps_tensors_for_them(variant: str):
    """AG-01: ``detach`` gives the answer of ``no_grad``, after all of the graph was recorded."""
    wants, keeps = RECORDS[variant]
    inputs = truth_of("autograd.tracking", Case("", {"n": 3, "sizes": (5, 4, 2)})).inputs
    call = prepared("autograd.tracking", variant, inputs)
    kept: list[int] = []
    with saved_tensors_hooks(lambda tensor: kept.append(tensor.nbytes) or tensor, lambda tensor: tensor):
        output = call()
    assert output.requires_grad == wants and bool(kept) == keeps
    assert output.is_inference() == (variant == "inference_mode")
    assert torch.is_grad_enabled()


@pytest.mark.skipif(not sees_memory(), reason="needs memory events of torch's profiler")
def test_memory_is_saved_only_where_there_are_layers_to_keep():
    """AG-01: two layers' outputs are alive at once in any case; what tracking adds are those further back."""
    peaks = {}
    for depth in (2, 8):
        inputs = truth_of("autograd.tracking", Case("", {"n": 256, "sizes": (64,) * (depth + 1)})).inputs
        peaks[depth] = [in_torch(prepared("autograd.tracking", name, inputs)).peak for name in ("tracked", "no_grad")]
    output = 256 * 64 * 4  # bytes of one layer's
    assert peaks[8][1] <= 3 * output and peaks[8][0] >= 7 * output
    assert abs(peaks[2][0] - peaks[2][1]) < output


def test_the_sources_example_tracks_nothing_in_either_arm():
    """AG-01: nothing in it wants a gradient; asking the result for one makes a leaf that hangs on nothing."""
    x, w, b = torch.randn(3, 4), torch.randn(4, 2), torch.randn(2)
    z = torch.matmul(x, w) + b
    with torch.no_grad():
        untracked = torch.matmul(x, w) + b
    assert not z.requires_grad and not untracked.requires_grad
    z.requires_grad_(True)
    assert z.is_leaf and z.grad_fn is None
    z.sum().backward()
    assert x.grad is None and w.grad is None and b.grad is None


def test_eval_does_not_stop_tracking():
    model = torch.nn.Linear(4, 2).eval()
    assert model(torch.randn(3, 4)).grad_fn is not None


def test_what_inference_made_can_take_part_in_no_graph():
    w = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        made = w * 2
    with pytest.raises(RuntimeError, match=r"[Ii]nference tensors cannot be saved for backward"):
        w * made
    with torch.no_grad():
        made = w * 2
    assert (w * made).requires_grad


# -- freezing ----------------------------------------------------------------------------------------------------------


def work(name: str, variant: str, n: int = 4) -> int:
    ready = prepared(name, variant, truth_of(name, Case("", {"n": n})).inputs)
    ready()
    with FlopCounterMode(display=False) as counter:
        ready()
    return counter.get_total_flops()


FIRST, SECOND, THIRD = (2 * 4 * a * b for a, b in ((784, 512), (512, 512), (512, 10)))
FORWARD = FIRST + SECOND + THIRD
ALL = FORWARD + (FIRST + SECOND + THIRD) + (SECOND + THIRD)  # forward, the weights' gradients, the way back


@pytest.mark.parametrize(
    ("name", "variant", "flops"),
    [
        ("freeze_early", "everything", ALL),
        ("freeze_early", "detached", FORWARD + THIRD),
        ("freeze_early", "no_grad", FORWARD + THIRD),
        ("freeze_early", "frozen", FORWARD + THIRD),
        ("freeze_late", "everything", ALL),
        ("freeze_late", "frozen", ALL - SECOND - THIRD),
    ],
)
def test_frozen_early_layers_cut_the_backward_and_late_ones_do_not(name: str, variant: str, flops: int):
    """AG-04: the gradient still flows through what lies behind."""
    assert work(f"autograd.{name}", variant) == flops


def test_a_frozen_backbone_keeps_nothing_for_its_backward():
    inputs = truth_of("autograd.freeze_early", Case("", {"n": 4})).inputs
    kept = {}
    for variant in catalogue.variants("autograd.freeze_early"):
        call = prepared("autograd.freeze_early", variant.name, inputs)
        call()
        sizes: list[int] = []
        with saved_tensors_hooks(lambda tensor, sizes=sizes: sizes.append(1) or tensor, lambda tensor: tensor):
            call()
        kept[variant.name] = len(sizes)
    assert kept["everything"] > kept["detached"] > kept["no_grad"] == kept["frozen"] > 0


def test_no_grad_behind_the_first_layer_leaves_it_without_a_gradient():
    x, target, layers = truth_of("autograd.freeze_late", Case("", {"n": 2})).inputs
    layers = [*_classifier.wanting(layers[:1]), *layers[1:]]
    hidden = _classifier.features(x, layers[:1])
    with torch.no_grad():
        error = _classifier.loss(_classifier.features(hidden, layers[1:-1]), layers[-1], target)
    with pytest.raises(RuntimeError, match="does not require grad"):
        torch.autograd.grad(error, layers[0])


# -- what the gate must not let through --------------------------------------------------------------------------------


def head(cut: int = 0, scale: float = 1.0, last: bool = True) -> Callable[..., Any]:
    """Gradients of one layer of the classifier, spoiled."""

    def spoiled(x, target, layers):
        layers = _classifier.wanting(layers)
        error = _classifier.loss(_classifier.features(x[cut:], layers[:-1]), layers[-1], target[cut:])
        return [scale * each for each in torch.autograd.grad(error, layers[-1 if last else 0])]

    return spoiled


def diagonal(x: torch.Tensor) -> torch.Tensor:
    return torch.diag(importlib.import_module("impls.autograd.hessian").written_out(x).diag())


def hessian(x: torch.Tensor) -> torch.Tensor:
    return importlib.import_module("impls.autograd.hessian").written_out(x)


MISTAKES = {
    "autograd.scalar": {
        "a sum in place of the mean": lambda x: (((x - 1).square() + 4).sum(), 2 * (x - 1)),
        "the gradient added up over two calls": lambda x: (((x - 1).square() + 4).mean(), 4 * (x - 1) / len(x)),
        "the constant is forgotten": lambda x: ((x - 1).square().mean(), 2 * (x - 1) / len(x)),
    },
    "autograd.hessian": {
        "the diagonal alone": diagonal,
        "one side of it": lambda x: hessian(x).triu(),
        "Gauss and Newton's": lambda x: hessian(x) + torch.diag(torch.ones(len(x))),
    },
    "autograd.hessian_vector": {
        "the gradient times v": lambda x, v: torch.func.grad(_rosenbrock.rosenbrock)(x) * v,
        "the diagonal times v": lambda x, v: diagonal(x) @ v,
        "finite differences in float32": lambda x, v: (
            (
                torch.func.grad(_rosenbrock.rosenbrock)(x + 1e-3 * v)
                - torch.func.grad(_rosenbrock.rosenbrock)(x - 1e-3 * v)
            )
            / 2e-3
        ),
    },
    "autograd.tracking": {
        "ReLU behind the last layer": lambda x, layers: _forward(x, layers).relu(),
        "no ReLU": lambda x, layers: _forward(x, layers, torch.nn.Identity()),
        "tanh": lambda x, layers: _forward(x, layers, torch.tanh),
    },
    "autograd.freeze_early": {
        "a row is missing": head(cut=1),
        "the gradients of another layer": head(last=False),
        "added up over two calls": head(scale=2.0),
    },
    "autograd.freeze_late": {
        "a row is missing": head(cut=1, last=False),
        "the gradients of another layer": head(last=True),
        "added up over two calls": head(scale=2.0, last=False),
    },
}


def _forward(x: torch.Tensor, layers: Any, activation: Callable[..., torch.Tensor] = torch.relu) -> torch.Tensor:
    for w, b in layers[:-1]:
        x = activation(x @ w + b)
    return x @ layers[-1][0] + layers[-1][1]


BIG_ENOUGH = {
    "autograd.scalar": {"n": 40},
    "autograd.hessian": {"n": 12},
    "autograd.hessian_vector": {"n": 12},
    "autograd.tracking": {"n": 20, "sizes": (30, 20, 20, 5)},
    "autograd.freeze_early": {"n": 64},
    "autograd.freeze_late": {"n": 64},
}


@pytest.mark.parametrize(
    ("name", "mistake"), [(name, mistake) for name, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_the_gate_knows_the_mistakes_of_derivatives(name: str, mistake: str):
    truth = truth_of(name, Case("big enough", BIG_ENOUGH[name]))
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name][mistake](*gate.copy(truth.inputs, "cpu")), truth)


# -- the work declared -------------------------------------------------------------------------------------------------


def test_the_declared_flops_of_products_are_those_that_torch_counts():
    case = Case("", {"n": 4})
    assert catalogue.component("autograd.freeze_early").flops(case) == work("autograd.freeze_early", "frozen")
    assert catalogue.component("autograd.freeze_late").flops(case) == work("autograd.freeze_late", "frozen")
    shape = Case("", {"n": 3, "sizes": (4, 2)})
    call = prepared("autograd.tracking", "tracked", truth_of("autograd.tracking", shape).inputs)
    with FlopCounterMode(display=False) as counter:
        call()
    assert catalogue.component("autograd.tracking").flops(shape) == counter.get_total_flops() == 48


def leaves(value: Any) -> list[torch.Tensor]:
    return [value] if isinstance(value, torch.Tensor) else [leaf for item in value for leaf in leaves(item)]


@pytest.mark.parametrize("name", FAMILY)
def test_the_declared_bytes_are_those_of_the_tensors(name: str):
    truth = truth_of(name, Case("", BIG_ENOUGH[name]))
    read = sum(tensor.nbytes for tensor in leaves(truth.inputs))
    written = sum(4 * tensor.numel() for tensor in leaves(truth.expected))
    assert catalogue.component(name).bytes(truth.case) == read + written


def test_the_arithmetic_of_the_small_ones_is_counted_by_hand():
    ten = Case("", {"n": 10})
    assert catalogue.component("autograd.scalar").flops(ten) == 50
    assert catalogue.component("autograd.hessian").flops(ten) == 70
    assert catalogue.component("autograd.hessian_vector").flops(ten) == 120
