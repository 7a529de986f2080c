"""pyperf: a benchmark suite that ``pyperf stats``, ``hist`` and ``compare_to`` read.

A cell is a benchmark, a launch is a run, its samples are values, in seconds per call. pyperf itself is not needed here.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from perfsuite.model.printable import visible
from perfsuite.model.record import Record, Run

VERSION = "1.0"  # of the file format


def text(run: Run) -> str:
    """The suite of the cells that are ok.

    The names of metadata that pyperf knows are its own, the others begin with ``perfsuite_``.
    """
    benchmarks = [_benchmark(record, run) for record in run.records if record.status == "ok"]
    return json.dumps({"benchmarks": benchmarks, "metadata": _shared(run), "version": VERSION}, allow_nan=False) + "\n"


def _shared(run: Run) -> dict[str, Any]:
    told = {
        "unit": "second",
        "cpu_model_name": run.machine.get("cpu"),
        "python_version": run.environment.get("python"),
        "commit_id": run.commit,
        "perfsuite_run": run.run,
        "perfsuite_machine_class": run.machine_class,
    }
    return {name: visible(value).strip() for name, value in told.items() if isinstance(value, str) and value.strip()}


def _benchmark(record: Record, run: Run) -> dict[str, Any]:
    # pyperf has dates without a time zone
    began = datetime.fromisoformat(run.started).astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds")
    launches = [
        {"metadata": {"date": began, "loops": launch.calls}, "values": list(launch.wall)} for launch in record.launches
    ]
    return {"metadata": {"name": visible(record.cell)}, "runs": launches}
