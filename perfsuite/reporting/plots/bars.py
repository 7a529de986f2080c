"""The small figure beside a finding: a few intervals under each other, each with its name and its value."""

from __future__ import annotations

from perfsuite.reporting import units
from perfsuite.reporting.canvas.axes import Scale
from perfsuite.reporting.canvas.choice import Palette
from perfsuite.reporting.canvas.drawing import (
    FAINT,
    INK,
    Area,
    Drawing,
    Figure,
    Marks,
    Strokes,
    Words,
    box,
    short,
)
from perfsuite.reporting.canvas.labels import width
from perfsuite.reporting.leading.findings import Bar, Finding

WIDE, ROW, TOP, FOOT = 264.0, 26.0, 16.0, 14.0  # points: the figure, a bar with its name, above and below them
LEFT = 4.0
LONGEST = 40  # characters of a name


def bars(finding: Finding, colors: Palette) -> Drawing:
    """The bars of ``finding`` on one logarithmic scale, from the hardware's floor where that is known."""
    figure = Figure(TOP + ROW * len(finding.bars) + FOOT, WIDE)
    texts = [_value(bar, finding.seconds) for bar in finding.bars]
    low = min([bar.low for bar in finding.bars] + ([finding.floor] if finding.floor else []))
    high = max(bar.high for bar in finding.bars)
    start = low / (high / low) ** 0.08 if high > low else low / 2
    scale = Scale(start, max(high, low * 1.01), LEFT, WIDE - 14 - max(width(text) for text in texts))
    bottom = figure.height - FOOT
    begin = LEFT
    if finding.floor:
        begin = scale(finding.floor)
        told = f"hardware limit {units.time(finding.floor)}"
        figure.add(
            Area(box(LEFT, TOP - 4, begin, bottom), INK, 0.07),
            Strokes([[(begin, TOP - 4), (begin, bottom)]], INK, 1.4),
            Words(told, (begin, TOP - 7), FAINT),
        )
    for at, (bar, text) in enumerate(zip(finding.bars, texts, strict=True)):
        name, line = TOP + ROW * at + 8, TOP + ROW * at + 18
        color = colors.color(bar.variant)
        end = bar.value if bar.value is not None else bar.high
        figure.add(
            Words(short(bar.name, LONGEST), (begin + 5, name), mono=True),
            Strokes([[(begin, line), (scale(end), line)]], color, 1.1, colors.dash(bar.executor), 0.45),
            Strokes([[(scale(bar.low), line), (scale(bar.high), line)]], color, 4, opacity=0.5),
        )
        if bar.value is not None:
            symbol, size = ("*", 8.0) if bar.best else (colors.symbol(bar.variant), 6.0)
            figure.add(Marks(symbol, [(scale(bar.value), line)], color, size))
        figure.add(Words(text, (scale(bar.high) + 8, line + 3)))
    axis = "time per call" if finding.seconds else "times as fast"
    figure.add(Words(f"{axis}, logarithmic →", (LEFT, figure.height - 3), FAINT))
    named = "; ".join(f"{short(bar.name)} {text}" for bar, text in zip(finding.bars, texts, strict=True))
    return Drawing(figure, f"{axis[0].upper()}{axis[1:]}: {named}.", "")


def _value(bar: Bar, seconds: bool) -> str:
    if bar.value is None:
        return units.span((bar.low, bar.high))
    return units.time(bar.value) if seconds else units.times(bar.value)
