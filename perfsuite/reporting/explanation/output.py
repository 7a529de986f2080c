"""The files of an explanation: its page, its flame graphs, and a document for programs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from perfsuite.explaining.explanation import Explanation
from perfsuite.model.record import to_json
from perfsuite.reporting import glossary
from perfsuite.reporting.commands import launcher
from perfsuite.reporting.explanation import drawing, tables, wording
from perfsuite.reporting.html.blocks import Block, Code, Details, Facts, Section, marked, prose
from perfsuite.reporting.html.page import Page, flame_svg, rendered, words

DRAWN = ("flame.svg", "flame-faster.svg")  # in the widths of the slower side, and of the faster


def document(found: Explanation) -> dict[str, Any]:
    """An explanation for programs."""
    return {
        "a": found.question.a,
        "b": found.question.b,
        "base": found.question.base,
        "head": found.question.head,
        "names": list(found.names),
        "seconds": [found.times.a, found.times.b],
        "ratio": to_json(found.times.ratio),
        "kind": found.verdict.kind,
        "text": found.verdict.text,
        "reasons": [to_json(one) for one in found.verdict.judged],
        "evidence": [to_json(side.evidence) for side in (found.a, found.b)],
        "stacks": [side.by for side in (found.a, found.b)],
        "functions": [dict(side.functions) for side in (found.a, found.b)],
        "prices": to_json(found.prices),
    }


def command(found: Explanation) -> str:
    """The command that explains the same again."""
    asked = found.question
    words = [*shlex.split(launcher()), "explain", asked.a]
    words += [] if asked.commits else [asked.b]
    words += [word for name in ("base", "head") if (value := getattr(asked, name)) for word in (f"--{name}", value)]
    return shlex.join([*words, *(["--instructions"] if asked.instructions else [])])


def write(found: Explanation, folder: Path) -> Path:
    """Write all files into ``folder``, and return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, flame in zip(DRAWN, drawing.flames(found), strict=False):
        (folder / name).write_text(flame_svg(flame), encoding="utf-8")
    (folder / "explanation.json").write_text(json.dumps(document(found), allow_nan=False), encoding="utf-8")
    terms = words(f"Repeat: {command(found)}", (("The explanation", "index.html"),))
    (folder / glossary.PAGE).write_text(rendered(terms), encoding="utf-8")
    (folder / "index.html").write_text(rendered(page(found)), encoding="utf-8")
    return folder / "index.html"


def page(found: Explanation) -> Page:
    """The one page of an explanation."""
    slower, faster = drawing.order(found)
    return Page(
        title=f"Why {slower} is slower than {faster}",
        eyebrow=found.question.a.split("/")[0] + " · " + " · ".join(found.question.a.split("/")[3:5]),
        heading=f"Why is {slower} slower than {faster}?",
        question=(),
        sections=tuple(filter(None, (_why(found), tables.figures(found), _flames(found), *tables.rest(found)))),
        numbers=tables.numbers(found),
        footer=f"Repeat: {command(found)}",
    )


def _why(found: Explanation) -> Section:
    blocks = [prose(*marked(found.verdict.text), tone="lead"), prose(found.times.how, tone="note")]
    if found.times.remark:
        blocks.append(prose(found.times.remark, tone="warning"))
    named = tuple(zip(found.names, wording.sides(found), strict=True))
    return Section("why", "Why", (*blocks, Facts(named, wide=True), Code(command(found), python=False)))


def _flames(found: Explanation) -> Section | None:
    drawn = drawing.flames(found)
    if not drawn:
        return None
    slower, faster = drawing.order(found)
    lead = f"Widths are the time of a call of {slower}, by {found.a.by}."
    blocks: list[Block] = [prose(lead, tone="note"), drawn[0]]
    if len(drawn) > 1:
        blocks.append(Details(f"The same in the widths of {faster}", (drawn[1],)))
    return Section("flame", "Flame graph", tuple(blocks))
