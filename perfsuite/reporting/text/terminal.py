"""A run as text: what `bench` prints at its end, and one JSON document for programs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from perfsuite.model.printable import REASON, cut, visible
from perfsuite.model.record import Problem, Run, to_json
from perfsuite.project import catalogue
from perfsuite.reporting import evidence, ledger, published, units
from perfsuite.reporting import frame as frames
from perfsuite.reporting.missing import gaps
from perfsuite.reporting.text import compiling, overview
from perfsuite.reporting.text.grid import Column, draw
from perfsuite.reporting.text.ink import BOLD, DIM, GREEN, RED, YELLOW, Paint, ink, wrapped
from perfsuite.reporting.view import group_name, how_sure

MANY = 500  # runs with more cells than this are shown on one page, unless every ladder is asked for
SLOWEST = 10
LONG = 1000  # characters of a text from a record file
LADDER = (
    Column("", right=False),  # marks the fastest
    Column("variant", right=False),
    Column("time"),
    Column("±", rank=1),
    Column("first item", rank=2),
    Column("per item", rank=2),
    Column("× best"),
    Column("speed-up", rank=2),
    Column("× hw", rank=1),
    Column("bound", right=False, rank=3),
    Column("peak", rank=4),
    Column("error", rank=5),
    Column("note", right=False, rank=6),
)


def show(run: Run, color: bool, width: int, every: bool = False) -> str:
    """What a run found, as text of about ``width`` columns; names are never cut.

    A run with very many cells is shown on one page, unless ``every`` asks for every ladder.
    """
    paint = ink(color)
    table = frames.build(run)
    many = int((table["status"] != "skipped").sum()) > MANY
    parts = [
        _title(run, table, paint),
        *(overview.blocks(run, table, width, paint) if many and not every else _whole(run, table, width, paint)),
        overview.slowest(run, paint, SLOWEST) if many and every else [],
        _left_out(run, width, paint, 3 if many and not every else 1000),
        [paint("Every ladder, claim and reason is in the report; `--all` prints them here", DIM)]
        if many and not every
        else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _whole(run: Run, table: pd.DataFrame, width: int, paint: Paint) -> Iterator[list[str]]:
    """Every ladder, claim and reason."""
    for problem in run.problems:
        yield from _component(problem, table, width, paint)
    for problem in run.problems:
        yield _published(problem, run, width, paint)
    yield ledger.whole(run, width, paint)
    yield _missing(table, width, paint)


def _title(run: Run, table: pd.DataFrame, paint: Paint) -> list[str]:
    ok = int(table["seconds"].notna().sum())
    commit = run.commit[:10] + ("+changes" if run.dirty else "") if run.commit else "no commit"
    facts = (f"run {run.run}", run.selection, commit, run.machine_class, f"{ok} of {len(table)} cells timed")
    lines = [paint(visible(" · ".join(cut(fact, REASON) for fact in facts if fact)), BOLD)]
    if run.partial:
        lines.append(paint(f"! interrupted: `{catalogue.PROJECT.command} run --resume` goes on", YELLOW))
    return lines


def _component(problem: Problem, table: pd.DataFrame, width: int, paint: Paint) -> Iterator[list[str]]:
    """The ladders of ``problem``, one for each group that has anything to show."""
    cells = frames.in_order(problem, table[(table["component"] == problem.name) & (table["status"] != "skipped")])
    if cells.empty:
        return
    question = wrapped(cut(problem.question, LONG), width, paint)
    yield [paint(visible(problem.name), BOLD) + visible(f"  {cut(problem.title, REASON)}"), *question]
    for _, group in frames.grouped(cells, "device", "case", "threads", "cold"):
        yield _ladder(group, width, paint)
    yield compiling.table(cells, width, paint)


def _ladder(group: pd.DataFrame, width: int, paint: Paint) -> list[str]:
    first = group.iloc[0]
    unit = units.shared(group["seconds"], units.SECONDS)
    parts = units.shared([*group["first_item"], *group["per_item"]], units.SECONDS)
    timed, failed = group[group["seconds"].notna()], group[group["seconds"].isna()]
    rows = [_rung(row, unit, parts, bool(timed["tie"].any())) for row in frames.rows(timed)]
    head = paint(visible(first["case"]), BOLD) + visible(group_name(group).removeprefix(first["case"]))
    lines = [head + paint(f"  {how_sure(timed)}", DIM)]
    if rows:
        columns = [dataclasses.replace(one, title=_titles(one.title, unit, parts)) for one in LADDER]
        title, *drawn = draw(columns, rows, width)
        lines.append(paint(title, DIM))
        lines += [paint(line, GREEN, BOLD) if row[0] else line for line, row in zip(drawn, rows, strict=True)]
    for row in frames.rows(failed):
        lines += wrapped(f"! {row['way']}  {row['status']}: {cut(row['reason'], REASON)}", width, paint, RED)
    return lines


def _titles(title: str, unit: units.Unit, parts: units.Unit) -> str:
    if title in ("first item", "per item"):
        return f"{title} {parts.name}"
    return f"{title} {unit.name}" if title == "time" else title


def _rung(row: Mapping[str, Any], unit: units.Unit, parts: units.Unit, ties: bool) -> list[str]:
    sure = row["launches"] > 1
    faster = 1 / row["ratio"] if units.known(row["ratio"]) else None
    return [
        "*" if row["best"] else "",
        visible(cut(row["way"], REASON)),
        units.digits(row["seconds"] / unit.scale),
        units.spread(row["seconds"], row["low"], row["high"])[1:] if sure else "",
        units.digits(row["first_item"] / parts.scale) if units.known(row["first_item"]) else "",
        units.digits(row["per_item"] / parts.scale) if units.known(row["per_item"]) else "",
        ("best" if row["best"] else units.digits(row["times_best"])) + (" tie" if row["tie"] else "    " * ties),
        units.digits(faster) if faster else "",
        units.digits(row["times_hardware"]) if units.known(row["times_hardware"]) else "",
        visible(row["bound"]),
        units.peak(row["peak"], row["peak_is"]),
        units.percent(row["error_share"]) if units.known(row["error_share"]) else "",
        row["remark"],
    ]


def _published(problem: Problem, run: Run, width: int, paint: Paint) -> list[str]:
    told = published.ladder(problem, run)
    if not told:
        return []
    columns = (
        Column("variant", right=False),
        Column("published"),
        Column("here"),
        Column("interval", rank=1),
        Column("", right=False, rank=2),
    )
    rows = [
        [
            visible(rung.variant),
            units.span(rung.published),
            units.times(rung.here.value) if rung.here else rung.status or "not in this run",
            units.span((rung.here.low, rung.here.high)) if rung.here and rung.here.launches > 1 else "",
            f"at {visible(rung.case)}" if rung.case else rung.verdict,
        ]
        for rung in told.rungs
    ]
    title, *drawn = draw(columns, rows, width)
    what = f"  speed-up over {told.base} at {problem.published_case}, published and measured"
    return [paint(visible(problem.name), BOLD) + visible(what), paint(title, DIM), *drawn]


def _missing(table: pd.DataFrame, width: int, paint: Paint) -> list[str]:
    return [
        line
        for gap in gaps(table)
        for line in wrapped(gap.short, width, paint, DIM if gap.status == "skipped" else RED)
    ]


def _left_out(run: Run, width: int, paint: Paint, most: int) -> list[str]:
    if most >= 1000:
        return [visible(f"Left out: {cut(run.left_out, 10 * LONG)}")] if run.left_out else []
    return wrapped(f"Left out: {run.left_out}", width, paint, most=most) if run.left_out else []


def document(run: Run) -> dict[str, Any]:
    """The run as JSON types: its head, and what is known of each cell. Keys without a value are left out."""
    head = to_json(dataclasses.replace(run, records=(), problems=()))
    del head["records"], head["problems"]
    return {
        **head,
        "columns": frames.WHAT,
        "cells": [_cell(row) for row in frames.rows(frames.build(run))],
        **ledger.document(run),
    }


def _cell(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name in frames.FLAGS or _told(value)}
    return {**kept, "why": evidence.why(row)} if "seconds" in kept else kept


def _told(value: Any) -> bool:
    return bool(value) if isinstance(value, str) else math.isfinite(value)
