"""MM-05: the Frobenius norm of a matrix."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.components.matmul._products import normal
from perfsuite.model.component import Case, Component


def reference(case: Case, m: Any) -> Any:
    """The norm in float64."""
    return m.double().square().sum().sqrt()


def tolerance(case: Case, expected: Any, m: Any) -> Any:
    """Relative, because all terms are positive: ``2^-24`` times 8, or times ``sqrt(n^2) / 2`` if that is larger."""
    return expected * 2.0**-24 * max(8, math.sqrt(m.numel()) / 2)


def flops(case: Case) -> int:
    """One multiplication and one addition for each element."""
    return 2 * int(case.shape["n"]) ** 2


def bytes(case: Case) -> int:
    """The matrix read once, one number written."""
    return 4 * (int(case.shape["n"]) ** 2 + 1)


COMPONENT = Component(
    name="matmul.norm",
    title="Frobenius norm",
    question="What do the temporaries of the explicit formula cost, and is a sum without them as accurate?",
    rows=("MM-05",),
    cases=(
        Case("3x3", {"n": 3}),
        Case("256x256", {"n": 256}),
        Case(
            "2048x2048",
            {"n": 2048},
            only=("norm_float64", "power", "written_out", "numpy", "flat_dot"),
        ),
    ),
    inputs=normal("nn"),
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="written_out",
    compiled=("written_out",),
    accepts={
        "bf16 arithmetic": "one number from many: the roundings of the inputs cancel out, to 5e-6 of it for 256 x 256",
    },
    work={
        "norm_float64": "adds up in float64",
        "vector_norm": "adds up in few float32 lanes: on a CPU it is off by 1e-5 at 1024 x 1024 and by 7e-4 at"
        " 4096 x 4096, so the large case leaves it out",
        "linalg_norm": "calls vector_norm, with the same error",
    },
    left_out={"torch.norm": "deprecated in favour of torch.linalg"},
)
