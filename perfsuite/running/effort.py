"""How long a step of a run may take, before it was seen: rough, and only for saying how much is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.records.options import Options

PROOF = {"eager": 0.3, "compile": 8.0, "cudagraph": 1.0}  # seconds, by executor: preparation, proof and cost
AGAIN = {"eager": 0.1, "compile": 1.0, "cudagraph": 0.3}  # seconds in a launch beside the samples; caches are warm
START = 6.0  # seconds until a fresh worker times anything: importing torch, and the ceilings
TRACE = 3.0
CALLS = 4  # of a cell in a launch, beside the samples


def proof(cell: Cell) -> float:
    """Seconds of a check."""
    return PROOF.get(cell.executor, 1.0)


def turn(cell: Cell, options: Options, check: Mapping[str, Any]) -> float:
    """Seconds of a cell in one launch; ``check`` is the answer of its check, empty where there is none yet."""
    call = check.get("proof", {}).get("call", options.target)
    samples = max(call, min(options.budget, options.rounds * max(options.target, call)))
    return AGAIN.get(cell.executor, 0.3) + CALLS * call + samples  # type: ignore[no-any-return]
