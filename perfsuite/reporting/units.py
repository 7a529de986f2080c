"""Numbers as people read them: three significant digits, one unit per column. Pure functions from floats to text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

NONE = "–"  # shown where there is no number


@dataclass(frozen=True)
class Unit:
    """A unit of display: a value in base units is divided by ``scale``."""

    name: str
    scale: float


SECONDS = (Unit("ns", 1e-9), Unit("µs", 1e-6), Unit("ms", 1e-3), Unit("s", 1.0))
BYTES = (Unit("B", 1.0), Unit("KiB", 2.0**10), Unit("MiB", 2.0**20), Unit("GiB", 2.0**30), Unit("TiB", 2.0**40))
COUNTS = (Unit("", 1.0), Unit("k", 1e3), Unit("M", 1e6), Unit("G", 1e9), Unit("T", 1e12), Unit("P", 1e15))


def known(value: float | None) -> bool:
    """Whether ``value`` is a finite number."""
    return value is not None and math.isfinite(value)


def digits(value: float | None, places: int = 3) -> str:
    """``value`` with ``places`` significant digits and no exponent: ``1,230``, ``12.3``, ``0.0123``."""
    if value is None or not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    rounded = round(value, places - 1 - exponent)
    exponent = math.floor(math.log10(abs(rounded)))  # 9.996 has become 10.0
    return f"{rounded:,.{max(places - 1 - exponent, 0)}f}"


def fitting(value: float, units: tuple[Unit, ...]) -> Unit:
    """The largest of ``units`` in which ``value`` is at least 1, or the smallest of all."""
    return next((unit for unit in reversed(units) if abs(value) >= 0.9995 * unit.scale), units[0])


def shared(values: Iterable[float], units: tuple[Unit, ...]) -> Unit:
    """One unit for a column: the one that fits its smallest value, so that every row is at least 1."""
    numbers = [abs(value) for value in values if known(value) and value]
    return fitting(min(numbers), units) if numbers else units[0]


def _in_fitting(value: float | None, units: tuple[Unit, ...], suffix: str = "") -> str:
    if value is None or not math.isfinite(value):
        return NONE
    unit = fitting(value, units)
    if units is not SECONDS and unit is units[0] and float(value).is_integer():
        return f"{int(value)} {unit.name}{suffix}".rstrip()
    return f"{digits(value / unit.scale)} {unit.name}{suffix}".rstrip()


def time(value: float | None) -> str:
    """Seconds in the unit that fits: ``2.53 µs``."""
    return _in_fitting(value, SECONDS)


def lasting(seconds: float) -> str:
    """A duration in the unit that fits; in minutes from two minutes up."""
    return time(seconds) if seconds < 120 else f"{seconds / 60:.1f} min"


def size(value: float | None) -> str:
    """Bytes in the unit that fits: ``1.50 MiB``."""
    return _in_fitting(value, BYTES)


def peak(value: float | None, kind: str) -> str:
    """Peak memory: ``≥`` where native code may have used more; empty where it is unknown."""
    if value is None or not math.isfinite(value):
        return ""
    return ("≥" if kind == "at least" else "") + size(value)


def rate(value: float | None, of: str) -> str:
    """A rate or a count in the unit that fits: ``165 GFLOP/s``."""
    return _in_fitting(value, COUNTS, of)


def count(value: float | None) -> str:
    """A whole number with thousands separators."""
    return NONE if value is None or not math.isfinite(value) else f"{round(value):,}"


def times(value: float | None) -> str:
    """A ratio: ``1.12×``."""
    return NONE if value is None or not math.isfinite(value) else f"{digits(value)}×"


def percent(value: float | None) -> str:
    """A share in percent with two significant digits: ``0.83 %``; with three from 100 % up."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{digits(100 * value, 2 if abs(value) < 1 else 3)} %"


def spread(value: float | None, low: float | None, high: float | None) -> str:
    """The half-width of an interval as a share of its value, the wider side: ``±1.2 %``."""
    if value is None or low is None or high is None or not all(map(math.isfinite, (value, low, high))) or not value:
        return NONE
    width = max(high - value, value - low) / value
    return f"±{percent(width)}" if width >= 0.0005 else "±0.0 %"


def roof(value: float, unit: str) -> str:
    """A measured limit in its own unit: ``165 GFLOP/s``, ``25.0 GB/s``, ``1.90 µs``, ``2.00 MiB``."""
    if unit == "s":
        return time(value)
    return size(value) if unit == "B" else rate(value, unit)


def span(values: Iterable[float | None]) -> str:
    """The range of some ratios: ``386–651×``; one number where both ends read the same."""
    numbers = sorted(value for value in values if value is not None and math.isfinite(value))
    if not numbers:
        return NONE
    low, high = digits(numbers[0]), digits(numbers[-1])
    return f"{low}×" if low == high else f"{low}–{high}×"
