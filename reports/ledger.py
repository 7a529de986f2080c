"""The claims of the sources and a run's verdicts on them, with a sign for each so that colour is not the only cue.

``whole``, ``short``, ``numbers`` and ``document`` are called by the engine's reports.
"""

from __future__ import annotations

from typing import Any

from benchmarks.claims import concerning, decide, seen
from benchmarks.claims.claim import Finding
from benchmarks.claims.rules import VERDICTS
from perfsuite.model.printable import cut
from perfsuite.model.record import Fact, Run, to_json
from perfsuite.reporting import units
from perfsuite.reporting.text.ink import BOLD, DIM, GREEN, RED, YELLOW, Paint, wrapped

LONG = 1000  # characters of a text that are shown
HUES = {"verified": GREEN, "refuted": RED, "size-dependent": YELLOW, "undecided": YELLOW, "not testable here": DIM}
SIGNS = {"verified": "✓", "refuted": "✗", "size-dependent": "≶", "undecided": "?", "not testable here": "○"}


def findings(run: Run) -> tuple[Finding, ...]:
    """A finding for each claim that the selection concerns, those with a verdict first, in the ledger's order."""
    return tuple(sorted(decide(run), key=lambda finding: finding.verdict == VERDICTS[-1]))


def facts(run: Run) -> tuple[Fact, ...]:
    """The facts of ``run`` that its claims ask for; all facts of a full run."""
    asked = {says for claim in concerning(run) for says in seen(claim.rule)}
    return tuple(fact for fact in run.facts if run.selection == "full" or fact.says in asked)


def counts(found: tuple[Finding, ...]) -> dict[str, int]:
    """How many claims got each verdict; verdicts without claims are left out."""
    numbers = {verdict: sum(finding.verdict == verdict for finding in found) for verdict in VERDICTS}
    return {verdict: number for verdict, number in numbers.items() if number}


def whole(run: Run, width: int, paint: Paint) -> list[str]:
    """Each claim with its verdict, its figure and its evidence."""
    found = findings(run)
    if not found:
        return []
    numbers = ", ".join(f"{number} {verdict}" for verdict, number in counts(found).items())
    lines = [paint("Claims of the sources", BOLD) + f"  {numbers}"]
    for finding in found:
        if finding.verdict == "not testable here":
            continue
        figure = f"{units.times(finding.figure.value)}  " if finding.figure else ""
        head = f"{SIGNS[finding.verdict]} {finding.claim.id}  {finding.verdict}  {figure}{finding.claim.text}"
        lines += wrapped(head, width, paint, HUES[finding.verdict])
        for part in finding.detail.split("\n"):
            lines += wrapped(f"    {cut(part, LONG)}", width, paint, DIM)
    silent = [finding.claim.id for finding in found if finding.verdict == "not testable here"]
    if silent:
        lines += wrapped(f"○ not testable here: {', '.join(silent)}", width, paint, DIM)
    return lines


def short(run: Run, width: int, paint: Paint) -> list[str]:
    """The verdicts on the claims, by number and id only."""
    found = findings(run)
    lines = [paint("Claims of the sources", BOLD)] if found else []
    for verdict, number in counts(found).items():
        names = " ".join(finding.claim.id for finding in found if finding.verdict == verdict)
        lines += wrapped(f"{SIGNS[verdict]} {number} {verdict}: {names}", width, paint, HUES[verdict])
    return lines


def numbers(run: Run) -> list[tuple[str, str]]:
    """How many claims were decided."""
    verdicts = counts(findings(run))
    decided = sum(verdicts.get(verdict, 0) for verdict in ("verified", "refuted", "size-dependent"))
    return [("claims decided", f"{decided:,} of {sum(verdicts.values()):,}")] if verdicts else []


def document(run: Run) -> dict[str, Any]:
    """The facts that the claims ask for, and the claims, as JSON types."""
    return {
        "facts": to_json(facts(run)),
        "claims": [
            {
                "id": finding.claim.id,
                "text": finding.claim.text,
                "verdict": finding.verdict,
                "figure": to_json(finding.figure),
                "detail": finding.detail,
            }
            for finding in findings(run)
        ],
    }
