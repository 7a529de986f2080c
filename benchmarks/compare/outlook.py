"""What a comparison has before it: how many cells, and about how long they will take. Rough, and said as such."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import effort
from benchmarks.cell import Cell
from benchmarks.compare.record import Found
from benchmarks.compare.sequential import Rule

SIDES = 2


def waiting(found: Found) -> list[str]:
    """The cells that nothing is known of yet."""
    return [cell for cell in found.options.cells if cell not in found.proofs]


def proof(cell: str) -> float:
    """Seconds that a cell's proof on both sides may take."""
    return SIDES * effort.proof(Cell.parse(cell))


def proofs(cells: Sequence[str]) -> float:
    """Seconds that the proofs of ``cells`` may take, the start of their worker included."""
    return effort.START + sum(map(proof, cells)) if cells else 0.0


def told(found: Found) -> str:
    """What is to come, in one line; nothing where nothing is."""
    here = [cell for cell in waiting(found) if not _lacks(found, cell)]
    cells = [*here, *found.open()]
    if not cells:
        return ""
    same = sum(proof["verdict"] == "SAME" for proof in found.proofs.values())
    parts = [f"{len(cells)} cell{'s' * (len(cells) != 1)} to compare"]
    if same:
        parts.append(f"{same} with the same code")
    proving, timing = proofs(here), _fewest(found, cells)
    times = [f"proof takes about {_lasting(proving)}"] if here else []
    left = found.options.budget - found.seconds
    budget = f"--budget {found.options.budget:g}"
    if proving + timing <= left:
        times.append(f"all of it about {_lasting(left)} at most ({budget})")
    else:
        times.append(f"a verdict on all of them about {_lasting(timing)} of timing")
        times.append(f"but {budget} leaves {_left(left - proving)}: choose fewer with --only, or give it more")
    return f"{', '.join(parts)}; {', '.join(times)}"


def _lacks(found: Found, cell: str) -> bool:
    """Whether the device of ``cell`` is not here, so that it is passed over at once."""
    return Cell.parse(cell).device == "cuda" and not found.head["machine"].get("gpus", True)


def _fewest(found: Found, cells: Sequence[str]) -> float:
    """Seconds of the epochs that a verdict on each of ``cells`` takes where there is little noise."""
    options = found.options
    rule = found.rule or Rule(len(cells), options.alpha, options.delta, split=options.split)
    each = sum(options.slice + SIDES * effort.AGAIN.get(Cell.parse(cell).executor, 0.3) for cell in cells)
    return max(0, rule.least - found.epochs) * (effort.START + each)


def _left(seconds: float) -> str:
    return _lasting(seconds) if seconds > 0 else "no time for it"


def _lasting(seconds: float) -> str:
    """Seconds, as roughly as they are known: tens of them, or minutes."""
    if seconds > 90:
        return f"{seconds / 60:.0f} min"
    return f"{max(10, 10 * round(seconds / 10))} s"
