"""What the sources claim about speed, each claim with the rule that decides it, and what a run says of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.claims import book, effective, lesson
from benchmarks.claims.claim import Claim, Finding
from benchmarks.claims.evidence import Evidence
from benchmarks.claims.rules import At, Every, Faster, Over, Rule, Seen
from perfsuite.model.record import Record, Run

CLAIMS = tuple(sorted((*book.CLAIMS, *effective.CLAIMS, *lesson.CLAIMS), key=lambda claim: claim.id))


def decide(run: Run, claims: Sequence[Claim] | None = None) -> tuple[Finding, ...]:
    """A finding for each of ``claims``, by default those that the run's selection concerns, in the ledger's order."""
    evidence = Evidence.of(run)
    chosen = concerning(run) if claims is None else claims
    rulings = [(claim, claim.rule.decide(evidence)) for claim in chosen]
    return tuple(Finding(claim, ruling.verdict, ruling.figure, ruling.detail) for claim, ruling in rulings)


def concerning(run: Run) -> tuple[Claim, ...]:
    """The claims that have to do with what was selected: with the cells that they compare, or with their rows.

    A full run concerns all of them.
    """
    if run.selection == "full":
        return CLAIMS
    evidence = Evidence.of(run)
    facts = looked_at(row for problem in run.problems for row in problem.rows)
    return tuple(
        claim
        for claim in CLAIMS
        if claim in facts or any(_compares(question, evidence) for question in claim.rule.asks())
    )


def looked_at(rows: Iterable[str]) -> tuple[Claim, ...]:
    """The claims on ``rows`` of the catalogue that facts have a say in."""
    wanted = set(rows)
    return tuple(claim for claim in CLAIMS if any(seen(claim.rule)) and wanted & set(claim.rows))


def seen(rule: Rule) -> Iterator[str]:
    """What the facts say that ``rule`` asks for."""
    if isinstance(rule, Seen):
        yield from rule.says
    for part in rule.parts if isinstance(rule, Every) else ():
        yield from seen(part)


def _compares(question: At | Over, evidence: Evidence) -> bool:
    """Whether the run has cells for both sides at some case, timed or not."""
    what = question.what
    cases = evidence.series(what.component, question.series).values() if isinstance(question, Over) else [question.case]
    return any(_both(what, case, evidence.records) for case in cases)


def _both(what: Faster, case: str, records: Mapping[str, Record]) -> bool:
    fast, slow = (
        {str(arm.cell(what.component, case)) for arm in side} & records.keys() for side in (what.fast, what.slow)
    )
    return bool(fast and slow) and len(fast | slow) > 1  # one cell alone cannot be compared with itself
