"""Derive the verdict on each cell from a journal of epochs, and find stored comparisons."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perfsuite.judging.comparisons import Found, load
from perfsuite.judging.record import DECIDED, Comparison, Row
from perfsuite.pairing import sequential
from perfsuite.project import catalogue

CONTROL = 0.005  # P(any live control fires although there is no difference), on each side


def latest(results: Path) -> Path:
    """The newest comparison.

    Raises:
        FileNotFoundError: there is none.
    """
    paths = sorted((results / "compare").glob("*.jsonl"))
    if not paths:
        raise FileNotFoundError(
            f"no comparison in {results / 'compare'}: run `{catalogue.PROJECT.command} compare` first"
        )
    return paths[-1]


def since(results: Path, found: Comparison) -> list[Comparison]:
    """The stored comparisons with the same BASE on the same kind of machine, including ``found``, oldest first.

    Damaged ones are ignored.
    """
    stored = []
    for path in sorted((results / "compare").glob("*.jsonl")):
        with contextlib.suppress(ValueError):
            stored.append(fold(load(path)))
    return [
        one
        for one in stored
        if one.base["hash"] == found.base["hash"] and one.machine_class == found.machine_class and not one.partial
    ]


def fold(found: Found) -> Comparison:
    """The contents of the journal as a :class:`Comparison`."""
    head = found.head
    judged = {cell: found.judges[cell].finding for cell in found.judges}
    names = list(judged)
    alpha = found.options.alpha
    # Cells below the bar of the gate may still be listed together (e-BH), among all cells of all shards.
    together = found.options.together
    slower = {names[at] for at in sequential.listed([judged[name].slower for name in names], alpha, together)}
    faster = {names[at] for at in sequential.listed([judged[name].faster for name in names], alpha, together)}
    controls = {shard: _control(xs) for shard, xs in found.controls.items()}
    fired = {shard for shard, sides in controls.items() if max(sides.values()) >= -math.log10(CONTROL / found.shards)}
    control = {side: max((sides[side] for sides in controls.values()), default=0.0) for side in ("slower", "faster")}
    rows = []
    for cell, proof in found.proofs.items():
        if proof["verdict"] == "skipped":
            continue
        row = _row(cell, found, proof)
        if row.verdict == "UNDECIDED" and (cell in slower) != (cell in faster):
            verdict = "SLOWER" if cell in slower else "FASTER"
            row = dataclasses.replace(row, verdict=verdict, reason="listed together with the others (e-BH)")
        if found.owners[cell] in fired and not proof["verdict"] and row.verdict in (*DECIDED, "UNDECIDED"):
            row = dataclasses.replace(row, verdict="UNTRUSTED", reason="BASE differs from its own copy in this session")
        rows.append(row)
    return Comparison(
        run=head["run"],
        started=head["started"],
        seconds=found.seconds,
        partial=not found.ended,
        base=head["base"],
        head=head["head"],
        options=found.options,
        rule=found.rule,
        machine=head["machine"],
        machine_class=head["machine_class"],
        epochs=found.epochs,
        control=control,
        rows=tuple(rows),
        apart=found.apart,
        skipped={cell: proof["reason"] for cell, proof in found.proofs.items() if proof["verdict"] == "skipped"},
    )


def _control(xs: Sequence[float]) -> dict[str, float]:
    """log10 of the evidence on each side that BASE differs from its own copy."""
    return {side: sequential.evidence(xs, 0.0, above=side == "slower") / math.log(10) for side in ("slower", "faster")}


def _row(cell: str, found: Found, proof: Mapping[str, Any]) -> Row:
    counts = proof.get("counts", {})
    if proof["verdict"]:
        return Row(cell, proof["verdict"], proof["reason"], counts=counts, seconds=proof.get("seconds", 0.0))
    lines = found.xs.get(cell, [])
    xs = [line["x"] for line in lines]
    seconds = proof.get("seconds", 0.0) + sum(line["seconds"] for line in lines) + found.starts.get(cell, 0.0)
    if cell in found.faults:
        status, reason = found.faults[cell]
        return Row(cell, "ERROR", f"{status}: {reason}", epochs=len(xs), seconds=seconds, counts=counts)
    if not xs:
        return Row(cell, "UNDECIDED", "not measured", seconds=seconds, counts=counts)
    rule, judge = found.judges[cell].rule, found.judges[cell]
    low, high = sequential.interval(xs, rule.alpha_same)
    visible = sequential.visible(xs, rule)
    centre = statistics.median(xs)
    return Row(
        cell=cell,
        verdict=judge.finding.verdict,
        ratio=math.exp(sequential.middle(xs)),
        low=_finite(low),
        high=_finite(high),
        epochs=len(xs),
        seconds=seconds,
        slower=judge.finding.slower / math.log(10),
        faster=judge.finding.faster / math.log(10),
        visible=math.expm1(visible) if math.isfinite(visible) else None,
        spread=1.4826 * statistics.median(abs(x - centre) for x in xs),
        base=statistics.median(line["base"] for line in lines),
        truth=statistics.median(line["truth"] for line in lines),
        counts=counts,
        xs=tuple(xs),
    )


def _finite(log: float) -> float | None:
    return math.exp(log) if math.isfinite(log) else None
