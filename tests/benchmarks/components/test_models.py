"""Whole networks: their sizes, what the sources say of calls, modes and first weights, mistakes, the work declared."""

from __future__ import annotations

import gc
import importlib
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional, init
from torch.utils.flop_counter import FlopCounterMode
from variants import prepared, some

from benchmarks.components.models import _networks as networks
from impls.models import _networks as modules
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("models.")]


def every_variant(*components: str) -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in components
        for variant in catalogue.variants(name)
    ]


def truth_of(name: str, shape: dict[str, Any], seed: int = 0) -> gate.Truth:
    component = catalogue.component(name)
    return gate.truth(component, Case("other", shape, dtype=component.cases[0].dtype), seed)


SHAPES: dict[str, list[dict[str, Any]]] = {
    "models.mlp": [{"n": 1}, {"n": 7}],
    "models.fewer_bits": [{"n": 1}, {"n": 7}],
    "models.lenet": [{"n": 1}, {"n": 3}],
    "models.call_path": [{"n": 3, "sizes": (5, 7)}, {"n": 1, "sizes": (4, 9, 8, 3)}],
    "models.line": [{"n": 1}, {"n": 1001}],
    "models.parameter_count": [{}],
    "models.summary": [{"n": 1}, {"n": 3}],
    "models.modes": [{"n": 1, "dropout": 0.5, "norm": True}, {"n": 3, "dropout": 0.0, "norm": True}],
    "models.convnet": [{"n": 1}, {"n": 3}],
    "models.initialise": [{"inputs": 200, "outputs": 100}],
    "models.build": [{}],
    "models.hundred_products": [{"side": 64, "columns": 1}],
    "models.steps_to_fit": [{"n": 20}],
}


@pytest.mark.parametrize(("component", "variant"), every_variant(*FAMILY))
def test_every_variant_is_right_on_other_shapes_and_when_its_inputs_change_in_place(component: str, variant: str):
    for shape in SHAPES[component]:
        truths = [truth_of(component, shape, seed) for seed in range(2)]
        inputs = gate.copy(truths[0].inputs, "cpu")
        gate.prove(prepared(component, variant, inputs), inputs, truths)


# -- the networks of the sources ---------------------------------------------------------------------------------------


def test_the_networks_have_the_parameters_of_the_sources():
    convnet = importlib.import_module("impls.models.convnet")._ConvNet
    for make, network, parameters in (
        (modules.SimpleNetwork, networks.PERCEPTRON, 669_706),
        (modules.LeNet5, networks.LENET, 61_706),
        (convnet, networks.CONVNET, 30_762),
    ):
        module = make()
        assert sum(each.numel() for each in module.parameters()) == network.parameters == parameters
        assert [tuple(each.shape) for each in module.parameters() if each.dim() > 1] == list(network.weights)


@pytest.mark.parametrize("name", ["mlp", "lenet", "convnet"])
def test_the_references_are_torchs_own_modules_in_float64(name: str):
    make = {
        "mlp": modules.SimpleNetwork,
        "lenet": modules.LeNet5,
        "convnet": importlib.import_module("impls.models.convnet")._ConvNet,
    }[name]
    truth = truth_of(f"models.{name}", {"n": 3})
    x, parameters = truth.inputs
    module = modules.over(make, [each.double() for each in parameters]).eval()
    assert torch.allclose(module(x.double()), truth.expected, rtol=1e-12, atol=1e-14)


def test_the_printed_input_works_because_a_channel_passes_for_a_batch():
    """MD-01: rand(1, 28, 28) is a batch of one; one image without that dimension is no input."""
    network = modules.SimpleNetwork()
    assert network(torch.rand(1, 28, 28)).shape == (1, 10)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        network(torch.rand(28, 28))


def test_a_module_over_tensors_shares_their_memory_and_draws_nothing():
    _, parameters = truth_of("models.lenet", {"n": 1}).inputs
    before = torch.get_rng_state()
    network = modules.over(modules.LeNet5, parameters)
    assert torch.equal(torch.get_rng_state(), before)
    pairs = zip(network.parameters(), parameters, strict=True)
    assert all(one.data_ptr() == other.data_ptr() and one.requires_grad for one, other in pairs)


# -- calling (MD-03, MD-04) --------------------------------------------------------------------------------------------


