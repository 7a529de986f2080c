"""The start of a comparison: the two trees, the cells to compare, and the cells that need no timing."""

from __future__ import annotations

import dataclasses
import secrets
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from perfsuite.host import machine
from perfsuite.judging import equal, shards, sharing
from perfsuite.judging.comparisons import Journal, begin
from perfsuite.judging.record import Options
from perfsuite.model.cell import Cell
from perfsuite.pairing.sequential import Rule
from perfsuite.project import catalogue, environments, packages, selecting, trees
from perfsuite.project.declarations import by_decorator

# glibc adapts its thresholds to earlier frees, so the same call may allocate in two ways; fixed values prevent that.
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),
    "MALLOC_TOP_PAD_": str(1 << 26),
}
PER_CELL, SHORTEST, LONGEST = 8.0, 40.0, 600.0  # seconds: the default budget, and its bounds


def start(
    options: Options,
    results: Path,
    base: str,
    head: str,
    tree: Path = catalogue.IMPLS,
    shard: tuple[int, int] | None = None,
) -> Journal:
    """Open the journal of a new comparison of two trees, and copy them; with ``shard``, a number and the count, a part.

    Raises:
        ValueError: a commit does not exist, nothing is selected, or trees with different requirements need environments
            that cannot be made, or there are too many shards.
    """
    Rule(1, options.alpha, options.delta)  # rejects invalid values before anything is copied
    facts = machine.machine()
    made: list[environments.Environment] = []
    folder = results / "compare" / f".trees-{secrets.token_hex(4)}"
    try:
        sides = trees.pair(base, head, packages.above(tree), folder, whole=by_decorator() and packages.compiles(tree))
        laid = [side.path for side in sides]
        cells = choose(laid, options.selection)
        same = _same(sides, cells, options)
        reason = sharing.reason(laid, sorted({cell.component for cell in cells}))
        part = shards.part(cells, same, *shard) if shard else None
        if part:
            options = dataclasses.replace(options, together=len(cells) - len(same))
            cells = [cells[at] for at in part.cells]
            same = [cell for cell in same if cell in cells]
        if not options.budget:
            usual = min(LONGEST, max(SHORTEST, PER_CELL * (len(cells) - len(same))))
            options = dataclasses.replace(options, budget=usual, usual=True)
        options = dataclasses.replace(options, cells=tuple(map(str, cells)))
        if _other_packages(sides) and not options.installed:
            print("the trees require different packages: making an environment for each", file=sys.stderr, flush=True)
            made = environments.make((sides[0].requirements, sides[1].requirements), folder / "environments")
        if len(same) < len(cells):
            separate = reason or options.apart or len({one.python for one in made}) > 1
            (sharing.apart if by_decorator() and separate else sharing.together)(laid, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    described = [{**dataclasses.asdict(side), "path": str(side.path)} for side in sides]
    for told, environment in zip(described, made, strict=False):  # empty if both use the installed packages
        told.update(dataclasses.asdict(environment))
    journal = begin(
        results,
        options,
        {
            "base": described[0],
            "head": described[1],
            "folder": str(folder.resolve()),
            "apart": reason,
            "machine": facts,
            "machine_class": machine.machine_class(facts),
            "malloc": MALLOC,
            **({"shard": dataclasses.asdict(part)} if part else {}),
        },
    )
    for cell in same:
        journal.add("proof", cell=str(cell), verdict="SAME", reason=equal.REASON)
    return journal


def _other_packages(sides: Sequence[trees.Tree]) -> bool:
    """Whether both trees declare required packages, and these differ."""
    wanted = [side.requirements for side in sides]
    return wanted[0] != wanted[1] and all(wanted)


def _same(sides: Sequence[trees.Tree], cells: Sequence[Cell], options: Options) -> list[Cell]:
    """The cells that cannot differ, because code and packages are the same and no slowdown is injected."""
    if options.equal or options.apart or options.scales or _other_packages(sides):
        return []
    if by_decorator():
        return list(cells) if equal.whole(sides[0].path, sides[1].path) else []
    alike = equal.same(sides[0].path, sides[1].path, {cell.component for cell in cells})
    return [cell for cell in cells if cell.component in alike]


def choose(sides: Sequence[Path], selection: str) -> list[Cell]:
    """The cells of either tree to compare: those that ``selection`` matches, or the default ones.

    The default cells are those of the quick set on the CPU with one thread and warm caches: with two threads the noise
    is six to ten times larger.

    Raises:
        ValueError: ``selection`` cannot be parsed, or matches nothing.
    """
    every = list(dict.fromkeys(cell for side in reversed(sides) for cell in catalogue.all_cells(side)))
    if selection:
        return selecting.asked(every, selection)
    return [cell for cell in selecting.quick(every) if cell.device == "cpu" and cell.threads == "1" and not cell.cold]
