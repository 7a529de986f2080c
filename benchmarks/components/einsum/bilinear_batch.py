"""ES-12: a bilinear form of a batch of pairs, with few outputs and with many."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import multiplications, normal, rounding, traffic
from perfsuite.model.component import Case, Component

# The two orders by hand, and the variant that chooses one: a single size is enough to show the cost of a formula.
SHORT = ("outer_first", "einsum_planned", "weights_first")


def reference(case: Case, x: Any, w: Any, y: Any) -> Any:
    """Output by output in float64."""
    import torch

    return torch.stack([((x.double() @ matrix.double()) * y.double()).sum(1) for matrix in w], dim=1)


def tolerance(case: Case, expected: Any, x: Any, w: Any, y: Any) -> Any:
    """The rounding of a sum of i j products, as in the order that computes the outer products first."""
    squares = (x.square()[:, :, None] * y.square()[:, None, :]).flatten(1) @ w.square().flatten(1).T
    return rounding(case.dtype, x.shape[1] * y.shape[1], squares, expected)


def sizes(b: int, i: int, j: int, k: int, *only: str, compiled: tuple[str, ...] = ()) -> Case:
    """``b`` pairs of ``i`` and ``j`` numbers, ``k`` outputs."""
    return Case(f"{b}x{i}x{j}x{k}", {"b": b, "i": i, "j": j, "k": k}, only=only, compiled=compiled)


COMPONENT = Component(
    name="einsum.bilinear_batch",
    title="Bilinear form of a batch",
    question="Every order of the three operands does the same arithmetic. Does it matter which two are combined first?",
    rows=("ES-12",),
    cases=(
        sizes(128, 64, 64, 32, compiled=("outer_first",)),
        sizes(128, 256, 256, 4, *SHORT),  # the outer products are 34 MB, the other temporary half a megabyte
        sizes(128, 16, 16, 256, *SHORT),  # the outer products are 131 kB, the other temporary 2 MB
    ),
    inputs=normal("bi", "kij", "bj"),
    reference=reference,
    tolerance=tolerance,
    flops=multiplications("bijk"),  # terms that depend on the order are not counted: b i j, or 2 b k j
    bytes=traffic("bi", "kij", "bj", "bk"),
    baseline="outer_first",
    left_out={
        "bi,bj,ijk->bk on 3x4, 4x5, 2x3x4": "the source's exercise: its shapes raise an error, which a test shows",
        "vmap": "vmap of the form of one pair: the rewriting into batched operators costs time in each call",
        "nn.Bilinear": "it is F.bilinear plus a bias",
    },
)
