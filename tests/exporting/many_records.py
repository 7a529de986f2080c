"""Write many synthetic records, to see how histories, exports and queries scale: their time and their memory.

``python tests/exporting/many_records.py FOLDER --runs 1000 --cells 1000 --launches 6 --samples 1``, then, for example,
``/usr/bin/time -v python -m benchmarks history --results FOLDER --class synthetic``, or ``export --to parquet FOLDER -o
OUT``. Each cell has a time of its own, which varies by some percent from run to run and from launch to launch, together
with all others by the drift of a machine, and with its rivals. One in a hundred becomes slower by a tenth on the way.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from perfsuite.model.record import Problem, Roof, Run, Variant, to_json

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = [f"synthetic.cells{at}" for at in range(5)]
VARIANTS = 10  # of a case, which are rivals
ROOFS = 6


def head(number: int, drift: float) -> Run:
    """The first line of record ``number``, an hour after the one before, when all took ``drift`` times as long."""
    variants = tuple(Variant(f"v{at}", "lesson", "lesson", "def v(x): ...", "hash") for at in range(VARIANTS))
    began = BEGAN + timedelta(hours=number)
    return Run(
        run=f"{began:%Y%m%d-%H%M%S}-{number:04x}",
        started=began.isoformat(),
        seconds=600.0,
        partial=False,
        selection="full",
        command="",
        left_out="",
        commit=f"{number:040x}",
        dirty=False,
        tree="tree",
        machine={"cpu": "none"},
        environment={"python": "3.11"},
        machine_class="synthetic",
        roofs=tuple(Roof(f"r{at}", "1", "cpu", 1e9 / drift, 1e9 / drift, "FLOP/s", "") for at in range(ROOFS)),
        problems=tuple(Problem(name, "Synthetic", "How large?", (), "v0", "1", variants) for name in NAMES),
        records=(),
    )


def cell(at: int, typical: float, launches: int, samples: int, rng: random.Random) -> str:
    """The line of cell ``at``, which takes about ``typical`` seconds in this run."""
    times = [
        {
            "launch": launch,
            "calls": 10,
            "prepare": 0.0,
            "first": 2 * typical,
            "at": [round(launch + typical * sample, 6) for sample in range(samples)],
            "wall": [typical * rng.gauss(1, 0.02) for _ in range(samples)],
        }
        for launch in range(launches)
    ]
    group = at // VARIANTS
    name = f"{NAMES[group % len(NAMES)]}/v{at % VARIANTS}/eager/cpu/n{group // len(NAMES)}/1"
    return json.dumps({"cell": name, "status": "ok", "dtype": "float32", "flops": 10**6, "launches": times})


def main() -> None:
    """Write them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    for name, default in {"runs": 1000, "cells": 1000, "launches": 6, "samples": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    rng = random.Random(0)
    usual = [10 ** rng.uniform(-6, -1) for _ in range(options.cells)]
    slower = {at: rng.randrange(options.runs) for at in range(0, options.cells, 100)}
    for number in range(options.runs):
        drift = rng.gauss(1, 0.02)
        run = head(number, drift)
        groups = [drift * rng.gauss(1, 0.02) for _ in range(-(-options.cells // VARIANTS))]
        lines = [json.dumps(to_json(dataclasses.replace(run, records=())))]
        for at, seconds in enumerate(usual):
            step = 1.1 if number >= slower.get(at, options.runs) else 1.0
            typical = seconds * step * groups[at // VARIANTS] * rng.gauss(1, 0.01)
            lines.append(cell(at, typical, options.launches, options.samples, rng))
        path = (
            options.folder / run.machine_class / f"{run.started[:19].replace(':', '')}-{run.commit[:10]}-{run.run[-4:]}"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f"{path.name}.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode(), 1, mtime=0))


if __name__ == "__main__":
    main()
