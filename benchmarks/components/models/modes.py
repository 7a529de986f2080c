"""MD-06: train() against eval(), for a network with dropout and batch norm, with either, and with neither."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.components.models import _networks as networks
from perfsuite.model.component import Case, Component, Inputs

CHANNELS = 16
PIXELS = networks.SIDE**2
EPS = 1e-5
WEIGHTS = ((CHANNELS, 1, 3, 3), (networks.CLASSES, CHANNELS))


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, 1, 28, 28), the list of parameters, the list of statistics and the probability of dropout.

    The statistics are those of this batch, so that batch norm has the same answer in both modes. The contrast grows
    from row to row: otherwise half of an image would do for the rest, within the noise of dropout.
    """
    import torch

    n = case.shape["n"]
    contrast = 0.5 + torch.rand(n, 1, 1, 1, generator=generator)
    rows = torch.linspace(0.25, 1.75, networks.SIDE)[:, None]
    x = contrast * rows * torch.randn(n, 1, networks.SIDE, networks.SIDE, generator=generator)
    filters, bias, w, b = networks.drawn(WEIGHTS, generator)
    if not case.shape["norm"]:
        return x, [filters, bias, w, b], [], case.shape["dropout"]
    scale = 1 + 0.5 * torch.rand(CHANNELS, generator=generator)
    shift = 0.1 * torch.randn(CHANNELS, generator=generator)
    variance, mean = torch.var_mean(_maps(x, filters, bias), (0, 2, 3), correction=0)
    return x, [filters, bias, scale, shift, w, b], [mean.float(), variance.float()], case.shape["dropout"]


def _maps(x: Any, filters: Any, bias: Any) -> Any:
    """The convolution in float64."""
    import torch

    return torch.nn.functional.conv2d(x.double(), filters.double(), bias.double(), padding=1)


def _hidden(x: Any, parameters: Any, statistics: Any) -> Any:
    """The output of ReLU, which is the input of dropout, in float64."""
    maps = _maps(x, *parameters[:2])
    if statistics:
        scale, shift, mean, variance = (each.double()[:, None, None] for each in (*parameters[2:4], *statistics))
        maps = (maps - mean) / (variance + EPS).sqrt() * scale + shift
    return maps.clamp_min(0)


def reference(case: Case, x: Any, parameters: Any, statistics: Any, dropout: float) -> Any:
    """The logits of eval() in float64; those of train() are the same on average."""
    *_, w, b = parameters
    return _hidden(x, parameters, statistics).mean((2, 3)) @ w.double().T + b.double()


def tolerance(case: Case, expected: Any, x: Any, parameters: Any, statistics: Any, dropout: float) -> Any:
    """Rounding, ``8 u (sqrt(9) + sqrt(784) + sqrt(16))`` of the root of the terms' squares, plus six deviations.

    Dropout multiplies a number by 0 or 1 / (1 - p), a variance of p / (1 - p) times the number's square. A mean of
    784 has 1/784 of the mean variance, and a logit the sum over its channels. Without dropout this is 0.
    """
    hidden = _hidden(x, parameters, statistics)
    squares = parameters[-2].double().square()
    terms = hidden.mean((2, 3)).square() @ squares.T + parameters[-1].double().square()
    noise = dropout / (1 - dropout) / PIXELS * (hidden.square().mean((2, 3)) @ squares.T)
    roots = 3 + math.sqrt(PIXELS) + math.sqrt(CHANNELS)
    return 8 * networks.UNIT * roots * terms.sqrt() + 6 * noise.sqrt()


def flops(case: Case) -> int:
    """The convolution and the last layer; a product and a sum for each normalised number, in either mode."""
    n = int(case.shape["n"])
    maps = n * PIXELS * CHANNELS
    return 2 * maps * 9 + 2 * n * CHANNELS * networks.CLASSES + (2 * maps if case.shape["norm"] else 0)


def bytes(case: Case) -> int:
    """Images, parameters and statistics read once, logits written once."""
    numbers = sum(math.prod(shape) + shape[0] for shape in WEIGHTS) + (4 * CHANNELS if case.shape["norm"] else 0)
    return 4 * (int(case.shape["n"]) * (PIXELS + networks.CLASSES) + numbers)


def images(n: int, kind: str, **more: Any) -> Case:
    """``n`` images through the network with dropout, batch norm, both or neither."""
    dropout = 0.3 if kind in ("dropout", "both") else 0.0
    shape = {"n": n, "dropout": dropout, "norm": kind in ("batch-norm", "both")}
    return Case(f"{n}x28x28-{kind}", shape, series=f"images, {kind}", size=n, **more)


PAIR = ("train", "evaluate")

COMPONENT = Component(
    name="models.modes",
    title="train() and eval()",
    question="Is inference faster in eval(), and only if there is dropout or batch norm to turn off?",
    rows=("MD-06",),
    cases=(
        images(64, "both"),
        images(1, "both", only=PAIR),
        images(64, "dropout", only=PAIR),
        images(64, "batch-norm", only=PAIR),
        images(64, "neither", only=PAIR),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="train",
    version="2",  # contrast that grows
    quick_again={"folded": "Keeps the merged layers while parameters and statistics do not change."},
    accepts={"bf16 arithmetic": "The noise of dropout is larger; the cases without dropout reject it."},
    work={
        "train": "Draws a mask, computes the statistics of the batch and stores them.",
        "folded": "Has no batch norm left.",
    },
    left_out={
        "eval() without no_grad": "It still records the graph, as a test shows; autograd.tracking has the cost.",
        "inference_mode": "no_grad without the bookkeeping of views; autograd.tracking compares them.",
        "other probabilities": "A mask costs the same for every probability.",
        "the book's network": "It has neither dropout nor batch norm, like the case without them.",
        "SyncBatchNorm": "It needs several processes.",
    },
)
