"""Claims of the sources that are not about time: checked in a run and kept in its record.

Each fact is one sentence of a claim and a function that checks whether it is true here, in the file of its family.
torch is imported only inside the functions, which run in a worker.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable

from benchmarks import claims
from benchmarks.facts import checkpoint, dataload, losses, models, tensors
from perfsuite.model.record import Fact

Look = Callable[[], tuple[bool, str]]  # whether it is true, and what was seen

LOOKS: dict[str, Look] = {**checkpoint.LOOKS, **dataload.LOOKS, **losses.LOOKS, **models.LOOKS, **tensors.LOOKS}


def asked(rows: Iterable[str]) -> bool:
    """Whether a claim on ``rows`` of the catalogue depends on facts."""
    return bool(claims.looked_at(rows))


def look() -> list[Fact]:
    """All facts, as found here. If a check raises, the fact is unknown, and the error is what was seen."""
    found = []
    for says, once in LOOKS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                holds, seen = once()
            except Exception as problem:
                holds, seen = None, f"{type(problem).__name__}: {problem}"[:300]
        found.append(Fact(says, holds, seen))
    return found
