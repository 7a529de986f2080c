"""The pages of a history: all cells at a glance, and a page for the cells of each component; and a document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perfsuite.history.history import History, Row
from perfsuite.model.record import to_json
from perfsuite.project import catalogue
from perfsuite.reporting.commands import runnable
from perfsuite.reporting.history import sections, wording
from perfsuite.reporting.html.page import MARK, Page, rendered
from perfsuite.reporting.view import page_of

START = "index.html"


def document(found: History) -> dict[str, Any]:
    """A history for programs: the runs, the machine's drift, and every cell with its points and suspicions."""
    return {
        "machine": found.runs.kind,
        "machines": dict(found.runs.kinds),
        "notes": list(found.runs.notes),
        "anchor": to_json(found.anchor),
        "drift": to_json(found.measured.drift),
        "runs": [
            {
                "run": run.run,
                "started": run.started,
                "commit": run.commit,
                "subject": found.runs.commits.subject.get(run.commit, ""),
                "changed": list(found.changes.get(run.run, ())),
            }
            for run in found.runs.runs
        ],
        "cells": [
            {
                "cell": row.cell,
                "state": row.state,
                "since_anchor": row.since,
                "suspicions": to_json(row.suspicions),
                "points": [
                    {"run": point.run, "seconds": point.seconds, "measured": was.seconds}
                    for point, was in zip(row.series.points, row.raw.points, strict=True)
                ],
            }
            for row in found.rows
        ],
        "todo": [wording.command(pair) for pair in found.todo],
    }


def write(found: History, folder: Path) -> Path:
    """Write the pages into ``folder``, which lose those of an older history, and return the first one."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.html"):
        if MARK in old.read_text(encoding="utf-8", errors="replace")[:500]:
            old.unlink()
    for name, page in pages(found):
        (folder / name).write_text(rendered(page), encoding="utf-8")
    return folder / START


def pages(found: History) -> Iterator[tuple[str, Page]]:
    """``(file name, page)`` of each page."""
    yield (
        START,
        Page(
            title=f"History of {found.runs.kind}",
            eyebrow=f"{found.runs.runs[-1].started[:10]} · {found.runs.kind}",
            heading="Since when is it slower?",
            question=(f"{wording.headline(found)}.",),
            sections=sections.start(found),
            numbers=sections.numbers(found),
            footer=_footer(found),
            glossary=False,
        ),
    )
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in found.rows:
        groups[row.cell.partition("/")[0]].append(row)
    for component, rows in groups.items():
        yield (
            page_of(component),
            Page(
                title=f"History of {component}",
                eyebrow=found.runs.kind,
                heading=component,
                question=(f"{wording.counted(len(rows), 'cell')}, {wording.span(found)}.",),
                sections=sections.component(found, rows),
                trail=(("All cells", START),),
                footer=_footer(found),
                glossary=False,
            ),
        )


def _footer(found: History) -> str:
    command = runnable(f"{catalogue.PROJECT.command} history")
    return (
        f"{wording.counted(len(found.runs.runs), 'run')} of {found.runs.kind}, {wording.span(found)}. Repeat: {command}"
    )
