"""Training loops: that they train, what the source gets wrong, mistakes that the gate must know, the work."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from typing import Any

import psutil
import pytest
import torch
from torch.nn import functional

from benchmarks.components.training import _digits, _network
from perfsuite.instruments import cost
from perfsuite.measuring import prepared as preparing
from perfsuite.model.component import Case, Component
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("training.")]
MLP = (784, 512, 512, 10)
TRAINERS = ("loader", "loader_at_once", "slices", "fused", "written_out")


def prepared(name: str, variant: str, inputs: tuple[Any, ...]) -> preparing.Prepared:
    function = getattr(importlib.import_module(f"impls.training.{name}"), variant)
    return preparing.prepare(function, "eager", inputs)


def some(name: str, case: str = "") -> tuple[Component, Case]:
    component = catalogue.component(f"training.{name}")
    return component, next(each for each in component.cases if not case or each.name == case)


def inputs_of(name: str, case: str = "", seed: int = 0) -> tuple[Any, ...]:
    return gate.copy(gate.truth(*some(name, case), seed).inputs, "cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


SMALL = {
    "epoch": [{"steps": 1, "width": 8}, {"steps": 3, "width": 33}],
    "breakdown": [{"steps": 1, "width": 8}, {"steps": 12, "width": 8}],
    "evaluate": [{"n": 1, "width": 16}, {"n": 300, "width": 16}],
    "running_loss": [{"steps": 1}, {"steps": 11}],
    "mixed_precision": [{"side": 16, "width": 32, "steps": 1}, {"side": 24, "width": 64, "steps": 2}],
    "accumulation": [{"n": 8, "micro": 8}, {"n": 12, "micro": 1}, {"n": 12, "micro": 4}],
    "recompute": [{"n": 1, "width": 3, "layers": 1}, {"n": 5, "width": 8, "layers": 7}],
    "compiled_step": [{"sizes": (784, 8, 8, 10), "convolutions": 0}, {"sizes": (400, 120, 84, 10), "convolutions": 1}],
    "progress": [{"steps": 1}, {"steps": 205}],
    "batch_size": [{"n": 1}, {"n": 70}],
    "time_to_loss": [{}],
    "data_parallel": [{"n": 2}, {"n": 30}],
}
ELSEWHERE = {"two_processes": "a test of its own: it starts a process"}


def every_variant() -> list:
    """All that run here, but those that compile: these take seconds and are proved below."""
    return [
        pytest.param(name.partition(".")[2], variant.name, id=f"{name}-{variant.name}")
        for name in FAMILY
        for variant in catalogue.variants(name)
        if not {"c++", "cuda"} & {*variant.needs} and variant.name not in ELSEWHERE
    ]


@pytest.mark.parametrize(("name", "variant"), every_variant())
def test_every_variant_is_right_on_other_shapes_too(name: str, variant: str):
    problem = catalogue.component(f"training.{name}")
    for shape in SMALL[name]:
        case = Case("other", shape, dtype=problem.cases[0].dtype)
        truths = [gate.truth(problem, case, seed) for seed in range(2)]
        inputs = gate.copy(truths[0].inputs, "cpu")
        call = prepared(name, variant, inputs)
        try:
            gate.prove(call, inputs, truths)
        finally:
            call.close()


@pytest.mark.slow
@pytest.mark.skipif(bool(preparing.missing(["c++"], "compile", "cpu")), reason="needs a C++ compiler")
@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("breakdown", "slices_compiled"),
        ("recompute", "compiled"),
        ("recompute", "compiled_half"),
        ("compiled_step", "forward_compiled"),
        ("compiled_step", "loss_compiled"),
        ("compiled_step", "optimizer_compiled"),
        ("compiled_step", "step_compiled"),
    ],
)
def test_what_is_compiled_is_right(name: str, variant: str):
    problem = catalogue.component(f"training.{name}")
    case = Case("other", SMALL[name][0])
    truths = [gate.truth(problem, case, seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    call = prepared(name, variant, inputs)
    try:
        gate.prove(call, inputs, truths)
    finally:
        call.close()
        torch._dynamo.reset()


# -- training is training ----------------------------------------------------------------------------------------------


def learned(variant: str, seed: int) -> tuple[float, float]:
    """The loss over the last of 8 epochs of real digits, and the accuracy on the fifth that was held out."""
    images, labels, asked, right = _digits.split(generator(seed))
    x, y, parameters = images[:1408].numpy(), labels[:1408].numpy(), _network.start((64, 32, 10), generator(seed))
    for _ in range(8):
        loss, parameters = prepared("epoch", variant, (x, y, [p.clone() for p in parameters], 0.3))()
    correct = (_network.output(asked, parameters).argmax(1) == right).sum().item()
    return loss.item(), correct / len(right)


def test_all_loops_learn_digits_and_end_at_the_same_loss():
    """TR-01: three seeds; the loops lie nearer to each other than the seeds do, and tell nine in ten apart."""
    ends = {variant: [learned(variant, seed) for seed in range(3)] for variant in TRAINERS}
    for runs in ends.values():
        assert all(loss < 0.25 and accuracy >= 0.9 for loss, accuracy in runs), runs
    means = [sum(loss for loss, _ in runs) / 3 for runs in ends.values()]
    noise = torch.tensor([loss for loss, _ in ends["loader"]]).std().item()
    assert max(means) - min(means) <= noise


def test_a_network_that_does_not_learn_is_seen():
    images, labels, asked, right = _digits.split(generator())
    untrained = _network.start((64, 32, 10), generator())
    assert (_network.output(asked, untrained).argmax(1) == right).double().mean() < 0.5
    assert torch.equal(labels.bincount() + right.bincount(), _digits.digits()[1].bincount())
    assert right.bincount().tolist() == [36] * 10 and len(images) == 1437


def test_an_accuracy_is_printed_as_a_fraction_or_in_per_cent():
    """TR-01: the source prints 71 % as "0.71%"."""
    line = importlib.import_module("impls.training.breakdown")._line
    assert line(100, 0.70591, 0.7133) == "step 100: loss 0.7059, accuracy 71.3%"
    assert line(1, 0.1, 1.0).endswith(" 100.0%")


def test_the_network_and_the_steps_are_those_of_the_source():
    assert _network.numbers(MLP) == 669_706
    component, case = some("epoch", "1875x32-512")
    assert case.shape["steps"] * 32 == 60_000 and component.inputs.__globals__["RATE"] == 1e-3
    lenet = gate.truth(*some("compiled_step", "lenet"), 0).inputs[2]
    assert sum(p.numel() for p in lenet) == 61_706


def test_training_in_16_bits_ends_within_a_tenth_of_float32():
    """TR-04: 60 steps of a small network, three seeds."""
    component, _ = some("mixed_precision")
    for seed in range(3):
        inputs = component.inputs(Case("", {"side": 16, "width": 32, "steps": 60}), generator(seed))
        whole, half = (prepared("mixed_precision", way, inputs)()[0] for way in ("float32", "bfloat16"))
        assert whole[-1] < 0.8 * whole[0], "it learns"
        assert abs(half[-1] / whole[-1] - 1) < 0.1
        assert not torch.equal(whole, half), "and in other arithmetic"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_leaves_factors_and_gives_16_bit_products(dtype: torch.dtype):
    """TR-04: the source's demonstration on 32 x 32; the loss is float32 again."""
    a, b = torch.rand(32, 32), torch.rand(32, 32)
    with torch.autocast("cpu", dtype):
        product = a @ b
        loss = functional.mse_loss(product, a)
    assert (a.dtype, product.dtype, loss.dtype) == (torch.float32, dtype, torch.float32)


