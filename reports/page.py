"""A run as a folder of pages that need no network, no server and no script: the start page and one per component."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from benchmarks.compare.record import Comparison
from benchmarks.printable import cut, legible
from benchmarks.record import Run
from reports import frame as frames
from reports import ledger, sections, tables, units
from reports.blocks import Part, Section, marked
from reports.view import View, page_of

TEMPLATES = Path(__file__).parent / "templates"
MARK = "torch-perf-suite report"  # stands in each page that this module wrote, and only there
LONGEST = 2000  # characters of one text on a page


@dataclass(frozen=True)
class Page:
    """One page, before it is drawn."""

    title: str
    eyebrow: str
    heading: str
    question: tuple[Part, ...]
    sections: tuple[Section, ...]
    trail: tuple[tuple[str, str], ...] = ()  # (name, address) of the pages around it
    numbers: tuple[tuple[str, str], ...] = ()
    footer: str = ""


def write(run: Run, folder: Path, comparison: Comparison | None = None) -> Path:
    """Write the report of ``run`` into ``folder`` and return its start page. The pages of an older report there go.

    ``comparison`` is one of two commits, made on the same kind of machine.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.html"):
        if MARK in old.read_text(encoding="utf-8", errors="replace")[:500]:
            old.unlink()
    frame = frames.build(run)
    for name, text in pages(run, frame, comparison):
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "cells.csv").write_text(tables.csv(frame), encoding="utf-8")
    (folder / "cells.md").write_text(tables.markdown(frame), encoding="utf-8")
    return folder / "index.html"


def rendered(page: Page) -> str:
    """A page as HTML that needs nothing else."""
    style, script = _asset("style.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return _template().render(vars(page), style=style, script=script, policy=policy, mark=MARK)


def pages(run: Run, frame: pd.DataFrame, comparison: Comparison | None = None) -> Iterable[tuple[str, str]]:
    """``(file name, text)`` of each page, one at a time: a page with its figures is large."""
    whole = View(run, frame, run.problems, start=True, comparison=comparison)
    yield "index.html", rendered(_start(whole))
    for at, problem in enumerate(run.problems):
        page = _component(whole.of(problem), whole, at)
        yield page_of(problem.name), rendered(page)


@functools.cache
def _template() -> jinja2.Template:
    """The page's template. Everything is escaped, and a name that a template misspells is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["whole"] = _whole
    return environment.get_template("page.html")


def _shown(value: Any) -> Any:
    """What a template puts out: text without control characters, and no more of it than anybody reads."""
    return cut(legible(value), LONGEST) if isinstance(value, str) and not isinstance(value, Markup) else value


def _whole(text: str) -> Markup:
    """``text`` that must not be cut: an address, a line of code."""
    return escape(legible(text))


def _asset(name: str) -> Markup:
    """A file of ours that goes into the page as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def _digest(text: str) -> str:
    """How a page's policy allows exactly this style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _drawn(names: Iterable[str], view: View) -> tuple[Section, ...]:
    modules = [importlib.import_module(f"reports.sections.{name}") for name in names]
    return tuple(section for module in modules if (section := module.render(view)))


def _start(view: View) -> Page:
    run = view.run
    timed = int(view.frame["seconds"].notna().sum())
    verdicts = ledger.counts(ledger.findings(run))
    decided = sum(verdicts.get(verdict, 0) for verdict in ("verified", "refuted", "size-dependent"))
    environment = ", ".join(f"{name} {version}" for name, version in _versions(run))
    numbers = (
        ("cells timed", f"{timed:,} of {len(view.frame):,}"),
        ("components", f"{len(run.problems):,}"),
        *([("claims decided", f"{decided:,} of {sum(verdicts.values()):,}")] if verdicts else []),
        ("measuring took", units.lasting(run.seconds)),
    )
    return Page(
        title=f"Performance report {run.run}",
        eyebrow=f"{run.started[:10]} · {run.selection} · {run.commit[:10] or 'no commit'}{' with changes' * run.dirty}",
        heading="What PyTorch code costs on this machine",
        question=(
            " · ".join(part for part in (str(run.machine.get("cpu") or run.machine_class), environment) if part),
        ),
        sections=_drawn(sections.START, view),
        numbers=numbers,
        footer=_footer(run),
    )


def _component(view: View, whole: View, at: int) -> Page:
    problem, others = view.problem, whole.problems
    around = [("← " + others[at - 1].title, page_of(others[at - 1].name))] if at else []
    around += [(others[at + 1].title + " →", page_of(others[at + 1].name))] if at + 1 < len(others) else []
    return Page(
        title=f"{problem.title} · performance report",
        eyebrow=" · ".join((problem.name, *problem.rows)),
        heading=problem.title,
        question=marked(problem.question),
        sections=_drawn(sections.COMPONENT, view),
        trail=(("All components", "index.html#components"), *around),
        footer=_footer(view.run),
    )


def _versions(run: Run) -> list[tuple[str, str]]:
    packages = run.environment.get("packages")
    told = {**run.environment, **(packages if isinstance(packages, dict) else {})}
    return [(name, str(told[name])) for name in ("torch", "numpy", "python") if told.get(name)]


def _footer(run: Run) -> str:
    return f"Run {run.run}, {run.started}, machine class {run.machine_class}. Repeat: {run.command}"
