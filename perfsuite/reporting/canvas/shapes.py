"""The outline of each symbol, for every format the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfsuite.reporting.canvas.drawing import Point


def _star(points: int, inner: float) -> list[Point]:
    radii = [1.0, inner] * points
    return [
        (radius * math.sin(math.pi * at / points), -radius * math.cos(math.pi * at / points))
        for at, radius in enumerate(radii)
    ]


_BAR = 0.36
_PLUS = [
    *[(-_BAR, -1.0), (_BAR, -1.0), (_BAR, -_BAR), (1.0, -_BAR), (1.0, _BAR), (_BAR, _BAR)],
    *[(_BAR, 1.0), (-_BAR, 1.0), (-_BAR, _BAR), (-1.0, _BAR), (-1.0, -_BAR), (-_BAR, -_BAR)],
]
_TURN = math.sqrt(0.5)
OUTLINES: dict[str, Sequence[Point]] = {  # corners around the origin, of about radius 1; the circle "o" has none
    "s": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "^": [(0, -1.1), (1.05, 0.8), (-1.05, 0.8)],
    "v": [(0, 1.1), (1.05, -0.8), (-1.05, -0.8)],
    "D": [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
    "P": _PLUS,
    "X": [((x - y) * _TURN, (x + y) * _TURN) for x, y in _PLUS],
    "*": [(1.3 * x, 1.3 * y) for x, y in _star(5, 0.45)],
}
