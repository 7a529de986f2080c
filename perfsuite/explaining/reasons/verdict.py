"""One paragraph on why a cell is slower, made from the reasons that the rules give. What does not fit is not named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfsuite.explaining.reasons.evidence import Evidence, Pair
from perfsuite.explaining.reasons.rules import RULES, Reason, Rule
from perfsuite.model.estimates import Estimate

LEAST = 0.2  # a reason accounts for at least this share of the difference, or it is only mentioned
MOST = 5.0  # a reason that would cost this many times the difference contradicts it
HALF = 0.5  # from this share on it is the reason, below it a part of it
ROLES = ("reason", "also", "small", "contradicts", "covered")
LOOKED_AT = {  # what the rules read -> its name in sentences
    "operators": "operators",
    "moved": "bytes moved",
    "copied": "copies",
    "strided": "strides",
    "wide": "dtypes",
    "subnormal": "subnormal numbers",
    "syncs": "synchronisations",
    "temporary": "temporaries",
    "recompiled": "recompiles",
    "kernels": "compiled kernels",
    "instructions": "Python instructions",
    "parallel": "cores",
    "faults": "page faults",
    "waited": "waiting for a core",
    "traced": "self times in a trace",
}
ALL = tuple(RULES.values())
UNEXPLAINED, SAME = "unexplained", "no difference"


@dataclass(frozen=True)
class Judged:
    """A reason, and whether it fits the difference."""

    reason: Reason
    role: str  # one of ROLES
    share: float | None  # of the difference


@dataclass(frozen=True)
class Verdict:
    """The outcome of an explanation."""

    kind: str  # the kind of the main reason, "unexplained" or "no difference"
    text: str  # one paragraph
    judged: tuple[Judged, ...]  # the main reason first


def judge(pair: Pair, rules: Sequence[Rule] = ALL) -> tuple[Judged, ...]:
    """Each reason with its role: the one that accounts for most first; of about equal ones, the earlier rule."""
    found = [reason for rule in rules if (reason := rule(pair))]
    fitting = [reason for reason in found if _fits(reason, pair)]
    covered = {kind for reason in fitting for kind in reason.covers}
    open_ = [reason for reason in fitting if reason.kind not in covered]
    open_.sort(key=lambda reason: -round(2 * min(1.0, _share(reason, pair) or LEAST)))  # in halves of the difference
    judged = [Judged(reason, "also" if at else "reason", _share(reason, pair)) for at, reason in enumerate(open_)]
    for reason in found:
        share = _share(reason, pair)
        if reason.kind in covered:
            judged.append(Judged(reason, "covered", share))
        elif reason not in fitting:
            judged.append(Judged(reason, "contradicts" if share is not None and share > MOST else "small", share))
    return tuple(judged)


def _share(reason: Reason, pair: Pair) -> float | None:
    return None if reason.seconds is None or pair.difference <= 0 else reason.seconds / pair.difference


def _fits(reason: Reason, pair: Pair) -> bool:
    share = _share(reason, pair)
    return share is not None and LEAST <= share <= MOST


def explain(pair: Pair, ratio: Estimate, rules: Sequence[Rule] = ALL) -> Verdict:
    """The verdict; ``ratio`` is the slower side's time over the faster one's, with its interval."""
    if ratio.low <= 1.0:
        text = f"No difference is shown: the interval of the ratio, {_between(ratio)}, contains 1."
        return Verdict(SAME, text, ())
    judged = judge(pair, rules)
    main = next((one for one in judged if one.role == "reason"), None)
    head = f"{pair.slow_name} takes {ratio.value:.3g} times as long as {pair.fast_name} ({_between(ratio)})."
    parts = [head, *(_told(one, pair) for one in judged if one.role in ("reason", "also"))]
    parts += [_largest(pair)] if main is None else []
    against = [one for one in judged if one.role == "contradicts"]
    parts += [
        f"The evidence does not fit: {pair.slow_name} {one.reason.text}, which would cost {one.share:,.3g} times the"
        " difference."
        for one in against
    ]
    if main is None:
        small = [one for one in judged if one.role == "small"]
        parts += [_minor(one, pair) for one in small[:2]]
        parts.append(f"Looked at: {', '.join(_known(pair)) or 'nothing, because no evidence could be taken'}.")
    return Verdict(main.reason.kind if main else UNEXPLAINED, " ".join(filter(None, parts)), judged)


def _told(one: Judged, pair: Pair) -> str:
    share = f"{100 * min(1.0, one.share or 0.0):.0f} % of the difference"
    if one.role == "also":
        return f"It also {one.reason.text}: about {share}."
    if (one.share or 0.0) < HALF:
        return f"A part of the reason: it {one.reason.text}, which accounts for about {share}; the rest is unexplained."
    return f"The reason: it {one.reason.text}, which accounts for about {share}."


def _minor(one: Judged, pair: Pair) -> str:
    if one.share is None:
        return f"It {one.reason.text}; what that costs is not known."
    return f"It {one.reason.text}, but that accounts for only {100 * max(0.0, one.share):.2g} % of the difference."


def _largest(pair: Pair) -> str:
    """Where the difference is, if the traces tell: the operator whose self time differs most. It is not a reason."""
    names = dict.fromkeys(row.name for side in (pair.slow, pair.fast) for row in side.rows)
    gains = {name: gain for name in names if (gain := pair.self_time((name,))) is not None}
    worst = max(gains, key=lambda name: gains[name], default="")
    if not worst or gains[worst] < LEAST * pair.difference:
        return "Why is unexplained."
    share = 100 * min(1.0, gains[worst] / pair.difference)
    return f"Why is unexplained; by self time {worst} differs most, by about {share:.0f} % of the difference."


def _known(pair: Pair) -> list[str]:
    def has(side: Evidence, name: str) -> bool:
        return getattr(side, name) is not None

    return [text for name, text in LOOKED_AT.items() if has(pair.slow, name) and has(pair.fast, name)]


def _between(ratio: Estimate) -> str:
    return f"{ratio.low:.3g} to {ratio.high:.3g}"
