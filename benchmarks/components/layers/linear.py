"""LY-06: a linear layer of 784 x 50, from a batch of 64 to the lesson's 50000 rows."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

CLAIM = ("matmul_then_add", "addmm")


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (rows, in), ``w`` (in, out), ``weight`` (out, in), which is ``w`` turned and copied, and ``b`` (out,)."""
    import torch

    rows, wide, out = (case.shape[axis] for axis in ("rows", "in", "out"))
    w = torch.randn(wide, out, generator=generator)
    return torch.randn(rows, wide, generator=generator), w, w.T.contiguous(), torch.randn(out, generator=generator)


def reference(case: Case, x: Any, w: Any, weight: Any, b: Any) -> Any:
    """The result in float64."""
    return x.double() @ w.double() + b.double()


def tolerance(case: Case, expected: Any, x: Any, w: Any, weight: Any, b: Any) -> Any:
    """Rounding of ``n`` products and the bias: ``8 sqrt(n) 2^-24 sqrt(b^2 + sum x^2 w^2)``."""
    squares = x.double().square() @ w.double().square() + b.double().square()
    return 8 * len(w) ** 0.5 * 2.0**-24 * squares.sqrt()


def flops(case: Case) -> int:
    """A product and a sum for each weight and row; the sums start from the biases."""
    return 2 * int(case.shape["rows"] * case.shape["in"] * case.shape["out"])


def bytes(case: Case) -> int:
    """Rows, one of the two weight layouts and biases read once, the output written once."""
    rows, wide, out = (int(case.shape[axis]) for axis in ("rows", "in", "out"))
    return 4 * (rows * wide + wide * out + out + rows * out)


def rows(count: int, **more: Any) -> Case:
    """``count`` rows of 784."""
    return Case(f"{count}x784x50", {"rows": count, "in": 784, "out": 50}, series="784 to 50", size=count, **more)


COMPONENT = Component(
    name="layers.linear",
    title="Linear layer",
    question="Is the fused call faster than a product and a sum, and does the layout of the weights matter?",
    rows=("LY-06",),
    cases=(
        rows(10_000),
        rows(64, only=CLAIM, compiled=()),
        rows(500, only=CLAIM, compiled=()),
        rows(2500, only=CLAIM, compiled=()),
        rows(50_000, only=(*CLAIM, "functional_linear"), compiled=(), opt_in="1 GB", memory=3_000_000_000),
        Case("64x32x10", {"rows": 64, "in": 32, "out": 10}, only=CLAIM, compiled=()),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="matmul_then_add",
    compiled=("matmul_then_add",),
    graphed=("addmm", "matmul_then_add"),
    work={"addmm_out": "Writes to a preallocated tensor."},
    left_out={
        "einsum": "The same product after some parsing, as matmul.ladder shows.",
        "add_ on the product": "One temporary less than matmul_then_add, and one more pass than addmm.",
        "baddbmm": "It is a batch of one; it belongs with the batched products.",
        "without bias": "matmul.ladder has these products.",
        "bfloat16, int8": "Different results; matmul.ladder has the product in bfloat16.",
        "weights packed by oneDNN": "It needs a private operator, which torch.compile uses only with frozen weights.",
    },
)
