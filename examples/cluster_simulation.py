"""How a sharded run scales, by simulation, and how the head copes with its records: writes docs/clusters.md's tables.

``python examples/cluster_simulation.py RECORD`` takes how long each cell takes from a record of this project, splits
10,000 such cells with the split of `run --shards`, which predicts the times without having seen them, and gives the
shards to nodes as a scheduler does: the next one to the first free node. ``--print`` prints instead of writing.
"""

from __future__ import annotations

import argparse
import dataclasses
import heapq
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from perfsuite.model.cell import Cell  # noqa: E402
from perfsuite.model.record import Record, Run  # noqa: E402
from perfsuite.records import store  # noqa: E402
from perfsuite.records.options import Options  # noqa: E402
from perfsuite.running import effort  # noqa: E402
from perfsuite.sharding import split  # noqa: E402
from perfsuite.sharding.merge import merge  # noqa: E402

PAGE = ROOT / "docs" / "clusters.md"
CELLS, LAUNCHES, SAMPLES = 10_000, 6, 10**8
NODES = (1, 10, 25, 50, 100, 200, 400)
FIXED = effort.START * (LAUNCHES + 2)  # seconds of a shard besides its cells: a worker for the check and each launch
Unit = tuple[float, float, float, int]  # predicted and true seconds, those of its check, and cells


def units(run: Run, options: Options) -> list[Unit]:
    """What is never split, from a record: the cells of a group, or of a series."""
    names = [record.cell for record in run.records]
    found = []
    for cells in split.units([Cell.parse(name) for name in names]).values():
        predicted = sum(split.seconds(cell, options) for cell in cells.values())
        checks = [_check(run.records[at]) for at in cells]
        turns = [_turns(run.records[at], options) for at in cells]
        found.append((predicted, sum(checks) + sum(turns), sum(checks), len(cells)))
    return found


def _check(record: Record) -> float:
    return effort.proof(record.key) + (record.proof.first if record.proof else 0.0)


def _turns(record: Record, options: Options) -> float:
    """Seconds of the launches of a cell that was timed, from the time of its call."""
    if record.proof is None or not record.launches:
        return 0.0
    call = effort.turn(record.key, options, {"proof": {"call": record.proof.call}})
    return options.launches * call + sum(one.prepare + one.first for one in record.launches)


def many(found: Sequence[Unit]) -> list[Unit]:
    """Units like those in ``found``, until they have :data:`CELLS` cells; drawn with a fixed seed."""
    draw, made, cells = random.Random(17), [], 0
    while cells < CELLS:
        made.append(draw.choice(found))
        cells += made[-1][3]
    return made


def shards(found: Sequence[Unit], count: int) -> list[float]:
    """The true seconds of each shard, of a split by the predicted ones."""
    heap = [(0.0, at) for at in range(count)]
    true = [FIXED] * count
    for predicted, seconds, _, _ in sorted(found, reverse=True):
        load, at = heapq.heappop(heap)
        true[at] += seconds
        heapq.heappush(heap, (load + predicted, at))
    return true


def wall(tasks: Sequence[float], nodes: int, gone: int = -1, lost: float = 0.0) -> float:
    """Seconds until all ``tasks`` are done, if the node ``gone`` is lost at ``lost`` seconds and stays away.

    Its shard is submitted again at that moment, behind those that wait.
    """
    free = [(0.0, node) for node in range(nodes)]
    waiting = [(0.0, task) for task in tasks]
    end = 0.0
    for since, task in waiting:  # which grows by the shard that is lost
        began, node = heapq.heappop(free)
        if node == gone and began >= lost:
            began, node = heapq.heappop(free)
        done = max(began, since) + task
        if node == gone and done > lost:
            waiting.append((lost, task))
            continue
        end = max(end, done)
        heapq.heappush(free, (done, node))
    return end


def scaling(found: Sequence[Unit]) -> str:
    """The table of nodes."""
    total = sum(seconds for _, seconds, _, _ in found)
    alone = wall(shards(found, 1), 1)
    longest = max(seconds for _, seconds, _, _ in found)
    checks = sum(check for _, _, check, _ in found)
    lines = [
        "| nodes, and shards | minutes | times faster | minutes if the split knew the times | fixed cost | idle |",
        "|---|---|---|---|---|---|",
    ]
    for nodes in NODES:
        tasks = shards(found, nodes)
        took = wall(tasks, nodes)
        known = wall(shards([(unit[1], *unit[1:]) for unit in found], nodes), nodes)
        idle = 1 - sum(tasks) / (nodes * took)
        lines.append(
            f"| {nodes} | {took / 60:.1f} | {alone / took:.1f} | {known / 60:.1f} | "
            f"{nodes * FIXED / sum(tasks):.0%} | {idle:.0%} |"
        )
    told = (
        f"{sum(unit[3] for unit in found):,} cells in {len(found):,} units, {LAUNCHES} launches: {total / 3600:.1f} "
        f"hours. The longest unit takes {longest / 60:.1f} minutes, and no number of nodes makes the run shorter. "
        f"A shard is assumed to cost {FIXED:.0f} s besides its cells: processes that import torch. The checks are "
        f"{checks / total:.0%} of the time, and are shared out with the cells."
    )
    return "\n".join([told, "", *lines])


