"""The files of a comparison: a page, Markdown for a pull request, and a document for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from perfsuite.judging.record import VERDICTS, Comparison
from perfsuite.model.record import to_json
from perfsuite.reporting.commands import runnable
from perfsuite.reporting.comparison import markdown, wording
from perfsuite.reporting.html.page import Page, rendered
from perfsuite.reporting.html.sections import comparison as section


def document(found: Comparison) -> dict[str, Any]:
    """A comparison for programs: every row with its X, and the number of rows with each verdict."""
    data = to_json(found)
    assert isinstance(data, dict)
    data["counts"] = {verdict: found.count(verdict) for verdict in VERDICTS}
    data["exit_code"] = found.exit_code
    return data


def write(found: Comparison, folder: Path) -> Path:
    """Write the page, the Markdown and the document of a comparison, and return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content in ((".json", json.dumps(document(found), allow_nan=False)), (".md", markdown.text(found))):
        _put(folder / f"{found.run}{suffix}", content)
    _put(folder / f"{found.run}.html", page(found))
    return folder / f"{found.run}.html"


def _put(path: Path, content: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(content, encoding="utf-8")
    part.replace(path)


def page(found: Comparison) -> str:
    """The one page of a comparison."""
    made = Page(
        title=f"Comparison {found.run}",
        eyebrow=f"{found.started[:10]} · {found.machine_class}",
        heading="Did it get slower?",
        question=(f"{found.head['label']} against {found.base['label']}", *wording.warnings(found)),
        sections=(section.table(found),),
        numbers=tuple((wording.NAMES[name], f"{found.count(name):,}") for name in VERDICTS if found.count(name)),
        footer=f"Comparison {found.run}, {found.started}. Repeat: {runnable(found.options.command)}",
        glossary=False,
    )
    return rendered(made)
