"""Compare the numbers of a result with the expected ones, element by element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LEAST = 1e-300  # replaces an allowed error of 0, to avoid dividing by 0
CHUNK = 1 << 15  # elements compared at a time: intermediate values stay in a core's cache


@dataclass(frozen=True)
class Match:
    """How close an accepted result was."""

    error: float  # largest |error|
    share: float  # largest |error| / allowed


def real(value: Any) -> Any:
    """Complex numbers as pairs of numbers."""
    import torch

    return torch.view_as_real(value.resolve_conj()) if value.is_complex() else value


def limits(bound: Any, wanted: Any) -> Any:
    """The allowed |error| of each element of ``wanted``, from one that can be broadcast to it."""
    import torch

    return torch.as_tensor(bound, dtype=torch.float64).expand_as(wanted)


def within(values: Any, wanted: Any, allowed: Any) -> Match | None:
    """How close all elements are; ``None`` if one is outside its limit."""
    found = []
    for some in zip(*(whole.reshape(-1).split(CHUNK) for whole in (values, wanted, allowed)), strict=True):
        near = _near(*some)
        if near is None:
            return None
        found.append(near)
    return Match(*map(max, zip(*found, strict=True)))


def _near(values: Any, wanted: Any, allowed: Any) -> tuple[float, float] | None:
    """The largest error, and the largest share of what is allowed; ``None`` if an element is outside its limit.

    Nearly all results are right, and for those a few passes over the elements are enough.
    """
    error = (values.double() - wanted.double()).abs_()
    largest = float(error.amax())
    share = largest and float(error.div_(allowed.clamp_min(LEAST)).amax())
    if share < 1:  # False for NaN and infinity, which are checked exactly below
        return largest, share
    error = errors(values, wanted)
    if not bool((error <= allowed).all()):  # NaN counts as outside
        return None
    return float(error.max()), float((error / allowed).masked_fill_(error == 0, 0.0).max())


def errors(values: Any, wanted: Any) -> Any:
    """The error of each element, in double precision."""
    values, wanted = values.double(), wanted.double()
    return (values - wanted).abs_().masked_fill_(values == wanted, 0.0)  # inf - inf would be NaN
