"""Medians, intervals and ratios: exact where they can be, checked by simulation where a promise is statistical."""

from __future__ import annotations

import itertools
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfsuite.model import estimates
from perfsuite.model.record import Launch, Record


def record(cell: str, *medians: float, status: str = "ok") -> Record:
    launches = tuple(
        Launch(number, 1, 0.0, 0.0, (0.0, 0.1, 0.2), (value, value * 0.9, value * 1.5))
        for number, value in enumerate(medians)
    )
    return Record(f"a.b/{cell}/eager/cpu/c/1", status, launches=launches)


@pytest.mark.parametrize(
    ("n", "low", "high", "confidence"),
    [(1, 1, 1, 0.0), (2, 1, 2, 0.5), (5, 1, 5, 0.9375), (6, 1, 6, 0.96875), (9, 2, 8, 0.9609375), (20, 6, 15, 0.95861)],
)
def test_the_interval_is_the_exact_order_statistic_one(n: int, low: float, high: float, confidence: float):
    found = estimates.median_interval(list(range(1, n + 1)))
    assert (found.low, found.high) == (low, high)
    assert found.confidence == pytest.approx(confidence, abs=1e-5)
    assert found.value == statistics.median(range(1, n + 1))


def test_six_launches_cover_the_median_as_often_as_they_say():
    source = random.Random(7)
    hits = 0
    for _ in range(4000):
        found = estimates.median_interval([source.lognormvariate(0, 1) for _ in range(6)])
        hits += found.low <= 1.0 <= found.high
    assert hits / 4000 == pytest.approx(0.96875, abs=0.012)


@given(st.lists(st.floats(1e-9, 1e6), min_size=1, max_size=40))
def test_the_interval_holds_the_median_and_no_more_than_the_data(values: list[float]):
    found = estimates.median_interval(values)
    assert min(values) <= found.low <= found.value <= found.high <= max(values)
    assert found.launches == len(values)


def test_no_values_no_estimate():
    with pytest.raises(ValueError, match="at least one"):
        estimates.median_interval([])
    assert estimates.seconds(record("x")) is None


def test_seconds_is_the_median_of_launch_medians_not_of_samples():
    found = estimates.seconds(record("x", 1.0, 2.0, 9.0))
    assert found is not None and found.value == 2.0 and found.launches == 3


def test_a_ratio_pairs_launches_so_that_what_they_share_cancels():
    base = record("base", 1.0, 10.0, 100.0)
    found = estimates.ratio(record("x", 2.0, 20.0, 200.0), base)
    assert found is not None
    assert (found.low, found.value, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_a_ratio_uses_only_launches_that_hold_both():
    found = estimates.ratio(record("x", 2.0, 4.0), record("base", 1.0))
    assert found is not None and found.value == pytest.approx(2.0) and found.launches == 1
    assert estimates.ratio(record("x"), record("base", 1.0)) is None


@pytest.mark.parametrize(("new", "old"), [(1, 1), (2, 2), (3, 4), (5, 6), (6, 5), (6, 6), (9, 6), (10, 4)])
def test_a_false_change_is_as_likely_as_counting_all_orders_says(new: int, old: int):
    """Every order of launches of one distribution is equally likely: count those whose interval excludes 1."""
    places = range(1, new + old + 1)
    false = orders = 0
    for chosen in itertools.combinations(places, new):
        others = [place for place in places if place not in chosen]
        found = estimates.apart(*(estimates.median_interval(one) for one in (chosen, others)))
        false += found.low > 1 or found.high < 1
        orders += 1
    assert estimates.chance(new, old) == pytest.approx(false / orders)


def test_a_ratio_of_separate_runs_is_covered_as_often_as_it_says_whatever_the_distributions():
    """One run scatters little and one much, and both are skewed: the worst case comes near the stated confidence."""
    source = random.Random(3)
    hits, times = 0, 4000
    for _ in range(times):
        steady = estimates.median_interval([source.lognormvariate(0, 0.001) for _ in range(6)])
        wild = estimates.median_interval([2 * source.lognormvariate(0, 1) ** 3 for _ in range(6)])
        found = estimates.apart(wild, steady)
        hits += found.low <= 2 <= found.high
    assert found.confidence == pytest.approx(0.96875**2) and found.launches == 6
    assert found.confidence - 0.01 < hits / times < 0.99


def test_the_best_is_the_fastest_that_is_ok():
    fast, slow, broken = record("fast", 1.0), record("slow", 2.0), record("broken", 0.1, status="wrong")
    assert estimates.best([slow, broken, fast]) is fast
    assert estimates.best([broken]) is None
