"""Rough estimates of how long a step of a run will take, only used to show how much time is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.records.options import Options

PROOF = {"eager": 0.3, "compile": 8.0, "cudagraph": 1.0}  # seconds, by executor: preparation, proof and cost
AGAIN = {"eager": 0.1, "compile": 1.0, "cudagraph": 0.3}  # seconds in a launch besides the samples; caches are warm
START = 6.0  # seconds until a fresh worker times anything: importing torch, and measuring the roofs
TRACE = 3.0
CALLS = 4  # of a cell in a launch, besides the samples


def proof(cell: Cell) -> float:
    """Seconds of a check."""
    return PROOF["compile"] if cell.compiles else PROOF.get(cell.executor, 1.0)


def turn(cell: Cell, options: Options, check: Mapping[str, Any]) -> float:
    """Seconds of a cell in one launch; ``check`` is the result of its check, empty if there is none yet."""
    call = check.get("proof", {}).get("call", options.target)
    samples = max(call, min(options.budget, options.rounds * max(options.target, call)))
    return (AGAIN["compile"] if cell.compiles else AGAIN.get(cell.executor, 0.3)) + CALLS * call + samples  # type: ignore[no-any-return]
