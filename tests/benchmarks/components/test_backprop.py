"""The refactorings: a network worked out by hand, what each does and keeps, mistakes in it, the work declared."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode
from variants import prepared

from benchmarks.components.backprop import _network as network
from impls.backprop import _refactorings as lesson
from impls.backprop._watch import Watch
from perfsuite.measuring import prepared as preparing
from perfsuite.model.component import Case, Component
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("backprop.")]
COMPILES = ("autograd_compiled",)
BACKWARDS = [variant.name for variant in catalogue.variants("backprop.backward")]


def every_variant(*components: str) -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in components
        for variant in catalogue.variants(name)
        if variant.name not in COMPILES
    ]


def case_of(component: Component, n: int) -> Case:
    return Case("other", {"n": n})


def sample(name: str, n: int, seed: int = 0) -> tuple[torch.Tensor, ...]:
    component = catalogue.component(name)
    return component.inputs(case_of(component, n), torch.Generator().manual_seed(seed))


# -- known answers -----------------------------------------------------------------------------------------------------

# One row, two inputs, two hidden units of which one is off: x w1 + b1 = (3, -1), shifted ReLU (2.5, -0.5), output 4,
# target 3. The slopes are 2 at the output and (4, 8) at the units, where the second one stops.
X, TARGET = torch.tensor([[1.0, 2.0]]), torch.tensor([3.0])
PARAMETERS = (
    torch.tensor([[1.0, -1], [1, 1]]),
    torch.tensor([0.0, -2]),
    torch.tensor([[2.0], [4]]),
    torch.tensor([1.0]),
)
GRADIENTS = [[[4, 0], [8, 0]], [4, 0], [[5], [-1]], [2]]
GOLDEN = {
    "backprop.forward": ((X, *PARAMETERS), [[[4]]]),
    "backprop.loss": ((X, TARGET, *PARAMETERS), [[[4]], 1]),
    "backprop.backward": ((X, TARGET, *PARAMETERS), GRADIENTS),
    "backprop.step": ((X, TARGET, *PARAMETERS), [1, [[4, 4]], *GRADIENTS]),
    "backprop.weight_gradient": (
        (torch.tensor([[1.0, 2], [0, 3]]), torch.tensor([[1.0, 0, -1], [2, 1, 0]])),
        [[[1, 0, -1], [8, 3, -2]]],
    ),
    "backprop.mse": ((torch.tensor([[1.0], [5]]), torch.tensor([0.0, 2])), [5, [[1], [3]]]),
    "backprop.relu_gradient": ((torch.tensor([[-1.0, 0, 2]]), torch.tensor([[3.0, 4, 5]])), [[[0, 0, 5]]]),
}


@pytest.mark.parametrize(("component", "variant"), every_variant(*FAMILY))
def test_known_answers(component: str, variant: str):
    inputs, answers = GOLDEN[component]
    output = prepared(component, variant, inputs)()
    made = [output] if isinstance(output, torch.Tensor) else list(output)
    assert [tensor.tolist() for tensor in made] == answers
    assert all(tensor.dtype == torch.float32 for tensor in made)


@pytest.mark.parametrize(("component", "variant"), every_variant(*FAMILY))
@pytest.mark.parametrize("n", [1, 7, 130])
def test_every_variant_is_right_on_other_batches_and_follows_its_inputs(component: str, variant: str, n: int):
    problem = catalogue.component(component)
    truths = [gate.truth(problem, case_of(problem, n), seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    gate.prove(prepared(component, variant, inputs), inputs, truths)


def test_chunks_of_a_thousand_rows_and_what_is_left():
    problem = catalogue.component("backprop.weight_gradient")
    truths = [gate.truth(problem, case_of(problem, 1003), seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    for variant in ("addmm_chunks", "outer_chunks"):
        gate.prove(prepared(problem.name, variant, inputs), inputs, truths)


@pytest.mark.long
@pytest.mark.skipif(bool(preparing.missing(["c++"], "compile", "cpu")), reason="needs a C++ compiler")
def test_the_compiled_forward_brings_a_backward_that_is_right():
    problem = catalogue.component("backprop.step")
    truths = [gate.truth(problem, case_of(problem, 64), seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    gate.prove(prepared(problem.name, "autograd_compiled", inputs), inputs, truths)
    torch._dynamo.reset()


def test_the_reference_is_what_autograd_finds_in_float64():
    x, target, *parameters = (tensor.double() for tensor in sample("backprop.step", 50))
    wanted = [tensor.requires_grad_() for tensor in (x, *parameters)]
    loss = lesson.mse(lesson.lin(lesson.relu(lesson.lin(x, *parameters[:2])), *parameters[2:]), target)
    found = network.reference("loss", "x", "w1", "b1", "w2", "b2")(Case("", {}), x, target, *parameters)
    for ours, theirs in zip(found, (loss, *torch.autograd.grad(loss, wanted)), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-14)


# -- the inputs keep away from the kink --------------------------------------------------------------------------------


def test_no_hidden_unit_lies_at_the_kink_although_some_would():
    x, _, w1, b1, _, _ = sample("backprop.step", 5000)
    assert ((x.double() @ w1.double() + b1).abs() > network.KINK / 2).all()
    fresh = torch.randn(5000, 784, generator=torch.Generator().manual_seed(1))
    assert ((fresh @ w1 + b1).abs() < network.KINK).any()


# -- the backward alone ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", BACKWARDS)
def test_the_forward_runs_only_when_an_input_was_written_to(variant: str, monkeypatch: pytest.MonkeyPatch):
    forwards = []
    plain = lesson.mse
    monkeypatch.setattr(lesson, "mse", lambda *args: forwards.append(1) or plain(*args))
    inputs = sample("backprop.backward", 8)
    call = prepared("backprop.backward", variant, inputs)
    first = [tensor.clone() for tensor in call()]
    again = call()
    assert len(forwards) == 1 and all(map(torch.equal, first, again))
    for position, tensor in enumerate(inputs, 1):
        tensor.copy_(tensor * 1.5)
        changed = call()
        assert len(forwards) == 1 + position
    assert not any(map(torch.equal, first, changed))


WORK = {
    "layers_outer": ("input",),
    "module_einsum": ("parameters", "input"),
    "module_matmul": ("parameters", "input"),
    "autograd_inputs": ("parameters", "input"),
    "module_parameters": ("parameters",),
    "autograd": ("parameters",),
}


@pytest.mark.parametrize("variant", BACKWARDS)
def test_autograd_does_half_of_what_is_done_by_hand(variant: str):
    """AG-05, and a part of the lead in BP-06: the gradient of the input is another product as large as the weights'."""
    call = prepared("backprop.backward", variant, sample("backprop.backward", 8))
    call()
    with FlopCounterMode(display=False) as counter:
        call()
    case = Case("", {"n": 8})
    expected = network.products(case, *WORK[variant])
    if variant == "layers_outer":  # torch counts no FLOPs of an outer product; the second layer passes its gradient on
        expected += 2 * 8 * 50
    assert counter.get_total_flops() == expected
    assert network.products(Case("", {"n": 50000}), "forward") == 3_925_000_000
    assert network.products(case, "input") * 50000 == 8 * 3_920_000_000


