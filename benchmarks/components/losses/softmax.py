"""LS-01: softmax over rows, of ten columns and of 32000, and in bfloat16."""

from __future__ import annotations

from typing import Any

from benchmarks.components.losses._logits import hard, softmax_bound
from perfsuite.model.component import Case, Component, Inputs

OPERATORS = ("shifted", "in_place", "softmax")


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (rows, columns), hard logits."""
    import torch

    return (hard(case.shape["rows"], case.shape["columns"], generator).to(getattr(torch, case.dtype)),)


def reference(case: Case, x: Any) -> Any:
    """Softmax in float64."""
    return x.double().softmax(1)


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """That of a softmax in float32; in bfloat16 the rounding of the answer, ``2^-8``, is all there may be."""
    return 1.05 * 2.0**-8 * expected + 1e-37 if case.dtype == "bfloat16" else softmax_bound(x)


def flops(case: Case) -> int:
    """Maximum, difference, exponential, sum and quotient: five for each element."""
    return 5 * int(case.shape["rows"] * case.shape["columns"])


def bytes(case: Case) -> int:
    """The matrix read once, the answer written once."""
    return 2 * (2 if case.dtype == "bfloat16" else 4) * int(case.shape["rows"] * case.shape["columns"])


def wide(rows: int, columns: int, **more: Any) -> Case:
    """``rows`` rows of ``columns``."""
    return Case(f"{rows}x{columns}", {"rows": rows, "columns": columns}, **more)


COMPONENT = Component(
    name="losses.softmax",
    title="Softmax of each row",
    question="What does the stable formula cost in operators and temporaries beside the one call?",
    rows=("LS-01",),
    cases=(
        wide(128, 10, compiled=(), only=OPERATORS),
        wide(64, 32000, only=("softmax_float64", "online", "log_softmax_exp", *OPERATORS)),
        wide(4096, 32000, compiled=(), only=("online", *OPERATORS), opt_in="9 GB", memory=12_000_000_000),
        Case(
            "128x1000-bf16",
            {"rows": 128, "columns": 1000},
            dtype="bfloat16",
            compiled=(),
            only=("softmax_float64", "softmax"),
        ),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="shifted",
    compiled=("shifted",),
    graphed=("shifted", "softmax"),
    work={
        "softmax_float64": "Computes in float64.",
        "online": "Computes two exponentials for each element and more for each block.",
        "log_softmax_exp": "Computes two exponentials for each element.",
    },
    left_out={
        "out=": "It saves the allocation of the answer, as in matmul.ladder.",
        "exp / sum": "Gives nan for logits above 88.7; the tests hold it as the wrong answer that it is.",
        "a Triton kernel": "On a GPU the compiled formula is one: torch.compile writes it.",
        "the formula in bfloat16": "Its differences round by up to 2^-8 of their size, its answers by per cents.",
    },
)
