"""Figures in the sentences of an explanation."""

from __future__ import annotations

import math

from perfsuite.model.roofs import quantity


def count(value: float | None) -> str:
    """A number with thousands separators; three digits if it is not whole."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if value >= 100 or float(value).is_integer() else f"{value:.2g}"


def many(number: float, noun: str) -> str:
    """``1 graph``, ``3 graphs``."""
    return f"{count(number)} {noun}{'s' * (number != 1)}"


def per_call(number: float, noun: str) -> str:
    """``0.5 graphs a call``."""
    return f"{many(number, noun)} a call"


def bytes_(value: float | None) -> str:
    """Bytes in the unit that fits; ``none`` for none."""
    if value is None or not math.isfinite(value):
        return "–"
    if not value:
        return "none"
    return quantity(value, "B")