def test_small_gradients_vanish_in_float16_unless_they_are_scaled():
    """TR-04: why the source needs a GradScaler, and bfloat16 needs none."""
    slope = torch.tensor(2.0**-30)
    assert slope.half() == 0 and slope.bfloat16() == slope and (slope * 2**10).half() == slope * 2**10


def test_a_scaler_skips_a_step_that_overflows():
    p = torch.nn.Parameter(torch.ones(1))
    scaler, optimizer = torch.amp.GradScaler("cpu", init_scale=4.0), torch.optim.SGD([p], lr=1.0)
    scaler.scale((p * float("inf")).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    assert p.item() == 1 and scaler.get_scale() == 2.0


# -- what the source gets wrong, and what one has to know -------------------------------------------------------------


def test_a_mean_of_batch_means_is_not_the_mean():
    """TR-02: the last of the source's 313 batches has 16 samples and counts like one of 32."""
    component, _ = some("evaluate")
    truth = gate.truth(component, Case("short", {"n": 48, "width": 16}), 0)
    x, y, parameters = truth.inputs
    means = [
        functional.cross_entropy(_network.output(a, parameters), b)
        for a, b in zip(x.split(32), y.split(32), strict=True)
    ]
    with pytest.raises(gate.Wrong, match="outside the tolerance"):
        gate.match((torch.stack(means).mean(), truth.expected[1]), truth)
    weighted = (2 * means[0] + means[1]) / 3
    gate.match((weighted, truth.expected[1]), truth)


def test_the_classifier_that_is_evaluated_knows_its_digits():
    _, correct = gate.truth(*some("evaluate", "1600-512"), 0).expected
    assert 0.8 < correct / 1600 < 1


def test_micro_batches_of_unequal_lengths_want_sums():
    """TR-05: five samples as two and three; means of means are wrong, sums divided at the end are right."""
    x, y, start = torch.rand(5, 28, 28), torch.tensor([0, 1, 2, 3, 4]), _network.start((784, 8, 10), generator())
    _, right = _network.gradients(x, y, start)
    uneven = [_network.gradients(x[part], y[part], start)[1] for part in (slice(0, 2), slice(2, 5))]
    means = [(a + b) / 2 for a, b in zip(*uneven, strict=True)]
    assert not all(torch.allclose(a, b, rtol=1e-3) for a, b in zip(means, right, strict=True))
    found = prepared("accumulation", "divided_at_the_end", (x[:4], y[:4], start, 2))()
    sums = [(2 * a + 3 * b) / 5 for a, b in zip(*uneven, strict=True)]
    assert all(torch.allclose(a, b, atol=1e-7) for a, b in zip(sums, right, strict=True)) and len(found) == 4


def test_batch_norm_sees_the_micro_batch():
    """TR-05: what accumulation cannot give back."""
    x = torch.randn(8, 3, generator=generator())
    whole = functional.batch_norm(x, None, None, training=True)
    parts = torch.cat([functional.batch_norm(part, None, None, training=True) for part in x.split(4)])
    assert not torch.allclose(whole, parts, atol=0.1)


AGAIN = ("reentrant", "each_layer", "segments", "selective")


@pytest.mark.parametrize("variant", AGAIN)
def test_what_is_computed_again_is_the_same_bit_by_bit(variant: str):
    """TR-06."""
    inputs = inputs_of("recompute", "4x256")
    found, wanted = (prepared("recompute", way, inputs)() for way in (variant, "stored"))
    assert all(torch.equal(*pair) for pair in zip(found, wanted, strict=True))


def test_what_is_not_kept_is_not_in_memory():
    """TR-06: of 16 layers, 512 KiB for each input, and two more for each product and its slope."""
    peak = {}
    inputs = inputs_of("recompute", "16x256")
    for variant in (*AGAIN, "stored"):
        call = prepared("recompute", variant, inputs)
        call()
        peak[variant] = cost.in_torch(call).peak
    activation = 512 * 256 * 4
    assert peak["stored"] - peak["selective"] > 10 * activation
    assert peak["selective"] - peak["each_layer"] > 3 * activation
    assert peak["each_layer"] - peak["segments"] > 4 * activation
    assert peak["each_layer"] == peak["reentrant"]


@pytest.mark.slow
@pytest.mark.skipif(bool(preparing.missing(["c++"], "compile", "cpu")), reason="needs a C++ compiler")
def test_a_compiler_saves_memory_only_when_it_is_asked_to():
    """TR-06: by itself it keeps what backward's products read, which is all that autograd keeps."""
    inputs, peak = inputs_of("recompute", "16x256"), {}
    for variant in ("stored", "compiled", "compiled_half"):
        call = prepared("recompute", variant, inputs)
        call()
        peak[variant] = cost.in_torch(call).peak
        torch._dynamo.reset()
    assert peak["compiled"] > 0.9 * peak["stored"] and peak["compiled_half"] < 0.7 * peak["stored"]


def graphs(step: Callable[..., Any], *calls: tuple[Any, ...], **options: Any) -> int:
    """How many graphs a compiler is handed for ``calls``."""
    from torch._dynamo.testing import CompileCounter

    torch._dynamo.reset()
    counter = CompileCounter()
    compiled = torch.compile(step, backend=counter, **options)
    for call in calls:
        compiled(*call)
    torch._dynamo.reset()
    return int(counter.frame_count)


def test_a_shorter_last_batch_is_one_more_graph_and_sizes_left_open_are_one_for_all():
    """TR-07: the source's last batch has 16 samples."""
    module = importlib.import_module("impls.training.compiled_step")
    start = [p.requires_grad_() for p in _network.start((784, 8, 10), generator())]
    batches = [(start, torch.rand(n, 28, 28), torch.zeros(n, dtype=torch.int64)) for n in (32, 32, 16)]
    assert graphs(module._loss, *batches, dynamic=False) == 2
    assert graphs(module._loss, *batches, dynamic=True) == 1
    assert graphs(module._loss, *batches[:2], dynamic=False) == 1


def test_a_whole_step_is_one_graph_when_its_gradient_is_a_function():
    """TR-07."""
    module = importlib.import_module("impls.training.compiled_step")
    start = _network.start((784, 8, 10), generator())
    batch = torch.rand(32, 28, 28), torch.zeros(32, dtype=torch.int64)
    assert graphs(module._step, (start, *batch), fullgraph=True, dynamic=False) == 1


def test_backward_breaks_a_graph():
    """TR-07."""

    def step(w: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        loss = (x @ w).square().mean()
        loss.backward()
        return loss.detach()

    w = torch.randn(3, 3, generator=generator()).requires_grad_()
    with pytest.raises(torch._dynamo.exc.Unsupported):
        torch.compile(step, backend="eager", fullgraph=True)(w, torch.ones(2, 3))
    torch._dynamo.reset()


def test_what_the_bars_draw(monkeypatch: pytest.MonkeyPatch):
    """TR-08: the null stream hides it, so it is looked at here."""
    pytest.importorskip("tqdm")
    pytest.importorskip("rich")

    def drawn(variant: str, steps: int) -> str:
        log = io.StringIO()
        monkeypatch.setattr(importlib.import_module("impls.training.progress"), "Nowhere", lambda: log)
        prepared("progress", variant, (torch.ones(steps, dtype=torch.float64),))()
        return log.getvalue()

    pictures = {name: drawn(name, 300) for name in ("tqdm_postfix", "tqdm_postfix_quiet", "tqdm_default")}
    assert pictures["tqdm_postfix"].count("\r") >= 300 and "loss=1" in pictures["tqdm_postfix"]
    assert all(pictures[name].count("\r") < 150 for name in ("tqdm_postfix_quiet", "tqdm_default"))
    assert drawn("tqdm_miniters", 300).count("\r") <= 3
    assert all("300/300" in picture for picture in pictures.values())
    assert "100%" in drawn("rich_track", 300)
    assert drawn("print_each", 300).splitlines()[-1] == "step 300: loss 1.0000"
    assert len(drawn("print_each_100", 300).splitlines()) == 3
    assert drawn("silent", 300) == ""


def test_bars_write_to_a_null_stream_alone(capfd: pytest.CaptureFixture[str]):
    for variant in catalogue.variants("training.progress"):
        prepared("progress", variant.name, (torch.ones(3, dtype=torch.float64),))()
    assert capfd.readouterr() == ("", "")


def steps_until(variant: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many steps a variant makes before it has learned enough."""
    module = importlib.import_module("impls.training.time_to_loss")
    seen = []

    def counted(*args: Any) -> torch.Tensor:
        seen.append(torch.is_grad_enabled())
        return functional.cross_entropy(*args)

    with monkeypatch.context() as patch:
        patch.setattr(module, "cross_entropy", counted)
        prepared("time_to_loss", variant, inputs_of("time_to_loss"))()
    return sum(seen)


def test_larger_batches_make_fewer_steps_over_more_samples(monkeypatch: pytest.MonkeyPatch):
    """TR-09: samples a second are not learning a second; and the same rate makes it worse."""
    sizes = {"batch_32": 32, "batch_256": 256, "whole": 1437}
    steps = {variant: steps_until(variant, monkeypatch) for variant in sizes}
    samples = {variant: steps[variant] * size for variant, size in sizes.items()}
    assert steps["batch_32"] > steps["batch_256"] > steps["whole"]
    assert samples["batch_32"] < samples["batch_256"] < samples["whole"]
    assert steps_until("batch_256_same_rate", monkeypatch) > steps["batch_256"]


def test_the_names_are_told_in_the_order_of_the_work_and_the_answer_is_last():
    """TR-10: 12 steps, of which the loader's end and the parameters put back are no part."""
    component, _ = some("breakdown")
    inputs = component.inputs(Case("", {"steps": 12, "width": 8}), generator())
    parts = ["data", "transfer", "forward", "loss", "backward", "step", ".item()", "logging"]
    for variant in ("loader", "slices"):
        call = prepared("breakdown", variant, inputs)
        first, *told, answer = call()
        call.close()
        assert first == "rest" and told == parts * 12 and len(answer) == 7


def test_a_timeline_without_its_answer_is_wrong():
    truth = gate.truth(*some("breakdown", "10x32-64"), 0)
    with pytest.raises(gate.Wrong, match="names followed by the result"):
        gate.match(iter(["data", "forward"]), truth)
    mean, parameters = truth.expected
    right = [mean.float(), *(p.float() for p in parameters)]
    gate.match(iter(["data", right]), truth)
    with pytest.raises(gate.Wrong, match="names followed by the result"):
        gate.match(iter([right, "data", right]), truth)


def test_the_sources_batch_makes_one_step_on_two_devices_and_two_on_one():
    """TR-11: four samples, two for each device; the log of one step comes from two GPUs that nobody asked for."""
    samples = torch.utils.data.TensorDataset(torch.arange(4))
    assert len(torch.utils.data.DataLoader(samples, batch_size=2 * 1)) == 2
    assert len(torch.utils.data.DataLoader(samples, batch_size=2 * 2)) == 1


@pytest.mark.slow
def test_two_processes_find_the_gradients_of_one_and_leave_nothing_behind():
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    component, _ = some("data_parallel")
    case = Case("", {"n": 8})
    truths = [gate.truth(component, case, seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    pair = prepared("data_parallel", "two_processes", inputs)
    try:
        gate.prove(pair, inputs, truths)
    finally:
        pair.close()
    assert not torch.distributed.is_initialized()
    left = {child.pid for child in psutil.Process().children(recursive=True)} - before
    assert all("resource_tracker" in " ".join(psutil.Process(pid).cmdline()) for pid in left)


# -- mistakes ----------------------------------------------------------------------------------------------------------


def steps(x: Any, y: Any, start: Any, rate: float = 1e-3, clear: bool = True, size: int = 32) -> tuple[Any, Any]:
    """Losses and parameters of descent, with or without clearing the gradients."""
    own = [p.clone() for p in start]
    kept, losses = [torch.zeros_like(p) for p in own], []
    for images, labels in zip(x.split(size), y.split(size), strict=True):
        loss, slopes = _network.gradients(images, labels, own)
        kept = slopes if clear else [a + b for a, b in zip(kept, slopes, strict=True)]
        own = [p - rate * slope for p, slope in zip(own, kept, strict=True)]
        losses.append(loss)
    return torch.stack(losses), own


def an_epoch(change: Callable[[Any, Any], Any], **options: Any) -> Callable[..., Any]:
    """The epoch with another answer or other steps."""

    def run(x: Any, y: Any, start: Any, rate: float) -> Any:
        losses, own = steps(torch.from_numpy(x), torch.from_numpy(y), start, **{"rate": rate, **options})
        return change(losses, own) if change else (losses.mean(), own)

    return run


def told(run: Callable[..., Any]) -> Callable[..., Any]:
    """The same as a timeline."""

    def timeline(*inputs: Any) -> Any:
        mean, parameters = run(*inputs)
        return ["data", [mean, *parameters]]

    return timeline


def the_mean(losses: Any, own: Any) -> Any:
    return losses.mean(), own


EPOCHS = {
    "gradients are not cleared": an_epoch(the_mean, clear=False),
    "twice the rate": an_epoch(the_mean, rate=2e-3),
    "batches of 16": an_epoch(the_mean, size=16),
    "the last loss": an_epoch(lambda losses, own: (losses[-1], own)),
    "the sum of the losses": an_epoch(lambda losses, own: (losses.sum(), own)),
    "nothing is trained": lambda x, y, start, rate: (an_epoch(the_mean)(x, y, start, rate)[0], start),
    "the last batch is left out": lambda x, y, start, rate: an_epoch(the_mean)(x[:-32], y[:-32], start, rate),
    "labels of other images": lambda x, y, start, rate: an_epoch(the_mean)(x, y[::-1].copy(), start, rate),
}


def mixed(**changes: Any) -> Callable[..., Any]:
    """A training in float32 that is another one."""

    def run(grid: Any, board: Any, start: Any, steps: int) -> Any:
        grid, board = changes.get("grid", grid), 1 - board if changes.get("inverted") else board
        return prepared("mixed_precision", "float32", (grid, board, start, steps + changes.get("more", 0)))()

    return run


def summed(gradients: list[Any], factor: float) -> list[Any]:
    return [factor * gradient for gradient in gradients]


def slopes(x: Any, y: Any, start: Any) -> list[Any]:
    return _network.gradients(x, y, start)[1]


def deep(x: Any, start: Any, activation: Callable[[Any], Any] = functional.gelu, factor: float = 1.0) -> list[Any]:
    weights = [w.clone().requires_grad_() for w in start]
    for w in weights:
        x = activation(x @ w)
    return list(torch.autograd.grad(factor * x.square().mean(), weights))


def compiled(xs: Any, ys: Any, start: Any, **options: Any) -> list[Any]:
    losses, own = steps(xs.flatten(0, 1), ys.flatten(), start, **{"rate": 0.1, **options})
    return [losses, *own]


MISTAKES: dict[str, dict[str, Callable[..., Any]]] = {
    "epoch": EPOCHS,
    "breakdown": {mistake: told(run) for mistake, run in EPOCHS.items()},
    "evaluate": {
        "the sum of the losses": lambda x, y, p: (1600 * evaluated(x, y, p)[0], evaluated(x, y, p)[1]),
        "the accuracy": lambda x, y, p: (evaluated(x, y, p)[0], evaluated(x, y, p)[1] / 1600),
        "one more is right": lambda x, y, p: (evaluated(x, y, p)[0], evaluated(x, y, p)[1] + 1),
        "the last batch is left out": lambda x, y, p: evaluated(x[:-32], y[:-32], p),
        "dropout is left on": lambda x, y, p: evaluated(functional.dropout(x, 0.1), y, p),
    },
    "running_loss": {
        "the last loss": lambda xs, ys, start: running(xs, ys, start, lambda losses: losses[-1]),
        "the sum": lambda xs, ys, start: running(xs, ys, start, torch.sum),
        "the mean of every tenth": lambda xs, ys, start: running(xs, ys, start, lambda losses: losses[::10].mean()),
        "gradients are not cleared": lambda xs, ys, start: running(xs, ys, start, torch.mean, clear=False),
    },
    "mixed_precision": {
        "a step more": lambda *inputs: [part[-2:] for part in mixed(more=1)(*inputs)],
        "the other squares": mixed(inverted=True),
        "other pixels": mixed(grid=torch.zeros(1, 2, 32, 32)),
    },
    "accumulation": {
        "losses are not divided": lambda x, y, start, micro: summed(slopes(x, y, start), len(x) / micro),
        "the last micro-batch": lambda x, y, start, micro: slopes(x[-micro:], y[-micro:], start),
        "one is left out": lambda x, y, start, micro: slopes(x[micro:], y[micro:], start),
    },
    "recompute": {
        "another GELU": lambda x, start: deep(x, start, lambda h: functional.gelu(h, approximate="tanh")),
        "other random numbers the second time": lambda x, start: deep(functional.dropout(x, 0.01), start),
        "the sum of the rows' means": lambda x, start: deep(x, start, factor=len(x)),
    },
    "compiled_step": {
        "gradients are not cleared": lambda *inputs: compiled(*inputs, clear=False),
        "another rate": lambda *inputs: compiled(*inputs, rate=0.101),
        "the graph reads the first batch for ever": lambda xs, ys, start: compiled(
            xs[:1].expand_as(xs), ys[:1].expand_as(ys), start
        ),
    },
    "progress": {
        "the mean": lambda losses: losses.mean(),
        "the last is not shown": lambda losses: losses[:-1].sum(),
        "in float32": lambda losses: losses.float().sum(),
    },
    "batch_size": {
        "the sum over the batches' means": lambda x, y, start: summed(slopes(x, y, start), 4),
        "the last batch is left out": lambda x, y, start: slopes(x[:-32], y[:-32], start),
    },
    "time_to_loss": {
        "untrained": lambda x, y, asked, start: answered(x, y, asked, start),
        "stops too early": lambda x, y, asked, start: answered(x, y, asked, steps(x, y, start, 0.2)[1]),
        "goes on for long": lambda x, y, asked, start: answered(
            x, y, asked, steps(x.repeat(60, 1), y.repeat(60), start, 0.2)[1]
        ),
        "learned with another numbering": lambda x, y, asked, start: (
            torch.tensor(0.1),
            (prepared("time_to_loss", "batch_32", (x, y, asked, start))()[1] + 1) % 10,
        ),
        "says a loss that it does not have": lambda x, y, asked, start: (
            torch.tensor(0.1),
            answered(x, y, asked, start)[1],
        ),
    },
    "data_parallel": {
        "the sum of the halves": lambda x, y, start: summed(slopes(x, y, start), 2),
        "its own half": lambda x, y, start: slopes(*(part.chunk(2)[0] for part in (x, y)), start),
    },
}


def evaluated(x: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    output = _network.output(x, parameters)
    return functional.cross_entropy(output, y), (output.argmax(1) == y).sum()


def running(xs: Any, ys: Any, start: Any, mean: Callable[[Any], Any], **options: Any) -> tuple[Any, Any]:
    losses, own = steps(xs.flatten(0, 1), ys.flatten(), start, rate=0.1, **options)
    return mean(losses), own


def answered(x: Any, y: Any, asked: Any, parameters: Any) -> tuple[Any, Any]:
    loss = functional.cross_entropy(_network.output(x, parameters), y)
    return loss, _network.output(asked, parameters).argmax(1)


@pytest.mark.parametrize(
    ("name", "mistake"), [(name, mistake) for name, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_the_gate_knows_the_mistakes_of_training_loops(name: str, mistake: str):
    component, case = some(name)
    truth = gate.truth(component, case, 0)
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name][mistake](*gate.copy(truth.inputs, "cpu")), truth)


def test_mistakes_are_known_for_every_component():
    assert {f"training.{name}" for name in MISTAKES} == {f"training.{name}" for name in SMALL} == {*FAMILY}


# -- the work ----------------------------------------------------------------------------------------------------------

FIRST, SECOND, LAST = 784 * 512, 512 * 512, 512 * 10  # products of a sample


@pytest.mark.parametrize(
    ("name", "case", "flops", "moved"),
    [
        ("epoch", "10x32-512", 320 * (4 * FIRST + 6 * (SECOND + LAST)) + 20 * 669_706, 320 * 3144 + 8 * 669_706),
        ("breakdown", "10x32-512", 320 * (4 * FIRST + 6 * (SECOND + LAST)) + 20 * 669_706, 320 * 3144 + 8 * 669_706),
        ("evaluate", "1600-512", 1600 * 2 * (FIRST + SECOND + LAST), 1600 * 3144 + 4 * 669_706 + 12),
        ("running_loss", "40", 1280 * (4 * 4096 + 6 * 640) + 80 * 4810, 1280 * 264 + 8 * 4810),
        ("mixed_precision", "16x16", 256 * 2 * (4 * 512 + 6 * (2 * 65536 + 256)), 4 * (1024 + 512 + 131072 + 256 + 2)),
        ("accumulation", "256-by-8", 256 * (4 * FIRST + 6 * (SECOND + LAST)), 256 * 3144 + 8 * 669_706),
        ("recompute", "4x256", 2 * 512 * 65536 * 11, 4 * (512 * 256 + 8 * 65536)),
        (
            "compiled_step",
            "mlp-512",
            320 * (4 * FIRST + 6 * (SECOND + LAST)) + 20 * 669_706,
            320 * 3144 + 8 * 669_706 + 40,
        ),
        ("progress", "1000", 1000, 8008),
        ("batch_size", "128", 128 * (4 * FIRST + 6 * (SECOND + LAST)), 128 * 3144 + 8 * 669_706),
        ("time_to_loss", "digits", 1437 * (4 * 4096 + 6 * 640) + 2 * 1797 * 4736, 1797 * 264 + 4 * 4810 + 4),
        ("data_parallel", "64", 64 * (4 * FIRST + 6 * (SECOND + LAST)), 64 * 3144 + 8 * 669_706),
    ],
)
def test_the_work_by_hand(name: str, case: str, flops: int, moved: int):
    component, found = some(name, case)
    assert (component.flops(found), component.bytes(found)) == (flops, moved)


def test_the_work_of_lenet_is_what_is_counted():
    from torch.utils.flop_counter import FlopCounterMode

    component, case = some("compiled_step", "lenet")
    xs, ys, start = gate.truth(component, case, 0).inputs
    output = importlib.import_module("benchmarks.components.training.compiled_step").output
    with FlopCounterMode(display=False) as counter:
        for x, y in zip(xs, ys, strict=True):
            _network.gradients(x, y, start, output)
    assert component.flops(case) == counter.get_total_flops() + 20 * 61_706


@pytest.mark.parametrize("name", FAMILY)
def test_the_names_in_a_component_are_variants(name: str):
    component = catalogue.component(name)
    names = {variant.name for variant in catalogue.variants(name)}
    assert {component.baseline, *component.work, *component.compiled, *component.graphed} <= names
