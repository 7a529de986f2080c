"""BP-07: the gradient of the first layer's weights only, by number of rows."""

from __future__ import annotations

import math
from typing import Any

from perfsuite.model.component import Case, Component, Inputs

PIXELS, HIDDEN = 784, 50
SHORT = ("outer_sum", "einsum", "matmul")


def inputs(case: Case, generator: Any) -> Inputs:
    """``inp`` (n, 784) and ``g`` (n, 50), scaled as the gradient of a mean over n rows."""
    import torch

    n = case.shape["n"]
    return torch.randn(n, PIXELS, generator=generator), torch.randn(n, HIDDEN, generator=generator) / n


def reference(case: Case, inp: Any, g: Any) -> Any:
    """The product in float64."""
    return inp.double().T @ g.double()


def tolerance(case: Case, expected: Any, inp: Any, g: Any) -> Any:
    """Rounding of a sum of n products of random sign: ``8 sqrt(n) 2^-24`` times the root of their squares' sum."""
    return 8 * math.sqrt(len(inp)) * 2.0**-24 * (inp.square().T @ g.square()).sqrt()


def flops(case: Case) -> int:
    """One multiplication and one addition for each row, input and output."""
    return 2 * int(case.shape["n"]) * PIXELS * HIDDEN


def bytes(case: Case) -> int:
    """Both read once, the gradient written once; the outer products need not exist."""
    return 4 * (int(case.shape["n"]) * (PIXELS + HIDDEN) + PIXELS * HIDDEN)


def rows(n: int, **more: Any) -> Case:
    """``n`` rows of 784 and 50."""
    return Case(f"{n}x784x50", {"n": n}, series="rows of 784 and 50", size=n, **more)


COMPONENT = Component(
    name="backprop.weight_gradient",
    title="Gradient of the weights, by outer products",
    question="How inefficient is the giant outer product, and does it matter whether einsum or a product replaces it?",
    rows=("BP-07",),
    cases=(
        rows(1000, only=("outer_sum", "outer_chunks", "einsum", "matmul")),
        rows(16, only=SHORT, compiled=()),
        rows(64, only=SHORT, compiled=()),
        rows(250, only=SHORT, compiled=()),
        rows(50000, only=("einsum", "addmm_chunks", "matmul", "mm_out"), compiled=()),
        Case(
            "5000x784x50-outer",
            {"n": 5000},
            only=SHORT,
            compiled=(),
            opt_in="a temporary of 0.78 GB, half a second per call",
            memory=2 << 30,
        ),
        Case(
            "50000x784x50-outer",
            {"n": 50000},  # in no series: it runs only on request, and in a series it would be skipped as too long
            only=SHORT,
            compiled=(),
            opt_in="a temporary of 7.84 GB, several seconds per call",
            memory=10 << 30,
        ),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="matmul",
    compiled=("outer_sum",),
    graphed=("outer_sum", "matmul"),
    work={
        "outer_sum": "Writes n x 784 x 50 elements and reads them again, unless it is compiled.",
        "outer_chunks": "Writes and reads as many elements, but within the cache.",
        "mm_out": "Writes into preallocated memory.",
    },
    left_out={
        "a transposed copy of the input": "The BLAS reads either order; a copy would only add time.",
        "tensordot": "It reshapes, then calls the same product as einsum.",
        "bmm over chunks": "einsum calls bmm with a batch of one; a batch of chunks would still have to be summed.",
        "numba": "matmul.ladder compares loops with a BLAS.",
    },
)
