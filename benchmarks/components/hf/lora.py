"""HF-07: gradients of rank-8 adapters on four frozen layers of 768 x 768, for 16 and for 128 tokens."""

from __future__ import annotations

import math
from typing import Any

from perfsuite.model.component import Case, Component, Inputs

WIDE, RANK, LAYERS = 768, 8, 4


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` and ``slope`` (tokens, 768), the weights, and both halves of the adapters, none of them 0."""
    import torch

    x, slope = (torch.randn(case.shape["tokens"], WIDE, generator=generator) for _ in range(2))

    def four(out: int, into: int, scale: float) -> list[Any]:
        return [scale * torch.randn(out, into, generator=generator) for _ in range(LAYERS)]

    return x, slope, four(WIDE, WIDE, 2 * WIDE**-0.5), four(RANK, WIDE, WIDE**-0.5), four(WIDE, RANK, 0.1)


def reference(case: Case, x: Any, slope: Any, ws: Any, as_: Any, bs: Any) -> Any:
    """The chain rule in float64, layer by layer from the last."""
    import torch

    states, sums, x = [], [], x.double()
    for w, a, b in zip(ws, as_, bs, strict=True):
        states.append(x)
        sums.append(x @ (w.double() + b.double() @ a.double()).T)
        x = sums[-1] * (1 + torch.erf(sums[-1] / math.sqrt(2))) / 2
    slope, found = slope.double(), []
    for w, a, b, x, z in reversed(list(zip(ws, as_, bs, states, sums, strict=True))):
        below = (1 + torch.erf(z / math.sqrt(2))) / 2
        slope = slope * (below + z * torch.exp(-z * z / 2) / math.sqrt(2 * math.pi))
        whole = slope.T @ x
        found.append((b.double().T @ whole, whole @ a.double().T))
        slope = slope @ (w.double() + b.double() @ a.double())
    gradients = list(zip(*reversed(found), strict=True))
    return list(gradients[0]), list(gradients[1])


def tolerance(case: Case, expected: Any, x: Any, slope: Any, ws: Any, as_: Any, bs: Any) -> Any:
    """Sums of about a thousand products, nested eight deep, forward and back: ``2^-15`` of the usual magnitude."""
    return [2.0**-15 * (part.std() + part.abs()) for parts in expected for part in parts]


def flops(case: Case) -> int:
    """One forward product per weight matrix, one backward product for every layer except the first, and the adapters'.

    An adapter has two forward and four backward products, one less in the first layer.
    """
    tokens = int(case.shape["tokens"])
    return 2 * tokens * WIDE * ((2 * LAYERS - 1) * WIDE + (6 * LAYERS - 1) * RANK)


def bytes(case: Case) -> int:
    """Weights, adapters, ``x`` and ``slope`` read once, the gradients written once."""
    return 4 * (LAYERS * WIDE * (WIDE + 4 * RANK) + 2 * int(case.shape["tokens"]) * WIDE)


COMPONENT = Component(
    name="hf.lora",
    title="Gradients of adapters",
    question="What does training small adapters on frozen weights save, in time and memory?",
    rows=("HF-07",),
    cases=tuple(Case(str(count), {"tokens": count}, series="tokens", size=count) for count in (128, 16)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="everything",
    work={
        "everything": "Also computes the gradients of the frozen weights.",
        "merged": "Computes them as intermediate results for the adapters' gradients.",
    },
    left_out={
        "peft": "A separate package; its linear layer is `adapters`.",
        "the optimizer": "It keeps two numbers for each trained one, which is a fiftieth here: optim.adam_step.",
        "QLoRA": "It needs bitsandbytes for the frozen weights in four bits.",
    },
)
