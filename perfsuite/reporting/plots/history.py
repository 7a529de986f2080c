"""A cell over the runs of a history, and many cells at a glance."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence

from perfsuite.history.history import History, Row
from perfsuite.history.model import Point
from perfsuite.history.suspicions import Suspicion
from perfsuite.model.estimates import Estimate, median_interval
from perfsuite.reporting import units
from perfsuite.reporting.canvas.axes import Panel, bottom_axis, left_axis, panel
from perfsuite.reporting.canvas.drawing import FAINT, HUES, INK, Drawing, Figure, Strokes, Words, short
from perfsuite.reporting.canvas.drawing import Point as Place
from perfsuite.reporting.canvas.labels import row_margin, width
from perfsuite.reporting.comparison.wording import change
from perfsuite.reporting.history import wording

BLUE, ORANGE, GREEN = [*HUES][:3]
TONES = {"slower": ORANGE, "faster": GREEN}  # confirmed; what is only suspected is grey, and dashed
MOST = 160  # runs that are drawn with an interval each; of more, neighbours are drawn together
LABELS = 12  # commits that are named below a figure
ROWS, LAST = 40, 60  # cells and runs of the picture of all cells
ROW = 13.0  # points
SHADES, LEAST = 5, 0.01  # strengths of a colour; a smaller change has none
FULL = 0.10  # a change by so much has the strongest colour


def series(found: History, row: Row) -> Drawing:
    """The time of one cell over all runs, with intervals, steps, and where packages or the machine changed."""
    points = row.series.points
    base = statistics.median(point.seconds for point in points)
    place = {run.run: at for at, run in enumerate(found.runs.runs)}
    first, last = place[points[0].run], place[points[-1].run]
    shown = _shown(points, place)
    measured = _shown(row.raw.points, place) if row.raw is not row.series else []
    low = min([*(one.low for _, one in shown), *(one.value for _, one in measured)]) / base - 1
    high = max([*(one.high for _, one in shown), *(one.value for _, one in measured)]) / base - 1
    room = max(0.01, 0.06 * (high - low))
    ends = (low - room, high + room)
    left = 14 + max(width(change(1 + tick), 10) for tick in _ticks(*ends))
    inside = panel(230, (first - 0.5, last + 0.5), ends, left, 26, top=34, log=(False, False))
    ticks = _ticks(*ends)
    left_axis(inside, ticks, [change(1 + tick) for tick in ticks], f"change from the median, {units.time(base)}")
    _commits(inside, found, [place[point.run] for point in points])
    _marked(inside, found, first, last)
    if measured:
        dots = [[inside.at(x, one.value / base - 1)] for x, one in measured]
        inside.figure.add(Strokes(dots, FAINT, 2.0, opacity=0.7))
    bars = [[inside.at(x, one.low / base - 1), inside.at(x, one.high / base - 1)] for x, one in shown]
    inside.figure.add(Strokes(bars, BLUE, 1.0, opacity=0.6))
    inside.figure.add(Strokes([[inside.at(x, one.value / base - 1)] for x, one in shown], BLUE, 3.6))
    _steps(inside, row, place, base)
    return Drawing(inside.figure, _told(found, row), _caption(row))


def _shown(points: Sequence[Point], place: Mapping[str, int]) -> list[tuple[float, Estimate]]:
    """The place and the interval of each run, or of some neighbours together."""
    every = math.ceil(len(points) / MOST)
    groups = [points[at : at + every] for at in range(0, len(points), every)]
    shown = []
    for group in groups:
        values = group[0].launches if len(group) == 1 else [point.seconds for point in group]
        middle = statistics.fmean(place[point.run] for point in group)
        shown.append((middle, median_interval(values)))
    return shown


def _ticks(low: float, high: float) -> list[float]:
    """Round changes between the ends."""
    step = next(
        size
        for size in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 1e9)
        if (high - low) / size <= 7
    )
    return [at * step for at in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _commits(inside: Panel, found: History, places: Sequence[int]) -> None:
    """Name some of the runs by their commits."""
    every = max(1, math.ceil(len(places) / LABELS))
    chosen = places[::every]
    labels = [found.runs.runs[at].commit[:7] or found.runs.runs[at].started[5:10] for at in chosen]
    bottom_axis(inside, chosen, labels, "run, in the order of the commits")


def _marked(inside: Panel, found: History, first: int, last: int) -> None:
    """Lines where packages or the machine changed."""
    free = -math.inf
    for at, run in enumerate(found.runs.runs):
        if run.run not in found.changes or not first < at <= last:
            continue
        x = inside.x(at - 0.5)
        inside.figure.add(Strokes([[(x, inside.top), (x, inside.bottom)]], INK, 0.8, (2, 2), 0.6))
        text = short(found.changes[run.run][0], 34)
        if x >= free and x + width(text) < inside.right:
            inside.figure.add(Words(text, (x + 3, inside.top + 8), FAINT))
            free = x + width(text) + 8


def _steps(inside: Panel, row: Row, place: Mapping[str, int], base: float) -> None:
    """The levels between the steps, and each step with its size."""
    steps = [one for one in row.suspicions if one.kind == "step"]
    if not steps:
        return
    points = row.series.points
    number = {point.run: at for at, point in enumerate(points)}
    bounds = [0, *sorted(number[one.after] for one in steps), len(points)]
    for start, end in itertools.pairwise(bounds):
        level = statistics.median(point.seconds for point in points[start:end]) / base - 1
        ends = place[points[start].run] - 0.4, place[points[end - 1].run] + 0.4
        inside.figure.add(Strokes([[inside.at(ends[0], level), inside.at(ends[1], level)]], INK, 1.6))
    for one in steps:
        x = inside.x((place[one.before] + place[one.after]) / 2)
        color = TONES.get(one.state, FAINT)
        dash = () if one.confirmed else (4.0, 3.0)
        inside.figure.add(Strokes([[(x, inside.top), (x, inside.bottom)]], color, 1.4, dash))
        word = f"{wording.size(one)} {wording.STATES[one.state]}"
        anchor = "end" if x + width(word) > inside.right else "start"
        inside.figure.add(Words(word, (x + (3 if anchor == "start" else -3), inside.top - 4), color, anchor=anchor))


def _told(found: History, row: Row) -> str:
    said = [f"{wording.size(one)} {wording.STATES[one.state]}" for one in row.suspicions] or ["no change is suspected"]
    return f"{short(row.cell, 60)} over {len(row.series)} runs: {', '.join(said)}."


def _caption(row: Row) -> str:
    runs = len(row.series)
    text = "Each point is a run, the line through it its interval over launches."
    if runs > MOST:
        text = f"Each point is {math.ceil(runs / MOST)} neighbouring runs, the line the interval of their median."
    if any(one.beside for one in row.suspicions):
        text += " Grey points are the times as measured; the others are without what its rivals did in the same runs."
    elif row.series is not row.raw:
        text += " Grey points are the times as measured, before the drift of the machine was taken out."
    return f"{text} A coloured line is a confirmed change, a dashed one is only suspected or was not confirmed."


def grid(found: History) -> Drawing | None:
    """The cells with the largest changes over the last runs: how far each run is from the cell's first ones."""
    runs = found.runs.runs[-LAST:]
    rows = [row for row in found.rows if len(row.series) > 1][:ROWS]
    if not rows or len(runs) < 2:
        return None
    names = [short(row.cell, 44) for row in rows]
    left, top = row_margin(names), 20.0
    figure = Figure(top + ROW * len(rows) + 26)
    across = (figure.width - 8 - left) / len(runs)
    place = {run.run: at for at, run in enumerate(runs)}
    bars: defaultdict[tuple[str, float], list[list[Place]]] = defaultdict(list)
    for at, (row, name) in enumerate(zip(rows, names, strict=True)):
        y = top + ROW * (at + 0.5)
        figure.add(Words(name, (left - 6, y + 3), INK, anchor="end", mono=True))
        own = row.series.tail(LAST)
        start = statistics.median(row.series.seconds[:3].tolist())
        for stamp, seconds in zip(own.stamps, own.seconds.tolist(), strict=True):
            if stamp.run in place:
                x = left + across * place[stamp.run]
                log = math.log(seconds / start)
                share = math.ceil(SHADES * min(1.0, abs(log) / FULL)) / SHADES if abs(log) > LEAST else 0.0
                color = (ORANGE if log > 0 else GREEN) if share else FAINT
                bars[color, share or 0.12].append([(x, y), (x + max(1.0, across - 0.5), y)])
    for (color, share), lines in bars.items():
        figure.add(Strokes(lines, color, ROW - 1.5, opacity=share))
    bottom = top + ROW * len(rows)
    figure.add(Words(runs[0].commit[:7] or runs[0].started[:10], (left, bottom + 12), FAINT))
    figure.add(
        Words(runs[-1].commit[:7] or runs[-1].started[:10], (figure.width - 8, bottom + 12), FAINT, anchor="end")
    )
    figure.add(Words("older runs", (left, top - 6), FAINT))
    figure.add(Words("newer runs", (figure.width - 8, top - 6), FAINT, anchor="end"))
    alt = f"{len(rows)} cells over {len(runs)} runs: {wording.headline(found)}."
    caption = (
        f"Each row is a cell, each column a run, the last {len(runs)} of them. Orange: slower than in the cell's first "
        f"runs, green: faster; full colour from {units.percent(FULL)}. A colour alone is no finding."
    )
    return Drawing(figure, alt, caption)


def suspicion_tone(one: Suspicion) -> str:
    """The tone of a suspicion in a table."""
    return {"slower": "bad", "faster": "best"}.get(one.state, "quiet")
