"""The detector in simulation: error rates at every look, coverage at the stop, and every edge of its arithmetic."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from perfsuite.pairing import sequential
from perfsuite.pairing.sequential import Evidence, Judge, Rule, evidence, interval, listed, middle, scales, trimmed

RULE = Rule(cells=1, alpha=0.05)
LOOKS = 25
TRIALS = 400
FALSE = ("SLOWER", "FASTER")


# -- noises: each gives the X of one epoch, sign-symmetric about ``theta`` because coins assigned the labels ----------


def gauss(rng: random.Random, epoch: int) -> float:
    return rng.gauss(0, 0.006)


def t3(rng: random.Random, epoch: int) -> float:
    return 0.005 * rng.gauss(0, 1) / math.sqrt(rng.gammavariate(1.5, 2) / 3)


def contaminated(rng: random.Random, epoch: int) -> float:
    return rng.gauss(0, 0.03 if rng.random() < 0.1 else 0.005)


def bursts(rng: random.Random, epoch: int) -> float:
    """Skewed noise on single batches, in blocks whose order a coin decides."""
    blocks = []
    for _ in range(10):
        slots = [rng.gauss(0, 0.01) + (rng.expovariate(8) if rng.random() < 0.1 else 0.0) for _ in range(4)]
        outer, inner = (slots[0] + slots[3]) / 2, (slots[1] + slots[2]) / 2
        blocks.append(inner - outer if rng.random() < 0.5 else outer - inner)
    return trimmed(blocks)


def drifting(rng: random.Random, epoch: int) -> float:
    """A slot that is 1 % slower, a drift over the epochs and weather that lasts; the coin decides who gets the slot."""
    weather = 0.005 * math.sin(epoch / 3) + 0.0005 * epoch
    return (0.01 + weather) * rng.choice((-1, 1)) + rng.gauss(0, 0.003)


NOISES = (gauss, t3, contaminated, bursts, drifting)


def session(rule: Rule, draw: Callable[[int], float], looks: int = LOOKS) -> Judge:
    """Look after every epoch, stop at the first verdict."""
    judge = Judge(rule)
    for epoch in range(looks):
        judge.add(draw(epoch))
        if judge.finding.verdict != "UNDECIDED":
            break
    return judge


def at_most(hits: int, trials: int, rate: float) -> bool:
    """Whether ``hits`` are consistent with a true rate of at most ``rate`` (Clopper and Pearson, 99.9 %)."""
    return bool(binomtest(hits, trials).proportion_ci(0.998, method="exact").low <= rate)


@pytest.mark.parametrize("noise", NOISES)
def test_false_alarms_stay_below_nominal_at_every_look(noise: Callable[[random.Random, int], float]):
    rng = random.Random(f"null {noise.__name__}")
    theta = math.log1p(RULE.tolerance)  # the worst of all that is not slower
    alarms = sum(
        session(RULE, lambda epoch: theta + noise(rng, epoch)).finding.verdict == "SLOWER" for _ in range(TRIALS)
    )
    assert at_most(alarms, TRIALS, RULE.alpha), f"{alarms} of {TRIALS}"
    assert alarms < 1.3 * RULE.alpha * TRIALS


@pytest.mark.parametrize("noise", NOISES)
def test_the_interval_covers_the_truth_at_the_moment_of_stopping(noise: Callable[[random.Random, int], float]):
    rng = random.Random(f"coverage {noise.__name__}")
    theta = math.log(1.015)
    missed_low = missed_high = 0
    for _ in range(TRIALS):
        low, high = interval(session(RULE, lambda epoch: theta + noise(rng, epoch)).xs, RULE.alpha_same)
        missed_low += theta < low
        missed_high += theta > high
    assert at_most(missed_low, TRIALS, RULE.alpha_same), f"{missed_low} of {TRIALS}"
    assert at_most(missed_high, TRIALS, RULE.alpha_same), f"{missed_high} of {TRIALS}"


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("sign", [1, -1])
def test_same_is_rarely_said_of_what_differs_by_delta(noise: Callable[[random.Random, int], float], sign: int):
    rng = random.Random(f"same {noise.__name__} {sign}")
    theta = sign * math.log1p(RULE.delta)
    wrong = sum(session(RULE, lambda epoch: theta + noise(rng, epoch)).finding.verdict == "SAME" for _ in range(TRIALS))
    assert at_most(wrong, TRIALS, RULE.alpha_same), f"{wrong} of {TRIALS}"


def test_effects_are_found_as_the_design_says():
    """A spread of 1 % and 20 epochs at a bar of 1400: +10 % and +5 % always, +2 % nearly always."""
    rule = Rule(cells=14, alpha=0.01)
    for effect, share in ((0.10, 0.99), (0.05, 0.99), (0.02, 0.85)):
        rng = random.Random(f"power {effect}")
        found = 0
        for _ in range(200):
            judge = Judge(rule)
            for _ in range(20):
                judge.add(rng.gauss(math.log1p(effect), 0.01))
            found += judge.finding.verdict == "SLOWER"
        assert found >= share * 200, f"+{effect:.0%}: {found} of 200"


def test_what_did_not_change_is_called_the_same():
    rng = random.Random("unchanged")
    judges = [session(Rule(cells=8), lambda epoch: gauss(rng, epoch)) for _ in range(200)]
    assert sum(judge.finding.verdict == "SAME" for judge in judges) >= 195
    assert statistics.median(len(judge.xs) for judge in judges) <= 8


# -- detectors that are broken on purpose: each must be caught by what catches mistakes here ---------------------------


def fixed_order(rng: random.Random) -> bool:
    """HEAD always gets the second slot, which is 1 % slower."""
    return session(RULE, lambda epoch: 0.01 + rng.gauss(0, 0.004)).finding.verdict in FALSE


def blocks_as_unit(rng: random.Random) -> bool:
    """Each block counts as an epoch, though the luck of a process is shared by all its blocks."""
    luck = 0.0

    def draw(block: int) -> float:
        nonlocal luck
        if block % 10 == 0:
            luck = rng.gauss(0, 0.015)
        return luck + rng.gauss(0, 0.002)

    return session(RULE, draw, 60).finding.verdict in FALSE


def hash_seed_per_arm(rng: random.Random) -> bool:
    """One hash seed for each arm and the whole session: one of them is luckier."""
    luck = rng.gauss(0, 0.03)
    return session(RULE, lambda epoch: luck + rng.gauss(0, 0.004)).finding.verdict in FALSE


def scale_that_peeks(rng: random.Random) -> bool:
    """The scale of an X comes from the sign of X itself: small where it helps."""
    side = Evidence(0.0, above=True)
    for _ in range(LOOKS):
        x = rng.gauss(0, 0.006)
        side.add(x, 0.001 if x > 0 else 0.05)
        if side.log >= RULE.bar:
            return True
    return False


def peeking_t(rng: random.Random) -> bool:
    """Student's t at 5 %, after each epoch."""
    xs = [rng.gauss(0, 0.006) for _ in range(4)]
    for _ in range(LOOKS):
        xs.append(rng.gauss(0, 0.006))
        if abs(statistics.fmean(xs)) > 2.1 * statistics.stdev(xs) / math.sqrt(len(xs)):
            return True
    return False


