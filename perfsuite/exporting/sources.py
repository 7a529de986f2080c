"""The record files to export, and the runs in them, one at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perfsuite.model.record import Run
from perfsuite.records.store import latest, named, read

FILES = "*.jsonl.gz"


@dataclass
class Tally:
    """What has been read."""

    runs: int = 0
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def cells(self) -> int:
        """How many cells there were."""
        return self.statuses.total()

    @property
    def failed(self) -> Counter[str]:
        """How many cells have no time, by status."""
        return Counter({status: count for status, count in self.statuses.items() if status != "ok"})


def chosen(names: Sequence[Path], results: Path) -> list[Path]:
    """The record files that ``names`` stand for; without names, the newest record below ``results``.

    A name is a file, the id of a run below ``results``, or a folder, whose records are taken oldest first.

    Raises:
        FileNotFoundError: a name is none of these, or a folder has no record.
    """
    files = [path for name in names for path in (below(name) if name.is_dir() else [named(results, name)])]
    return list(dict.fromkeys(files)) or [latest(results)]


def below(folder: Path) -> list[Path]:
    """All record files below ``folder``, the oldest first.

    Raises:
        FileNotFoundError: there is none.
    """
    files = sorted(folder.rglob(FILES), key=lambda path: (path.name, str(path)))
    if not files:
        raise FileNotFoundError(f"no record file (*.jsonl.gz) below {folder}: name the folder that has the records")
    return files


def runs(files: Iterable[Path], tally: Tally) -> Iterator[Run]:
    """The run in each file, read when it is asked for; none is kept. ``tally`` counts them.

    Raises:
        ValueError: a file is not a record file or is damaged, or two files hold the same run.
    """
    seen: dict[str, Path] = {}
    for path in files:
        run = read(path)
        if run.run in seen:
            raise ValueError(f"run {run.run} is in {seen[run.run]} and in {path}: export only one of them")
        seen[run.run] = path
        tally.runs += 1
        tally.statuses.update(record.status for record in run.records)
        yield run
        del run  # before the next one is read
