"""How large the report of a large run is, and how long it takes: the archive's full run, and a million samples.

``PYTHONPATH=.:tests python tests/reporting/test_report_size.py`` writes both reports and prints the seconds of each
step. No time decides a test: sizes and counts of what is drawn do.
"""

from __future__ import annotations

import dataclasses
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import made
import pytest

from perfsuite.model.record import Launch, Record, Run
from perfsuite.records import store
from perfsuite.reporting.canvas.choice import Palette
from perfsuite.reporting.canvas.drawing import Strokes
from perfsuite.reporting.canvas.svg import svg
from perfsuite.reporting.html import page
from perfsuite.reporting.plots.strips import BINS, samples

ROOT = Path(__file__).resolve().parents[2]
FULL = "benchmarks/evidence/*/*.jsonl.gz"
MOST = 500_000  # bytes of a page


def full() -> Run:
    """The largest run of the archive, which keeps one sample of each launch."""
    return store.read(max(ROOT.glob(FULL), key=lambda path: path.stat().st_size))


def dense(run: Run, total: int) -> Run:
    """``run`` with about ``total`` samples: those of each launch are repeated, with noise and some slow ones."""
    rng = random.Random(1)
    launches = sum(len(record.launches) for record in run.records)
    each = -(-total // launches)

    def more(launch: Launch) -> Launch:
        old = len(launch.wall)
        noise = [rng.lognormvariate(0, 0.02) * (1 if rng.random() < 0.98 else 3) for _ in range(each)]
        step = max(launch.wall[0] * launch.calls, 1e-6)
        many = {
            name: tuple(values[at % old] for at in range(each))
            for name in ("cpu", "delay", "switches", "faults")
            if (values := getattr(launch, name))
        }
        parts = {name: tuple(values[at % len(values)] for at in range(each)) for name, values in launch.parts.items()}
        return dataclasses.replace(
            launch,
            at=tuple(launch.at[0] + at * step for at in range(each)),
            wall=tuple(launch.wall[at % old] * noise[at] for at in range(each)),
            judged=(),
            parts=parts,
            **many,
        )

    def denser(record: Record) -> Record:
        taken = [more(launch) if launch.wall else launch for launch in record.launches]
        return dataclasses.replace(record, launches=tuple(taken))

    return dataclasses.replace(run, records=tuple(map(denser, run.records)))


def count(run: Run) -> int:
    return sum(len(launch.wall) for record in run.records for launch in record.launches)


def test_more_samples_do_not_make_a_larger_figure():
    """Above a number of samples, neighbours are drawn together: nothing is lost, and the picture stays small."""
    run = made.small()
    variants = tuple(dict.fromkeys(record.key.variant for record in run.records))
    group = next(record.key.group for record in run.records if record.status == "ok")
    sizes = {}
    for total in (20_000, 200_000):
        records = [record for record in dense(run, total).records if record.key.group == group]
        drawing = samples(records, Palette(variants[:8]))
        assert drawing is not None and "neighbours are one line" in drawing.caption
        lines = [item for item in drawing.figure.items if isinstance(item, Strokes) and item.opacity == 0.45]
        assert sum(len(item.lines) for item in lines) <= BINS + sum(len(record.launches) for record in records)
        sizes[total] = len(svg(drawing.figure))
    assert sizes[200_000] < 1.3 * sizes[20_000] < 100_000


@pytest.mark.long
def test_each_page_of_a_full_run_with_a_million_samples_is_small(tmp_path: Path):
    run = dense(full(), 1_000_000)
    assert count(run) >= 1_000_000
    told: list[str] = []
    page.write(run, tmp_path, progress=told.append)
    pages = {path.name: path.stat().st_size for path in tmp_path.glob("*.html")}
    assert len(pages) == len(run.problems) + page.OTHERS
    large = {name: size for name, size in pages.items() if size >= MOST}
    assert not large
    steps = [text for text in told if text.startswith("page ")]
    assert len(steps) == len(pages) and steps[-1].startswith(f"page {len(pages)} of {len(pages)}: ")


def timed(name: str, step: Callable[[], Path | Run]) -> Path | Run:
    begin, cpu = time.perf_counter(), time.process_time()
    found = step()
    print(f"  {name:<8}{time.perf_counter() - begin:6.1f} s, of these {time.process_time() - cpu:.1f} s on a core")
    return found


def show(run: Run, folder: Path) -> None:
    """Store ``run``, read it, write its report, and print how long that took and how large it is."""
    path = store.write(run, folder / "records")
    print(f"{sum(record.status == 'ok' for record in run.records):,} timed cells, {count(run):,} samples")
    found = timed("read", lambda: store.read(path))
    assert isinstance(found, Run)
    timed("report", lambda: page.write(found, folder / "report"))
    sizes = {one.name: one.stat().st_size for one in (folder / "report").glob("*.html")}
    largest = max(sizes, key=lambda name: sizes[name])
    print(f"  {len(sizes)} pages, {sum(sizes.values()) / 1e6:.1f} MB; the largest is {largest}, {sizes[largest]:,} B")


if __name__ == "__main__":
    for found in (full(), dense(full(), 1_000_000)):
        with tempfile.TemporaryDirectory() as folder:
            show(found, Path(folder))
