"""The flame graphs of an explanation: red is where B spends more than A, blue where it spends less."""

from __future__ import annotations

from perfsuite.explaining.explanation import Explanation
from perfsuite.explaining.flame import Box, boxes
from perfsuite.reporting import units
from perfsuite.reporting.html.flames import Flame, flame


def order(found: Explanation) -> tuple[str, str]:
    """The names of the slower and of the faster side."""
    a, b = found.names
    return (b, a) if found.times.ratio.value >= 1 else (a, b)


def flames(found: Explanation) -> list[Flame]:
    """In the widths of the slower side, then in those of the faster one; empty without stacks."""
    a, b = found.stacks
    if not a or not b:
        return []
    drawn = [_drawn(found, b, a, False), _drawn(found, a, b, True)]
    return drawn if found.times.ratio.value >= 1 else drawn[::-1]


def _drawn(
    found: Explanation,
    here: dict[tuple[str, ...], float],
    other: dict[tuple[str, ...], float],
    turned: bool,
) -> Flame:
    name_a, name_b = found.names

    def title(box: Box) -> str:
        a, b = (box.here, box.other) if turned else (box.other, box.here)
        sign = "+" if b >= a else "−"
        return f"{box.name}: {name_a} {units.time(a)}, {name_b} {units.time(b)}, {sign}{units.time(abs(b - a))} a call"

    label = f"Differential flame graph of {name_b} against {name_a}; the table of frames has the same figures"
    legend = (f"{name_b} spends more", f"{name_b} spends less")
    return flame(boxes(here, other), title, label, legend, turned)