def test_forward_gives_the_same_gradients_and_skips_the_networks_own_hooks_alone():
    """K08: the source says that gradients may be wrong."""
    x, parameters = truth_of("models.call_path", {"n": 8, "sizes": (20, 30, 10)}).inputs
    network = importlib.import_module("impls.models.call_path")._sequential(parameters).requires_grad_()
    whole: list[int] = []
    inner: list[int] = []
    network.register_forward_hook(lambda *_: whole.append(1))
    network[0].register_forward_hook(lambda *_: inner.append(1))
    gradients = []
    for run in (network, network.forward):
        gradients.append(torch.autograd.grad(run(x).square().sum(), list(network.parameters())))
    assert all(map(torch.equal, *gradients))
    assert (len(whole), len(inner)) == (1, 2)


@pytest.mark.parametrize("variant", ["call", "forward", "hooked", "module_list", "functional_call", "functions"])
def test_no_graph_is_timed_where_calls_are_compared(variant: str):
    inputs = truth_of("models.call_path", {"n": 2, "sizes": (4, 3)}).inputs
    assert not prepared("models.call_path", variant, inputs)().requires_grad


def test_a_line_by_hand():
    for variant in catalogue.variants("models.line"):
        y = prepared("models.line", variant.name, (torch.tensor([0.0, 1, 2]), torch.tensor(5.0), torch.tensor(3.0)))()
        assert y.tolist() == [3, 8, 13]


# -- counting (MD-05) --------------------------------------------------------------------------------------------------


def test_a_summary_takes_its_hooks_off_when_the_forward_fails():
    """MD-05: one that removes them behind the forward leaves them on the network."""
    summary = importlib.import_module("impls.models.summary")
    network = modules.LeNet5()

    def hooks() -> int:
        return sum(len(layer._forward_hooks) for layer in network.modules())

    with pytest.raises(RuntimeError):
        summary._flops(network, torch.rand(1, 3, 28, 28))
    assert hooks() == 0
    handle = network.conv1.register_forward_hook(lambda *_: None)
    with pytest.raises(RuntimeError):
        network(torch.rand(1, 3, 28, 28))
        handle.remove()
    assert hooks() == 1


def test_a_state_dict_counts_buffers_too():
    norm = nn.BatchNorm2d(16)
    assert sum(each.numel() for each in norm.parameters()) == 32
    assert sum(each.numel() for each in norm.state_dict().values()) == 32 + 33


# -- modes (MD-06) -----------------------------------------------------------------------------------------------------


