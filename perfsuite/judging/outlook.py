"""A rough forecast of a comparison: how many cells are left, and about how long they will take."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfsuite.judging.comparisons import Found
from perfsuite.model.cell import Cell
from perfsuite.pairing.sequential import Rule
from perfsuite.running import effort

SIDES = 2
OVERTIME = 0.5  # share of the budget that may be added if it would run out before any verdict is possible
START = 3.0  # seconds until the workers of an epoch, which start ahead, have imported torch


def waiting(found: Found) -> list[str]:
    """The cells without a proof so far."""
    return [cell for cell in found.options.cells if cell not in found.proofs]


def proofs(found: Found) -> dict[str, float]:
    """Expected seconds of the proof of each waiting cell, on both sides; without cells whose device is missing."""
    cells = [Cell.parse(cell) for cell in waiting(found)]
    gpus = found.head["machine"].get("gpus", True)
    return {str(cell): SIDES * effort.proof(cell) for cell in cells if cell.device != "cuda" or gpus}


def told(found: Found) -> str:
    """The remaining work in one line; empty if there is none."""
    proving = proofs(found)
    cells = [*proving, *found.open()]
    if not cells:
        return ""
    same = sum(proof["verdict"] == "SAME" for proof in found.proofs.values())
    count = f"{len(cells)} cell{'s' * (len(cells) != 1)} to compare" + f", {same} with the same code" * bool(same)
    first = effort.START + sum(proving.values()) if proving else 0.0
    proof = f"proof takes about {_lasting(first)}, " if proving else ""
    budget = found.options.budget
    together = max(len(cells), found.options.together)
    rule = found.rule or Rule(together, found.options.alpha, found.options.delta, split=found.options.split)
    end = budget - found.seconds
    if first + _timing(found, cells, rule.least) > end:
        end += OVERTIME * budget
    line = f"{count}; {proof}the whole comparison at most {_lasting(max(first, end))} (--budget {budget:g})"
    if first + _timing(found, cells, rule.least_same) > end:
        line += ", too little for a verdict on each: select fewer with --only, or raise the budget"
    return line


def _timing(found: Found, cells: Sequence[str], epochs: int) -> float:
    """Seconds until ``cells`` have been timed in ``epochs`` epochs, counting the epochs so far."""
    each = sum(found.options.slice + SIDES * effort.AGAIN.get(Cell.parse(cell).executor, 0.3) for cell in cells)
    return max(0, epochs - found.epochs) * (START + each)


def _lasting(seconds: float) -> str:
    """Seconds rounded up to tens or to minutes, since they are only rough."""
    if seconds > 90:
        return f"{math.ceil(seconds / 60)} min"
    return f"{10 * math.ceil(seconds / 10)} s"