def losing(found: Sequence[Unit], nodes: int = 100) -> str:
    """What a lost node costs: the mean and the worst over all nodes that it may be."""
    lines = ["| shards on 100 nodes | minutes | one node lost at half time: mean | worst |", "|---|---|---|---|"]
    for each in (1, 2, 4):
        tasks = shards(found, nodes * each)
        took = wall(tasks, nodes)
        cases = [wall(tasks, nodes, gone, took / 2) / 60 for gone in range(nodes)]
        lines.append(f"| {nodes * each} | {took / 60:.1f} | {statistics.mean(cases):.1f} | {max(cases):.1f} |")
    return "\n".join(lines)


def head(run: Run) -> str:
    """What merging and reading cost: measured with synthetic records of two sizes, and so for 10^8 samples."""
    made = []
    for copies in (1, 6):
        with tempfile.TemporaryDirectory() as folder:
            files, samples, cells = synthetic(run, copies, Path(folder))
            words = [sys.executable, __file__, "--measure", folder]
            took, peak, read, held = map(float, subprocess.check_output(words, text=True).split())
            size = sum(path.stat().st_size for path in files)
            made.append((samples, cells, size, took, peak, read, held))
    lines = [
        "| samples | cells | file | merging, CPU time | peak memory | reading the result, CPU time | peak memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for samples, cells, size, *rest in made:
        lines.append(f"| {samples:,} | {cells:,} | {size / 1e6:.1f} MB | {_shown(*rest)} |")
    (less, _, _, *first), (more, count, size, *last) = made
    by = SAMPLES / more
    grown = [b + (b - a) / (more - less) * (SAMPLES - more) for a, b in zip(first, last, strict=True)]
    lines.append(f"| {SAMPLES:,}, extrapolated | {count * by:,.0f} | {size * by / 1e9:.1f} GB | {_shown(*grown)} |")
    return "\n".join(lines)


def _shown(took: float, peak: float, read: float, held: float) -> str:
    times = [f"{one:.1f} s" if one < 100 else f"{one / 60:.0f} min" for one in (took, read)]
    return f"{times[0]} | {peak / 1e6:,.0f} MB | {times[1]} | {held / 1e6:,.0f} MB"


def synthetic(run: Run, copies: int, folder: Path) -> tuple[list[Path], int, int]:
    """Records of four shards, made of the timed cells of ``run`` with 20 samples in each launch."""
    timed = [record for record in run.records if record.status == "ok" and len(record.launches) == LAUNCHES][:500]
    draw = random.Random(1)
    records = [_sampled(record, at, draw) for at in range(copies) for record in timed]
    count, samples = 4, sum(len(one.wall) for record in records for one in record.launches)
    components = tuple(problem.name for problem in run.problems)
    files = []
    for number in range(1, count + 1):
        at = tuple(range(number - 1, len(records), count))
        selected = split.hashed([record.cell for record in records])
        part = split.Shard(number, count, at, len(records), components, selected, run=f"r{number}", started=run.started)
        own = dataclasses.replace(run, run=f"r{number}", records=tuple(records[one] for one in at), shards=(part,))
        files.append(store.write(own, folder))
    return files, samples, len(records)


def _sampled(record: Record, copy: int, draw: random.Random) -> Record:
    """``record`` as another cell, with 20 samples a launch."""
    launches = []
    for one in record.launches:
        wall = tuple(one.median * draw.uniform(1.0, 1.1) for _ in range(20))
        columns = {"at": tuple(float(f"{at / 10:.1f}") for at in range(20)), "cpu": wall, "delay": (0.0,) * 20}
        counts = {"switches": (0,) * 20, "faults": (0,) * 20}
        launches.append(dataclasses.replace(one, wall=wall, parts={}, judged=(), **columns, **counts))
    return dataclasses.replace(record, cell=f"{record.cell.rpartition('/')[0]}/{copy + 2}", launches=tuple(launches))


def measure(folder: Path) -> None:
    """Print CPU seconds and peak bytes of merging the records in ``folder``, and of reading the merged one."""
    files = sorted(folder.rglob("*.jsonl.gz"))
    began = time.process_time()
    path = store.save(*merge(files), folder / "merged.jsonl.gz")
    merged, peak = time.process_time() - began, _peak()
    began = time.process_time()
    run = store.read(path)
    read = time.process_time() - began
    statistics.median(one.median for record in run.records for one in record.launches)
    print(merged, peak, read, _peak())


def _peak() -> int:
    """Peak bytes of this process: unlike ``ru_maxrss``, not those of the one that started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def written(parts: dict[str, str]) -> None:
    """Put each of ``parts`` between its marks in the page."""
    text = PAGE.read_text(encoding="utf-8")
    for name, part in parts.items():
        before, _, rest = text.partition(f"<!-- {name} -->\n")
        _, _, after = rest.partition(f"<!-- /{name} -->")
        text = f"{before}<!-- {name} -->\n{part}\n<!-- /{name} -->{after}"
    PAGE.write_text(text, encoding="utf-8")


def main() -> None:
    """Simulate, measure, and write or print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("record", type=Path, help="a record of this project; one of a --full run")
    parser.add_argument("--print", action="store_true", dest="shown")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.record)
        return
    run = store.read(options.record)
    timed = dataclasses.replace(run, records=tuple(one for one in run.records if one.key.device == "cpu"))
    asked = Options(cells=(), selection="full", command="", left_out="", budget=0.08, launches=LAUNCHES)
    found = many(units(timed, asked))
    parts = {"scaling": scaling(found), "losing": losing(found), "head": head(timed)}
    if options.shown:
        print("\n\n".join(parts.values()))
    else:
        written(parts)


if __name__ == "__main__":
    main()
