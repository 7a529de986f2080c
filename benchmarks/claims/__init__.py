"""The speed claims of the sources, the rule that decides each claim, and the verdicts for a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.claims import book, effective, lesson
from benchmarks.claims.claim import Claim, Finding
from benchmarks.claims.evidence import Evidence
from benchmarks.claims.rules import At, Every, Faster, Over, Rule, Seen
from perfsuite.model.record import Record, Run

CLAIMS = tuple(sorted((*book.CLAIMS, *effective.CLAIMS, *lesson.CLAIMS), key=lambda claim: claim.id))


def decide(run: Run, claims: Sequence[Claim] | None = None) -> tuple[Finding, ...]:
    """A finding for each of ``claims``, in the ledger's order. By default these are the claims relevant to the run."""
    evidence = Evidence.of(run)
    chosen = concerning(run) if claims is None else claims
    rulings = [(claim, claim.rule.decide(evidence)) for claim in chosen]
    return tuple(Finding(claim, ruling.verdict, ruling.figure, ruling.detail) for claim, ruling in rulings)


def concerning(run: Run) -> tuple[Claim, ...]:
    """The claims that are relevant to the selection, because of the cells that they compare or because of their rows.

    All claims are relevant to a full run.
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
    """The claims on ``rows`` of the catalogue whose rules depend on facts."""
    wanted = set(rows)
    return tuple(claim for claim in CLAIMS if any(seen(claim.rule)) and wanted & set(claim.rows))


def seen(rule: Rule) -> Iterator[str]:
    """The sentences of the facts that ``rule`` depends on."""
    if isinstance(rule, Seen):
        yield from rule.says
    for part in rule.parts if isinstance(rule, Every) else ():
        yield from seen(part)


def _compares(question: At | Over, evidence: Evidence) -> bool:
    """Whether the run has cells for both sides in at least one case, timed or not."""
    what = question.what
    cases = evidence.series(what.component, question.series).values() if isinstance(question, Over) else [question.case]
    return any(_both(what, case, evidence.records) for case in cases)


def _both(what: Faster, case: str, records: Mapping[str, Record]) -> bool:
    fast, slow = (
        {str(arm.cell(what.component, case)) for arm in side} & records.keys() for side in (what.fast, what.slow)
    )
    return bool(fast and slow) and len(fast | slow) > 1  # a cell cannot be compared with itself
