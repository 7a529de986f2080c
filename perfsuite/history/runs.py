"""The runs of a history: the record files of one kind of machine, in the order of their commits.

What does not belong there is left out, and each reason is one line. Nothing is judged here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from perfsuite.history.commits import Commits
from perfsuite.history.index import briefs, fill
from perfsuite.model.cell import Cell
from perfsuite.model.printable import near
from perfsuite.records.brief import Brief

FILES = "*/*.jsonl.gz"  # below the results, the archive, and what asv has measured
MEMORY = 1.1  # machines whose memory differs by more than this factor are of two kinds
AHEAD = timedelta(days=1)  # a run that began later than this from now has a wrong clock
NAMED = 3  # runs that one line names


@dataclass(frozen=True)
class Runs:
    """The runs that are shown."""

    kind: str  # the machine class, with the memory where that splits it
    runs: tuple[Brief, ...]  # oldest commit first; of one commit, oldest first
    commits: Commits
    notes: tuple[str, ...] = ()  # what was left out, or is strange
    kinds: tuple[tuple[str, int], ...] = ()  # all kinds of machine that have records, and how many


def found(
    folders: Sequence[Path],
    index: Path,
    commits: Commits,
    here: tuple[str, float],
    wanted: str = "",
    now: datetime | None = None,
) -> Runs:
    """The runs in ``folders`` of the kind of machine ``wanted``; by default ``here``, or else of the newest run.

    ``here`` is the class of this machine and its bytes of memory.

    Raises:
        ValueError: there is no record of that kind.
        FileNotFoundError: there is no record at all.
    """
    notes: list[str] = []
    every = _once(_read(folders, index, notes), notes)
    if not every:
        places = " and ".join(map(str, folders))
        raise FileNotFoundError(f"no record file below {places}: measure some, for example with --backfill 10")
    sorts = _kinds(every)
    kind = _chosen(sorts, here, wanted)
    runs = sorts[kind]
    for word, left in (("interrupted", lambda run: run.partial), ("with changes that are in no commit", _dirty)):
        runs = _without(runs, left, f"left out, {word}", notes)
    if known := [run for run in runs if run.commit in commits.place]:
        runs = _without(runs, lambda run: run.commit not in commits.place, _gone(commits), notes)
        runs = sorted(known, key=lambda run: (commits.place[run.commit], _began(run)))
    else:
        if runs:
            notes.append("no run is of a commit of this repository: in the order of their times, nothing to confirm")
        runs = sorted(runs, key=_began)
    notes += _clocks(runs, commits, now or datetime.now(UTC))
    return Runs(kind, tuple(runs), commits, tuple(notes), tuple((name, len(sorts[name])) for name in sorts))


def _read(folders: Iterable[Path], index: Path, notes: list[str]) -> list[tuple[Path, Brief]]:
    paths = [path for folder in folders for path in sorted(folder.glob(FILES))]
    fill(paths, index)
    read = []
    for path in paths:
        try:
            read.append((path, briefs(path, index)))
        except (ValueError, OSError) as problem:
            notes.append(f"left out: {problem}")
    return read


def _once(read: Iterable[tuple[Path, Brief]], notes: list[str]) -> list[Brief]:
    """Each run once; an archived copy is the same run, and a shard is part of the run it was merged into."""
    first: dict[str, tuple[Path, Brief]] = {}
    for path, run in read:
        where, before = first.setdefault(run.run, (path, run))
        if before is not run and (before.medians != run.medians or tuple(before.cells) != tuple(run.cells)):
            notes.append(f"run {run.run} is in {where} and, with other times, in {path}: only the first counts")
    parts = {part for _, run in first.values() for part in run.parts}
    return [run for _, run in first.values() if run.run not in parts]


def kinds(folders: Iterable[Path], index: Path) -> dict[str, list[Brief]]:
    """All runs by kind of machine; what cannot be read is left out."""
    return _kinds([run for _, run in _read(folders, index, [])])


def _kinds(runs: Sequence[Brief]) -> dict[str, list[Brief]]:
    """The runs by kind of machine: its class, and its memory, which a kernel may report a little differently."""
    classes: dict[str, list[Brief]] = defaultdict(list)
    for run in runs:
        classes[run.machine_class].append(run)
    split: dict[str, list[Brief]] = {}
    for name, group in sorted(classes.items()):
        ordered = sorted(group, key=memory)
        parts: list[list[Brief]] = []
        for run in ordered:
            if parts and memory(run) <= MEMORY * memory(parts[-1][-1]):
                parts[-1].append(run)
            else:
                parts.append([run])
        for part in parts:
            size = f", {round(memory(part[0]) / 2**30)} GiB" if len(parts) > 1 else ""
            split.setdefault(f"{name}{size}", []).extend(part)
    return split


def memory(run: Brief) -> float:
    """Bytes of memory of the machine; 0 where the record does not tell."""
    size = run.machine.get("memory")
    return float(size) if isinstance(size, int | float) else 0.0


def _chosen(kinds: Mapping[str, list[Brief]], here: tuple[str, float], wanted: str) -> str:
    """The kind of machine to show.

    Raises:
        ValueError: there is no record of the one that was asked for.
    """
    if wanted:
        matches = [name for name in kinds if name == wanted] or [name for name in kinds if name.startswith(wanted)]
        if len(matches) != 1:
            what = f"{len(matches)} kinds of machine match" if matches else "no record of a kind of machine"
            raise ValueError(f"{what} {wanted!r}{near(wanted, kinds)}: --class takes one of {'; '.join(kinds)}")
        return matches[0]
    own = [name for name, runs in kinds.items() if runs[0].machine_class == here[0]]
    alike = [name for name in own if any(1 / MEMORY <= here[1] / (memory(run) or 1) <= MEMORY for run in kinds[name])]
    return max(alike or own or kinds, key=lambda name: max(run.started for run in kinds[name]))


def _without(runs: list[Brief], left: Callable[[Brief], bool], why: str, notes: list[str]) -> list[Brief]:
    gone = [run for run in runs if left(run)]
    if gone:
        more = f" and {len(gone) - NAMED} more" if len(gone) > NAMED else ""
        names = ", ".join(f"{run.run} ({run.commit[:10] or 'no commit'})" for run in gone[:NAMED])
        notes.append(f"{len(gone)} run{'s' * (len(gone) != 1)} {why}: {names}{more}")
    return [run for run in runs if not left(run)]


def _dirty(run: Brief) -> bool:
    return run.dirty


def _gone(commits: Commits) -> str:
    where = commits.branch or "HEAD"
    return f"left out, of commits that the history of {where} does not have (rewritten, or of another branch)"


def _clocks(runs: Sequence[Brief], commits: Commits, now: datetime) -> list[str]:
    """Runs that began before their commit was made, or in the future: a clock was wrong, and their times are not used.

    Older commits that were measured later are usual.
    """
    wrong = []
    for run in runs:
        made = commits.made.get(run.commit)
        if made and _began(run) < made:
            wrong.append(f"run {run.run} began {run.started[:19]}, before its commit {run.commit[:10]} was made")
        elif _began(run) > now + AHEAD:
            wrong.append(f"run {run.run} began {run.started[:19]}, in the future")
    more = [f"and {len(wrong) - NAMED} more runs"] if len(wrong) > NAMED else []
    return [f"{text}: a clock was wrong; the order is that of the commits" for text in [*wrong[:NAMED], *more]]


def _began(run: Brief) -> datetime:
    return datetime.fromisoformat(run.started)


def held(folders: Iterable[Path], index: Path, machine_class: str, match: Callable[[Cell], bool]) -> set[str]:
    """The commits that have a complete run on this class of machine with a cell that matches."""
    every = [run for _, run in _read(folders, index, [])]
    whole = [run for run in every if run.machine_class == machine_class and not (run.dirty or run.partial)]
    return {run.commit for run in whole if any(match(Cell.parse(cell)) for cell in run.cells)}
