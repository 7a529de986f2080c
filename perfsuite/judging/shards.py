"""A comparison on several machines: its cells are split into shards, and the journals of all shards are merged.

Both commits, and all cells of a group, stay on one machine: each X is a ratio of times of one process. A cell has its
own sequential test, wherever it runs, and the tests have in common only the correction for many cells. A shard does not
know how many cells turn out comparable elsewhere, so it stops by the bar for all cells that may be timed, which is
never lower. The merged comparison has the bar that one machine would have had; evidence may be judged by it at any
stop. The live control watches a machine, so each shard has its own, and takes back the verdicts of that shard only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from perfsuite.host import software
from perfsuite.judging import comparisons
from perfsuite.judging.comparisons import Found
from perfsuite.model.cell import Cell
from perfsuite.model.shard import Shard
from perfsuite.pairing.sequential import Rule
from perfsuite.records import reading
from perfsuite.sharding import split
from perfsuite.sharding.agreeing import AGAIN, KINDS, agree, each_once
from perfsuite.sharding.folder import Result

TIMED, KNOWN = 1000, 1  # what a cell counts for in the balance: one that is timed, one whose code is the same
OWN_OPTIONS = {"cells", "command", "budget"}  # may differ between shards; the budget only if it is the usual one
OWN_LINES = {"compare", "proof", "rule", "sitting"}  # that a merged journal has in another order, or its own


def part(cells: Sequence[Cell], same: Collection[Cell], number: int, count: int) -> Shard:
    """Shard ``number`` of ``count`` of a comparison of ``cells``, of which ``same`` need not be timed.

    Raises:
        ValueError: there is no such shard, or there are too many.
    """
    split.numbered(number, count)
    found = split.units(cells)
    known = set(same)
    costs = {key: sum(KNOWN if cell in known else TIMED for cell in unit.values()) for key, unit in found.items()}
    return Shard(
        number=number,
        count=count,
        cells=split.dealt(found, costs, count)[number - 1],
        total=len(cells),
        components=tuple(dict.fromkeys(cell.component for cell in cells)),
        selected=split.hashed([str(cell) for cell in cells]),
        options={"python": platform.python_version(), "torch": software.version("torch")},
        node=split.node(),
    )


def merge(files: Sequence[Path], results: Path, out: Path | None = None) -> Path:
    """Write the journal of the comparison that ``files`` are the shards of, to ``out`` or below ``results``; its path.

    Raises:
        ValueError: a file is damaged or no whole shard, they are not all shards of one comparison, or one is there
            twice or missing.
    """
    found = {path: comparisons.load(path) for path in files}
    parts = {path: _shard(path, one) for path, one in found.items()}
    _agreed(found, parts)
    order = each_once(parts, "compare")
    head = _head([(found[path], parts[path]) for path in order])
    path = out or results / "compare" / f"{head['run']}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    with temporary.open("w", encoding="utf-8") as file:
        for line in (head, *_lines(head["options"]["cells"], order, found, parts)):
            file.write(json.dumps(line) + "\n")
    temporary.replace(path)
    return path


def _shard(path: Path, found: Found) -> Shard:
    """The shard that a journal holds.

    Raises:
        ValueError: it is none, or not whole.
    """
    data = found.head.get("shard")
    if not data:
        raise ValueError(f"{path} holds a whole comparison: merge only journals of `compare --shards N --shard I`")
    shard = reading.value(data, Shard)
    if not found.ended:
        words = f"compare --shards {shard.count} --shard {shard.number} --resume {found.head['run']}"
        raise ValueError(f"{path} was interrupted: finish it first, with `{words}` where it ran")
    if len(shard.cells) != len(found.options.cells):
        raise ValueError(f"{path} is damaged: its shard has {len(shard.cells)} cells, its options others")
    return shard


def _whole(path: Path, number: int) -> bool:
    return _shard(path, comparisons.load(path)).number == number


RESULT = Result("compare", "compare/shards/*.jsonl", _whole)


def _agreed(found: Mapping[Path, Found], parts: Mapping[Path, Shard]) -> None:
    """Check that all shards are of one comparison.

    Raises:
        ValueError: two differ; one line names them and the remedy.
    """
    first, *others = found
    known = _common(found[first], parts[first])
    for path in others:
        mine = _common(found[path], parts[path])
        for what, (value, remedy) in known.items():
            agree(what, remedy, (first, value), (path, mine.get(what, ("none", ""))[0]))


def _common(found: Found, part: Shard) -> dict[str, tuple[Any, str]]:
    """What all shards of a comparison have in common -> the value, and the remedy if it differs."""
    head, options = found.head, dataclasses.asdict(found.options)
    sides = {"BASE": head["base"], "HEAD": head["head"]}
    own = OWN_OPTIONS if found.options.usual else OWN_OPTIONS - {"budget"}
    return {
        "machine class": (head["machine_class"], KINDS),
        **{f"hash of {name}": (side["hash"], AGAIN.format("commits")) for name, side in sides.items()},
        **{f"packages of {name}": (side.get("packages"), AGAIN.format("packages")) for name, side in sides.items()},
        "split": (f"{part.count} shards of {part.total} cells", AGAIN.format("--shards")),
        "hash of the selected cells": (part.selected, AGAIN.format("selection")),
        **{f"option {name}": (value, AGAIN.format("option")) for name, value in options.items() if name not in own},
        **{f"software {name}": (value, AGAIN.format("software")) for name, value in part.options.items()},
    }


def _head(shards: Sequence[tuple[Found, Shard]]) -> dict[str, Any]:
    """The first line of the merged journal.

    Raises:
        ValueError: the cells are not those that the whole comparison selected.
    """
    heads = [found.head for found, _ in shards]
    earliest = min(heads, key=lambda head: datetime.fromisoformat(head["started"]))
    same = hashlib.sha256(" ".join(head["run"] for head in heads).encode()).hexdigest()
    names = {at: name for found, part in shards for at, name in zip(part.cells, found.options.cells, strict=True)}
    cells = [names[at] for at in sorted(names)]
    if split.hashed(cells) != shards[0][1].selected or len({*cells}) < len(cells):
        raise ValueError("the cells of these shards are not those that were selected: measure the shards again")
    return {
        **{name: value for name, value in heads[0].items() if name != "shard"},
        "run": f"{datetime.fromisoformat(earliest['started']):%Y%m%d-%H%M%S}-{same[:4]}",
        "started": earliest["started"],
        "began": min(head["began"] for head in heads),
        "options": {
            **heads[0]["options"],
            "cells": cells,
            "budget": sum(found.options.budget for found, _ in shards),
            "together": 0,
        },
        "shards": [dataclasses.asdict(_told(found, part)) for found, part in shards],
    }


def _told(found: Found, part: Shard) -> Shard:
    """A shard with where and when it was measured."""
    head = found.head
    return dataclasses.replace(
        part, run=head["run"], started=head["started"], seconds=found.seconds, machine=head["machine"]
    )


def _lines(
    cells: Sequence[str], order: Sequence[Path], found: Mapping[Path, Found], parts: Mapping[Path, Shard]
) -> Iterator[Mapping[str, Any]]:
    """The lines after the first one: the proofs in the order of ``cells``, one rule for all, and what was measured."""
    owners = {cell: path for path in order for cell in found[path].options.cells}
    for cell in cells:
        if proof := found[owners[cell]].proofs.get(cell):
            yield {"kind": "shard", "number": parts[owners[cell]].number}
            yield proof
    if comparable := sum(len(found[path].comparable()) for path in order):
        options = found[order[0]].options
        rule = Rule(comparable, options.alpha, options.delta, split=options.split)
        yield {"kind": "rule", "rule": dataclasses.asdict(rule)}
    for path in order:
        yield {"kind": "shard", "number": parts[path].number}
        lines = map(reading.parsed, reading.kept(path))
        yield from (line for line in lines if line["kind"] not in OWN_LINES)
    yield {"kind": "sitting", "seconds": sum(found[path].seconds for path in order), "ended": True}
