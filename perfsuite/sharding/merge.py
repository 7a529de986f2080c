"""Merge the records of all shards of a run into the record that one machine would have written.

The records are read and written one by one, so the memory needed is that of one cell, however many samples there are.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from perfsuite.model.record import Fact, Record, Run
from perfsuite.model.roofs import merge as merged_roofs
from perfsuite.model.shard import Shard
from perfsuite.records import store
from perfsuite.sharding import split
from perfsuite.sharding.agreeing import checked

Parts = Mapping[Path, Run]  # the first line of each file


def merge(files: Sequence[Path]) -> tuple[Run, Iterator[Record]]:
    """The run that ``files`` are the shards of, without its records, and its records in their order.

    Raises:
        ValueError: a file is damaged or no shard, they are not all shards of one run, or one is there twice or missing.
            If it is a later cell that is damaged or there twice, the iterator raises it.
    """
    opened = {path: store.stream(path) for path in files}
    try:
        parts = checked([(path, head) for path, (head, _) in opened.items()])
    except BaseException:
        for _, records in opened.values():
            records.close()
        raise
    head = _head(list(parts.values()))
    return head, _records(head, parts, {path: records for path, (_, records) in opened.items()})


def _head(parts: Sequence[Run]) -> Run:
    """The run of ``parts``, which are in the order of their numbers; what they must agree on is the first one's."""
    first, earliest = parts[0], min(parts, key=_started)
    shards = [_shard(part) for part in parts]
    problems = {problem.name: problem for part in parts for problem in part.problems}
    same = hashlib.sha256(" ".join(part.run for part in parts).encode()).hexdigest()
    return dataclasses.replace(
        first,
        run=f"{_started(earliest):%Y%m%d-%H%M%S}-{same[:4]}",  # the same whenever and wherever they are merged
        started=earliest.started,
        seconds=sum(part.seconds for part in parts),
        command=first.command.removesuffix(split.flags(shards[0])),
        dirty=any(part.dirty for part in parts),
        roofs=merged_roofs(part.roofs for part in parts),
        problems=tuple(problems[name] for name in shards[0].components if name in problems),
        facts=_facts(parts),
        secrets=tuple(dict.fromkeys(secret for part in parts for secret in part.secrets)),
        compiler=tuple(start for part in parts for start in part.compiler),
        shards=tuple(shards),
    )


def _started(part: Run) -> datetime:
    return datetime.fromisoformat(part.started)


def _shard(part: Run) -> Shard:
    (shard,) = part.shards
    return shard


def _facts(parts: Sequence[Run]) -> tuple[Fact, ...]:
    """Each fact once; what one machine could not check another may have."""
    found: dict[str, Fact] = {}
    for fact in (fact for part in parts for fact in part.facts):
        if fact.says not in found or found[fact.says].holds is None:
            found[fact.says] = fact
    return tuple(found.values())


def _records(head: Run, parts: Parts, records: Mapping[Path, Iterator[Record]]) -> Iterator[Record]:
    """The records of all ``parts`` in the order of the whole run."""
    owners = {at: path for path, part in parts.items() for at in _shard(part).cells}
    seen: dict[str, Path] = {}
    for at in range(head.shards[0].total):
        path = owners[at]
        record = next(records[path], None)
        if record is None:
            raise ValueError(f"{path} is damaged: it has fewer records than its shard has cells: measure it again")
        if record.cell in seen:
            raise ValueError(f"cell {record.cell} is in {seen[record.cell]} and in {path}: measure one of them again")
        seen[record.cell] = path
        yield _later(record, (_started(parts[path]) - _started(head)).total_seconds())
    for path, rest in records.items():
        if next(rest, None) is not None:
            raise ValueError(f"{path} is damaged: it has more records than its shard has cells: measure it again")
    if split.hashed(list(seen)) != head.shards[0].selected:
        raise ValueError("the cells of these shards are not those that the run selected: measure the shards again")


def _later(record: Record, seconds: float) -> Record:
    """``record`` with its samples at their times since the start of the whole run, which began ``seconds`` earlier."""
    if not seconds:
        return record
    launches = [dataclasses.replace(one, at=tuple(at + seconds for at in one.at)) for one in record.launches]
    return dataclasses.replace(record, launches=tuple(launches))
