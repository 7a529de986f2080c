"""A run as a folder of pages that need no network, no server and no script: the start page and one per component."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from perfsuite.judging.record import Comparison
from perfsuite.model.printable import cut, legible
from perfsuite.model.record import Run
from perfsuite.reporting import frame as frames
from perfsuite.reporting import glossary, ledger, tables, units
from perfsuite.reporting.html import sections
from perfsuite.reporting.html.blocks import Cell, Column, Part, Row, Section, Table, marked
from perfsuite.reporting.view import View, page_of

TEMPLATES = Path(__file__).parent / "templates"
MARK = "torch-perf-suite report"  # in every page that this module writes, and nowhere else
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
    """Write the report of ``run`` into ``folder`` and return its start page. Pages of an older report are deleted.

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
    """A page as self-contained HTML."""
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
    yield glossary.PAGE, rendered(_glossary(run))


@functools.cache
def _template() -> jinja2.Template:
    """The page's template. Everything is escaped, and a misspelt name in a template is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["whole"] = _whole
    environment.filters["explained"] = glossary.address
    environment.filters["meaning"] = glossary.meaning
    return environment.get_template("page.html")


def _shown(value: Any) -> Any:
    """What a template outputs: text without control characters, cut to :data:`LONGEST` characters."""
    return cut(legible(value), LONGEST) if isinstance(value, str) and not isinstance(value, Markup) else value


def _whole(text: str) -> Markup:
    """``text`` that must not be cut: an address, a line of code."""
    return escape(legible(text))


def _asset(name: str) -> Markup:
    """A template file that goes into the page unchanged."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def _digest(text: str) -> str:
    """The hash by which a page's policy allows exactly this style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _drawn(names: Iterable[str], view: View) -> tuple[Section, ...]:
    modules = [sections.module(name) for name in names]
    return tuple(section for module in modules if (section := module.render(view)))


def _start(view: View) -> Page:
    run = view.run
    timed = int(view.frame["seconds"].notna().sum())
    environment = ", ".join(f"{name} {version}" for name, version in _versions(run))
    numbers = (
        ("cells timed", f"{timed:,} of {len(view.frame):,}"),
        ("components", f"{len(run.problems):,}"),
        *ledger.numbers(run),
        ("measuring took", units.lasting(run.seconds)),
    )
    return Page(
        title=f"Performance report {run.run}",
        eyebrow=f"{run.started[:10]} · {run.selection} · {run.commit[:10] or 'no commit'}{' with changes' * run.dirty}",
        heading="What PyTorch code costs on this machine",
        question=(
            " · ".join(part for part in (str(run.machine.get("cpu") or run.machine_class), environment) if part),
        ),
        sections=_drawn(sections.listed().START, view),
        trail=(("Glossary", glossary.PAGE),),
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
        sections=_drawn(sections.listed().COMPONENT, view),
        trail=(("All components", "index.html#components"), ("Glossary", glossary.PAGE), *around),
        footer=_footer(view.run),
    )


def _glossary(run: Run) -> Page:
    rows = tuple(
        Row((Cell(name), Cell(text.replace("`", ""))), anchor=glossary.anchor(name))
        for name, text in glossary.WORDS.items()
    )
    table = Table("words", "Words", (Column("Word"), Column("Meaning", wide=True)), rows)
    return Page(
        title="Glossary · performance report",
        eyebrow="",
        heading="What the words mean",
        question=("They are the same in the terminal, on the pages and in TensorBoard.",),
        sections=(Section("words", "Words", (table,)),),
        trail=(("All components", "index.html#components"),),
        footer=_footer(run),
    )


def _versions(run: Run) -> list[tuple[str, str]]:
    packages = run.environment.get("packages")
    told = {**run.environment, **(packages if isinstance(packages, dict) else {})}
    return [(name, str(told[name])) for name in ("torch", "numpy", "python") if told.get(name)]


def _footer(run: Run) -> str:
    return f"Run {run.run}, {run.started}, machine class {run.machine_class}. Repeat: {run.command}"
