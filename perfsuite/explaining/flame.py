"""A differential flame graph: where each frame is drawn, how wide, and how much more or less the other side spends.

The drawing is an icicle: callers above what they call. Widths are seconds of a call of one side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from perfsuite.explaining.stacks import Stacks

NARROW = 0.002  # of the whole: narrower frames are left out
DEEPEST = 40  # levels
LEVELS = 4  # of each colour
SAME = 0.02  # of the larger side: smaller differences are drawn in grey


@dataclass(frozen=True)
class Box:
    """One frame at its place."""

    name: str
    depth: int
    left: float  # share of the width of the drawing
    width: float
    here: float  # seconds of a call of the side that is drawn
    other: float  # seconds of a call of the other side in the same frame

    def tone(self, largest: float, whole: float) -> str:
        """``more1`` (a little) to ``more4``, ``less1`` to ``less4``, or ``same``: what this side spends beyond."""
        difference = self.here - self.other
        if abs(difference) <= SAME * whole or not largest:
            return "same"
        level = min(LEVELS, 1 + int(LEVELS * abs(difference) / largest))
        return f"{'more' if difference > 0 else 'less'}{level}"


@dataclass
class _Node:
    here: float = 0.0
    other: float = 0.0
    inner: dict[str, _Node] = field(default_factory=dict)


def boxes(here: Stacks, other: Stacks) -> list[Box]:
    """The frames of ``here`` from the top, each with what ``other`` spends in the same frame under the same callers."""
    root = _Node()
    for stacks, name in ((here, "here"), (other, "other")):
        for frames, seconds in stacks.items():
            node = root
            for frame in frames[:DEEPEST]:
                node = node.inner.setdefault(frame, _Node())
                setattr(node, name, getattr(node, name) + seconds)
    whole = sum(node.here for node in root.inner.values())
    return list(_laid(root.inner, 0.0, 0, whole)) if whole else []


def _laid(inner: Mapping[str, _Node], left: float, depth: int, whole: float) -> Iterator[Box]:
    for name, node in sorted(inner.items()):
        width = node.here / whole
        if width >= NARROW:
            yield Box(name, depth, left, width, node.here, node.other)
            yield from _laid(node.inner, left, depth + 1, whole)
        left += width


def gone(here: Stacks, other: Stacks) -> list[tuple[str, float]]:
    """Frames that only ``other`` has, with its seconds, the costliest first: they have no place in the drawing."""
    found: dict[str, float] = {}
    known = {frames[: depth + 1] for frames in here for depth in range(len(frames))}
    for frames, seconds in other.items():
        depth = next((depth for depth in range(len(frames)) if frames[: depth + 1] not in known), None)
        if depth is not None:
            found[frames[depth]] = found.get(frames[depth], 0.0) + seconds
    return sorted(found.items(), key=lambda item: -item[1])
