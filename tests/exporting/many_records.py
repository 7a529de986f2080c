"""Write many synthetic records, to see how exports and queries scale: how long they take, and how much memory.

``python tests/exporting/many_records.py FOLDER --runs 1000 --cells 1000 --launches 6 --samples 1``, then, for example,
``/usr/bin/time -v python -m benchmarks export --to parquet FOLDER -o OUT``. The times are random and mean nothing.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from perfsuite.model.record import Problem, Run, Variant, to_json

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NAME = "synthetic.cells"
VARIANTS = 10


def head(number: int) -> Run:
    """The first line of record ``number``, an hour after the one before."""
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
        roofs=(),
        problems=(Problem(NAME, "Synthetic", "How large?", (), "v0", "1", variants),),
        records=(),
    )


def cell(at: int, launches: int, samples: int, rng: random.Random) -> str:
    """The line of cell ``at``."""
    typical = 10 ** rng.uniform(-6, -1)
    times = [
        {
            "launch": launch,
            "calls": 10,
            "prepare": 0.0,
            "first": 2 * typical,
            "at": [round(launch + typical * sample, 6) for sample in range(samples)],
            "wall": [typical * rng.uniform(0.95, 1.05) for _ in range(samples)],
        }
        for launch in range(launches)
    ]
    name = f"{NAME}/v{at % VARIANTS}/eager/cpu/n{at // VARIANTS}/1"
    return json.dumps({"cell": name, "status": "ok", "dtype": "float32", "flops": 10**6, "launches": times})


def main() -> None:
    """Write them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    for name, default in {"runs": 1000, "cells": 1000, "launches": 6, "samples": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    rng = random.Random(0)
    for number in range(options.runs):
        run = head(number)
        lines = [json.dumps(to_json(dataclasses.replace(run, records=())))]
        lines += [cell(at, options.launches, options.samples, rng) for at in range(options.cells)]
        path = (
            options.folder / run.machine_class / f"{run.started[:19].replace(':', '')}-{run.commit[:10]}-{run.run[-4:]}"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f"{path.name}.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode(), 1, mtime=0))


if __name__ == "__main__":
    main()
