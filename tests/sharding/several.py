"""A tiny repository with several components, one of them a series of sizes, and its records."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import made
import own

from perfsuite.model.record import Run
from perfsuite.model.shard import Shard
from perfsuite.records import store
from perfsuite.sharding import split

MORE = """
import torch
from mylib import core
from perfsuite import component


@component(variants=[core.work, core.other], cases={{"n8": {{"n": 8}}, "n16": {{"n": 16}}}})
def {name}(case, generator):
    \"\"\"Which is faster?\"\"\"
    return torch.randn(case.n, 50, generator=generator)
"""
QUICK = ("--launches", "2", "--budget", "0.01", "--no-report", "--quiet")
NOISY = ("unstable", "contended")  # statuses of a cell that was timed, on a busy machine


class Ended:
    """An engine whose jobs have ended when they are submitted; what they leave behind is up to the test."""

    width, poll, grace = 0, 0.0, 0.0

    def running(self, jobs: Iterable[str]) -> set[str]:
        """None."""
        return set()

    def cancel(self, jobs: Iterable[str]) -> None:
        """Nothing is left to cancel."""


def repository(root: Path) -> Path:
    """A repository with three components and ten cells."""
    names = ("more", "most")
    return own.repository(root, {f"perf/{name}.py": MORE.format(name=name) for name in names})


def shards(folder: Path, count: int = 3, run: Run | None = None) -> list[Path]:
    """Records as ``count`` shards of ``run`` would leave behind: its records dealt out in turns."""
    whole = run or made.tiny()
    total = len(whole.records)
    files = []
    for number in range(1, count + 1):
        cells = tuple(range(number - 1, total, count))
        part = Shard(
            number=number,
            count=count,
            cells=cells,
            total=total,
            components=tuple(problem.name for problem in whole.problems),
            selected=split.hashed([record.cell for record in whole.records]),
            options={"launches": 6},
            run=f"20261121-23500{number}-000{number}",
            started=f"2026-11-21T23:50:0{number}+00:00",
            node=f"node{number}",
        )
        names = {whole.records[at].cell.partition("/")[0] for at in cells}
        head = dataclasses.replace(
            whole,
            run=part.run,
            started=part.started,
            command=whole.command + split.flags(part),
            problems=tuple(problem for problem in whole.problems if problem.name in names),
            records=tuple(whole.records[at] for at in cells),
            shards=(part,),
        )
        files.append(store.write(head, folder))
    return files


def plain(run: Run) -> dict[str, Any]:
    """What a record says besides times: JSON without what depends on when it was measured, and on how fast."""
    from perfsuite.model.record import to_json

    data = json.loads(json.dumps(to_json(run)))
    for name in ("run", "started", "seconds", "shards", "compiler"):
        del data[name]
    data["roofs"] = sorted((roof["name"], roof["threads"], roof["device"], roof["unit"]) for roof in data["roofs"])
    for record in data["records"]:
        record["launches"] = [(one["launch"], one["alone"]) for one in record["launches"]]
        if record["proof"]:
            record["proof"] = {name: record["proof"][name] for name in ("error", "share", "seeds", "drawn")}
        if record["status"] in NOISY:  # told from the times alone
            record["status"], record["reason"] = "ok", ""
        if record["cost"] and record["cost"]["parts"]:
            parts = record["cost"]["parts"]
            del parts["native"]  # which native functions are seen depends on how long they take
            parts["operators"] = parts["operators"] and {name: one["calls"] for name, one in parts["operators"].items()}
    return data
