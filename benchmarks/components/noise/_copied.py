"""Shared by the components whose result is a copy of a vector."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n,), normal."""
    import torch

    return (torch.randn(case.shape["n"], generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The same values."""
    return x.double()


def moved(case: Case) -> int:
    """Each element read once and written once."""
    return 8 * int(case.shape["n"])
