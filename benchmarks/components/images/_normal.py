"""Pixels as network inputs: bytes divided by 255, minus a mean, over a standard deviation; and the error bound."""

from __future__ import annotations

from typing import Any

MEAN, STD = 0.2860, 0.3530  # of FashionMNIST, as the source has them


def normal(pixels: Any) -> Any:
    """``pixels``, from 0 to 255, in float64."""
    return (pixels.double() / 255 - MEAN) / STD


def bound(expected: Any) -> Any:
    """``2^-20 (1 + |x|)``.

    A quotient, a difference, another quotient and three rounded constants: six errors of ``2^-24`` each, on numbers
    that are at most 1 before the division by 0.353.
    """
    return 2.0**-20 * (1 + expected.abs())
