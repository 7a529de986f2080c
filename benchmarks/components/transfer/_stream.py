"""The kernels of STREAM (McCalpin, 1995) in float32, with sizes in the L2 cache, in the L3 cache, and in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perfsuite.model.component import Case, Inputs

UNIT = 2.0**-24


def vectors(count: int) -> Callable[[Case, Any], Inputs]:
    """Inputs: ``count`` normal vectors (n,)."""

    def inputs(case: Case, generator: Any) -> Inputs:
        import torch

        return tuple(torch.randn(case.shape["n"], generator=generator) for _ in range(count))

    return inputs


def times(count: int) -> Callable[[Case], int]:
    """``count`` for each element."""
    return lambda case: count * int(case.shape["n"])


def sized(n: int, **more: Any) -> Case:
    """Vectors of ``n`` numbers; the largest are 256 MB each."""
    if n > 10_000_000:
        more |= {"opt_in": f"{12 * n / 1e9:.1f} GB", "memory": 16 * n}
    return Case(str(n), {"n": n}, series="numbers", size=n, **more)
