"""A claim, and the verdict of a run on it."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.claims.rules import Rule
from perfsuite.model.estimates import Estimate


@dataclass(frozen=True)
class Claim:
    """A statement made by a source, in our words."""

    id: str  # as in the catalogue's ledger: "K17"
    source: str
    text: str
    rows: tuple[str, ...]  # of the catalogue
    rule: Rule
    reason: str  # why the rule uses this threshold


@dataclass(frozen=True)
class Finding:
    """The verdict of a run on a claim."""

    claim: Claim
    verdict: str  # one of VERDICTS
    figure: Estimate | None  # the speed-up that the verdict rests on; None where nothing was timed
    detail: str
