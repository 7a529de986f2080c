"""How a comparison begins: the two trees, the cells to compare, and what need not be timed."""

from __future__ import annotations

import dataclasses
import secrets
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from perfsuite.host import machine
from perfsuite.judging import equal
from perfsuite.judging.comparisons import Journal, begin
from perfsuite.judging.record import Options
from perfsuite.model.cell import Cell
from perfsuite.pairing.sequential import Rule
from perfsuite.project import catalogue, environments, mount, selecting, trees

# Package names of equal length; the third is a copy of BASE, for the live control.
NAMES = ("impls_a", "impls_b")
COPY = "impls_c"
# glibc's own limits adapt to what was freed before, so that a call's allocations have two states; these keep one.
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),
    "MALLOC_TOP_PAD_": str(1 << 26),
}
PER_CELL, SHORTEST, LONGEST = 8.0, 40.0, 600.0  # seconds: the usual budget, and its bounds


def start(options: Options, results: Path, base: str, head: str, tree: Path = catalogue.IMPLS) -> Journal:
    """Open the journal of a new comparison of two trees, and copy them.

    Raises:
        ValueError: there is no such commit, nothing is selected, or the environments cannot be made that trees with
            different requirements need.
    """
    Rule(1, options.alpha, options.delta)  # what means nothing is refused before anything is copied
    facts = machine.machine()
    made: list[environments.Environment] = []
    folder = results / "compare" / f".trees-{secrets.token_hex(4)}"
    try:
        sides = trees.pair(base, head, tree.parent, folder)
        cells = choose([side.path for side in sides], options.selection)
        same = _same(sides, cells, options)
        if len(same) < len(cells):
            _mount(sides, folder)
        if not options.budget:
            usual = min(LONGEST, max(SHORTEST, PER_CELL * (len(cells) - len(same))))
            options = dataclasses.replace(options, budget=usual)
        options = dataclasses.replace(options, cells=tuple(map(str, cells)))
        if _other_packages(sides) and not options.installed:
            print("the trees require different packages: making an environment for each", file=sys.stderr, flush=True)
            made = environments.make((sides[0].requirements, sides[1].requirements), folder / "environments")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    described = [{**dataclasses.asdict(side), "path": str(side.path)} for side in sides]
    for told, environment in zip(described, made, strict=False):  # none where both use the packages that are here
        told.update(dataclasses.asdict(environment))
    journal = begin(
        results,
        options,
        {
            "base": described[0],
            "head": described[1],
            "folder": str(folder.resolve()),
            "machine": facts,
            "machine_class": machine.machine_class(facts),
            "malloc": MALLOC,
        },
    )
    for cell in same:
        journal.add("proof", cell=str(cell), verdict="SAME", reason=equal.REASON)
    return journal


def _mount(sides: Sequence[trees.Tree], folder: Path) -> None:
    """Lay the trees as the workers import them: either under either name, and BASE once more."""
    for coin in (0, 1):
        for side, name in zip(sides, NAMES if coin == 0 else NAMES[::-1], strict=True):
            mount.lay(side.path, folder / f"m{coin}", name)
        mount.lay(sides[0].path, folder / f"m{coin}", COPY)


def _other_packages(sides: Sequence[trees.Tree]) -> bool:
    """Whether both trees say which packages they require, and do not say the same."""
    wanted = [side.requirements for side in sides]
    return wanted[0] != wanted[1] and all(wanted)


def _same(sides: Sequence[trees.Tree], cells: Sequence[Cell], options: Options) -> list[Cell]:
    """The cells that cannot differ, because their code and their packages do not, and nothing is put in."""
    if options.equal or options.apart or options.scales or _other_packages(sides):
        return []
    alike = equal.same(sides[0].path, sides[1].path, {cell.component for cell in cells})
    return [cell for cell in cells if cell.component in alike]


def choose(sides: Sequence[Path], selection: str) -> list[Cell]:
    """The cells to compare, those of either tree: what ``selection`` matches, or the usual ones.

    The usual ones are the quick set's on the CPU with one thread and warm caches: with two threads the noise is six
    to ten times larger.

    Raises:
        ValueError: ``selection`` does not read, or matches nothing.
    """
    every = list(dict.fromkeys(cell for side in reversed(sides) for cell in catalogue.all_cells(side)))
    if selection:
        return selecting.asked(every, selection)
    return [cell for cell in selecting.quick(every) if cell.device == "cpu" and cell.threads == "1" and not cell.cold]
