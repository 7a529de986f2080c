"""A calibration on several machines: its sessions are shared out by their numbers, and their files put into one.

Sessions are independent, so that each may run anywhere, on machines of one kind. The number of a session determines
its kind and its edits, and the machines need not talk to each other. All of them must be there before they count: those
that are missing may be missing because of what they found.
"""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfsuite.calibration import calibrate
from perfsuite.host import commits, machine
from perfsuite.model.shard import Shard
from perfsuite.project import catalogue
from perfsuite.records import reading
from perfsuite.sharding import split
from perfsuite.sharding.agreeing import AGAIN, KINDS, agree, each_once
from perfsuite.sharding.folder import Result

SECONDS = 100.0  # a session is predicted to take
SAME = {  # fields of an origin: what they are called, and what to do if they differ
    "machine_class": ("machine class", KINDS),
    "commit": ("commit", AGAIN.format("commit")),
    "tree": ("tree hash", AGAIN.format("code")),
    "sessions": ("number of sessions", AGAIN.format("--sessions")),
    "shards": ("number of shards", AGAIN.format("--shards")),
    "seed": ("seed", AGAIN.format("--seed")),
    "kinds": ("list of kinds", AGAIN.format("--kind")),
}


@dataclass(frozen=True)
class Plan:
    """The sessions of a calibration, and how they are shared out."""

    kinds: tuple[str, ...]
    sessions: int
    seed: int
    shards: int

    def share(self, number: int) -> range:
        """The numbers of the sessions of shard ``number``, counted from 1: consecutive, so that each has all kinds.

        Raises:
            ValueError: there are fewer sessions than shards.
        """
        if self.shards > self.sessions:
            raise ValueError(
                f"--shards {self.shards} is too many for {self.sessions} session(s): --shards {self.sessions} at most"
            )
        first, last = (self.sessions * at // self.shards for at in (number - 1, number))
        return range(first + 1, last + 1)

    def order(self) -> Iterator[str]:
        """The kind of each session, from the first one on."""
        known: Counter[str] = Counter()
        for _ in range(self.sessions):
            yield (kind := calibrate.rarest(self.kinds, known))
            known[kind] += 1


def place(results: Path, plan: Plan, number: int) -> Path:
    """The file for the sessions of shard ``number`` that are run on this machine."""
    of = machine.machine_class(machine.machine())
    return results / "calibrate" / f"sessions-{of}-shard{number}of{plan.shards}.jsonl"


def sitting(path: Path, plan: Plan, number: int) -> None:
    """Run those sessions of shard ``number`` that ``path`` does not have yet.

    Raises:
        ValueError: the file holds other sessions.
        KeyboardInterrupt: as it says; the file has the sessions so far.
    """
    ours, share = _origin(plan, number), plan.share(number)
    done = set()
    for item in calibrate.load(path) if path.exists() else []:
        if _without_number(item.get("origin", {})) != _without_number(ours):
            raise ValueError(f"{path} holds sessions of another calibration or shard: name another file with --record")
        done.add(item["origin"]["session"])
    kinds = itertools.islice(plan.order(), share.start - 1, share.stop - 1)
    for session, kind in zip(share, kinds, strict=True):
        if session in done:
            continue
        seed = f"{plan.seed} {ours['commit']} {session}"
        found = calibrate.run(calibrate.kind(kind), seed=seed)
        calibrate.add(path, {**found, "origin": {**ours, "session": session}})
        calibrate.say(f"session {session} of {plan.sessions}", found)


def _origin(plan: Plan, number: int) -> dict[str, Any]:
    """What is recorded of where the sessions of shard ``number`` come from, but for their own numbers."""
    commit, _ = commits.commit(catalogue.ROOT)
    return {
        "sessions": plan.sessions,
        "shard": number,
        "shards": plan.shards,
        "seed": plan.seed,
        "kinds": list(plan.kinds),
        "commit": commit,
        "tree": catalogue.tree_hash(catalogue.IMPLS),
        "machine_class": machine.machine_class(machine.machine()),
        "node": split.node(),
    }


def _without_number(origin: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in origin.items() if name not in ("session", "node")}


def _plan(origin: Mapping[str, Any]) -> Plan:
    return Plan(tuple(origin["kinds"]), origin["sessions"], origin["seed"], origin["shards"])


def _whole(path: Path, number: int) -> bool:
    return _shard(path, calibrate.load(path)).number == number


RESULT = Result("calibrate", "calibrate/*.jsonl", _whole)


def merge(files: Sequence[Path]) -> list[dict[str, Any]]:
    """The sessions that ``files`` are the shards of, in their order.

    Raises:
        ValueError: a file is damaged or no whole shard, they are not all shards of one calibration, or one is there
            twice or missing.
    """
    sessions = {path: calibrate.load(path) for path in files}
    shards = {path: _shard(path, found) for path, found in sessions.items()}
    (first, known), *others = ((path, found[0]["origin"]) for path, found in sessions.items())
    for path, origin in others:
        for name, (what, remedy) in SAME.items():
            agree(what, remedy, (first, known[name]), (path, origin[name]))
    every = [item for path in each_once(shards, "calibrate", "session") for item in sessions[path]]
    every.sort(key=lambda item: int(item["origin"]["session"]))
    for item, kind in zip(every, _plan(known).order(), strict=True):
        if item["kind"] != kind:
            number, found = item["origin"]["session"], item["kind"]
            raise ValueError(f"session {number} is of kind {found!r}, but must be {kind!r}: measure the shards again")
    return every


def _shard(path: Path, sessions: Sequence[Mapping[str, Any]]) -> Shard:
    """The shard whose sessions a file holds.

    Raises:
        ValueError: it is not a whole one.
    """
    remedy = "merge only files of `calibrate --shards N --shard I`"
    if not sessions:
        raise ValueError(f"{path} holds no sessions: {remedy}")
    if not all("origin" in item for item in sessions):
        raise ValueError(f"{path} holds sessions that are no part of a shard: {remedy}")
    origin = sessions[0]["origin"]
    if any(_without_number(item["origin"]) != _without_number(origin) for item in sessions):
        raise ValueError(f"{path} holds sessions of several shards or calibrations: {remedy}")
    numbers = Counter(item["origin"]["session"] for item in sessions)
    if twice := next((number for number, count in numbers.items() if count > 1), 0):
        raise ValueError(f"session {twice} is in {path} twice: measure the shard again")
    share = _plan(origin).share(origin["shard"])
    if strange := next((number for number in numbers if number not in share), 0):
        raise ValueError(f"{path} is damaged: session {strange} is not in shard {origin['shard']}: measure it again")
    if len(numbers) < (asked := share.stop - share.start):
        words = f"calibrate --sessions {origin['sessions']} --shards {origin['shards']} --shard {origin['shard']}"
        raise ValueError(f"{path} has {len(numbers)} of {asked} sessions: finish it first, with `{words}` where it ran")
    cells = tuple(sorted(number - 1 for number in numbers))
    return Shard(origin["shard"], origin["shards"], cells, origin["sessions"], (), "", node=origin["node"])


def join(path: Path, sessions: Sequence[Mapping[str, Any]]) -> None:
    """Add ``sessions`` to a record, all or none of them.

    Raises:
        ValueError: one of them is in there already.
    """
    known = calibrate.load(path) if path.exists() else []
    there = {_identity(item["origin"]) for item in known if "origin" in item}
    for item in sessions:
        if _identity(item["origin"]) in there:
            which = f"session {item['origin']['session']} of {item['origin']['sessions']}"
            raise ValueError(f"{which} is in {path} already, and counts once: for more sessions, use another --seed")
    lines = [line.decode() for line in reading.kept(path)] if path.exists() else []
    lines += [json.dumps(item, separators=(",", ":")) for item in sessions]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    temporary.replace(path)


def _identity(origin: Mapping[str, Any]) -> tuple[Any, ...]:
    """What two sessions have in common if they are one."""
    names = ("machine_class", "commit", "tree", "sessions", "seed", "session")
    return (*(origin[name] for name in names), *origin["kinds"])


def record(sessions: Sequence[Mapping[str, Any]]) -> Path:
    """The project's record for the machines that ``sessions`` come from."""
    return calibrate.EVIDENCE / f"{sessions[0]['origin']['machine_class']}.jsonl"
