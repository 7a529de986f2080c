"""After how many calls compiling has paid off, worked out by hand."""

from __future__ import annotations

import dataclasses
import math

import pytest

from perfsuite.model import payback
from perfsuite.model.estimates import Estimate, median_interval
from perfsuite.model.record import Compiling, Launch, Proof, Record

COST = Estimate(3.0, 2.0, 4.0, 0.75, 3)


def record(executor: str, *medians: float, first: int = 0, **changes: object) -> Record:
    launches = tuple(
        Launch(first + at, 1, 0.1, 0.2 + at, (0.0,) * 3, (0.9 * one, one, 1.2 * one)) for at, one in enumerate(medians)
    )
    found = Record(f"a.b/c/{executor}/cpu/d/1", "ok", proof=Proof(0, 0, 3, 9.0, 1e-3), launches=launches)
    return dataclasses.replace(found, **changes)  # type: ignore[arg-type]


def test_the_ends_combine_a_dear_compile_with_a_small_gain_and_the_reverse():
    found = payback.payback(COST, Estimate(0.02, 0.01, 0.04, 0.97, 6))
    assert (found.calls, found.low, found.high) == pytest.approx((150, 50, 400))
    assert found.verdict == "yes"


@pytest.mark.parametrize(
    ("gain", "verdict", "ends"),
    [
        ((0.02, 0.0, 0.04), "unclear", (150, 50, math.inf)),
        ((-0.01, -0.02, 0.01), "unclear", (math.inf, 200, math.inf)),
        ((-0.01, -0.02, 0.0), "never", (math.inf, math.inf, math.inf)),
        ((-0.01, -0.02, -0.005), "never", (math.inf, math.inf, math.inf)),
    ],
)
def test_a_gain_that_may_be_none_is_unclear_and_one_that_is_none_never_pays(
    gain: tuple[float, float, float], verdict: str, ends: tuple[float, float, float]
):
    found = payback.payback(COST, Estimate(*gain, 0.97, 6))
    assert found.verdict == verdict
    assert (found.calls, found.low, found.high) == pytest.approx(ends)


@pytest.mark.parametrize(("gain", "calls"), [(0.02, 150), (-0.02, math.inf)])
def test_one_launch_gives_a_number_and_no_verdict(gain: float, calls: float):
    found = payback.payback(COST, median_interval([gain]))
    assert (found.calls, found.verdict) == (calls, "")


def test_the_gain_is_paired_by_launch():
    """The launches differ tenfold; what a call saves does not."""
    eager, compiled = record("eager", 2.0, 20.0, 11.0), record("compile", 1.0, 19.0, 10.0)
    found = payback.gain(eager, compiled)
    assert found is not None and (found.value, found.low, found.high) == pytest.approx((1.0, 1.0, 1.0))
    assert found.launches == 3
    apart = payback.gain(eager, record("compile", 1.0, 19.0, first=1))
    assert apart is not None and (apart.low, apart.high) == pytest.approx((-8.0, 19.0))
    assert payback.gain(eager, record("compile", 1.0, first=3)) is None


def test_processes_of_their_own_count_before_what_other_passes_saw():
    compiled = record("compile", 1.0, 1.0, 1.0)
    shared = payback.cold(compiled), payback.warm(compiled)
    assert [one and (one.value, one.launches) for one in shared] == [(9.0, 1), (pytest.approx(1.3), 3)]
    alone = dataclasses.replace(compiled, compiling=Compiling((5.0, 4.0, 8.0), (0.5, 0.6, 0.4)))
    assert payback.cold(alone) == Estimate(5.0, 4.0, 8.0, 0.75, 3)
    assert payback.warm(alone) == Estimate(0.5, 0.4, 0.6, 0.75, 3)


def test_what_is_not_compiled_costs_nothing_to_compile():
    assert payback.cold(record("eager", 1.0)) is None and payback.warm(record("eager", 1.0)) is None
    assert payback.cold(record("compile", 1.0, proof=None)) is None