@pytest.mark.parametrize("broken", [fixed_order, blocks_as_unit, hash_seed_per_arm, scale_that_peeks, peeking_t])
def test_a_broken_detector_is_caught(broken: Callable[[random.Random], bool]):
    rng = random.Random(broken.__name__)
    alarms = sum(broken(rng) for _ in range(300))
    assert not at_most(alarms, 300, 2 * RULE.alpha), f"{alarms} of 300 alarms pass as the nominal rate"


# -- arithmetic --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [-1e6, -500.0, -3.0, -0.1, 0.0, 0.1, 3.0, 500.0, 1e6])
def test_a_bet_is_fair(x: float):
    up, down = math.exp(sequential._bet(x)), math.exp(sequential._bet(-x))
    assert (up + down) / 2 == pytest.approx(1.0)


@given(st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=12), st.floats(-0.3, 0.3), st.floats(0, 0.2))
def test_evidence_falls_as_the_bound_rises(xs: list[float], bound: float, step: float):
    assert evidence(xs, bound + step, above=True) <= evidence(xs, bound, above=True) + 1e-9


@given(st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=12), st.floats(-0.3, 0.3))
def test_the_two_sides_are_mirror_images(xs: list[float], bound: float):
    mirrored = [-x for x in xs]
    assert evidence(xs, bound, above=True) == pytest.approx(evidence(mirrored, -bound, above=False), abs=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_huge_and_tiny_values_stay_finite(xs: list[float]):
    judge = Judge(Rule(cells=3))
    for x in xs:
        judge.add(x)
    assert math.isfinite(judge.finding.slower) and math.isfinite(judge.finding.faster)
    low, high = interval(xs, 0.05)
    assert low <= high


@pytest.mark.parametrize("n", range(1, 8))
def test_few_epochs_decide_nothing_that_their_number_cannot(n: int):
    judge = Judge(Rule(cells=8))
    for _ in range(n):
        judge.add(5.0)
    assert judge.finding.verdict == "UNDECIDED"
    low, high = interval(judge.xs, 0.05)
    assert (low == -math.inf and high == math.inf) if n < 6 else (low > 4.9 and high >= 5.0)


def test_the_least_number_of_epochs_is_the_least():
    rule = Rule(cells=8)
    for epochs, verdict in ((rule.least - 1, "UNDECIDED"), (rule.least, "SLOWER")):
        judge = Judge(rule)
        for _ in range(epochs):
            judge.add(5.0)
        assert judge.finding.verdict == verdict


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_an_epoch_that_failed_must_not_enter(x: float):
    with pytest.raises(ValueError, match="must not be added"):
        Judge(RULE).add(x)


def test_constant_epochs_are_measured_by_the_smallest_scale():
    assert scales([0.01] * 6) == [0.005] * 4 + [0.00125] * 2


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=10), st.floats(-1, 1))
def test_a_scale_knows_only_what_came_before(xs: list[float], last: float):
    assert scales([*xs, last])[-1] == scales([*xs, -last])[-1]