@pytest.mark.parametrize("build", [lesson.layers, lesson.modules_einsum, lesson.modules_matmul])
def test_by_hand_the_input_has_its_gradient_too(build: Callable[..., lesson.Network]):
    inputs = sample("backprop.step", 40)
    x, target, *parameters = lesson.aliases(*inputs)
    net = build(*parameters)
    net(x, target)
    net.backward()
    case = Case("", {"n": 40})
    expected = network.reference("x")(case, *inputs)
    bound = network.tolerance("x")(case, expected, *inputs)
    assert ((x.g - expected[0]).abs() <= bound[0]).all()
    assert not any(hasattr(tensor, "g") for tensor in inputs)  # those that all variants share carry nothing


def test_without_the_gradient_of_the_input_there_is_none():
    x, target, *parameters = lesson.aliases(*sample("backprop.step", 4))
    net = lesson.modules_parameters(*parameters)
    net(x, target)
    net.backward()
    assert not hasattr(x, "g") and all(hasattr(tensor, "g") for tensor in parameters)


def test_a_watch_sees_writes_by_any_name():
    a, b = torch.zeros(2), torch.zeros(2)
    watch = Watch(a, b)
    assert watch.changed() and not watch.changed()
    for write in (lambda: a.copy_(b), lambda: b.view(1, 2).add_(1), lambda: a.detach().zero_()):
        write()
        assert watch.changed() and not watch.changed()
    a + b
    assert not watch.changed()


