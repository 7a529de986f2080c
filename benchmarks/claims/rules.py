"""The building blocks of the rules that decide claims.

:class:`Faster` compares variants of a component, :class:`At` applies the comparison to one case and :class:`Over` to a
series of sizes, :class:`Every` joins rules that must all hold. A point estimate decides nothing: an interval must lie
entirely on one side of the threshold, and only cells with the status ``ok`` count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from benchmarks.claims.evidence import UNTIMED, Answer, Evidence, pick
from perfsuite.model.cell import Cell
from perfsuite.model.estimates import Estimate, ratio

CONFIDENCE = 0.9  # an interval with less confidence decides nothing: five launches give 93.75 %, four 87.5 %
SIZES = 4  # a series with fewer timed sizes cannot show whether the answer changes with size, so it decides nothing
VERDICTS = ("verified", "refuted", "size-dependent", "undecided", "not testable here")

SAME = 0.9  # the same time: within a tenth
ON_PAR = 0.5  # as good as: at most twice the time. Beyond that, the two are no longer alternatives


def about(times: float) -> float:
    """The smallest speed-up that confirms a claim of "about ``times``": half of the claimed gain.

    Half, because the sources differ from each other by that much: their totals for the ladder of K22 range from 43,300x
    to 85,500x. There is no upper limit: a larger gain than claimed still confirms the claim. A gain in per cent is read
    in the weaker sense: 30 % faster means 1.3 calls in the time of one.
    """
    return 1 + (times - 1) / 2


@dataclass(frozen=True)
class Ruling:
    """The result of applying a rule to a run."""

    verdict: str  # one of VERDICTS
    figure: Estimate | None  # the speed-up that the verdict rests on
    detail: str


class Rule(Protocol):
    """How a claim is decided."""

    def decide(self, evidence: Evidence) -> Ruling:
        """The ruling on ``evidence``."""
        ...

    def asks(self) -> Iterator[At | Over]:
        """The individual comparisons that make up the rule. A test checks every name in them."""
        ...


@dataclass(frozen=True)
class Arm:
    """One side of a comparison."""

    way: str  # as in Cell.way: "mm", "mm:compile"
    device: str = "cpu"
    threads: str = "1"

    def cell(self, component: str, case: str) -> Cell:
        """The cell of this arm at ``case``."""
        variant, _, executor = self.way.partition(":")
        return Cell(component, variant, executor or "eager", self.device, case, self.threads)

    def __str__(self) -> str:
        """The variant, with everything that is not the default: ``mm (cuda)``, ``mm (all threads)``."""
        special = [self.device] if self.device != "cpu" else []
        special += [f"{self.threads} threads"] if self.threads != "1" else []
        return f"{self.way} ({', '.join(special)})" if special else self.way


def arms(*ways: str) -> tuple[Arm, ...]:
    """One arm for each variant, each on one CPU thread."""
    return tuple(Arm(way) for way in ways)


@dataclass(frozen=True)
class Faster:
    """Some arm of ``fast`` is at least ``times`` as fast as every arm of ``slow``; ``times`` below 1 is a tolerance."""

    component: str
    fast: tuple[Arm, ...]
    slow: tuple[Arm, ...]
    times: float

    def at(self, evidence: Evidence, case: str) -> Answer:
        """The answer for ``case``. Arms of ``fast`` without a time are skipped, but named in the reason."""
        answers = {arm: self._against_all(evidence, case, arm) for arm in self.fast}
        answer = pick([*answers.values()], ("yes", "undecided", "no", *UNTIMED), max)
        unheard = [str(arm) for arm, other in answers.items() if not other.timed]
        if answer.says == "yes" or not answer.timed or not unheard:
            return answer
        return Answer(answer.says, answer.figure, f"{answer.why}, not counting {', '.join(unheard)}")

    def _against_all(self, evidence: Evidence, case: str, fast: Arm) -> Answer:
        answers = [self._against(evidence, case, fast, slow) for slow in self.slow]
        return pick(answers, ("no", *UNTIMED, "undecided", "yes"), min)

    def _against(self, evidence: Evidence, case: str, fast: Arm, slow: Arm) -> Answer:
        cell, base = fast.cell(self.component, case), slow.cell(self.component, case)
        missing = [answer for side in (cell, base) if (answer := evidence.missing(side))]
        if missing:
            return pick(missing, UNTIMED, min)
        figure = ratio(evidence.records[str(base)], evidence.records[str(cell)])
        if figure is None:
            return Answer("absent", None, f"{cell} and {base} share no launch")
        why = f"{fast} is {_x(figure.value)} as fast as {slow} ({_x(figure.low)} to {_x(figure.high)})"
        if figure.confidence < CONFIDENCE:
            why += f", with {figure.confidence:.0%} confidence from {figure.launches} launches: too few to decide"
            return Answer("undecided", figure, why)
        if figure.low >= self.times:
            return Answer("yes", figure, why)
        return Answer("no" if figure.high < self.times else "undecided", figure, why)

    def __str__(self) -> str:
        """The threshold, as shown to the reader."""
        return f"threshold {_x(self.times)}"


@dataclass(frozen=True)
class At:
    """A comparison at one case."""

    what: Faster
    case: str

    def decide(self, evidence: Evidence) -> Ruling:
        """Verified, refuted or undecided, from the cells of this case."""
        answer = self.what.at(evidence, self.case)
        if not answer.timed:
            return _unheard(answer, f"{self.what.component}/ and /{self.case}/")
        verdict = {"yes": "verified", "no": "refuted", "undecided": "undecided"}[answer.says]
        return Ruling(verdict, answer.figure, f"at {self.case} {answer.why}; {self.what}")

    def asks(self) -> Iterator[At | Over]:
        """This comparison."""
        yield self


@dataclass(frozen=True)
class Over:
    """A comparison along a series of sizes."""

    what: Faster
    series: str
    case: str = ""  # the case whose figure is shown, usually the source's; "" is the largest that was timed

    def decide(self, evidence: Evidence) -> Ruling:
        """Verified or refuted if all sizes agree, size-dependent if the answer changes with size, undecided otherwise.

        A change is between two decided sizes that have only undecided ones between them. Sizes without a time do not
        count, whatever the reason.
        """
        cases = evidence.series(self.what.component, self.series)
        answers = {size: self.what.at(evidence, case) for size, case in cases.items()}
        timed = {size: answer for size, answer in answers.items() if answer.timed}
        selection = f"{self.what.component}/"
        if not timed:
            nothing = Answer("absent", None, "")
            return _unheard(pick([*answers.values(), nothing], UNTIMED, min), selection)
        shown = next((size for size in timed if cases[size] == self.case), max(timed))

        def ruling(verdict: str, detail: str, size: int = shown) -> Ruling:
            return Ruling(verdict, timed[size].figure, f"{detail}: at {size} {timed[size].why}; {self.what}")

        if len(timed) < SIZES:
            failed = (answer.why for answer in answers.values() if answer.says == "failed")
            hint = next(failed, _command(selection))
            return ruling("undecided", f"{len(timed)} of at least {SIZES} sizes timed ({hint})")
        decided = [size for size in timed if timed[size].says != "undecided"]
        turns = [
            f"between {a} ({_value(timed[a])}) and {b} ({_value(timed[b])})"
            for a, b in pairwise(decided)
            if timed[a].says != timed[b].says
        ]
        if turns:
            return ruling("size-dependent", f"changes {', '.join(turns)}")
        if len(decided) < len(timed):
            return ruling("undecided", "unclear", next(size for size in timed if size not in decided))
        verdict = "verified" if timed[shown].says == "yes" else "refuted"
        return ruling(verdict, f"the same at all {len(timed)} sizes from {min(timed)} to {max(timed)}")

    def asks(self) -> Iterator[At | Over]:
        """This comparison."""
        yield self


@dataclass(frozen=True)
class Every:
    """Rules that must all hold. One refuted part refutes the claim; otherwise the least certain part decides."""

    parts: tuple[Rule, ...]

    def decide(self, evidence: Evidence) -> Ruling:
        """The ruling of the decisive part. Its detail comes first, then those of the other parts, one per line."""
        rulings = [part.decide(evidence) for part in self.parts]
        order = ("refuted", "not testable here", "undecided", "size-dependent", "verified")
        first = min(rulings, key=lambda ruling: order.index(ruling.verdict))
        others = [f"{ruling.verdict}: {ruling.detail}" for ruling in rulings if ruling != first]
        return Ruling(first.verdict, first.figure, "\n".join(dict.fromkeys([first.detail, *others])))

    def asks(self) -> Iterator[At | Over]:
        """The comparisons of all parts."""
        for part in self.parts:
            yield from part.asks()


@dataclass(frozen=True)
class Seen:
    """Facts that were checked in the run. All must hold."""

    says: tuple[str, ...]

    def decide(self, evidence: Evidence) -> Ruling:
        """Verified if all facts hold, refuted otherwise. A fact that could not be checked decides nothing."""
        facts = [evidence.facts.get(says) for says in self.says]
        known = [fact for fact in facts if fact is not None]
        if len(known) < len(facts):
            return Ruling("not testable here", None, "not checked in this run: it is older than the claim")
        detail = "\n".join(f"{_truth(fact.holds)}: {fact.says}: {fact.seen}" for fact in known)
        if any(fact.holds is None for fact in known):
            return Ruling("undecided", None, detail)
        return Ruling("verified" if all(fact.holds for fact in known) else "refuted", None, detail)

    def asks(self) -> Iterator[At | Over]:
        """No comparisons."""
        yield from ()


def _truth(holds: bool | None) -> str:
    return {True: "true here", False: "not true here", None: "not tested"}[holds]


@dataclass(frozen=True)
class PerCore:
    """In one case, the best number of workers is the number of cores, or twice that.

    A number counts as best if no other is faster by more than 5 %, so several may tie.
    """

    component: str
    case: str
    ways: Mapping[int, str]  # number of workers -> variant

    def decide(self, evidence: Evidence) -> Ruling:
        """Decided for this machine. Only numbers of workers for which there is a variant can be compared."""
        advised = {evidence.cores, 2 * evidence.cores} - {0}
        fast = arms(*(way for number, way in self.ways.items() if number in advised))
        slow = arms(*(way for number, way in self.ways.items() if number not in advised))
        if not fast:
            has = f"this machine has {evidence.cores or 'an unknown number of'} cores"
            return Ruling("not testable here", None, f"needs a variant with one or two workers for each core: {has}")
        return At(Faster(self.component, fast, slow, times=0.95), self.case).decide(evidence)

    def asks(self) -> Iterator[At | Over]:
        """All comparisons that it may make, whatever the machine."""
        every = arms(*self.ways.values())
        yield At(Faster(self.component, every, every, times=0.95), self.case)


def ladder(component: str, case: str, *rungs: str, total: float) -> Every:
    """The last of ``rungs`` is ``total`` times as fast as the first, and each is faster than the one before."""

    def step(slow: str, fast: str, times: float) -> At:
        return At(Faster(component, arms(fast), arms(slow), times), case)

    steps = [step(slow, fast, 1.0) for slow, fast in pairwise(rungs)]
    return Every((step(rungs[0], rungs[-1], total), *steps))


def _unheard(answer: Answer, selection: str) -> Ruling:
    """The ruling if there is no time."""
    if answer.says == "absent":
        why = f" ({answer.why})" if answer.why else ""
        return Ruling("not testable here", None, f"not measured in this run: {_command(selection)}{why}")
    return Ruling("not testable here" if answer.says == "needs" else "undecided", None, answer.why)


def _command(selection: str) -> str:
    return f"python -m benchmarks run -k {selection!r}"


def _value(answer: Answer) -> str:
    return _x(answer.figure.value) if answer.figure else "no time"


def _x(times: float) -> str:
    """A factor with three digits: ``0.31x``, ``1.15x``, ``52,300x``."""
    return f"{float(f'{times:.3g}'):,.0f}x" if times >= 1000 else f"{times:.3g}x"
