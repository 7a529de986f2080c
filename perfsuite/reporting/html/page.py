"""A run as a folder of pages that need no network, no server and no script: the start page and one per component."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Callable, Iterable
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
from perfsuite.reporting.changes.found import Changes
from perfsuite.reporting.commands import runnable
from perfsuite.reporting.html import sections
from perfsuite.reporting.html.blocks import Cell, Column, Part, Row, Section, Table, marked
from perfsuite.reporting.html.flames import Flame
from perfsuite.reporting.html.sections.index import PAGE as CELLS
from perfsuite.reporting.view import View, page_of

TEMPLATES = Path(__file__).parent / "templates"
MARK = "torch-perf-suite report"  # in every page that this module writes, and nowhere else
LONGEST = 2000  # characters of one text on a page
OTHERS = 3  # pages that are not a component's
BARE = re.compile(r"[\w.+#-]+", re.ASCII)  # a value of an attribute that needs no quotes


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
    glossary: bool = True  # whether the glossary's page lies beside this one


def write(
    run: Run,
    folder: Path,
    comparison: Comparison | None = None,
    changes: Changes | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> Path:
    """Write the report of ``run`` into ``folder`` and return its start page. Pages of an older report are deleted.

    ``comparison`` is one of two commits, made on the same kind of machine; ``changes`` are those since an earlier run
    on it, whose page :func:`perfsuite.reporting.changes.output.write` writes. ``progress`` is told what is being done.
    """
    progress("computing the table of the run")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.html"):
        if MARK in old.read_text(encoding="utf-8", errors="replace")[:500]:
            old.unlink()
    frame = frames.build(run)
    progress("drawing the start page")
    for at, (name, text) in enumerate(pages(run, frame, comparison, changes, folder.parent), start=1):
        progress(f"page {at:,} of {len(run.problems) + OTHERS:,}: {name}")
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "cells.csv").write_text(tables.csv(frame), encoding="utf-8")
    (folder / "cells.md").write_text(tables.markdown(frame), encoding="utf-8")
    return folder / "index.html"


def rendered(page: Page) -> str:
    """A page as self-contained HTML."""
    style, script = _asset("style.css") + _asset("flame.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return _template().render(vars(page), style=style, script=script, policy=policy, mark=MARK)


def flame_svg(flame: Flame) -> str:
    """A flame graph as a file of its own, which needs no page, no network and no script."""
    module: Any = _environment().get_template("flame.html").make_module({"style": _asset("flame.css")})
    return str(module.svg(flame, True)) + "\n"


def pages(
    run: Run,
    frame: pd.DataFrame,
    comparison: Comparison | None = None,
    changes: Changes | None = None,
    results: Path | None = None,
) -> Iterable[tuple[str, str]]:
    """``(file name, text)`` of each page, one at a time: a page with its figures is large."""
    whole = View(run, frame, run.problems, start=True, comparison=comparison, changes=changes, results=results)
    yield "index.html", rendered(_start(whole))
    for at, problem in enumerate(run.problems):
        page = _component(whole.of(problem), whole, at)
        yield page_of(problem.name), rendered(page)
    yield CELLS, rendered(_cells(whole))
    yield glossary.PAGE, rendered(_glossary(run))


def _template() -> jinja2.Template:
    """The page's template."""
    return _environment().get_template("page.html")


@functools.cache
def _environment() -> jinja2.Environment:
    """The templates. Everything is escaped, and a misspelt name in a template is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["whole"] = _whole
    environment.filters["quoted"] = _quoted
    environment.filters["attribute"] = _attribute
    environment.filters["apart"] = _apart
    environment.filters["explained"] = glossary.address
    environment.filters["meaning"] = glossary.meaning
    return environment


def _shown(value: Any) -> Any:
    """What a template outputs: text without control characters, cut to :data:`LONGEST` characters."""
    return cut(legible(value), LONGEST) if isinstance(value, str) and not isinstance(value, Markup) else value


def _whole(text: str) -> Markup:
    """``text`` that must not be cut: an address, a line of code."""
    return escape(legible(text))


def _quoted(text: str) -> Markup:
    """``text`` for an attribute between double quotes, where nothing else ends it: a figure is full of single ones."""
    return Markup(legible(text).replace("&", "&amp;").replace('"', "&#34;"))


def _attribute(text: str) -> Markup:
    """``text`` as the value of an attribute, between quotes only if it needs them: a long table has thousands."""
    return Markup(text) if BARE.fullmatch(text) else Markup(f'"{_quoted(text)}"')


def _apart(text: str) -> Markup:
    """``text``, isolated if it is not ASCII: letters that run from right to left must not turn what follows."""
    shown = escape(_shown(text))
    return shown if shown.isascii() else Markup("<bdi>") + shown + Markup("</bdi>")


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
        trail=((_every(view), CELLS), ("Glossary", glossary.PAGE)),
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
        trail=(("All components", "index.html#components"), ("All cells", CELLS), ("Glossary", glossary.PAGE), *around),
        footer=_footer(view.run),
    )


def _every(view: View) -> str:
    return f"All {len(view.frame):,} cells" if len(view.frame) > 1 else "All cells"


def _cells(view: View) -> Page:
    return Page(
        title="All cells · performance report",
        eyebrow=f"Run {view.run.run}",
        heading=_every(view),
        question=(),
        sections=_drawn(sections.CELLS, view),
        trail=(("Start", "index.html"), ("Glossary", glossary.PAGE)),
        footer=_footer(view.run),
    )


def _glossary(run: Run) -> Page:
    return words(_footer(run), (("All components", "index.html#components"),))


def words(footer: str, trail: tuple[tuple[str, str], ...]) -> Page:
    """The glossary's page, to which the headings of the pages beside it lead."""
    rows = tuple(
        Row((Cell(name), Cell(text.replace("`", ""))), anchor=glossary.anchor(name))
        for name, text in glossary.WORDS.items()
    )
    table = Table("words", "Words and their meanings", (Column("Word"), Column("Meaning", wide=True)), rows)
    return Page(
        title="Glossary · performance report",
        eyebrow="",
        heading="What the words mean",
        question=("They are the same in the terminal, on the pages and in TensorBoard.",),
        sections=(Section("words", "Words", (table,)),),
        trail=trail,
        footer=footer,
    )


def _versions(run: Run) -> list[tuple[str, str]]:
    packages = run.environment.get("packages")
    told = {**run.environment, **(packages if isinstance(packages, dict) else {})}
    return [(name, str(told[name])) for name in ("torch", "numpy", "python") if told.get(name)]


def _footer(run: Run) -> str:
    return f"Run {run.run}, {run.started}, machine class {run.machine_class}. Repeat: {runnable(run.command)}"