# -- facts of the rows -------------------------------------------------------------------------------------------------


class Recorder(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.append(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(("variant", "kernel"), [("einsum", "bmm"), ("matmul", "mm"), ("outer_sum", "mul")])
def test_einsum_is_a_product_in_disguise(variant: str, kernel: str):
    """BP-05, BP-07: einsum and product run the same kernel, a batch of one apart."""
    call = prepared("backprop.weight_gradient", variant, sample("backprop.weight_gradient", 6))
    with Recorder() as seen:
        call()
    assert [name for name in seen.names if name in ("bmm", "mm", "mul")] == [kernel]


def test_the_outer_product_of_the_source_is_7_84_gigabytes():
    inp, g = torch.empty(50000, 784, device="meta"), torch.empty(50000, 50, device="meta")
    assert (inp.unsqueeze(-1) * g.unsqueeze(1)).nbytes == 7_840_000_000
    for name in ("backprop.backward", "backprop.weight_gradient"):
        (case,) = (each for each in catalogue.component(name).cases if each.name.startswith("50000") and each.opt_in)
        assert case.memory > 7_840_000_000 and not case.series


def test_the_forwards_of_einsum_and_product_are_one():
    inputs = sample("backprop.loss", 30)
    found = [prepared("backprop.loss", name, inputs)() for name in ("module_einsum", "module_matmul", "layers")]
    assert all(torch.equal(a, b) for other in found[1:] for a, b in zip(found[0], other, strict=True))


def test_layers_in_a_plain_list_are_not_found():
    """BP-06: as printed, the model has no parameters to train and nothing to save."""

    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1)]

    assert not list(Plain().parameters()) and not Plain().state_dict()
    ours = lesson.Linears(torch.zeros(784, 50), torch.zeros(50), torch.zeros(50, 1), torch.zeros(1))
    shapes = [tuple(parameter.shape) for parameter in ours.parameters()]
    assert shapes == [(50, 784), (50,), (1, 50), (1,)] and len(ours.state_dict()) == 4


def test_the_printed_constructor_does_not_run():
    """BP-06: ``super()._0_init__()``."""

    class Printed(nn.Module):
        def __init__(self):
            super()._0_init__()

    with pytest.raises(AttributeError, match="_0_init__"):
        Printed()


def test_squeeze_without_a_dimension_drops_a_batch_of_one():
    """BP-08: the source warns of it, and then does it in its class."""
    assert torch.zeros(1, 1).squeeze().shape == () and torch.zeros(1, 1).squeeze(-1).shape == (1,)
    assert torch.zeros(2, 1).squeeze().shape == (2,)


def at_zero(forward: Callable[[torch.Tensor], torch.Tensor]) -> float:
    x = torch.zeros(1, requires_grad=True)
    return torch.autograd.grad(forward(x), x)[0].item()