def test_ties_and_zeros_are_the_same():
    judge = session(Rule(cells=8), lambda _: 0.0)
    assert judge.finding.verdict == "SAME" and len(judge.xs) == 6


def test_the_middle_is_hodges_and_lehmanns():
    assert middle([0.0, 1.0, 10.0]) == pytest.approx(statistics.median([0, 0.5, 5, 1, 5.5, 10]))


def test_a_tenth_of_wild_blocks_does_not_move_the_trimmed_mean():
    assert trimmed([1.0] * 8 + [1e6, -1e6]) == 1.0
    assert trimmed([-value for value in (3.0, 1.0, 7.0)]) == -trimmed([3.0, 1.0, 7.0])


def test_together_cells_may_be_listed_that_alone_may_not():
    one = math.log(10 / 0.05)
    assert listed([one] + [0.0] * 9, 0.05) == [0]
    assert listed([one - 0.6] + [0.0] * 9, 0.05) == []
    assert listed([one - 0.6] * 2 + [0.0] * 8, 0.05) == [0, 1]
    assert listed([], 0.05) == []


def test_what_could_have_been_seen_would_have_been():
    rng = random.Random("visible")
    rule = Rule(cells=8)
    xs = [rng.gauss(0, 0.01) for _ in range(15)]
    seen = sequential.visible(xs, rule)
    centre = middle(xs)
    for shift, verdict in ((seen * 1.01, "SLOWER"), (seen * 0.97, "UNDECIDED")):
        assert (evidence([x - centre + shift for x in xs], math.log1p(rule.tolerance), above=True) >= rule.bar) == (
            verdict == "SLOWER"
        )
    assert sequential.visible(xs[:5], rule) == math.inf


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"alpha": 0.0}, "alpha 0"),
        ({"alpha": 1.5}, "alpha 1.5"),
        ({"delta": 0.001}, "delta 0.001"),
        ({"cells": 0}, "no cells"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(wrong: dict[str, float], told: str):
    with pytest.raises(ValueError, match=told):
        Rule(**{"cells": 8, **wrong})


def test_a_level_that_no_number_of_epochs_can_show_is_refused():
    with pytest.raises(ValueError, match="alpha 1e-40 cannot be reached within 100 epochs: use 1e-9 or more"):
        Rule(5, alpha=1e-40)
    assert Rule(400, alpha=1e-9).least <= 100
