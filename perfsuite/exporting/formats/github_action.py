"""github-action-benchmark: the input of its tool ``customSmallerIsBetter``."""

from __future__ import annotations

import json

from perfsuite.model import estimates
from perfsuite.model.printable import visible
from perfsuite.model.record import Run

UNIT, PER_SECOND = "ns", 1e9  # one unit for all: the action compares numbers of one name over time


def text(run: Run) -> str:
    """For each ok cell its median over launches, with the interval.

    ``range`` is ± the distance to the farther end of the interval, ``extra`` the whole interval.
    """
    found = []
    for record in run.records:
        if record.status == "ok" and (estimate := estimates.seconds(record)):
            scaled = estimate / (1 / PER_SECOND)
            entry = {"name": visible(record.cell), "unit": UNIT, "value": float(f"{scaled.value:.9g}")}  # shown in full
            extra = f"{scaled.launches} launches on {run.machine_class}"
            if scaled.launches > 1:
                entry["range"] = f"± {max(scaled.high - scaled.value, scaled.value - scaled.low):.6g}"
                extra = f"{scaled.low:.6g} to {scaled.high:.6g} {UNIT} ({scaled.confidence:.1%})\n{extra}"
            found.append({**entry, "extra": extra})
    return json.dumps(found, allow_nan=False, indent=1) + "\n"
