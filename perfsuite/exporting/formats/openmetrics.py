"""OpenMetrics: gauges for Prometheus, such as the files of its node exporter's textfile collector.

The samples have no time stamps, which that collector refuses; when the run began is a gauge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from perfsuite.model import estimates
from perfsuite.model.estimates import Estimate
from perfsuite.model.printable import visible
from perfsuite.model.record import Record, Run

TIMES = {  # metric -> what it is, and the field of the estimate
    "perfsuite_cell_time_seconds": ("Seconds per call: median over launches.", "value"),
    "perfsuite_cell_time_low_seconds": ("Lower end of the interval of the median.", "low"),
    "perfsuite_cell_time_high_seconds": ("Upper end of the interval of the median.", "high"),
}
AXES = ("component", "variant", "executor", "device", "case", "threads")


def text(run: Run) -> str:
    """The metrics of one run. A cell without a time is in ``perfsuite_cell_ok`` with its status, and nowhere else."""
    return "".join(f"{line}\n" for line in _lines(run))


def _lines(run: Run) -> Iterator[str]:
    yield from _about("perfsuite_run", "info", "The run that these metrics are from.")
    origin = {name: getattr(run, name) for name in ("run", "commit", "machine_class", "selection")}
    yield f"perfsuite_run_info{_labels(origin)} 1"
    yield from _about("perfsuite_run_started_timestamp_seconds", "gauge", "When the run began.", "seconds")
    yield f"perfsuite_run_started_timestamp_seconds {datetime.fromisoformat(run.started).timestamp()!r}"
    yield from _about("perfsuite_cell_ok", "gauge", "1 if the cell has a time; its status says why not.")
    for record in run.records:
        labels = _labels({**_cell(record, run), "status": record.status})
        yield f"perfsuite_cell_ok{labels} {int(record.status == 'ok')}"
    timed = [(record, found) for record in run.records if (found := _estimate(record))]
    for name, (what, end) in TIMES.items():
        yield from _about(name, "gauge", what, "seconds")
        for record, found in timed:
            if end == "value" or found.launches > 1:
                yield f"{name}{_labels(_cell(record, run))} {getattr(found, end)!r}"
    yield "# EOF"


def _estimate(record: Record) -> Estimate | None:
    return estimates.seconds(record) if record.status == "ok" else None


def _about(name: str, kind: str, what: str, unit: str = "") -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {what}"


def _cell(record: Record, run: Run) -> dict[str, str]:
    axes = {name: getattr(record.key, name) for name in AXES}
    return {"cell": record.cell, **axes, "cold": str(record.key.cold).lower(), "machine_class": run.machine_class}


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return visible(value).replace("\\", r"\\").replace('"', r"\"")
