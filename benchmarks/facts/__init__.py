"""What the sources say that is no matter of time: looked at in a run, and kept in its record.

Each fact is one sentence of a claim and a look at whether it is so here, in the file of its family. torch is imported
only inside the functions, which run in a worker.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable

from benchmarks import claims
from benchmarks.facts import checkpoint, dataload, losses, models, tensors
from perfsuite.model.record import Fact

Look = Callable[[], tuple[bool, str]]  # whether it is so, and what was seen

LOOKS: dict[str, Look] = {**checkpoint.LOOKS, **dataload.LOOKS, **losses.LOOKS, **models.LOOKS, **tensors.LOOKS}


def asked(rows: Iterable[str]) -> bool:
    """Whether a claim on ``rows`` of the catalogue asks for facts."""
    return bool(claims.looked_at(rows))


def look() -> list[Fact]:
    """All facts as they are here. A look that fails is no fact: what it raised is what was seen."""
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
