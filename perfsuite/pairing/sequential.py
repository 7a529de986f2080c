"""The sequential sign-symmetry test on the X of fresh processes, valid however often it is evaluated. Numbers only.

X is the logarithm of HEAD's time over BASE's in one epoch. Chance decides which tree gets which slot, so if both are
equally fast the sign of X is a fair coin toss, whatever the noise looks like. Each epoch bets on that sign. The wealth
starts at 1 and cannot grow on average under the null hypothesis, so growth is evidence against it (Ville 1939; e-tests
of symmetry after de la Pena 1999 and Vovk and Wang, arXiv 2208.08925). The bound holds at all stopping times at once.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STAKES = (0.125, 0.25, 0.5, 1.0, 2.0)  # sizes of the bet; the wealth is the mean over them
MOST = 100  # epochs before the first SLOWER
CLIP = 2.5  # X is clipped to this many scales
PRIOR = 0.005  # the scale of X until four are known: 0.5 %, which is typical
SETTLED = 4
LOG2 = math.log(2)
FLOOR = 0.25  # minimum scale, as a share of PRIOR


@dataclass(frozen=True)
class Rule:
    """What counts as slower, and the error rates."""

    cells: int  # that are judged together
    alpha: float = 0.01  # P(some cell is called SLOWER although none is), in one comparison; the same for FASTER
    delta: float = 0.02  # SAME means: within this margin
    tolerance: float = 0.003  # a difference that memory layout alone can make; SLOWER means: by more than this
    alpha_same: float = 0.05  # P(a cell is called SAME although it differs by delta or more)
    split: float = 0.0  # if not 0, a log ratio: SLOWER means above it, SAME below it, each with ``alpha``

    def __post_init__(self) -> None:
        """Reject invalid values.

        Raises:
            ValueError: a level is not a probability, or the margins are not in order.
        """
        if not (0 < self.alpha < 1 and 0 < self.alpha_same < 1):
            raise ValueError(f"alpha {self.alpha:g} is not an error rate: it must be between 0 and 1")
        if not 0 <= self.tolerance < self.delta:
            raise ValueError(f"delta {self.delta:g} must be above the tolerance {self.tolerance:g}")
        if self.cells < 1:
            raise ValueError("nothing to judge: no cells")
        if _most(MOST) < self.bar:
            raise ValueError(f"alpha {self.alpha:g} cannot be reached within {MOST} epochs: use 1e-9 or more")

    @property
    def bar(self) -> float:
        """The logarithm of the evidence that SLOWER or FASTER requires."""
        return math.log(self.cells / self.alpha)

    @property
    def bar_same(self) -> float:
        """The logarithm of the evidence that SAME requires, on each side."""
        return -math.log(self.alpha_same)

    @property
    def least(self) -> int:
        """Epochs before any SLOWER is possible: each can at most double the wealth."""
        return next(n for n in range(1, MOST + 1) if _most(n) >= self.bar)

    @property
    def least_same(self) -> int:
        """Epochs before any SAME is possible."""
        bar = self.bar if self.split else self.bar_same
        return next(n for n in range(1, MOST + 1) if _most(n) >= bar)


def _most(epochs: int) -> float:
    """The logarithm of the largest evidence that ``epochs`` epochs can give."""
    return _mean_of_logs([epochs * _bet(stake * CLIP) for stake in STAKES])


def _bet(x: float) -> float:
    """``log(2 sigmoid(2 x))``: the log of the factor of one epoch on the wealth; its mean over both signs of x is 1."""
    return LOG2 - (math.log1p(math.exp(-2 * x)) if x > -300 else -2 * x)


def _mean_of_logs(logs: Sequence[float]) -> float:
    top = max(logs)
    return top + math.log(sum(math.exp(value - top) for value in logs) / len(logs))


def scales(xs: Sequence[float], prior: float = PRIOR) -> list[float]:
    """The scale for each X, from earlier ones only, so that it is independent of the sign of this X."""
    return [_scale(xs[:index], prior) for index in range(len(xs))]


def _scale(before: Sequence[float], prior: float = PRIOR) -> float:
    """The scale for the X that follows ``before``."""
    if len(before) < SETTLED:
        return prior
    middle = statistics.median(before)
    return max(1.4826 * statistics.median(abs(x - middle) for x in before), FLOOR * prior)


class Evidence:
    """The wealth from betting, epoch after epoch, that the true log ratio lies above ``bound`` (or below it)."""

    def __init__(self, bound: float, *, above: bool) -> None:
        self.bound = bound
        self._sign = 1.0 if above else -1.0
        self._logs = [0.0] * len(STAKES)

    def add(self, x: float, scale: float) -> None:
        """Bet on one epoch's X; ``scale`` must come from earlier ones.

        Raises:
            ValueError: X is not finite.
        """
        if not math.isfinite(x):
            raise ValueError(f"X is {x}: a failed epoch must not be added")
        psi = max(-CLIP, min(CLIP, (x - self.bound) / scale))
        self._logs = [log + _bet(self._sign * stake * psi) for log, stake in zip(self._logs, STAKES, strict=True)]

    @property
    def log(self) -> float:
        """The logarithm of the current wealth."""
        return _mean_of_logs(self._logs)


def evidence(xs: Sequence[float], bound: float, *, above: bool, by: Sequence[float] | None = None) -> float:
    """The logarithm of the evidence of ``xs`` that the true log ratio lies above ``bound`` (or below it).

    ``by`` are the :func:`scales` of ``xs``, to avoid computing them again in repeated calls.
    """
    found = Evidence(bound, above=above)
    for x, scale in zip(xs, scales(xs) if by is None else by, strict=True):
        found.add(x, scale)
    return found.log


def interval(xs: Sequence[float], alpha: float) -> tuple[float, float]:
    """The log ratios that ``xs`` do not refute; each end is wrong with probability at most ``alpha``, at any stop.

    Evidence falls as the bound rises, so each end is found by bisection; with too few epochs it is infinite.
    """
    bar = -math.log(alpha)

    def end(sign: float) -> float:
        turned = [sign * x for x in xs]
        if not turned or _most(len(turned)) < bar:
            return -math.inf
        by = scales(turned)
        return _bisect(lambda bound: evidence(turned, bound, above=True, by=by) >= bar, min(turned) - 1.0, max(turned))

    return end(1.0), -end(-1.0)


def _bisect(true_at: object, low: float, high: float) -> float:
    """The largest bound at which the condition holds, or -inf if it does not hold at ``low``."""
    assert callable(true_at)
    if not true_at(low):
        return -math.inf
    if true_at(high):
        return high
    for _ in range(40):  # to a part in 10^12
        middle = (low + high) / 2
        low, high = (middle, high) if true_at(middle) else (low, middle)
    return low


def middle(xs: Sequence[float]) -> float:
    """The Hodges-Lehmann estimate: the median of the means of all pairs, including each X with itself."""
    return statistics.median((a + b) / 2 for index, a in enumerate(xs) for b in xs[index:])


def visible(xs: Sequence[float], rule: Rule) -> float:
    """The smallest slowdown, as a log ratio, that would have been called SLOWER with epochs of this spread."""
    if not xs or _most(len(xs)) < rule.bar:
        return math.inf
    centred = [x - middle(xs) for x in xs]
    floor = math.log1p(rule.tolerance)
    reach = max(map(abs, centred)) + 1.0
    by = scales(centred)
    # Shifting every X by h is the same as lowering the bound by h.
    return floor - _bisect(lambda bound: evidence(centred, bound, above=True, by=by) >= rule.bar, -reach, max(centred))


def needed(xs: Sequence[float], rule: Rule) -> float:
    """About how many epochs in total a decision will take, if they continue like these.

    Three times log(1/alpha) times (spread / effect) squared. For SAME the effect is the remaining margin, for the other
    verdicts it is how far the estimate is beyond the tolerance.
    """
    centre = middle(xs)
    spread = max(1.4826 * statistics.median(abs(x - centre) for x in xs), 1e-6)
    margin = math.log1p(rule.delta) - abs(centre)
    beyond = abs(centre) - math.log1p(rule.tolerance)
    ways = [(abs(centre - rule.split), rule.bar)] if rule.split else [(margin, rule.bar_same), (beyond, rule.bar)]
    return min((3 * bar * (spread / effect) ** 2 for effect, bar in ways if effect > 0), default=math.inf)


@dataclass(frozen=True)
class Finding:
    """The result of the epochs of one cell."""

    verdict: str  # SLOWER, FASTER, SAME or UNDECIDED
    slower: float  # log evidence that HEAD is slower by more than the tolerance
    faster: float  # log evidence that it is faster by more than that


class Judge:
    """Follows one cell, epoch after epoch, and knows when it is decided."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.xs: list[float] = []
        self._slower = Evidence(rule.split or math.log1p(rule.tolerance), above=True)
        self._faster = Evidence(-math.log1p(rule.tolerance), above=False)
        self._above = Evidence(-math.log1p(rule.delta), above=True)
        self._below = Evidence(rule.split or math.log1p(rule.delta), above=False)

    def add(self, x: float) -> None:
        """Add one epoch's X."""
        scale = _scale(self.xs)
        for side in (self._slower, self._faster, self._above, self._below):
            side.add(x, scale)
        self.xs.append(x)

    @property
    def finding(self) -> Finding:
        """The verdict so far."""
        rule = self.rule
        if self._slower.log >= rule.bar:
            verdict = "SLOWER"
        elif rule.split:
            verdict = "SAME" if self._below.log >= rule.bar else "UNDECIDED"
        elif self._faster.log >= rule.bar:
            verdict = "FASTER"
        elif min(self._above.log, self._below.log) >= rule.bar_same:
            verdict = "SAME"
        else:
            verdict = "UNDECIDED"
        return Finding(verdict, self._slower.log, self._faster.log)


def listed(logs: Sequence[float], alpha: float, cells: int = 0) -> list[int]:
    """Which of N cells may be listed together with a false discovery rate of ``alpha`` (e-BH, arXiv 2009.02824).

    ``logs`` are the logarithms of their evidence at the time each stopped, never of its running maximum. N is their
    number, or ``cells`` if that is more: there are others, of whose evidence nothing is known here.
    """
    total = max(len(logs), cells)
    order = sorted(range(len(logs)), key=lambda index: -logs[index])
    most = 0
    for rank, index in enumerate(order, start=1):
        if logs[index] >= math.log(total / (alpha * rank)):
            most = rank
    return sorted(order[:most])


def trimmed(values: Iterable[float], share: float = 0.2) -> float:
    """The mean without the ``share`` smallest and largest."""
    kept = sorted(values)
    cut = int(share * len(kept))
    return statistics.fmean(kept[cut : len(kept) - cut])