def test_gradients_at_zero():
    """BP-09: by hand it is 0, as of ``relu``; that of ``clamp_min``, which the forward is written with, was 1 once."""
    rules = importlib.import_module("impls.backprop.relu_gradient")
    assert rules.written_out(torch.zeros(1, 1), torch.ones(1, 1)).item() == at_zero(torch.relu) == 0
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    assert at_zero(lambda x: x.clamp_min(0.0)) in ([0] if version >= (2, 15) else [0, 1])


def test_the_linears_keep_a_graph_only_where_they_should():
    inputs = sample("backprop.forward", 4)
    tracked, inference = (prepared("backprop.forward", name, inputs)() for name in ("linears", "linears_inference"))
    assert tracked.requires_grad and not inference.requires_grad and inference.is_inference()
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


# -- what the gate must not let through --------------------------------------------------------------------------------


def gradients_of(**changed: Callable[..., torch.Tensor]) -> Callable[..., Any]:
    """The gradients of the parameters with some formulas of the network replaced."""
    functions = {"relu": lesson.relu, "mse": lesson.mse, **changed}

    def spoiled(x, target, *parameters):
        wanted = [tensor.detach().requires_grad_() for tensor in parameters]
        w1, b1, w2, b2 = wanted
        loss = functions["mse"](functions["relu"](x @ w1 + b1) @ w2 + b2, target)
        return torch.autograd.grad(loss, wanted)

    return spoiled


MISTAKES = {
    "backprop.forward": {
        "plain ReLU": lambda x, w1, b1, w2, b2: (x @ w1 + b1).relu() @ w2 + b2,
        "no bias": lambda x, w1, b1, w2, b2: ((x @ w1).relu() - 0.5) @ w2 + b2,
        "bfloat16 products": lambda x, w1, b1, w2, b2: (
            (((x.bfloat16() @ w1.bfloat16()).float() + b1).relu() - 0.5) @ w2 + b2
        ),
    },
    "backprop.loss": {
        "no squeeze: n x n differences": lambda x, target, w1, b1, w2, b2: (
            output := ((x @ w1 + b1).relu() - 0.5) @ w2 + b2,
            (output - target).square().mean(),
        ),
        "half of it": lambda x, target, w1, b1, w2, b2: (
            output := ((x @ w1 + b1).relu() - 0.5) @ w2 + b2,
            (output.squeeze(-1) - target).square().mean() / 2,
        ),
    },
    "backprop.backward": {
        "plain ReLU": gradients_of(relu=torch.relu),
        "no squeeze: n x n differences": gradients_of(mse=lambda output, target: (output - target).square().mean()),
        "a sum in place of the mean": gradients_of(
            mse=lambda output, target: (output.squeeze(-1) - target).square().sum()
        ),
        "no mask": gradients_of(relu=lambda l1: l1 - 0.5 + (l1.clamp_min(0) - l1).detach()),
        "gradients added up over two calls": lambda *inputs: [2 * each for each in gradients_of()(*inputs)],
    },
    "backprop.weight_gradient": {
        "a row is missing": lambda inp, g: inp[1:].T @ g[1:],
        "mean in place of the sum": lambda inp, g: inp.T @ g / len(inp),
        "bfloat16 products": lambda inp, g: (inp.T.bfloat16() @ g.bfloat16()).float(),
        "other rows": lambda inp, g: inp.T @ g.roll(1, 0),
    },
    "backprop.mse": {
        "no squeeze: n x n differences": lambda output, target: (
            (output - target).square().mean(),
            2 * (output - target.unsqueeze(-1)) / len(target),
        ),
        "no division by n": lambda output, target: (
            (output.squeeze(-1) - target).square().mean(),
            2 * (output - target.unsqueeze(-1)),
        ),
        "the factor 2 is forgotten": lambda output, target: (
            (output.squeeze(-1) - target).square().mean(),
            (output - target.unsqueeze(-1)) / len(target),
        ),
        "a flat gradient": lambda output, target: (
            (output.squeeze(-1) - target).square().mean(),
            2 * (output.squeeze(-1) - target) / len(target),
        ),
    },
    "backprop.relu_gradient": {
        "1 at zero, as clamp_min once gave": lambda inp, g: torch.where(inp >= 0, g, 0.0),
        "the mask alone": lambda inp, g: (inp > 0).float(),
        "the mask of the gradient": lambda inp, g: (g > 0).float() * g,
        "no mask": lambda inp, g: g.clone(),
    },
}


