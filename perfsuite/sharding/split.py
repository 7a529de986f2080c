"""Split the cells of a run into shards that take about equally long.

The split depends only on the selected cells and the options, so that machines that do not talk to each other agree on
it. What is never split: rivals, which are timed in turns, and the sizes of a series, because the check of a size skips
it if the smaller ones predict that its calls take too long.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import platform
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields

from perfsuite.model.cell import Cell
from perfsuite.model.shard import Shard
from perfsuite.project import catalogue
from perfsuite.records.options import Options
from perfsuite.running import effort
from perfsuite.running.checking import MARGIN

RATES = 5e9, 5e9  # FLOP/s and B/s that a call is assumed to reach: only the balance depends on them
NOT_OPTIONS = {"cells", "selection", "command", "left_out", "traces", "secret"}  # the others are equal in all shards


def shard(options: Options, number: int, count: int) -> Shard:
    """Shard ``number`` of ``count`` of the run that ``options`` ask for.

    Raises:
        ValueError: there is no such shard.
    """
    numbered(number, count)
    return Shard(
        number=number,
        count=count,
        cells=positions(options, count)[number - 1],
        total=len(options.cells),
        components=tuple(dict.fromkeys(Cell.parse(cell).component for cell in options.cells)),
        selected=hashed(options.cells),
        options={one.name: getattr(options, one.name) for one in fields(options) if one.name not in NOT_OPTIONS},
        node=node(),
    )


def numbered(number: int, count: int) -> None:
    """Check that there is a shard ``number`` of ``count``.

    Raises:
        ValueError: there is none.
    """
    if not 1 <= number <= count:
        raise ValueError(f"--shard {number} is out of range: with --shards {count} it is 1 to {count}")


def node() -> str:
    """The name of this machine."""
    return os.environ.get("SLURMD_NODENAME") or platform.node()


def of(options: Options, part: Shard) -> Options:
    """The options of the run of one shard."""
    cells = tuple(options.cells[at] for at in part.cells)
    traces = tuple(cell for cell in options.traces if cell in set(cells))
    return dataclasses.replace(options, cells=cells, traces=traces, command=options.command + flags(part))


def flags(part: Shard) -> str:
    """What its command has more than that of the whole run."""
    return f" --shards {part.count} --shard {part.number}"


def hashed(cells: Sequence[str]) -> str:
    """A short hash of the names and the order of ``cells``."""
    return hashlib.sha256("\n".join(cells).encode()).hexdigest()[:16]


def positions(options: Options, count: int) -> list[tuple[int, ...]]:
    """The positions of the cells of each of ``count`` shards of a run.

    Raises:
        ValueError: there are fewer units than shards.
    """
    found = units([Cell.parse(cell) for cell in options.cells])
    costs = {  # whole milliseconds: a sum of them does not depend on the order of the cells
        key: sum(round(1000 * seconds(cell, options)) for cell in cells.values()) for key, cells in found.items()
    }
    return dealt(found, costs, count)


def dealt(
    found: Mapping[Hashable, Mapping[int, Cell]], costs: Mapping[Hashable, int], count: int
) -> list[tuple[int, ...]]:
    """The positions in each of ``count`` shards of :func:`units`: the longest first, each to the emptiest shard.

    Raises:
        ValueError: there are fewer units than shards.
    """
    if count > len(found):
        cells = sum(map(len, found.values()))
        raise ValueError(
            f"--shards {count} is too many: the {cells} cells have {len(found)} part(s) that can be "
            f"measured on different machines: --shards {max(1, len(found))} at most"
        )
    shards: list[list[int]] = [[] for _ in range(count)]
    loads = [0] * count
    for key in sorted(found, key=lambda key: (-costs[key], str(key))):
        emptiest = min(range(count), key=lambda at: (loads[at], at))
        shards[emptiest] += found[key]
        loads[emptiest] += costs[key]
    return [tuple(sorted(cells)) for cells in shards]


def units(cells: Sequence[Cell]) -> dict[Hashable, dict[int, Cell]]:
    """The cells that must stay together, by what they have in common; each with its position in ``cells``."""
    found: dict[Hashable, dict[int, Cell]] = {}
    for at, cell in enumerate(cells):
        series = next((case.series for case in catalogue.component(cell.component).cases if case.name == cell.case), "")
        size = f"series {series}" if series else f"case {cell.case}"
        found.setdefault((cell.component, cell.device, size, cell.threads, cell.cold), {})[at] = cell
    return found


def seconds(cell: Cell, options: Options) -> float:
    """Roughly how long a cell will take in total, without having seen it."""
    component = catalogue.component(cell.component)
    call = 0.0
    if not component.derive:
        case = next(case for case in component.cases if case.name == cell.case)
        call = max(component.flops(case) / RATES[0], component.bytes(case) / RATES[1])
    call = min(call, MARGIN * options.longest)
    turn = effort.turn(cell, options, {"proof": {"call": call}})
    first_calls = options.compile_cost * (effort.PROOF["compile"] + effort.AGAIN["compile"]) if cell.compiles else 0.0
    return effort.proof(cell) + options.launches * turn + first_calls
