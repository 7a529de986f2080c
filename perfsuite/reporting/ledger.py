"""What a project adds to the reports of a run, such as verdicts on claims: its ``ledger`` module, if it has one."""

from __future__ import annotations

from typing import Any

from perfsuite.model.record import Run
from perfsuite.project.catalogue import PROJECT
from perfsuite.reporting.text.ink import Paint


def whole(run: Run, width: int, paint: Paint) -> list[str]:
    """The lines below the ladders."""
    module = PROJECT.module("ledger")
    found: list[str] = module.whole(run, width, paint) if module else []
    return found


def short(run: Run, width: int, paint: Paint) -> list[str]:
    """The lines for a run with very many cells."""
    module = PROJECT.module("ledger")
    found: list[str] = module.short(run, width, paint) if module else []
    return found


def numbers(run: Run) -> list[tuple[str, str]]:
    """Names and values for the head of the start page."""
    module = PROJECT.module("ledger")
    found: list[tuple[str, str]] = module.numbers(run) if module else []
    return found


def document(run: Run) -> dict[str, Any]:
    """Entries to add to the JSON document; they replace those of the same name."""
    module = PROJECT.module("ledger")
    found: dict[str, Any] = module.document(run) if module else {}
    return found