def right_step(*inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return importlib.import_module("impls.backprop.step").written_out(*inputs)


def a_step(parameters: Callable[..., Any]) -> Callable[..., Any]:
    """Loss and gradient of the input right, gradients of the parameters as ``parameters`` has them."""
    return lambda *inputs: [*right_step(*inputs)[:2], *parameters(*inputs)]


def no_input(*inputs: torch.Tensor) -> list[torch.Tensor]:
    loss, x, *others = right_step(*inputs)
    return [loss, torch.zeros_like(x), *others]


MISTAKES["backprop.step"] = {name: a_step(wrong) for name, wrong in MISTAKES["backprop.backward"].items()}
MISTAKES["backprop.step"]["no gradient of the input"] = no_input


@pytest.mark.parametrize(
    ("name", "mistake"), [(name, mistake) for name, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_the_gate_knows_the_mistakes_of_a_backward_by_hand(name: str, mistake: str):
    component = catalogue.component(name)
    for n in (64, 1000):
        truth = gate.truth(component, case_of(component, n), 0)
        with pytest.raises(gate.Wrong):
            gate.match(MISTAKES[name][mistake](*gate.copy(truth.inputs, "cpu")), truth)


# -- the work declared -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["backprop.forward", "backprop.loss", "backprop.step", "backprop.weight_gradient"])
def test_the_declared_flops_are_those_that_torch_counts(name: str):
    component = catalogue.component(name)
    case = case_of(component, 16)
    inputs = component.inputs(case, torch.Generator().manual_seed(0))
    counts = {}
    for variant in catalogue.variants(name):
        if variant.name in COMPILES:
            continue
        ready = prepared(name, variant.name, inputs)
        with FlopCounterMode(display=False) as counter:
            ready()
        counts[variant.name] = counter.get_total_flops()
    # torch counts no outer products and no addmm_; what the second layer passes back is one, where it is written so.
    less = {
        "backprop.step": {
            **dict.fromkeys(("functions", "layers"), network.products(case, "input") + 2 * 16 * 50),
            **dict.fromkeys(("written_out", "autograd_function"), 2 * 16 * 50),
        },
        "backprop.weight_gradient": dict.fromkeys(("outer_sum", "outer_chunks", "addmm_chunks"), component.flops(case)),
    }.get(name, {})
    assert counts == {way: component.flops(case) - less.get(way, 0) for way in counts}


@pytest.mark.parametrize("name", FAMILY)
def test_the_declared_bytes_are_those_of_the_tensors(name: str):
    component = catalogue.component(name)
    truth = gate.truth(component, case_of(component, 24), 0)
    answers = truth.expected if isinstance(truth.expected, tuple) else (truth.expected,)
    written = sum(4 * answer.numel() for answer in answers)
    read = sum(tensor.nbytes for tensor in truth.inputs)
    if name == "backprop.backward":  # reads what the forward left: hidden units and output; of the weights the second
        _, _, w1, b1, _, b2 = truth.inputs
        read += 4 * 24 * 51 - sum(tensor.nbytes for tensor in (w1, b1, b2))
    assert component.bytes(truth.case) == read + written


def test_the_arithmetic_of_the_small_ones_is_counted_by_hand():
    ten = Case("", {"n": 10})
    assert catalogue.component("backprop.mse").flops(ten) == 40  # difference, square, sum, scaled
    assert catalogue.component("backprop.relu_gradient").flops(ten) == 0
