"""A figure as PNG for TensorBoard, drawn by matplotlib: on a white background, the same bytes each time."""

from __future__ import annotations

import io
import warnings
from typing import Any

from perfsuite.model.printable import legible
from perfsuite.reporting.canvas.drawing import PAPER, Area, Figure, Item, Strokes, Words

DPI = 110
STYLE = {"font.family": ["DejaVu Sans"], "text.parse_math": False, "text.usetex": False}
SIDES = {"start": "left", "middle": "center", "end": "right"}


def png(figure: Figure) -> bytes:
    """``figure`` as PNG, with :data:`DPI` pixels for 72 points."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Page

    out = io.BytesIO()
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        page = Page(figsize=(figure.width / 72, figure.height / 72))
        axes = page.add_axes((0, 0, 1, 1), xlim=(0, figure.width), ylim=(figure.height, 0))
        axes.axis("off")
        for at, item in enumerate(figure.items):
            _draw(axes, item, at)
        page.savefig(out, format="png", dpi=DPI, facecolor=PAPER, metadata={"Software": None})
    return out.getvalue()


def _draw(axes: Any, item: Item, order: int) -> None:
    style: dict[str, Any] = {"color": item.color, "zorder": order}
    if isinstance(item, Words):
        family = "DejaVu Sans Mono" if item.mono else "DejaVu Sans"
        place = {"ha": SIDES[item.anchor], "va": "baseline", "rotation": item.angle, "rotation_mode": "anchor"}
        axes.text(*item.at, legible(item.text), fontsize=item.size, family=family, **place, **style)
    elif isinstance(item, Strokes):
        dashes = (0, item.dash) if item.dash else "-"
        for line in item.lines:
            x, y = zip(*line, strict=True)
            round_ends = {"marker": "o", "markersize": item.width, "markeredgewidth": 0} if len(line) == 1 else {}
            axes.plot(x, y, linewidth=item.width, linestyle=dashes, alpha=item.opacity, **round_ends, **style)
    elif isinstance(item, Area):
        axes.fill(*zip(*item.points, strict=True), alpha=item.opacity, linewidth=0, **style)
    else:
        x, y = zip(*item.points, strict=True)
        face = PAPER if item.hollow else item.color
        axes.plot(x, y, item.symbol, markersize=item.size, markerfacecolor=face, **style)
