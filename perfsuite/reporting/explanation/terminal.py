"""An explanation for a terminal: the ratio, the paragraph, what differs, and the operators that differ most."""

from __future__ import annotations

from perfsuite.explaining.explanation import Explanation
from perfsuite.explaining.reasons.words import count
from perfsuite.model.printable import cut, visible
from perfsuite.reporting import units
from perfsuite.reporting.explanation import wording
from perfsuite.reporting.text.grid import Column, draw
from perfsuite.reporting.text.ink import BOLD, DIM, Paint, ink, wrapped

ROWS = 5  # operators and frames
LONGEST = 60  # characters of a name


def text(found: Explanation, color: bool, width: int) -> str:
    """The explanation as lines of text."""
    paint = ink(color)
    a, b = (visible(cut(name, 40)) for name in found.names)
    lines = [f"A  {visible(wording.sides(found)[0])}", f"B  {visible(wording.sides(found)[1])}"]
    lines += ["", paint(f"B takes {wording.ratio(found)} the time of A", BOLD)]
    lines += wrapped(found.times.how, width, paint, DIM)
    if found.times.remark:
        lines += wrapped(f"! {found.times.remark}", width, paint, DIM)
    lines += ["", *wrapped(found.verdict.text, width, paint)]
    columns = (Column("evidence of a call", right=False), Column(a), Column(b), Column("difference"))
    rows = [[line.name, line.a, line.b, line.difference] for line in wording.notable(found)]
    if rows:
        title, *drawn = draw(columns, rows, width)
        lines += ["", paint(title, DIM), *drawn]
    for heading, table in (("operator", wording.operators(found)), ("frame", wording.frames(found))):
        rows = [
            [visible(cut(name, LONGEST)), units.time(one), units.time(other), _gap(other - one)]
            for name, one, other, *_ in table[:ROWS]
            if one or other
        ]
        if rows:
            columns = (Column(heading, right=False), Column("self in A"), Column("self in B"), Column("difference"))
            title, *drawn = draw(columns, rows, width)
            lines += ["", paint(title, DIM), *drawn]
    lines += _functions(found, width, paint)
    for name, reason in wording.missing(found).items():
        lines += wrapped(f"! no {name}: {reason}", width, paint, DIM)
    return "\n".join(lines) + "\n"


def _functions(found: Explanation, width: int, paint: Paint) -> list[str]:
    """The instructions that valgrind counted, in all and where they differ most."""
    counted = wording.functions(found)
    if not counted:
        return []
    rows = [
        [visible(cut(name, LONGEST)), count(a), count(b), f"{b - a:+,}"]
        for name, a, b in (("all functions", *wording.instructions(found)), *counted[:ROWS])
    ]
    columns = (Column("instructions of a call", right=False), Column("in A"), Column("in B"), Column("difference"))
    title, *drawn = draw(columns, rows, width)
    return ["", paint(title, DIM), *drawn]


def _gap(seconds: float) -> str:
    return f"{'+' if seconds >= 0 else '−'}{units.time(abs(seconds))}"
