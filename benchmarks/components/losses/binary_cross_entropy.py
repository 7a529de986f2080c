"""LS-04: binary cross entropy of a million logits, of a thousand, and of logits too large for a sigmoid."""

from __future__ import annotations

from typing import Any

from benchmarks.components.losses._logits import UNIT
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``logits`` (n,), normal with the case's deviation, and ``targets`` (n,), zeros and ones at random."""
    import torch

    n, spread = case.shape["n"], case.shape["spread"]
    return (
        torch.randn(n, generator=generator) * spread,
        torch.randint(2, (n,), generator=generator).float(),
    )


def reference(case: Case, logits: Any, targets: Any) -> Any:
    """``mean(max(z, 0) - y z + log1p(exp(-|z|)))`` in float64."""
    z = logits.double()
    return (z.clamp_min(0) - targets.double() * z + z.abs().neg().exp().log1p()).mean()


def tolerance(case: Case, expected: Any, logits: Any, targets: Any) -> Any:
    """``64 2^-24``, relative: a mean of positive terms.

    The formula's ``1 - sigmoid`` loses a factor of ``1 + exp(z)``, which averages three for normal logits.
    """
    return 64 * UNIT * expected


def flops(case: Case) -> int:
    """Exponential, logarithm, product and two sums: five for each element."""
    return 5 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """Both vectors read once, one number written."""
    return 8 * int(case.shape["n"]) + 4


COMPONENT = Component(
    name="losses.binary_cross_entropy",
    title="Binary cross entropy of logits",
    question="Does the stable call cost more than a separate sigmoid and loss, which are wrong for large logits?",
    rows=("LS-04",),
    cases=(
        Case("1000000", {"n": 1_000_000, "spread": 1}, series="moderate", size=1_000_000),
        Case(
            "1000",
            {"n": 1000, "spread": 1},
            series="moderate",
            size=1000,
            compiled=(),
            only=("bce_of_sigmoid", "with_logits"),
        ),
        Case("1000000-large", {"n": 1_000_000, "spread": 100}, compiled=(), only=("softplus", "with_logits")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="formula",
    compiled=("softplus",),
    accepts={"bf16 arithmetic": "a mean of many numbers: the roundings of the inputs cancel out"},
    work={
        "formula": "Is only correct for moderate logits.",
        "bce_of_sigmoid": "Is only correct for moderate logits.",
    },
    left_out={"pos_weight": "A different loss."},
)
