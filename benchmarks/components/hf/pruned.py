"""HF-07: a layer of DistilBERT's size, 3072 x 768, with 90 or 99 % of the weights equal to 0."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

WIDE, INNER, TOKENS = 768, 3072, 32
SAME = 10**9  # the seed of the weights, different from all others


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (32, 768), normal; ``w`` whose smallest weights are 0, and ``b``, the same for every seed."""
    import torch

    same = torch.Generator().manual_seed(SAME)
    w, b = torch.randn(INNER, WIDE, generator=same) * WIDE**-0.5, 0.1 * torch.randn(INNER, generator=same)
    least = w.abs().flatten().kthvalue(w.numel() - kept(case)).values
    return torch.randn(TOKENS, WIDE, generator=generator), w * (w.abs() > least), b


def kept(case: Case) -> int:
    """How many weights are nonzero."""
    return int(INNER * WIDE * (100 - case.shape["percent"])) // 100


def reference(case: Case, x: Any, w: Any, b: Any) -> Any:
    """The layer in float64."""
    return x.double() @ w.double().T + b


def tolerance(case: Case, expected: Any, x: Any, w: Any, b: Any) -> Any:
    """Each added product rounds the sum: six times the root of their number."""
    return 6 * WIDE**0.5 * 2.0**-24 * (1 + expected.abs())


def flops(case: Case) -> int:
    """A product and a sum for each nonzero weight and each token."""
    return 2 * TOKENS * kept(case)


def bytes(case: Case) -> int:
    """The nonzero weights with a column index each, and an end for each row; inputs read, outputs written."""
    return 8 * kept(case) + 4 * INNER + 4 * (TOKENS * (WIDE + INNER) + INNER)


COMPONENT = Component(
    name="hf.pruned",
    title="A pruned layer",
    question="Nine of ten weights are zero. Is the layer any faster?",
    rows=("HF-07",),
    cases=tuple(Case(f"{percent}-percent", {"percent": percent}) for percent in (90, 99)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="permanent",
    work={
        "masked": "Multiplies all weights by the mask in each call.",
        "permanent": "Also multiplies with the zeros.",
    },
    left_out={
        "whole heads and neurons": "That leaves a smaller dense layer; matmul.ladder has the sizes.",
        "two of four": "This sparse layout is for GPUs.",
        "the effect on accuracy": "The weights are random: there is no accuracy to lose.",
    },
)
