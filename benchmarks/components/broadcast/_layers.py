"""Shared by the components with two merged layers: inputs, sizes and arithmetic."""

from __future__ import annotations

import math
from typing import Any

from perfsuite.model.component import Case

FEATURES = 256


def tensors(case: Case, generator: Any) -> tuple[Any, Any, Any, Any]:
    """``a`` (batch, steps, left), ``b`` (batch, 1, right), the weight (out, left + right) and a bias (out,)."""
    import torch

    batch, steps, left, right, out = (case.shape[axis] for axis in ("batch", "steps", "left", "right", "out"))
    return (
        torch.randn(batch, steps, left, generator=generator),
        torch.randn(batch, 1, right, generator=generator),
        torch.randn(out, left + right, generator=generator) / math.sqrt(left + right),
        torch.randn(out, generator=generator),
    )


def joined(a: Any, b: Any) -> Any:
    """``a`` with ``b`` appended to every step, in float64."""
    import torch

    return torch.cat([a, b.expand(-1, a.shape[1], -1)], dim=-1).double()


def sequence(steps: int, *only: str, batch: int = 16, **more: Any) -> Case:
    """``batch`` sequences of ``steps``, all layers 256 wide."""
    shape = {"batch": batch, "steps": steps, "left": FEATURES, "right": FEATURES, "out": FEATURES}
    return Case(f"{batch}x{steps}x{FEATURES}", shape, only=only, **more)


def products(case: Case) -> int:
    """Multiplications in one pass: ``a`` at every step, ``b`` once for each sequence."""
    batch, steps, left, right, out = (int(case.shape[axis]) for axis in ("batch", "steps", "left", "right", "out"))
    return batch * (steps * left + right) * out


def elements(case: Case) -> tuple[int, int, int]:
    """How many numbers ``a`` and ``b`` have together, the layer with its bias, and the output."""
    batch, steps, left, right, out = (int(case.shape[axis]) for axis in ("batch", "steps", "left", "right", "out"))
    return batch * (steps * left + right), out * (left + right + 1), batch * steps * out
