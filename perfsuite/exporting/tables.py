"""The three tables of exported records: ``runs``, ``cells`` and ``samples``, with the unit of each column.

A cell whose status is not "ok" has a row in ``cells`` without figures, and no rows in ``samples``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from perfsuite.model.printable import legible
from perfsuite.model.record import Run, to_json
from perfsuite.reporting import frame

TEXT, NUMBER, INTEGER, FLAG, MOMENT = "text", "number", "integer", "flag", "moment"


@dataclass(frozen=True)
class Column:
    """What a column holds."""

    what: str
    kind: str  # one of the above
    unit: str = ""  # UCUM-like: "s", "B", "1" for counts, shares and ratios; "" where there is none


RUN = {
    "run": Column("id of the run", TEXT),
    "started": Column("when the run began, UTC", MOMENT),
    "commit": Column("commit of the measured code; empty outside a repository", TEXT),
    "machine_class": Column("results of different classes are not comparable", TEXT),
}
_UNITS = {  # unit -> the columns of the table of cells that are in it
    "s": "seconds low high floor_compute floor_memory floor_overhead floor_hardware floor first compile compile_low "
    "compile_high compile_warm compile_warm_low compile_warm_high saves saves_low saves_high recompile first_item "
    "per_item device_seconds host_seconds",
    "B": "bytes peak traffic",
    "B/s": "byte_rate",
    "FLOP": "flops",
    "FLOP/s": "flop_rate",
    "1": "confidence launches samples times_best ratio ratio_low ratio_high times_hardware times_floor accounted "
    "allocations ops views times_bytes error_share compile_processes break_even break_even_low break_even_high "
    "break_even_warm break_even_warm_low break_even_warm_high new_shapes recompiles",
    "of the output": "error",
    "of the series": "size",
}
UNITS = {name: unit for unit, names in _UNITS.items() for name in names.split()}


def _kind(name: str) -> str:
    return TEXT if name in frame.TEXTS else FLAG if name in frame.FLAGS else NUMBER


TABLES: Mapping[str, Mapping[str, Column]] = {
    "runs": {
        **RUN,
        "seconds": Column("duration of the run, over all its sittings", NUMBER, "s"),
        "partial": Column("interrupted and not yet resumed", FLAG),
        "selection": Column("the requested cells", TEXT),
        "dirty": Column("the code had edits that are not in the commit", FLAG),
        "tree": Column("hash of the measured code", TEXT),
        "cells": Column("cells in the run", INTEGER, "1"),
        "ok": Column("cells that have a time", INTEGER, "1"),
        "machine": Column("hardware and system, as JSON", TEXT),
        "environment": Column("Python, packages and variables, as JSON", TEXT),
        "roofs": Column("measured hardware limits, as JSON", TEXT),
    },
    "cells": {**RUN, **{name: Column(what, _kind(name), UNITS.get(name, "")) for name, what in frame.WHAT.items()}},
    "samples": {
        "run": RUN["run"],
        "cell": Column("the cell's name", TEXT),
        "launch": Column("number of the fresh process", INTEGER, "1"),
        "index": Column("position of the sample in its launch, from 0", INTEGER, "1"),
        "calls": Column("calls that the sample is the mean of", INTEGER, "1"),
        "at": Column("start of the sample, from the start of the run", NUMBER, "s"),
        "seconds": Column("per call", NUMBER, "s"),
    },
}


def _origin(run: Run) -> dict[str, str | pd.Timestamp]:
    try:
        began = datetime.fromisoformat(run.started).astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise ValueError(f"run {run.run} started at {run.started}, which no calendar has in UTC") from None
    return {"run": run.run, "started": pd.Timestamp(began), "commit": run.commit, "machine_class": run.machine_class}


def runs(run: Run) -> pd.DataFrame:
    """One row: the run without its cells."""
    row = {
        **_origin(run),
        **{name: getattr(run, name) for name in ("seconds", "partial", "selection", "dirty", "tree")},
        "cells": len(run.records),
        "ok": sum(record.status == "ok" for record in run.records),
        **{name: json.dumps(to_json(getattr(run, name))) for name in ("machine", "environment", "roofs")},
    }
    return _legible(pd.DataFrame([row], columns=list(TABLES["runs"])), "runs")


def cells(run: Run) -> pd.DataFrame:
    """A row for each cell: the origin of the run, then the columns of :func:`perfsuite.reporting.frame.build`."""
    table = frame.build(run)
    for at, (name, value) in enumerate(_origin(run).items()):
        table.insert(at, name, value)
    return _legible(table, "cells")


def samples(run: Run) -> pd.DataFrame:
    """A row for each sample of each cell that is ok, in time order within a launch.

    Raises:
        ValueError: a launch has a number that no table holds.
    """
    launches = [(record.cell, launch) for record in run.records if record.status == "ok" for launch in record.launches]
    lengths = [len(launch.wall) for _, launch in launches]
    try:
        counts = np.array([(launch.launch, launch.calls) for _, launch in launches], np.int64).reshape(-1, 2)
    except OverflowError:
        raise ValueError(
            f"run {run.run} has a launch whose number or calls exceed 64 bits: no table holds it"
        ) from None
    table = pd.DataFrame(
        {
            "cell": pd.Series(np.repeat(np.array([cell for cell, _ in launches], object), lengths), dtype=object),
            "launch": np.repeat(counts[:, 0], lengths),
            "index": np.concatenate([np.arange(length) for length in lengths]) if lengths else np.zeros(0, np.int64),
            "calls": np.repeat(counts[:, 1], lengths),
            "at": np.array([at for _, launch in launches for at in launch.at], float),
            "seconds": np.array([wall for _, launch in launches for wall in launch.wall], float),
        }
    )
    table.insert(0, "run", run.run)
    return _legible(table, "samples")


BUILD: Mapping[str, Callable[[Run], pd.DataFrame]] = {"runs": runs, "cells": cells, "samples": samples}


def _legible(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """``table`` with texts that any file can hold: no lone surrogates, no control characters."""
    for column, told in TABLES[name].items():
        if told.kind == TEXT and not all(text.isprintable() for text in table[column].unique()):
            table[column] = pd.Series([legible(text) for text in table[column]], dtype=object, index=table.index)
    return table
