"""The look of every figure, and a figure as SVG: the same bytes each time, readable on a light and on a dark page."""

from __future__ import annotations

import functools
import io
import math
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from perfsuite.model.printable import visible
from perfsuite.reporting import units

P = ParamSpec("P")

INK, FAINT, PAPER = "#1d2126", "#6b7280", "#fefefe"
HUES = {  # Okabe and Ito's palette: light page -> dark page, lightened or darkened where its contrast was below 3
    "#0072b2": "#56a8e0",
    "#d55e00": "#f07f2e",
    "#009e73": "#1fbf94",
    "#b0568f": "#dd92c0",
    "#b87700": "#e69f00",
    INK: "#e6e8eb",
    "#7a7000": "#e3d84a",
    "#3d9bd4": "#a5d8f7",
}
DARK = {**HUES, FAINT: "#9aa3ae", PAPER: "#15181c"}
MARKS = "os^DvPX*"
DASHES = {"eager": "-", "compile": (0, (4, 2)), "cudagraph": (0, (1, 1.5))}
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "figures",
    "text.parse_math": False,
    "text.usetex": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
}
FACES = {"DejaVu Sans Mono": "--mono", "DejaVu Sans": "--face"}
MONO = "DejaVu Sans Mono"
FONTS = (
    "--face:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;"
    "--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
)


@dataclass(frozen=True)
class Drawing:
    """A figure with its alternative text and its caption."""

    figure: Figure
    alt: str  # the result in words
    caption: str


def styled(draw: Callable[P, Drawing | None]) -> Callable[P, Drawing | None]:
    """Draw in this project's style, whatever matplotlib is set to."""

    @functools.wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> Drawing | None:
        with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
            return draw(*args, **kwargs)

    return inside


def svg(figure: Figure) -> str:
    """``figure`` as SVG whose colours follow the reader's light or dark scheme; without a date, the same each time."""
    out = io.StringIO()
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # the font only measures, it never draws
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    names = {light: f"--c{at}" for at, light in enumerate(DARK)}
    for light, name in names.items():
        text = text.replace(light, f"var({name})")
    for face, name in FACES.items():
        text = re.sub(rf"(font: [^;\"]*?)'{face}'", rf"\1var({name})", text)
    light = "".join(f"{name}:{color};" for color, name in names.items())
    dark = "".join(f"{name}:{DARK[color]};" for color, name in names.items())
    style = (
        f"<style>:root{{{FONTS}{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"text{{paint-order:stroke;stroke:var({names[PAPER]});stroke-width:3px;stroke-linejoin:round}}</style>"
    )
    return text[text.index("<svg") :].replace("<defs>", style + "<defs>", 1)


def short(name: str, most: int = 28) -> str:
    """``name`` cut to ``most`` characters: its ends stay, the middle is left out."""
    name = visible(name)
    return name if len(name) <= most else f"{name[: most - 9]}…{name[-8:]}"


def panel(
    width: float, height: float, left: float, right: float, top: float = 0.15, bottom: float = 0.5
) -> tuple[Figure, Axes]:
    """A figure of ``width`` x ``height`` inches with one set of axes; the margins are inches too."""
    figure = Figure(figsize=(width, height))
    inside = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    return figure, figure.add_axes(inside)


def decades(low: float, high: float) -> list[float]:
    """Powers of ten between ``low`` and ``high``; every second or third if they would be too close."""
    exponents = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    return [10.0**exponent for exponent in exponents[:: max(1, math.ceil(len(exponents) / 9))]]


def log_time(axis: Any, low: float, high: float) -> None:
    """Ticks of a logarithmic axis of seconds, each in the unit that fits: decades, or 1-2-5 where there are few."""
    ticks = decades(low, high)
    if len(ticks) < 3:
        steps = (step * 10.0**exponent for exponent in range(-12, 6) for step in (1, 2, 5))
        ticks = [tick for tick in steps if low <= tick <= high]
    plain(
        axis,
        ticks,
        [
            f"{units.digits(tick / unit.scale, 1)} {unit.name}"
            for tick in ticks
            for unit in [units.fitting(tick, units.SECONDS)]
        ],
    )


