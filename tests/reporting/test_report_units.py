"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfsuite.reporting import units


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "0.0123"),
        (1.0, "1.00"),
        (9.996, "10.0"),
        (99.96, "100"),
        (1234.0, "1,230"),
        (605732.0, "606,000"),
        (0.0, "0"),
        (-2.5, "-2.50"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_three_digits(value: float | None, text: str):
    assert units.digits(value) == text


@given(st.floats(min_value=1e-12, max_value=1e12))
def test_three_digits_are_within_half_a_percent(value: float):
    text = units.digits(value)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.005)
    assert "e" not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (units.time(3.08e-6), "3.08 µs"),
        (units.time(0.9999e-3), "1.00 ms"),
        (units.time(1.0), "1.00 s"),
        (units.time(5e-10), "0.500 ns"),
        (units.size(0), "0 B"),
        (units.size(200), "200 B"),
        (units.size(1.5 * 2**20), "1.50 MiB"),
        (units.rate(165e9, "FLOP/s"), "165 GFLOP/s"),
        (units.count(81234.0), "81,234"),
        (units.times(1.1234), "1.12×"),
        (units.percent(0.0083), "0.83 %"),
        (units.percent(1.0), "100 %"),
        (units.span((651.0, 386.0)), "386–651×"),
        (units.span((2.0, None, math.nan)), "2.00×"),
        (units.span(()), "–"),
        (units.spread(1.0, 0.98, 1.03), "±3.0 %"),
        (units.spread(1.0, 1.0, 1.0), "±0.0 %"),
        (units.spread(None, 1.0, 1.0), "–"),
        (units.peak(2048, "exact"), "2.00 KiB"),
        (units.peak(2048, "at least"), "≥2.00 KiB"),
        (units.peak(None, "unknown"), ""),
        (units.roof(25e9, "B/s"), "25.0 GB/s"),
        (units.roof(1.9e-6, "s"), "1.90 µs"),
        (units.roof(2.0**21, "B"), "2.00 MiB"),
    ],
)
def test_units(text: str, shown: str):
    assert text == shown


def test_a_column_shares_the_unit_of_its_smallest_value():
    assert units.shared([3.08e-6, 0.245, math.nan, 0.0], units.SECONDS).name == "µs"
    assert units.shared([], units.SECONDS).name == "ns"
