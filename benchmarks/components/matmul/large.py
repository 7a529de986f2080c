"""MM-02: large square products. 10000, the source's size, runs only on request."""

from __future__ import annotations

from typing import Any

from benchmarks.components.matmul._products import ELEMENT, normal, rounding
from perfsuite.model.component import Case, Component, Inputs

WHOLE = 1024  # up to this size every element is compared


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` and ``y``, (n, n), with the same normal numbers: ``x @ x`` is a way of computing ``x @ y``."""
    (x,) = normal("nn")(case, generator)
    return x, x.clone()


def probes(n: int) -> Any:
    """Three columns of normal numbers in float64, always the same ones."""
    import torch

    return torch.randn(n, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def times(matrix: Any, columns: Any) -> Any:
    """``matrix @ columns`` in float64, a few rows at a time: the whole matrix in float64 would take 0.8 GB."""
    import torch

    columns = columns.to(matrix.device)
    return torch.cat([rows.double() @ columns for rows in matrix.split(512)])


def canonical(case: Case, output: Any) -> Any:
    """All of a small product; for a large one its products with three random vectors (Freivalds, 1977).

    They depend on every element and its position: a wrong element changes its row.
    """
    return output if case.shape["n"] <= WHOLE else times(output, probes(case.shape["n"])).to(output.dtype)


def reference(case: Case, x: Any, y: Any) -> Any:
    """``x @ y`` in float64, or ``x @ (y @ probes)``, which needs no matrix product."""
    if case.shape["n"] <= WHOLE:
        return x.double() @ y.double()
    return times(x, times(y, probes(case.shape["n"])))


def tolerance(case: Case, expected: Any, x: Any, y: Any) -> Any:
    """Rounding of a sum of n products. The errors of a row, weighted by a probe, also add up like a random walk."""
    n = case.shape["n"]
    squares = times(x.square(), y.double().square() if n <= WHOLE else times(y.square(), probes(n).square()))
    return rounding(case.dtype, n, squares, expected)


def flops(case: Case) -> int:
    """One multiplication and one addition for each (i, k, j)."""
    return 2 * int(case.shape["n"]) ** 3


def bytes(case: Case) -> int:
    """The operand read once, the output written once: ``y`` need not be read, it equals ``x``."""
    return 2 * ELEMENT[case.dtype] * int(case.shape["n"]) ** 2


COMPONENT = Component(
    name="matmul.large",
    title="Large square products",
    question="How much of this machine's peak does a large product reach, and does anything but the BLAS matter?",
    rows=("MM-02",),
    cases=(
        Case("1024", {"n": 1024}, series="float32", size=1024, threads=("all",)),
        Case("2048", {"n": 2048}, series="float32", size=2048, threads=("all",), only=("numpy", "mm", "same_operand")),
        Case(
            "4096",
            {"n": 4096},
            series="float32",
            size=4096,
            threads=("all",),
            only=("mm", "same_operand"),
            opt_in="five seconds for each float64 reference on two cores",
        ),
        Case(
            "10000",
            {"n": 10000},  # in no series: it runs only on request, and in a series it would be skipped as too long
            threads=("all",),
            only=("same_operand", "through_cuda"),
            opt_in="5 GB and 2e12 FLOP per call: ten seconds or more on two cores",
            memory=5 << 30,
        ),
        Case("1024-fp64", {"n": 1024}, dtype="float64", only=("numpy", "mm")),
        Case("1024-bf16", {"n": 1024}, dtype="bfloat16", only=("transposed", "mm")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    canonical=canonical,
    baseline="mm",
    graphed=("mm",),
    work={
        "same_operand": "reads one operand, the others two",
        "transposed": "returns a transposed view of its output",
        "mm_out": "writes into a preallocated output",
        "through_cuda": "copies both operands to the GPU and the product back",
    },
    published={"same_operand": (2.34,)},  # on a CPU; 0.14 s on the source's GPU, without the 400 MB copy
    published_case="10000",
    left_out={
        "TF32, bfloat16 inside a float32 product": "a global flag and a different result; the dtype is part of a case",
        "int8, float8": "a different result; int64 is in matmul.integer",
        "torch.compile": "calls the same BLAS; matmul.ladder has the cost of the wrapper",
    },
)