def modes(kind: str, n: int = 4) -> tuple[Any, ...]:
    component = catalogue.component("models.modes")
    (case,) = (each for each in component.cases if each.name == f"64x28x28-{kind}")
    return component.inputs(Case("other", {**case.shape, "n": n}), torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", ["both", "dropout", "batch-norm", "neither"])
def test_only_dropout_and_batch_norm_tell_the_modes_apart(kind: str):
    """K06. Of the book's perceptron, which has neither, the output is the same bit by bit."""
    inputs = modes(kind)
    training, evaluating = (prepared("models.modes", name, inputs) for name in ("train", "evaluate"))
    assert torch.equal(evaluating(), evaluating())
    assert torch.equal(training(), training()) == (kind in ("batch-norm", "neither"))
    assert torch.equal(training(), evaluating()) == (kind == "neither")
    perceptron = modules.SimpleNetwork()
    x = torch.rand(3, 28, 28)
    assert torch.equal(perceptron.train()(x), perceptron.eval()(x))


def test_the_mode_is_no_matter_of_tracking():
    """A network in eval() records its graph; the variant does not, under no_grad."""
    inputs = modes("both")
    network = importlib.import_module("impls.models.modes")._network(*inputs[1:])
    assert network.eval()(inputs[0]).requires_grad
    assert not prepared("models.modes", "evaluate", inputs)().requires_grad


def test_training_writes_down_statistics_and_not_into_its_inputs():
    inputs = modes("batch-norm")
    network = importlib.import_module("impls.models.modes")._network(inputs[1], [s.clone() for s in inputs[2]], 0.0)
    before = network[1].running_mean.clone()
    network.train()(2 * inputs[0])
    assert not torch.equal(network[1].running_mean, before) and network[1].num_batches_tracked == 1
    assert torch.equal(before, inputs[2][0])
    network.eval()(3 * inputs[0])
    assert network[1].num_batches_tracked == 1


def test_statistics_of_other_images_would_give_other_answers():
    """Why the component hands over those of its own batch: then both modes have one answer."""
    component = catalogue.component("models.modes")
    case = Case("other", {"n": 4, "dropout": 0.0, "norm": True})
    truth = gate.truth(component, case, 0)
    x, parameters, (mean, variance), dropout = gate.copy(truth.inputs, "cpu")
    wrong = prepared("models.modes", "evaluate", (x, parameters, [mean, 2 * variance], dropout))
    with pytest.raises(gate.Wrong):
        gate.match(wrong(), truth)


def test_the_noise_of_dropout_is_what_the_tolerance_says():
    """Some numbers of a thousand reach half of it, which is three deviations; hardly any could reach all of it."""
    truth = truth_of("models.modes", {"n": 8, "dropout": 0.3, "norm": True})
    training = prepared("models.modes", "train", truth.inputs)
    shares = torch.cat([((training() - truth.expected) / truth.bound).flatten() for _ in range(20)])
    assert 0.9 / 6 < shares.std() < 1.1 / 6


# -- what is kept (MD-07) ----------------------------------------------------------------------------------------------


def left_behind(run: Callable[[], Any]) -> int:
    """Bytes of the tensors that a call leaves although nobody holds its result; views count once."""

    def tensors() -> dict[int, torch.Tensor]:
        gc.collect()
        return {id(each): each for each in gc.get_objects() if issubclass(type(each), torch.Tensor)}

    before = tensors()
    run()
    new = [each.untyped_storage() for key, each in tensors().items() if key not in before]
    return sum({storage.data_ptr(): storage.nbytes() for storage in new}.values())


def test_kept_features_hold_their_graph_until_they_are_cut_off():
    convnet = importlib.import_module("impls.models.convnet")
    x, parameters = truth_of("models.convnet", {"n": 2}).inputs
    features = 4 * 2 * (16 * 13 * 13 + 32 * 5 * 5 + 32)
    maps = 4 * 2 * (16 * 26 * 26 + 32 * 11 * 11)  # of the ReLUs, before pooling
    for make, held in (
        (convnet._Keeping, features + maps),
        (convnet._KeepingDetached, features),
        (convnet._ConvNet, 0),
    ):
        network = modules.over(make, parameters).eval()
        assert left_behind(lambda network=network: network(x)) == held


def test_attributes_that_a_forward_writes_break_no_graph():
    """MD-07: torch.compile takes them along."""
    convnet = importlib.import_module("impls.models.convnet")
    x, parameters = truth_of("models.convnet", {"n": 2}).inputs
    network = modules.over(convnet._Keeping, parameters).eval()
    graphs = []

    def count(graph, _inputs):
        graphs.append(graph)
        return graph.forward

    torch.compile(network, backend=count, fullgraph=True)(x)
    torch._dynamo.reset()
    assert len(graphs) == 1 and network.feat1.shape == (2, 16, 13, 13) and network.feat3.shape == (2, 32)


# -- first weights (MD-08, MD-09, MD-10) -------------------------------------------------------------------------------

SEEDS = [torch.Generator().manual_seed(seed) for seed in range(20)]


def spread(make: Callable[[torch.Generator], torch.Tensor]) -> tuple[float, float]:
    """Mean and deviation over twenty seeds."""
    drawn = [make(generator).double() for generator in SEEDS]
    return (
        torch.stack([each.mean() for each in drawn]).mean().item(),
        torch.stack([each.std() for each in drawn]).mean().item(),
    )


def test_weights_are_inputs_by_outputs_in_the_lesson_and_the_other_way_round_in_a_layer():
    assert nn.Linear(784, 50).weight.shape == (50, 784)
    kaiming = {
        mode: spread(lambda g, mode=mode: init.kaiming_normal_(torch.empty(784, 50), mode=mode, generator=g))[1]
        for mode in ("fan_out", "fan_in")
    }
    assert kaiming["fan_out"] == pytest.approx(math.sqrt(2 / 784), rel=0.02) == pytest.approx(0.0505, rel=0.02)
    assert kaiming["fan_in"] == pytest.approx(math.sqrt(2 / 50), rel=0.02)


@pytest.mark.parametrize(
    ("scale", "shift", "mean", "deviation"),
    [
        (1, None, 0, 1),  # the lesson prints -0.0155 and 1.0006
        (1, 0, 0.3989, 0.5838),  # 0.3896 and 0.5860
        (2, 0, 0.5642, 0.8256),  # 0.5896 and 0.8658
        (2, 0.5, 0.0642, 0.8256),  # -0.0610 to 0.1588, and 0.7189 to 0.9367
    ],
)
def test_what_a_layer_makes_of_its_first_weights(scale: float, shift: float | None, mean: float, deviation: float):
    """MD-08: single draws differ by a tenth; twenty seeds come near the half-normal distribution's own figures."""

    def layer(g: torch.Generator) -> torch.Tensor:
        x, w = torch.randn(500, 784, generator=g), torch.randn(784, 50, generator=g) * math.sqrt(scale / 784)
        return x @ w if shift is None else (x @ w).relu() - shift

    found = spread(layer)
    assert found[0] == pytest.approx(mean, abs=0.02) and found[1] == pytest.approx(deviation, rel=0.03)


def test_what_layers_are_made_with_has_a_third_of_the_variance():
    """MD-10: a = sqrt(5) divides the gain's square by 6, to 1 / (3 inputs)."""
    _, default = spread(lambda g: init.kaiming_uniform_(torch.empty(50, 784), a=math.sqrt(5), generator=g))
    assert default == pytest.approx(math.sqrt(1 / (3 * 784)), rel=0.02)
    torch.manual_seed(0)
    assert nn.Linear(784, 50).weight.std().item() == pytest.approx(default, rel=0.02)


def test_the_usual_bounds_of_a_truncated_normal_cut_nothing():
    """MD-08: they are -2 and 2, not two deviations."""
    wide = init.trunc_normal_(torch.empty(784, 50), std=0.05, generator=SEEDS[0])
    assert wide.abs().max() > 3 * 0.05
    cut = init.trunc_normal_(torch.empty(784, 50), std=0.05, a=-0.1, b=0.1, generator=SEEDS[0])
    assert cut.abs().max() <= 0.1 and cut.std() == pytest.approx(0.88 * 0.05, rel=0.02)


def test_a_hundred_products_explode_vanish_or_keep_their_size():
    """MD-09: nan from the 28th product on in the source; each product with normal numbers multiplies by 22.6."""
    for g in SEEDS[:2]:
        a, x = torch.randn(512, 512, generator=g), torch.randn(512, generator=g)
        large, lost = x, 0
        while large.isfinite().all():
            large, lost = a @ large, lost + 1
        small = x
        for _ in range(100):
            small = 0.01 * a @ small
        kept = prepared("models.hundred_products", "loop", (a / math.sqrt(512), x[:, None]))()
        assert 27 <= lost <= 30 and small.abs().max() == 0 and 0.01 < kept.std() < 100


@pytest.mark.parametrize(("relu", "scale", "square"), [(False, 1.0, 512), (True, 1.0, 256), (False, 1 / 512, 1)])
def test_the_mean_square_of_one_sum_of_products(relu: bool, scale: float, square: float):
    """MD-09: 516.8, 257.4 and 1.0055 in the source."""
    a, x = torch.randn(20_000, 512, generator=SEEDS[0]), torch.randn(20_000, 512, generator=SEEDS[0])
    y = math.sqrt(scale) * (a * x).sum(1)
    assert (y.relu() if relu else y).square().mean().item() == pytest.approx(square, rel=0.1)


def test_a_deep_network_loses_its_spread_with_the_usual_weights():
    """MD-10: 0.0065 and 0.4043 in the source, on digits; what is left of the biases is not counted here."""

    def output(a: float, g: torch.Generator) -> torch.Tensor:
        y = torch.randn(20, 1, 28, 28, generator=g)
        for place, shape in enumerate(((8, 1, 5, 5), (16, 8, 3, 3), (32, 16, 3, 3), (1, 32, 3, 3))):
            w = init.kaiming_uniform_(torch.empty(shape), a=a, generator=g)
            y = functional.conv2d(y.relu() if place else y, w, stride=2, padding=shape[-1] // 2)
        return y

    default, kaiming = (spread(lambda g, a=a: output(a, g))[1] for a in (math.sqrt(5), 0.0))
    assert 0.01 < default < 0.1 and 0.3 < kaiming < 1.5


def test_one_convolution_with_the_usual_weights_and_with_kaimings():
    """MD-10: 0.5978 and 1.1067 in the source, on digits; noise has no neighbours that resemble each other."""
    x = torch.randn(20, 1, 28, 28, generator=SEEDS[0])

    def output(a: float, g: torch.Generator) -> torch.Tensor:
        return functional.conv2d(x, init.kaiming_uniform_(torch.empty(32, 1, 5, 5), a=a, generator=g))

    assert spread(lambda g: output(math.sqrt(5), g))[1] == pytest.approx(math.sqrt(1 / 3), rel=0.05)
    assert spread(lambda g: output(1, g))[1] == pytest.approx(1, rel=0.05)


def test_a_network_that_is_given_its_parameters_may_share_them():
    (parameters,) = truth_of("models.build", {}).inputs
    for variant, shared in (("initialised", False), ("empty", False), ("assigned", True)):
        found = prepared("models.build", variant, (parameters,))()
        assert all((a.data_ptr() == b.data_ptr()) == shared for a, b in zip(found, parameters, strict=True))
    before = torch.get_rng_state()
    for variant in ("assigned", "empty"):
        prepared("models.build", variant, (parameters,))()
    assert torch.equal(torch.get_rng_state(), before)


# -- fewer bits (MD-01) ------------------------------------------------------------------------------------------------


def test_a_row_in_int8_uses_all_steps_and_is_off_by_half_of_one():
    rounded = importlib.import_module("impls.models.fewer_bits")._rounded
    rows = torch.randn(5, 400, generator=SEEDS[0])
    whole, step = rounded(rows)
    assert whole.dtype == torch.int8 and (whole.abs().amax(1) == 127).all()
    assert ((whole * step - rows).abs() <= step * 0.501).all()
    assert rounded(torch.zeros(1, 4))[0].tolist() == [[0, 0, 0, 0]]


def test_the_variants_err_as_their_bits_say():
    truth = truth_of("models.fewer_bits", {"n": 64})
    shares = {
        variant.name: gate.match(prepared("models.fewer_bits", variant.name, truth.inputs)(), truth).share
        for variant in catalogue.variants("models.fewer_bits")
    }
    assert shares["float32"] < shares["bfloat16"] < shares["int8"] / 2 < 0.5


# -- mistakes ----------------------------------------------------------------------------------------------------------


def logits(make: Callable[[], nn.Module], change: Callable[[nn.Module], Any] = lambda network: None) -> Any:
    """The network of the source with something changed in it."""

    def run(x: torch.Tensor, parameters: list) -> torch.Tensor:
        network = modules.over(make, parameters).eval()
        change(network)
        return network(x)

    return run


def without_biases(parameters: list) -> list:
    return [each if each.dim() > 1 else torch.zeros_like(each) for each in parameters]


def coarse(x: torch.Tensor, parameters: list) -> torch.Tensor:
    """int8 with sixteen steps on either side."""
    hidden = x.flatten(1)
    for w, b in zip(parameters[::2], parameters[1::2], strict=True):
        w, hidden = ((each / (step := each.abs().amax(1, keepdim=True) / 16)).round() * step for each in (w, hidden))
        hidden = (hidden @ w.T + b).relu()
    return hidden.bfloat16()


def evaluate(x: torch.Tensor, parameters: list, statistics: list, dropout: float, **changed: Any) -> torch.Tensor:
    filters, bias, scale, shift, w, b = parameters
    mean, variance = statistics
    maps = functional.conv2d(x, filters, bias, padding=1)
    maps = functional.batch_norm(maps, mean, variance, scale, shift, eps=changed.get("eps", 1e-5)).relu()
    return functional.linear(changed.get("factor", 1.0) * maps.mean((2, 3)), w, b)


def convnet(*change: Callable[[nn.Module], Any]) -> Any:
    return logits(importlib.import_module("impls.models.convnet")._ConvNet, *change)


def times(a: torch.Tensor, x: torch.Tensor, count: int) -> torch.Tensor:
    for _ in range(count):
        x = a @ x
    return x


MISTAKES: dict[tuple[str, str], dict[str, Callable[..., Any]]] = {
    ("models.mlp", "256x28x28"): {
        "no biases": lambda x, p: logits(modules.SimpleNetwork)(x, without_biases(p)),
        "ReLU behind the last layer": lambda x, p: logits(modules.SimpleNetwork)(x, p).relu(),
        "no ReLU": logits(modules.SimpleNetwork, lambda net: setattr(net, "layers", net.layers[::2])),
        "softmax": lambda x, p: logits(modules.SimpleNetwork)(x, p).softmax(1),
        "bfloat16": lambda x, p: logits(modules.SimpleNetwork)(x.bfloat16(), [each.bfloat16() for each in p]).float(),
    },
    ("models.fewer_bits", "256x28x28"): {
        "no biases": lambda x, p: logits(modules.SimpleNetwork)(x, without_biases(p)).bfloat16(),
        "ReLU behind the last layer": lambda x, p: logits(modules.SimpleNetwork)(x, p).relu().bfloat16(),
        "five bits": coarse,
        "logits in float32": logits(modules.SimpleNetwork),
    },
    ("models.lenet", "64x28x28"): {
        "max pooling": logits(modules.LeNet5, lambda net: setattr(net, "pool", nn.MaxPool2d(2))),
        "filters turned around": lambda x, p: logits(modules.LeNet5)(
            x, [each.flip(2, 3) if each.dim() == 4 else each for each in p]
        ),
        "another order of the features": lambda x, p: logits(modules.LeNet5)(
            x, [each.view(120, 16, 25).mT.reshape(120, 400) if each.shape == (120, 400) else each for each in p]
        ),
        "no biases": lambda x, p: logits(modules.LeNet5)(x, without_biases(p)),
    },
    ("models.call_path", "64x64x32x10"): {
        "ReLU behind the last layer": lambda x, p: prepared("models.call_path", "functions", (x, p))().relu(),
        "the last layer twice": lambda x, p: prepared("models.call_path", "functions", (x, p))() * 2,
        "the hidden layer": lambda x, p: (x @ p[0].T + p[1]).relu()[:, :10],
    },
    ("models.line", "100"): {
        "a and b the other way round": lambda x, a, b: b * x + a,
        "a column": lambda x, a, b: (a * x + b).unsqueeze(1),
        "no constant": lambda x, a, b: a * x,
    },
    ("models.parameter_count", "mlp"): {
        "weights alone": lambda p: sum(each.numel() for each in p if each.dim() > 1),
        "tensors, not numbers": lambda p: len(p),
        "bytes": lambda p: sum(each.nbytes for each in p),
    },
    ("models.summary", "1x28x28"): {
        "products alone": lambda x, p: torch.tensor([61_706, 833_040 // 2]),
        "of another batch": lambda x, p: torch.tensor([61_706, 833_040 * 64]),
        "weights used once": lambda x, p: torch.tensor([61_706, 2 * 61_706]),
    },
    ("models.modes", "64x28x28-both"): {
        "dropout's factor in eval()": lambda *inputs: evaluate(*inputs, factor=1 / 0.7),
        "dropout without its factor": lambda *inputs: evaluate(*inputs, factor=0.7),
    },
    ("models.modes", "64x28x28-batch-norm"): {
        "another epsilon": lambda *inputs: evaluate(*inputs, eps=1e-3),
        "no batch norm": lambda x, p, s, d: prepared("models.modes", "evaluate", (x, [*p[:2], *p[4:]], [], d))(),
        "a little dropout": lambda x, p, s, d: prepared("models.modes", "train", (x, p, s, 0.01))(),
    },
    ("models.convnet", "64x28x28"): {
        "dropout at work": convnet(lambda net: net.train()),
        "no biases": lambda x, p: convnet()(x, without_biases(p)),
    },
    ("models.initialise", "784x50"): {
        "deviation of the outputs": lambda w: torch.randn_like(w) * math.sqrt(2 / w.shape[1]),
        "the usual a = sqrt(5)": lambda w: init.kaiming_uniform_(torch.empty_like(w).T, a=math.sqrt(5)).T,
        "variance for deviation": lambda w: torch.randn_like(w) * (2 / len(w)),
        "off the middle": lambda w: torch.rand_like(w) * math.sqrt(24 / len(w)),
        "the weights as outputs by inputs": lambda w: torch.randn_like(w.T) * math.sqrt(2 / len(w)),
    },
    ("models.build", "mlp"): {
        "the initialisation left in": lambda p: [each.detach() for each in modules.SimpleNetwork().parameters()],
        "biases forgotten": lambda p: without_biases(p),
    },
    ("models.hundred_products", ""): {
        "ninety-nine": lambda a, x: times(a, x, 99),
        "a hundred and one": lambda a, x: times(a, x, 101),
        "the matrix turned": lambda a, x: times(a.T, x, 100),
        "bfloat16": lambda a, x: times(a.bfloat16(), x.bfloat16(), 100).float(),
    },
    ("models.steps_to_fit", "64x28x28"): {
        "a few steps too few": lambda x, labels: stopped("kaiming", x, labels, most=3),
        "never begun": lambda x, labels: stopped("default", x, labels, most=1),
    },
}


def stopped(variant: str, x: torch.Tensor, labels: torch.Tensor, most: int) -> torch.Tensor:
    module = importlib.import_module("impls.models.steps_to_fit")
    kept, module.MOST = module.MOST, most
    try:
        return getattr(module, variant)(x, labels)
    finally:
        module.MOST = kept


@pytest.mark.parametrize(
    ("name", "case", "mistake"), [(*where, mistake) for where, found in MISTAKES.items() for mistake in found]
)
def test_the_gate_knows_the_mistakes_of_the_rows(name: str, case: str, mistake: str):
    truth = gate.truth(*some(name, case), 0) if case else truth_of(name, SHAPES[name][0])
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name, case][mistake](*gate.copy(truth.inputs, "cpu")), truth)


# -- the work declared -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "case", "flops", "moved"),
    [
        ("mlp", "256x28x28", 256 * 2 * (784 * 512 + 512 * 512 + 512 * 10), 4 * (256 * 794 + 669_706)),
        ("lenet", "1x28x28", 833_040, 4 * (794 + 61_706)),
        ("convnet", "64x28x28", 64 * 2 * (676 * 144 + 121 * 4608 + 25_600 + 320), 4 * (64 * 794 + 30_762)),
        ("call_path", "64x64x32x10", 64 * 2 * (2048 + 320), 4 * (64 * 74 + 2048 + 32 + 320 + 10)),
        ("call_path", "identity", 0, 0),
        ("line", "100", 200, 800),
        ("modes", "1x28x28-both", 2 * 784 * 16 * 10 + 2 * 160, 4 * (794 + 16 * 9 + 16 + 160 + 10 + 64)),
        ("initialise", "784x50", 0, 4 * 39_200),
        ("hundred_products", "512x1", 200 * 512**2, 4 * (512**2 + 1024)),
        ("hundred_products", "512x128", 12 * 512**3 + 6 * 512**2 * 128, 4 * (512**2 + 2 * 512 * 128)),
        ("build", "mlp", 0, 0),
    ],
)
def test_the_work_by_hand(name: str, case: str, flops: int, moved: int):
    component, found = some(f"models.{name}", case)
    assert (component.flops(found), component.bytes(found)) == (flops, moved)


@pytest.mark.parametrize("name", ["mlp", "lenet", "convnet", "call_path"])
def test_the_declared_flops_are_those_that_torch_counts(name: str):
    component = catalogue.component(f"models.{name}")
    case = component.cases[0]
    inputs = component.inputs(case, torch.Generator().manual_seed(0))
    for variant in catalogue.variants(component.name):
        if variant.name == "numpy":
            continue
        ready = prepared(component.name, variant.name, inputs)
        with FlopCounterMode(display=False) as counter:
            ready()
        assert counter.get_total_flops() == component.flops(case), variant.name


@pytest.mark.parametrize("name", FAMILY)
def test_the_names_in_a_component_are_variants(name: str):
    component = catalogue.component(name)
    names = {variant.name for variant in catalogue.variants(name)}
    only = {way for case in component.cases for way in (*case.only, *(case.compiled or ()))}
    assert {component.baseline, *component.work, *component.compiled, *component.graphed, *only} <= names
