"""JSON: the records as they are stored, and the estimate of each cell."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from typing import Any

from perfsuite.model import estimates
from perfsuite.model.record import Record, Run, to_json


def pieces(runs: Iterable[Run]) -> Iterator[str]:
    """One document: ``{"runs": [...]}``, each run with its ``records``, each record with its ``estimate``.

    An estimate has ``value``, ``low`` and ``high`` in seconds; it is null unless the status is "ok".
    """
    yield '{"runs": ['
    for at, run in enumerate(runs):
        head = to_json(dataclasses.replace(run, records=()))
        del head["records"]
        yield f'{"," if at else ""}\n{json.dumps(head, allow_nan=False)[:-1]}, "records": ['
        for number, record in enumerate(run.records):
            yield f"{',' if number else ''}\n{json.dumps(_record(record), allow_nan=False)}"
        yield "]}"
    yield "\n]}\n"


def _record(record: Record) -> dict[str, Any]:
    found = estimates.seconds(record) if record.status == "ok" else None
    return {**to_json(record), "estimate": to_json(found)}
