"""A figure as SVG: the same bytes each time, readable on a light and on a dark page, no scripts, nothing loaded.

Written without a plotting library: matplotlib takes 40 to 80 ms for one of these figures and four times the bytes, and
the report of a full run has a thousand of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from perfsuite.model.printable import legible
from perfsuite.reporting.canvas.drawing import (
    BODY,
    COLORS,
    PAPER,
    Area,
    Figure,
    Item,
    Marks,
    Point,
    Strokes,
    Words,
)
from perfsuite.reporting.canvas.shapes import OUTLINES

FACE = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
HALO = f"paint-order:stroke;stroke:{PAPER};stroke-width:3px;stroke-linejoin:round"  # keeps words apart from lines
STYLE = (
    f"text{{font:{BODY:g}px {FACE};fill:currentColor}}.m{{font-family:{MONO}}}.h{{{HALO}}}"
    f".o{{fill:{PAPER};stroke:currentColor;stroke-width:1.4}}"
    ".l{fill:none;stroke:currentColor;stroke-linejoin:round}.r{stroke-linecap:round}.a{fill:currentColor}"
)
QUOTED = str.maketrans({letter: f"%{ord(letter):02X}" for letter in '%#<>"\t\n\r'})
CLASSES = {color: f"c{at}" for at, color in enumerate(COLORS)}


def svg(figure: Figure, dark: bool = True) -> str:
    """``figure`` as SVG whose colours follow the reader's light or dark scheme, or with ``dark`` false stay light."""
    used = sorted({item.color for item in figure.items}, key=[*COLORS].index)
    light = "".join(f".{CLASSES[color]}{{color:{color}}}" for color in used)
    night = "".join(f".{CLASSES[color]}{{color:{COLORS[color]}}}" for color in used)
    night += f".h{{stroke:{COLORS[PAPER]}}}.o{{fill:{COLORS[PAPER]}}}"
    scheme = f"@media (prefers-color-scheme:dark){{{night}}}" if dark else ""
    size = f"width='{_n(figure.width)}pt' height='{_n(figure.height)}pt'"
    view = f"viewBox='0 0 {_n(figure.width)} {_n(figure.height)}'"
    body = "".join(map(_item, figure.items))
    return f"<svg xmlns='http://www.w3.org/2000/svg' {size} {view}><style>{STYLE}{light}{scheme}</style>{body}</svg>\n"


def address(figure: Figure) -> str:
    """The figure as a data URL, which needs no file; an image can neither run scripts nor load anything.

    Only what a URL cannot hold is quoted, which takes a quarter fewer bytes than base64.
    """
    return "data:image/svg+xml;charset=utf-8," + svg(figure).strip().translate(QUOTED)


def _item(item: Item) -> str:
    color = CLASSES[item.color]
    if isinstance(item, Words):
        return _words(item, color)
    if isinstance(item, Strokes):
        dots = " r" * any(len(line) == 1 for line in item.lines)
        dash = f" stroke-dasharray='{' '.join(map(_n, item.dash))}'" if item.dash else ""
        style = f"stroke-width='{_n(item.width)}'{dash}{_opacity(item.opacity)}"
        return f"<path class='l{dots} {color}' {style} d='{_lines(item.lines)}'/>"
    if isinstance(item, Area):
        return f"<path class='a {color}'{_opacity(item.opacity)} d='{_line(item.points)}z'/>"
    kind = "o" if item.hollow else "a"
    return f"<path class='{kind} {color}' d='{''.join(_symbol(item, point) for point in item.points)}'/>"


def _words(item: Words, color: str) -> str:
    x, y = map(_n, item.at)
    kinds = color + " h" * item.halo + " m" * item.mono
    size = "" if item.size == BODY else f" style='font-size:{_n(item.size)}px'"
    anchor = "" if item.anchor == "start" else f" text-anchor='{item.anchor}'"
    turned = f" transform='rotate({_n(-item.angle)} {x} {y})'" if item.angle else ""
    return (
        f"<text class='{kinds}' x='{x}' y='{y}'{size}{anchor}{turned}>{escape(legible(item.text), quote=False)}</text>"
    )


def _symbol(item: Marks, point: Point) -> str:
    x, y = point
    radius = item.size / 2
    if item.symbol == "o":
        arc = f"a{_n(radius)} {_n(radius)} 0 1 0 "
        return f"M{_n(x - radius)} {_n(y)}{arc}{_n(2 * radius)} 0{arc}{_n(-2 * radius)} 0z"
    return _line([(x + radius * across, y + radius * down) for across, down in OUTLINES[item.symbol]]) + "z"


def _lines(lines: Iterable[Sequence[Point]]) -> str:
    return "".join(_line(line) if len(line) > 1 else f"M{_n(line[0][0])} {_n(line[0][1])}h0" for line in lines)


def _line(points: Sequence[Point]) -> str:
    (x, y), *rest = ((_n(x), _n(y)) for x, y in points)
    told, place = [f"M{x} {y}"], (x, y)
    for x, y in rest:
        if y == place[1]:
            told.append(f"H{x}")
        elif x == place[0]:
            told.append(f"V{y}")
        else:
            told.append(f"L{x} {y}")
        place = (x, y)
    return "".join(told)


def _opacity(opacity: float) -> str:
    return "" if opacity == 1 else f" opacity='{_n(opacity, 2)}'"


def _n(value: float, places: int = 1) -> str:
    """A number in few characters: a tenth of a point cannot be seen."""
    text = f"{value:.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
