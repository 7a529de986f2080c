"""Shared by the two batch norm components: images, channel parameters, and the error bound."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case

SIZES = {"32x16x28x28": (32, 16, 28, 28), "1x256x512x512": (1, 256, 512, 512)}


def cases(**more: Any) -> tuple[Case, ...]:
    """The source's two sizes. The large one has 268 MB, its reference twice that, and runs only on request."""
    small, large = ({"x": shape} for shape in SIZES.values())
    return (
        Case("32x16x28x28", small, **more),
        Case("1x256x512x512", large, opt_in="5 GB", memory=8_000_000_000, compiled=()),
    )


def images(case: Case, generator: Any) -> Any:
    """``x`` (batch, channels, height, width), normal around 1 with deviation 2."""
    import torch

    return 1 + 2 * torch.randn(*case.shape["x"], generator=generator)


def channels(case: Case, generator: Any) -> Any:
    """One normal number for each channel."""
    import torch

    return torch.randn(case.shape["x"][1], generator=generator)


def bound(expected: Any, gamma: Any, beta: Any) -> Any:
    """``32 2^-24`` of everything that an element adds up: mean, image and shift, each in units of the deviation."""
    gamma, beta = (each.double().abs()[:, None, None] for each in (gamma, beta))
    return 32 * 2.0**-24 * (expected.abs() + 2 * gamma + 2 * beta)


def elements(case: Case) -> int:
    """How many numbers the images have."""
    batch, count, high, wide = case.shape["x"]
    return int(batch * count * high * wide)
