"""Which number of worker processes reads a data set fastest, by the size of the set and the cost of a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.claims.book import WORKERS
from benchmarks.claims.evidence import Evidence
from benchmarks.claims.rules import PerCore
from perfsuite.model.estimates import Estimate, ratio, seconds
from perfsuite.model.record import Problem, Record, Run
from perfsuite.reporting import units
from perfsuite.reporting.canvas.axes import Panel, bottom_axis, decades, left_axis, panel, steps, times
from perfsuite.reporting.canvas.drawing import (
    FAINT,
    HUES,
    INK,
    SYMBOLS,
    Drawing,
    Marks,
    Point,
    Strokes,
    Words,
)
from perfsuite.reporting.canvas.labels import column, width

CLOSE = 1.05  # a number of workers counts as best if no other is faster by more than this
REMARK = (40, 11)  # width and height of a remark in the figure, in points
LEGEND = "fastest with"
STAYING = "persistent_2"  # the variant with workers that outlive the epoch


@dataclass(frozen=True)
class Tried:
    """A data set that was read with several numbers of workers."""

    problem: Problem
    case: str
    samples: int
    epoch: float  # seconds of an epoch in one process
    speeds: Mapping[int, Estimate]  # number of workers -> how many times as fast as one process
    staying: Estimate | None  # the same for two workers that were started before
    verdict: str  # on the rule of thumb: as many workers as cores, or twice as many

    @property
    def sample(self) -> float:
        """Seconds that a sample costs in one process."""
        return self.epoch / self.samples

    @property
    def best(self) -> int:
        """The fewest workers that no other number beats by more than 5 %; 0 means one process."""
        speeds = {0: 1.0} | {number: speed.value for number, speed in self.speeds.items()}
        return min(number for number, speed in speeds.items() if speed * CLOSE >= max(speeds.values()))


def tried(run: Run) -> list[Tried]:
    """The data sets of ``run`` that were read by one process and by workers, small epochs first."""
    evidence = Evidence.of(run)
    sets: dict[tuple[str, str], dict[str, Record]] = {}
    for record in run.records:
        cell = record.key
        plain = (cell.device, cell.threads, cell.executor, cell.cold) == ("cpu", "1", "eager", False)
        if plain and record.status == "ok" and record.size and cell.variant in (*WORKERS.values(), STAYING):
            sets.setdefault((cell.component, cell.case), {})[cell.variant] = record
    found = []
    for (component, case), records in sets.items():
        one = records.get(WORKERS[0])
        epoch = seconds(one) if one else None
        if one is None or epoch is None:
            continue
        speeds = {
            number: speed
            for number, way in WORKERS.items()
            if number and way in records and (speed := ratio(one, records[way]))
        }
        if speeds:
            verdict = PerCore(component, case, WORKERS).decide(evidence).verdict
            staying = ratio(one, records[STAYING]) if STAYING in records else None
            found.append(Tried(run.problem(component), case, one.size, epoch.value, speeds, staying, verdict))
    return sorted(found, key=lambda one: one.epoch)


def figure(sets: Sequence[Tried]) -> Drawing | None:
    """What a sample costs against the size of the set, each marked by its best number of workers. ``None`` for none."""
    if not sets:
        return None
    x, y = [one.samples for one in sets], [one.sample for one in sets]
    across, up = (min(x) / 1.6, max(x) * 4), (min(y) / 2.5, max(y) * 2.5)
    numbers = list(WORKERS)
    found = sorted({one.best for one in sets})
    names = {best: workers(best) if best else "one process" for best in found}
    inside = panel(345, across, up, left=48, right=column([LEGEND, *names.values()], mono=False) + 8, top=30)
    left_axis(inside, steps(*up), times(steps(*up)), "time to make one sample, one process")
    bottom_axis(inside, decades(*across), [units.count(tick) for tick in decades(*across)], "samples in the data set")
    marks = [inside.at(one.samples, one.sample) for one in sets]
    taken: list[Point] = []
    _epochs(inside, taken)
    hues = [INK, *HUES]
    for best in found:
        at = numbers.index(best)
        some = [place for one, place in zip(sets, marks, strict=True) if one.best == best]
        inside.figure.add(Marks(SYMBOLS[at], some, hues[at], 7, hollow=not best))
    for one, place in zip(sets, marks, strict=True):
        speed = units.times(max(speed.value for speed in one.speeds.values()))
        if words := _free(place, marks, taken):
            inside.figure.add(Words(speed, words, hues[numbers.index(one.best)], anchor="middle"))
    _legend(inside, [(SYMBOLS[numbers.index(best)], hues[numbers.index(best)], names[best]) for best in found])
    alone = [one for one in sets if not one.best]
    told = f"Of {len(sets)} data sets, {len(alone)} are read fastest by one process. {turning(sets)}"
    caption = (
        "Each mark is a data set; where there is room, the number beside it is the speed-up of the best number of "
        "workers over one process. Times are of whole epochs, including the start of the workers. Along a thin line "
        "epochs take the same time in one process."
    )
    return Drawing(inside.figure, told.strip(), caption)


def _epochs(inside: Panel, taken: list[Point]) -> None:
    """A line for each decade of an epoch's length, named at its upper end; the names' places are added to ``taken``."""
    x, y = inside.x, inside.y
    for epoch in decades(x.low * y.low, x.high * y.high):
        left, right = max(x.low, epoch / y.high), min(x.high, epoch / y.low)
        inside.figure.add(Strokes([[inside.at(left, epoch / left), inside.at(right, epoch / right)]], FAINT, 0.6))
        start, top = inside.at(left, epoch / left)
        text = f"epoch {units.time(epoch)}"
        if inside.bottom - top > 30 and start + 8 + width(text, 8) < inside.right:
            inside.figure.add(Words(text, (start + 6, top + 9), FAINT, 8))
            taken.append((start + 6 + width(text, 8) / 2, top + 6))


def _legend(inside: Panel, entries: Sequence[tuple[str, str, str]]) -> None:
    """What the marks mean, at the right."""
    x, y = inside.right + 20, inside.top + 4
    inside.figure.add(Words(LEGEND, (x - 5, y)))
    for at, (symbol, color, text) in enumerate(entries):
        line = y + 16 * (at + 1)
        inside.figure.add(
            Marks(symbol, [(x, line - 3)], color, 7, hollow=symbol == SYMBOLS[0]), Words(text, (x + 9, line), color)
        )


def _free(at: Point, marks: Sequence[Point], taken: list[Point]) -> Point | None:
    """The place above or below ``at`` where a remark covers no mark and none of ``taken``, to which it is added."""
    wide, high = REMARK
    x, y = at
    for down in (-8, 14):
        middle = y + down - 3
        covered = any(abs(x - left) < wide / 2 and abs(middle - above) < 8 for left, above in marks)
        if not covered and all(abs(x - left) > wide or abs(middle - above) > high for left, above in taken):
            taken.append((x, middle))
            return x, y + down
    return None


def workers(number: int) -> str:
    """``1 worker``, ``2 workers``."""
    return f"{number} worker{'s' * (number != 1)}"


def turning(sets: Sequence[Tried]) -> str:
    """One sentence: the length of epoch from which workers pay off, or that the length alone does not decide."""
    alone = [one.epoch for one in sets if not one.best]
    shared = [one.epoch for one in sets if one.best]
    if not alone or not shared:
        return "Workers pay off for all of them." if shared else "Workers pay off for none of them."
    if max(alone) < min(shared):
        return f"Workers pay off for epochs from {units.time(min(shared))}, and not up to {units.time(max(alone))}."
    return (
        f"Workers never pay off for epochs below {units.time(min(shared))}, and always above {units.time(max(alone))}; "
        "in between it depends on the cost of a sample."
    )
