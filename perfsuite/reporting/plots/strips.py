"""The samples of one case in time order, a strip for each variant: what a median does not show."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from perfsuite.model.record import Launch, Record
from perfsuite.reporting import units
from perfsuite.reporting.canvas.axes import Panel, panel
from perfsuite.reporting.canvas.choice import Palette
from perfsuite.reporting.canvas.drawing import BODY, FAINT, INK, Drawing, Point, Strokes, Words, short
from perfsuite.reporting.canvas.labels import about, name_rows, row_margin, width

MARKED = 1800  # samples in one figure that are drawn one by one; of more, neighbours are drawn together
BINS = 480  # groups of neighbours in one figure
HALF = 0.42  # half the height of a strip; its row has a height of 1
ROW = 26.0  # points


def samples(records: Sequence[Record], colors: Palette) -> Drawing | None:
    """Each sample of one group in time order, as a ratio to its variant's median: a strip per variant, launches apart.

    Only the variants in ``colors``. ``None`` where no launch has more than one sample. Above
    :data:`MARKED` samples, every few neighbours are drawn as a line from the fastest to the slowest, with their median.
    """
    drawn = [
        record for record in records if record.status == "ok" and any(len(one.wall) > 1 for one in record.launches)
    ]
    drawn = [record for record in drawn if record.key.variant in colors.chosen]
    if not drawn:
        return None
    total = sum(len(launch.wall) for record in drawn for launch in record.launches)
    every = math.ceil(total / BINS) if total > MARKED else 1
    spans, ends = _side_by_side(drawn)
    names = [short(record.key.way) for record in drawn]
    reach = _reach(drawn)
    edges = f"+{units.percent(math.expm1(reach))}", f"−{units.percent(-math.expm1(-reach))}"
    right = 12 + max(map(width, edges))
    inside = panel(
        52 + ROW * len(drawn),
        (0, ends),
        (len(drawn) - 0.5, -0.5),
        row_margin(names),
        right,
        top=8,
        bottom=44,
        log=(False, False),
    )
    for row, record in enumerate(drawn):
        _strip(inside, row, record, spans, every, reach, colors.color(record.key.variant))
    name_rows(inside.figure, names, [inside.y(row) for row in range(len(drawn))], inside.left - 4)
    for edge, text in zip((-HALF, HALF), edges, strict=True):
        inside.figure.add(Words(text, (inside.right + 4, inside.y(edge) + 3), FAINT))
    _name_launches(inside, [offset for _, offset in spans.values()])
    return Drawing(inside.figure, *_words(drawn, len(spans), total, every))


def _strip(
    inside: Panel,
    row: int,
    record: Record,
    spans: Mapping[int, tuple[float, float]],
    every: int,
    reach: float,
    color: str,
) -> None:
    """Draw one variant's samples in row ``row``, with a line for the median of each launch."""
    centre = _centre(record)
    middle = inside.y(row)
    lines: list[list[Point]] = []
    dots: list[list[Point]] = []
    medians: list[list[Point]] = []
    for launch in record.launches:
        if not launch.wall:
            continue
        start, offset = spans[launch.launch]
        x = inside.x.start + (np.array(launch.at) - start + offset) * _pace(inside)
        y = middle - HALF * ROW * np.clip(np.log(np.array(launch.wall) / centre) / reach, -1, 1)
        if every > 1:
            some = [(float(x[at : at + every].mean()), y[at : at + every]) for at in range(0, len(x), every)]
            dots += [[(left, float(np.median(up)))] for left, up in some]
            lines += [[(left, float(up.min())), (left, float(up.max()))] for left, up in some]
        else:
            dots += [[place] for place in zip(x.tolist(), y.tolist(), strict=True)]
        height = middle - HALF * ROW * _share(launch.median / centre, reach)
        medians.append([(float(x[0]), height), (float(x[-1]), height)])
    inside.figure.add(Strokes([[(inside.left, middle), (inside.right, middle)]], FAINT, 0.5, opacity=0.5))
    if lines:
        inside.figure.add(Strokes(lines, color, 1.0, opacity=0.45))
    inside.figure.add(Strokes(dots, color, 2.2 if lines else 2.6, opacity=0.8 if lines else 0.55))
    inside.figure.add(Strokes(medians, INK, 1.0))