def name_axis(axes: Axes, x: str, y: str) -> None:
    """Name both axes; the name of the vertical one is horizontal and above it, which is easier to read."""
    axes.set_xlabel(x)
    axes.annotate(y, (0, 1), (-4, 8), xycoords="axes fraction", textcoords="offset points", ha="left", fontsize=10)


def plain(axis: Any, ticks: Sequence[float], labels: Sequence[str]) -> None:
    """Set exactly these ticks with these labels."""
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FixedFormatter(labels))
    axis.set_minor_locator(NullLocator())


def row_margin(names: Sequence[str]) -> float:
    """Inches at the left of a figure for the longest of its rows' ``names``."""
    return 0.2 + 0.085 * max(len(name) for name in names)


def name_rows(axes: Axes, names: Sequence[str], size: float) -> None:
    """Name the rows 0, 1, ... of a figure at its left edge, in a monospaced font."""
    plain(axes.yaxis, range(len(names)), names)
    for label in axes.get_yticklabels():
        label.set_fontfamily(MONO)
        label.set_fontsize(size)


def note(axes: Axes, text: str, at: tuple[float, float], shift: tuple[float, float], **style: Any) -> None:
    """Write a small remark at a data point, moved by ``shift`` points."""
    style = {"fontsize": 8.5, "color": FAINT, **style}
    axes.annotate(text, at, shift, textcoords="offset points", annotation_clip=False, **style)


def dots(axes: Axes, x: Sequence[float], y: Sequence[float], color: str, width: float = 2.6) -> None:
    """Draw many points as one path of zero-length strokes with round ends: a tenth of the bytes of as many markers."""
    points = np.repeat(np.column_stack([x, y]), 2, axis=0)
    path = Path(points, [Path.MOVETO, Path.LINETO] * len(x))
    path.should_simplify = False
    patch = PathPatch(path, fill=False, edgecolor=color, linewidth=width, capstyle="round", alpha=0.55)
    patch.set_transform(axes.transData)
    axes.add_artist(patch)  # not add_patch, which would scan the points for limits that are already set


def end_labels(axes: Axes, ends: Sequence[tuple[str, float, float, str]], low: float, high: float) -> None:
    """Write each curve's name at its end; close names are moved apart, and a thin line leads from each to its end."""
    gap = 0.036 * math.log(high / low)
    for x in sorted({end[1] for end in ends}):
        here = [end for end in ends if end[1] == x]
        places = spread([math.log(end[2]) for end in here], gap)
        for (way, _, y, color), place in zip(here, places, strict=True):
            moved = (place - math.log(y)) / math.log(high / low) * axes.bbox.height * 72 / axes.figure.dpi
            line = {"arrowstyle": "-", "color": color, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
            arrow = line if abs(moved) > 2 else None
            note(axes, short(way), (x, y), (10, moved), va="center", family=MONO, color=color, arrowprops=arrow)


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """``wanted`` positions, in their order, moved apart until each two are ``gap`` apart, no further than needed."""
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    blocks: list[tuple[float, list[int]]] = []  # (centre, members)
    for at in order:
        blocks.append((wanted[at], [at]))
        while len(blocks) > 1 and _bottom(blocks[-1], gap) - _top(blocks[-2], gap) < gap:
            (low, under), (high, over) = blocks[-2:]
            members = under + over
            centre = (low * len(under) + high * len(over)) / len(members)
            blocks[-2:] = [(centre, members)]
    placed = dict.fromkeys(order, 0.0)
    for block in blocks:
        for rank, at in enumerate(block[1]):
            placed[at] = _bottom(block, gap) + rank * gap
    return [placed[at] for at in range(len(wanted))]


def _bottom(block: tuple[float, list[int]], gap: float) -> float:
    return block[0] - gap * (len(block[1]) - 1) / 2


def _top(block: tuple[float, list[int]], gap: float) -> float:
    return block[0] + gap * (len(block[1]) - 1) / 2
