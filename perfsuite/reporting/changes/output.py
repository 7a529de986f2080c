"""What changed between two records as a document for programs and as a page beside the report of the new one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perfsuite.model.record import Run, to_json
from perfsuite.reporting.changes import wording
from perfsuite.reporting.changes.found import VERDICTS, Changes
from perfsuite.reporting.html.page import Page, rendered
from perfsuite.reporting.html.sections import changes as section

RUN = ("run", "started", "commit", "dirty", "selection", "tree", "partial")


def document(found: Changes) -> dict[str, Any]:
    """The changes as JSON types: both runs, what differs beside the code, and every cell."""
    return {
        "old": _run(found.old),
        "new": _run(found.new),
        "machine_class": found.new.machine_class,
        "machine": to_json(found.machine),
        "environment": to_json(found.environment),
        "roofs": [
            {"name": one.new.name, "threads": one.new.threads, "device": one.new.device, "longer": one.longer}
            for one in found.roofs
        ],
        "controls": to_json(found.controls),
        "counts": {verdict: found.count(verdict) for verdict in VERDICTS},
        "excluded": found.excluded,
        "expected_by_chance": found.by_chance,
        "cells": to_json(found.rows),
        "statuses": [
            {"cell": now.cell, "old": was.status, "new": now.status, "reason": now.reason or was.reason}
            for was, now in found.statuses
        ],
        "only_old": [record.cell for record in found.lost],
        "only_new": [record.cell for record in found.gained],
        "confirm": found.confirm,
        "unconfirmed": found.unconfirmed,
    }


def _run(run: Run) -> dict[str, Any]:
    return {name: getattr(run, name) for name in RUN}


def write(found: Changes, folder: Path) -> Path:
    """Write the page into the ``folder`` of the new run's report, and return it."""
    path = folder / section.PAGE
    path.write_text(page(found), encoding="utf-8")
    return path


def page(found: Changes) -> str:
    """The page of all changes."""
    made = Page(
        title=f"Changes from run {found.old.run} to {found.new.run}",
        eyebrow=f"{found.new.started[:10]} · {found.new.machine_class}",
        heading="What changed between two runs",
        question=(f"{wording.headline(found)}.",),
        sections=section.whole(found),
        trail=(("All components", "index.html#components"),),
        footer=f"Runs {found.old.run} and {found.new.run}. Repeat: {found.new.command}",
    )
    return rendered(made)
