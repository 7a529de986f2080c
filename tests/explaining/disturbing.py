"""The jobs of an explanation's workers, and one that stays in the process: every call is watched from then on."""

from __future__ import annotations

import sys
from typing import Any

from perfsuite.explaining.watching import jobs

WORK = 50  # additions for each event


def _watch(*_: Any) -> None:
    sum(range(WORK))


def _watched(job: Any, context: Any) -> None:
    sys.setprofile(_watch)


JOBS = {**jobs.JOBS, "watched": _watched}
