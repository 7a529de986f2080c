"""Shared by the products of this family. A tensor is named by its axes: ``"mk"`` is (m, k), sizes from the case."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from perfsuite.model.component import Case, Inputs

ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "bfloat16": 2.0**-9}
ELEMENT = {"float64": 8, "float32": 4, "bfloat16": 2, "int64": 8}  # bytes


def normal(*tensors: str) -> Callable[[Case, Any], Inputs]:
    """Inputs of normal numbers."""

    def inputs(case: Case, generator: Any) -> Inputs:
        import torch

        shapes = ([case.shape[axis] for axis in tensor] for tensor in tensors)
        return tuple(torch.randn(shape, generator=generator).to(getattr(torch, case.dtype)) for shape in shapes)

    return inputs


def traffic(*tensors: str) -> Callable[[Case], int]:
    """Bytes of the inputs and the output, each read or written once."""
    return lambda case: ELEMENT[case.dtype] * sum(math.prod(case.shape[axis] for axis in tensor) for tensor in tensors)


def flops(case: Case) -> int:
    """One multiplication and one addition for each point of the axes."""
    return 2 * math.prod(int(case.shape[axis]) for axis in "smkn" if axis in case.shape)


def reference(case: Case, a: Any, b: Any) -> Any:
    """``a @ b`` in float64."""
    return a.double() @ b.double()


def tolerance(case: Case, expected: Any, a: Any, b: Any) -> Any:
    """The rounding of each sum of products. float32 is enough for their squares."""
    return rounding(case.dtype, a.shape[-1], a.float().square() @ b.float().square(), expected)


def rounding(dtype: str, depth: int, squares: Any, answer: Any) -> Any:
    """Error bound of a sum of ``depth`` products whose squares add up to ``squares``.

    float32, float64: ``8 sqrt(depth) u sqrt(squares)``. The roundings of a sum add up like a random walk (Higham and
    Mary, 2019); this is twice the largest error that the plain loop makes in a million sums. The worst case,
    ``depth u |a| @ |b|``, would accept bfloat16 arithmetic as float32 from a depth of 2048.
    bfloat16: the sum is rounded once, and maybe its products too: ``2 u (|answer| + 4 sqrt(squares))``.
    """
    unit = ROUNDOFF[dtype]
    if dtype == "bfloat16":
        return 2 * unit * (answer.abs() + 4 * squares.sqrt())
    return 8 * math.sqrt(depth) * unit * squares.sqrt()
