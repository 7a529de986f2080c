"""Which cells TensorBoard's hparams tab shows: each is a run of the log, and a log must not have too many of those.

Once more than :data:`MOST` runs are in a log, TensorBoard's tabs Text, Images and Scalars open with every run hidden
(``maxNamesToEnableByDefault`` in its page, the same in 2.21; its tab Time Series shows up to 500).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perfsuite.reporting.frame import rows as rows_of
from perfsuite.reporting.leading.ranking import ranked
from perfsuite.reporting.view import View

MOST = 40  # runs in a log
EVENTS = "events.out.tfevents.*"


def shown(view: View, most: int) -> Sequence[Mapping[str, Any]]:
    """The rows that become sessions: every cell with a time, if there are at most ``most``.

    Otherwise the fastest variant of each component at its leading case, the farthest from the hardware first.
    """
    timed = rows_of(view.frame[view.frame["seconds"].notna()])
    if len(timed) <= most:
        return timed
    leads = [lead for problem in view.problems if (lead := view.of(problem).lead()) is not None]
    order = ranked(row for lead in leads for row in rows_of(lead[lead["best"]]))
    return [*order.hardware, *order.overhead, *order.unknown][: max(most, 0)]


def room(logs: Path, run: str) -> int:
    """How many sessions may be in ``logs`` besides the runs that are there and ``run``."""
    others = {path.parent.name for path in logs.glob(f"*/{EVENTS}")} - {run}
    return MOST - 1 - len(others)


def only(logs: Path, run: str) -> None:
    """Remove the sessions of other runs than ``run`` from ``logs``; traces in the same folders stay."""
    for path in logs.glob(f"*/*/{EVENTS}"):
        folder = path.parent
        if folder.parent.name != run:
            path.unlink()
            if not any(folder.iterdir()):
                folder.rmdir()
