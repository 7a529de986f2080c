"""Which number of worker processes reads a data set fastest, by the size of the set and the cost of a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from benchmarks.claims.book import WORKERS
from benchmarks.claims.evidence import Evidence
from benchmarks.claims.rules import PerCore
from perfsuite.model.estimates import Estimate, ratio, seconds
from perfsuite.model.record import Problem, Record, Run
from perfsuite.reporting import units
from perfsuite.reporting.plots.drawing import (
    FAINT,
    HUES,
    INK,
    MARKS,
    Drawing,
    decades,
    log_time,
    name_axis,
    note,
    panel,
    plain,
    styled,
)

CLOSE = 1.05  # a number of workers counts as best if no other is faster by more than this
REMARK = (40, 11)  # width and height of a remark in the figure, in points
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


@styled
def figure(sets: Sequence[Tried]) -> Drawing | None:
    """What a sample costs against the size of the set, each marked by its best number of workers. ``None`` for none."""
    if not sets:
        return None
    x, y = [one.samples for one in sets], [one.sample for one in sets]
    drawing, axes = panel(8.6, 4.8, left=0.75, right=1.5, top=0.35)
    across, up = (min(x) / 1.6, max(x) * 4), (min(y) / 2.5, max(y) * 2.5)
    axes.set(xscale="log", yscale="log", xlim=across, ylim=up)
    for epoch in decades(across[0] * up[0], across[1] * up[1]):
        axes.plot(across, [epoch / end for end in across], color=FAINT, linewidth=0.6, zorder=0)
        top = (epoch / up[1], up[1]) if epoch / across[0] > up[1] else (across[0], epoch / across[0])
        if across[0] <= top[0] <= across[1] and top[1] > up[0] * 1.2:
            note(axes, f"epoch {units.time(epoch)}", top, (4, -9), fontsize=8, backgroundcolor="none")
    hues, numbers = [INK, *HUES], list(WORKERS)
    for best in sorted({one.best for one in sets}):
        at = numbers.index(best)
        some = [one for one in sets if one.best == best]
        axes.plot(
            [one.samples for one in some],
            [one.sample for one in some],
            marker=MARKS[at],
            color=hues[at],
            markerfacecolor=hues[at] if best else "none",
            linestyle="none",
            markersize=7,
            label=workers(best) if best else "one process",
        )
    taken: list[tuple[float, float]] = []
    marks = [(one.samples, one.sample) for one in sets]
    for one in sets:
        speed = units.times(max(speed.value for speed in one.speeds.values()))
        if shift := _free(axes, (one.samples, one.sample), marks, taken):
            note(axes, speed, (one.samples, one.sample), shift, ha="center", color=hues[numbers.index(one.best)])
    axes.legend(title="fastest with", loc="upper left", bbox_to_anchor=(1, 1), frameon=False, alignment="left")
    plain(axes.xaxis, decades(*across), [units.count(tick) for tick in decades(*across)])
    log_time(axes.yaxis, *up)
    name_axis(axes, "samples in the data set", "time to make one sample, one process")
    alone = [one for one in sets if not one.best]
    told = f"Of {len(sets)} data sets, {len(alone)} are read fastest by one process. {turning(sets)}"
    caption = (
        "Each mark is a data set; where there is room, the number beside it is the speed-up of the best number of "
        "workers over one process. Times are of whole epochs, including the start of the workers. Along a thin line "
        "epochs take the same time in one process."
    )
    return Drawing(drawing, told.strip(), caption)


def _free(
    axes: Axes, at: tuple[float, float], marks: Sequence[tuple[float, float]], taken: list[tuple[float, float]]
) -> tuple[int, int] | None:
    """The shift above or below ``at`` where a remark covers no mark and none of ``taken``, to which it is added."""
    wide, high = REMARK
    x, y, *others = (axes.transData.transform([at, *marks]) * 72 / axes.figure.dpi).ravel()
    points = list(zip(others[::2], others[1::2], strict=True))
    for up in (7, -15):
        middle = y + up + 4
        covered = any(abs(x - left) < wide / 2 and abs(middle - above) < 8 for left, above in points)
        if not covered and all(abs(x - left) > wide or abs(middle - above) > high for left, above in taken):
            taken.append((x, middle))
            return 0, up
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
