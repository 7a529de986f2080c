"""Shared by the two recurrent layers: sequences, weights in torch's layout, and the error bound of a state."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Inputs

CASE = Case("50x32x64-128", {"steps": 50, "batch": 32, "in": 64, "hidden": 128})


def inputs(case: Case, generator: Any, gates: int) -> Inputs:
    """``x`` (steps, batch, in), normal, and the four parameters, within ``1 / sqrt(hidden)`` as torch has them."""
    import torch

    steps, batch, wide, hidden = (case.shape[axis] for axis in ("steps", "batch", "in", "hidden"))

    def uniform(*shape: int) -> Any:
        return (2 * torch.rand(*shape, generator=generator) - 1) / hidden**0.5

    return (
        torch.randn(steps, batch, wide, generator=generator),
        uniform(gates * hidden, wide),
        uniform(gates * hidden, hidden),
        uniform(gates * hidden),
        uniform(gates * hidden),
    )


def bound(expected: Any) -> Any:
    """``2^-16``: 256 roundings of numbers below 1.

    A sum of 192 products of this size is off by a few ``2^-24``; such small weights damp errors from earlier steps.
    On an H100, cuDNN is off by up to ``2^-17`` in full float32, and by ``2^-12`` with ten-bit mantissas.
    """
    return 2.0**-16 * (expected * 0 + 1)


def flops(case: Case, gates: int, extra: int) -> int:
    """Two products in each step, and ``extra`` for each number of the state."""
    steps, batch, wide, hidden = (int(case.shape[axis]) for axis in ("steps", "batch", "in", "hidden"))
    return steps * batch * hidden * (gates * 2 * (wide + hidden) + extra)


def bytes(case: Case, gates: int, last: int) -> int:
    """Inputs and parameters read once, ``h`` of all steps and ``last`` states written once."""
    steps, batch, wide, hidden = (int(case.shape[axis]) for axis in ("steps", "batch", "in", "hidden"))
    return 4 * (steps * batch * (wide + hidden) + gates * hidden * (wide + hidden + 2) + last * batch * hidden)
