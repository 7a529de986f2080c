"""What a comparison has before it: how many cells, and about how long they will take. Rough, and said as such."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfsuite.judging.comparisons import Found
from perfsuite.model.cell import Cell
from perfsuite.pairing.sequential import Rule
from perfsuite.running import effort

SIDES = 2
OVERTIME = 0.5  # of the budget: so much more is spent where it would end before any verdict is possible
START = 3.0  # seconds until the workers of an epoch are ready: importing torch, and they start ahead


def waiting(found: Found) -> list[str]:
    """The cells that nothing is known of yet."""
    return [cell for cell in found.options.cells if cell not in found.proofs]


def proofs(found: Found) -> dict[str, float]:
    """Seconds that the proof of each waiting cell may take, on both sides; without those whose device is not here."""
    cells = [Cell.parse(cell) for cell in waiting(found)]
    gpus = found.head["machine"].get("gpus", True)
    return {str(cell): SIDES * effort.proof(cell) for cell in cells if cell.device != "cuda" or gpus}


def told(found: Found) -> str:
    """What is to come, in one line; nothing where nothing is."""
    proving = proofs(found)
    cells = [*proving, *found.open()]
    if not cells:
        return ""
    same = sum(proof["verdict"] == "SAME" for proof in found.proofs.values())
    count = f"{len(cells)} cell{'s' * (len(cells) != 1)} to compare" + f", {same} with the same code" * bool(same)
    first = effort.START + sum(proving.values()) if proving else 0.0
    proof = f"proof takes about {_lasting(first)}, " if proving else ""
    budget = found.options.budget
    rule = found.rule or Rule(len(cells), found.options.alpha, found.options.delta, split=found.options.split)
    end = budget - found.seconds
    if first + _timing(found, cells, rule.least) > end:
        end += OVERTIME * budget
    line = f"{count}; {proof}all of it {_lasting(max(first, end))} at most (--budget {budget:g})"
    if first + _timing(found, cells, rule.least_same) > end:
        line += ", too little for a verdict on each: choose fewer with --only, or give it more"
    return line


def _timing(found: Found, cells: Sequence[str], epochs: int) -> float:
    """Seconds until ``cells`` were timed in so many epochs, together with those that are behind."""
    each = sum(found.options.slice + SIDES * effort.AGAIN.get(Cell.parse(cell).executor, 0.3) for cell in cells)
    return max(0, epochs - found.epochs) * (START + each)


def _lasting(seconds: float) -> str:
    """Seconds, as roughly as they are known, rounded up: tens of them, or minutes."""
    if seconds > 90:
        return f"{math.ceil(seconds / 60)} min"
    return f"{10 * math.ceil(seconds / 10)} s"
