"""TR-07: a training step, with more and more of it compiled, or recorded as a CUDA graph."""

from __future__ import annotations

from typing import Any

from benchmarks.components.training import _digits, _network
from perfsuite.model.component import Case, Component, Inputs

BATCH, RATE, STEPS = 32, 0.1, 10
LENET = (400, 120, 84, 10)  # the linear layers of LeNet-5
CONVOLUTIONS = ((6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,))


def inputs(case: Case, generator: Any) -> Inputs:
    """``xs`` (10, 32, 28, 28) and ``ys`` (10, 32), real digits; ``start``."""
    import torch

    images, labels = _digits.drawn(STEPS * BATCH, generator)
    xs = _digits.enlarged(images).reshape(STEPS, BATCH, 28, 28)
    start = _network.start(case.shape["sizes"], generator)
    if case.shape["convolutions"]:
        fans = {6: 25, 16: 150}
        drawn = [2 * torch.rand(shape, generator=generator) - 1 for shape in CONVOLUTIONS]
        start = [*(part / fans[len(part)] ** 0.5 for part in drawn), *start]
    return xs, labels.reshape(STEPS, BATCH), start


def output(x: Any, parameters: list[Any]) -> Any:
    """Linear layers, preceded by two convolutions if there are parameters for them."""
    import torch

    if parameters[0].ndim == 4:
        functional = torch.nn.functional
        w1, b1, w2, b2, *parameters = parameters
        x = functional.avg_pool2d(functional.conv2d(x.unsqueeze(1), w1, b1, padding=2).relu(), 2)
        x = functional.avg_pool2d(functional.conv2d(x, w2, b2).relu(), 2)
    return _network.output(x, parameters)


def reference(case: Case, xs: Any, ys: Any, start: Any) -> Any:
    """The steps in float64: losses and parameters."""
    losses, parameters = _network.descent(zip(xs, ys, strict=True), start, RATE, output)
    return [losses, *parameters]


def tolerance(case: Case, expected: Any, xs: Any, ys: Any, start: Any) -> Any:
    """The losses agree to a ten-thousandth.

    A hidden unit whose input is within rounding of 0 may be active in one arithmetic and not in the other: for one
    sample that moves its weights by ``0.1 / 32`` times the gradient that reaches it, below 1/4.
    """
    return [1e-4 * expected[0], *[RATE / BATCH / 4] * len(start)]


def flops(case: Case) -> int:
    """Forward and backward without the gradient of the images, and two for each parameter in each step."""
    sizes: tuple[int, ...] = case.shape["sizes"]
    samples = STEPS * BATCH
    steps = 2 * STEPS * _network.numbers(sizes)
    if not case.shape["convolutions"]:
        return _network.products(sizes, samples) + steps
    first, second = 28 * 28 * 6 * 25, 10 * 10 * 16 * 150
    linear = _network.products(sizes, 1) // 2 + sizes[0] * sizes[1]  # here the first one's input needs a gradient too
    return 2 * samples * (2 * first + 3 * second + linear) + steps + 2 * STEPS * (6 * 26 + 16 * 151)


def bytes(case: Case) -> int:
    """Images and labels read once, parameters read and written once, losses written."""
    numbers = _network.numbers(case.shape["sizes"]) + case.shape["convolutions"] * (6 * 26 + 16 * 151)
    return STEPS * BATCH * (4 * 784 + 8) + 8 * int(numbers) + 4 * STEPS


def perceptron(width: int, **more: Any) -> Case:
    """Two hidden layers of ``width``."""
    return Case(f"mlp-{width}", {"sizes": (784, width, width, 10), "convolutions": 0}, **more)


COMPONENT = Component(
    name="training.compiled_step",
    title="A compiled training step",
    question="What does compiling gain in training, and how much of the step has to be in the graph?",
    rows=("TR-07",),
    cases=(
        perceptron(64),
        perceptron(512, only=("eager", "step_compiled", "reduce_overhead", "graphed_callables", "cuda_graph")),
        Case("lenet", {"sizes": LENET, "convolutions": 1}, opt_in="a minute of compiling"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="eager",
    left_out={
        "a shorter last batch": "It is compiled once more, as a test shows.",
        "compiled autograd": "It compiles the graph that `backward` traverses; the backward of a compiled forward is "
        "already compiled.",
        "the ConvNet": "It is LeNet-5 with dropout; models has both.",
    },
)
