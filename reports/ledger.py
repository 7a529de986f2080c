"""What the sources claim and what a run says to it, with a sign for each verdict so that colour is never alone."""

from __future__ import annotations

from benchmarks.claims import concerning, decide, seen
from benchmarks.claims.claim import Finding
from benchmarks.claims.rules import VERDICTS
from benchmarks.record import Fact, Run
from reports.ink import DIM, GREEN, RED, YELLOW

HUES = {"verified": GREEN, "refuted": RED, "size-dependent": YELLOW, "undecided": YELLOW, "not testable here": DIM}
SIGNS = {"verified": "✓", "refuted": "✗", "size-dependent": "≶", "undecided": "?", "not testable here": "○"}


def findings(run: Run) -> tuple[Finding, ...]:
    """A finding for each claim that the selection concerns, those with a verdict first, in the ledger's order."""
    return tuple(sorted(decide(run), key=lambda finding: finding.verdict == VERDICTS[-1]))


def facts(run: Run) -> tuple[Fact, ...]:
    """What was looked at in ``run``, as far as these claims ask for it; of a full run all."""
    asked = {says for claim in concerning(run) for says in seen(claim.rule)}
    return tuple(fact for fact in run.facts if run.selection == "full" or fact.says in asked)


def counts(found: tuple[Finding, ...]) -> dict[str, int]:
    """How many claims got each verdict; verdicts that none got are left out."""
    numbers = {verdict: sum(finding.verdict == verdict for finding in found) for verdict in VERDICTS}
    return {verdict: number for verdict, number in numbers.items() if number}
