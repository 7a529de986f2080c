"""Whether files are all the shards of one run, each once, from machines and software of one kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from perfsuite.model.record import Run
from perfsuite.model.shard import Shard
from perfsuite.records.reading import told

Part = tuple[Path, Run]
MOST = 10  # missing shards that are named
OWN = re.compile(r"\w*(VISIBLE_DEVICES|_DIR)")  # variables that may differ: which GPU a job was given, and its folders


def checked(parts: Sequence[Part]) -> dict[Path, Run]:
    """``parts`` in the order of their numbers.

    Raises:
        ValueError: they are not all shards of one run, each once; one line names the two that differ, and the remedy.
    """
    if not parts:
        raise ValueError("no record to merge")
    for path, run in parts:
        if len(run.shards) != 1:
            what = f"was merged from {len(run.shards)} shards already" if run.shards else "holds a whole run"
            raise ValueError(f"{path} {what}: merge only records of `run --shards N --shard I`")
        if run.partial:
            raise ValueError(f"{path} was interrupted: finish it first, with `run --resume {run.run}` where it ran")
    for path, run in parts[1:]:
        for what, value, remedy in SAME:
            agree(what, remedy, (parts[0][0], value(parts[0][1])), (path, value(run)))
        _agree_on_items("option", parts[0], (path, run), lambda run: run.shards[0].options)
        _agree_on_items("software", parts[0], (path, run), _software)
    runs = dict(parts)
    return {path: runs[path] for path in each_once({path: run.shards[0] for path, run in parts}, "run")}


def _split(run: Run) -> str:
    shard = run.shards[0]
    return f"{shard.count} shards of {shard.total} cells"


KINDS = "merge the shards of each kind of machine apart; times of different kinds are not comparable"
AGAIN = "measure the shards again, with the same {}"
SAME: list[tuple[str, Callable[[Run], Any], str]] = [
    ("machine class", lambda run: run.machine_class, KINDS),
    ("commit", lambda run: run.commit or "none", AGAIN.format("commit")),
    ("tree hash", lambda run: run.tree, AGAIN.format("code")),
    ("selection", lambda run: run.selection, AGAIN.format("selection")),
    ("split", _split, AGAIN.format("--shards")),
    ("hash of the selected cells", lambda run: run.shards[0].selected, AGAIN.format("selection")),
]


def agree(what: str, remedy: str, one: tuple[Path, Any], other: tuple[Path, Any]) -> None:
    """Check that two files say the same of ``what``.

    Raises:
        ValueError: they do not; the line names both files and values, and the remedy.
    """
    (path, value), (file, found) = one, other
    if value != found:
        raise ValueError(f"{what} is {told(value)} in {path}, but {told(found)} in {file}: {remedy}")


def _agree_on_items(what: str, one: Part, other: Part, items: Callable[[Run], Any]) -> None:
    known, found = items(one[1]), items(other[1])
    for name in dict.fromkeys([*known, *found]):
        values = (one[0], known.get(name)), (other[0], found.get(name))
        agree(f"{what} {told(name)}", AGAIN.format(what), *values)


def _software(run: Run) -> dict[str, Any]:
    """What was measured with, each variable by itself."""
    variables = run.environment.get("variables") or {}
    rest = {name: value for name, value in run.environment.items() if name != "variables"}
    return {**rest, **{name: value for name, value in variables.items() if not OWN.fullmatch(name)}}


def each_once(shards: Mapping[Path, Shard], command: str, what: str = "cell") -> list[Path]:
    """The files of ``shards``, which agree on their number and total, in the order of their numbers.

    Raises:
        ValueError: a shard, or one of ``what`` they hold, is there twice or missing; one line names it and the remedy.
    """
    files: dict[int, Path] = {}
    cells: dict[int, Path] = {}
    for path, shard in shards.items():
        if shard.number in files:
            named = f"shard {shard.number} of {shard.count}"
            raise ValueError(f"{named} is in {files[shard.number]} and in {path}: merge only one of them")
        files[shard.number] = path
        for at in shard.cells:
            if at in cells:
                raise ValueError(f"{what} {at + 1} is in {cells[at]} and in {path}: measure the shards again")
            cells[at] = path
    shard = next(iter(shards.values()))
    if absent := shard.count - len(files):
        missing = [number for number in range(1, len(files) + MOST + 1) if number not in files][: min(absent, MOST)]
        more = f" and {absent - len(missing)} more" if absent > len(missing) else ""
        raise ValueError(
            f"shard{'s' if absent > 1 else ''} {', '.join(map(str, missing))}{more} of {shard.count} missing: measure "
            f"with `{command} --shards {shard.count} --shard {missing[0]}` and the same options, then merge again"
        )
    if len(cells) < shard.total:
        none = next(at for at in range(shard.total) if at not in cells)
        raise ValueError(f"{what} {none + 1} is in no shard: measure the shards again")
    return [files[number] for number in sorted(files)]
