"""The claims ledger: what the sources say about speed, and the verdicts of this run."""

from __future__ import annotations

from benchmarks.claims.claim import Finding
from perfsuite.reporting import units
from perfsuite.reporting.html.blocks import Cell, Column, Row, Section, Table, facets, prose
from perfsuite.reporting.view import View
from reports import ledger

TONES = {"verified": "best", "refuted": "bad", "not testable here": "quiet"}


def render(view: View) -> Section | None:
    """One row for each claim; those that this machine cannot test are last."""
    found = ledger.findings(view.run)
    if not found:
        return None
    counts = [f"{number} {verdict}" for verdict, number in ledger.counts(found).items()]
    rows = tuple(map(_row, found))
    columns = (
        Column("Claim", wide=True),
        Column("Verdict"),
        Column("Figure", True),
        Column("Evidence", wide=True),
    )
    table = Table(
        "claims",
        "Claims of the sources",
        columns,
        rows,
        facets(rows, "verdict"),
        search="Search claims",
        noun="claims",
    )
    lead = prose(f"{', '.join(counts)}. A verdict on a time needs its whole interval on one side of the line.")
    return Section("claims", "What the sources claim", (lead, table))


def _row(finding: Finding) -> Row:
    figure = finding.figure
    sign = ledger.SIGNS[finding.verdict]
    claim = finding.claim
    decisive, *others = finding.detail.split("\n")
    return Row(
        (
            Cell(claim.text, claim.id, f"{claim.id} · {claim.source} · {', '.join(claim.rows)}"),
            Cell(f"{sign} {finding.verdict}", tone=TONES.get(finding.verdict, "")),
            Cell(
                units.times(figure.value),
                figure.value,
                units.span((figure.low, figure.high)) if figure.launches > 1 else "",
            )
            if figure
            else Cell(units.NONE),
            Cell(decisive, small=" · ".join([*others, *([f"The line: {claim.reason}"] if claim.reason else [])])),
        ),
        anchor=f"claim-{claim.id}",
        facets={"verdict": finding.verdict},
    )
