"""Bencher: the Bencher Metric Format, for ``bencher run --adapter json --file FILE``."""

from __future__ import annotations

import json

from perfsuite.model import estimates
from perfsuite.model.printable import visible
from perfsuite.model.record import Run

MEASURE, PER_SECOND = "latency", 1e9  # Bencher's own measure, in nanoseconds


def text(run: Run) -> str:
    """For each ok cell its median over launches, and the ends of its interval if it has one."""
    found = {}
    for record in run.records:
        if record.status == "ok" and (estimate := estimates.seconds(record)):
            ends = {"lower_value": estimate.low, "upper_value": estimate.high} if estimate.launches > 1 else {}
            values = {"value": estimate.value, **ends}
            found[visible(record.cell)] = {MEASURE: {name: value * PER_SECOND for name, value in values.items()}}
    return json.dumps(found, allow_nan=False, indent=1) + "\n"