def _share(ratio: float, reach: float) -> float:
    """How far above its strip's middle a ratio to the median is drawn, from -1 to 1."""
    return max(-1.0, min(1.0, math.log(ratio) / reach))


def _pace(inside: Panel) -> float:
    """Points for a second."""
    return (inside.right - inside.left) / (inside.x.high - inside.x.low)


def _centre(record: Record) -> float:
    """The median over launches of the launch's median."""
    return statistics.median(one.median for one in record.launches if one.wall)


def _reach(records: Sequence[Record]) -> float:
    """The logarithm of the ratio that a strip's edges stand for: 95 % of all samples lie within it."""
    apart = [
        np.abs(np.log(np.concatenate([one.wall for one in record.launches]) / _centre(record))) for record in records
    ]
    return max(0.01, float(np.quantile(np.concatenate(apart), 0.95)))


def _name_launches(inside: Panel, offsets: Sequence[float]) -> None:
    """Name the processes below the strips, as many as have room."""
    free, y = -math.inf, inside.bottom + 12
    for at, offset in enumerate(offsets):
        start, text = inside.x(offset), f"launch {at + 1}" if len(offsets) < 8 else str(at + 1)
        if start >= free:
            inside.figure.add(Words(text, (start, y), FAINT))
            free = start + width(text) + 4
    middle = (inside.left + inside.right) / 2
    words = "time, launches side by side" if len(offsets) < 8 else "time, launches side by side, by number"
    inside.figure.add(Words(words, (middle, y + 15), size=BODY, anchor="middle"))


def _words(drawn: Sequence[Record], launches: int, total: int, every: int) -> tuple[str, str]:
    """The result in words, and the caption."""
    widest = max(drawn, key=_wobble)
    alt = (
        f"Samples of {len(drawn)} variants in {launches} launches; the medians of {short(widest.key.way)} lie "
        f"furthest apart, {units.percent(_wobble(widest))}."
    )
    first = drawn[0].key
    caption = (
        f"{about(first.case, first.device, first.threads)} "
        f"{units.count(total)} samples in the order they were taken, as a share of their variant's median; each block "
        "is one fresh process, the line through it its median. Points at a strip's edge lie beyond it."
    )
    grouped = f" Every {every} neighbours are one line, from the fastest to the slowest; the point is their median."
    return alt, caption + grouped * (every > 1)


def _side_by_side(records: Sequence[Record]) -> tuple[dict[int, tuple[float, float]], float]:
    """``(start, offset)`` of each launch, which puts the launches side by side, and where the last one ends."""
    starts: dict[int, float] = {}
    lasts: dict[int, float] = {}
    for launch in _taken(records):
        starts[launch.launch] = min(starts.get(launch.launch, math.inf), launch.at[0])
        lasts[launch.launch] = max(lasts.get(launch.launch, -math.inf), launch.at[-1])
    lasting = {number: lasts[number] - starts[number] for number in sorted(starts)}
    gap = 0.04 * sum(lasting.values()) / len(lasting) + 1e-9
    spans, offset = {}, gap
    for number, seconds in lasting.items():
        spans[number] = (starts[number], offset)
        offset += seconds + 2 * gap
    return spans, offset


def _taken(records: Iterable[Record]) -> Iterable[Launch]:
    return (launch for record in records for launch in record.launches if launch.at)


def _wobble(record: Record) -> float:
    """How far apart the launches' medians are, as a share of the smallest."""
    medians = [launch.median for launch in record.launches if launch.wall]
    return max(medians) / min(medians) - 1
