"""The environment of a fault scenario: a copy of the project with additional families, and the rows of the table."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from perfsuite.model import record
from perfsuite.project.catalogue import ROOT
from perfsuite.project.settings import TABLE
from perfsuite.records import store

FOLDER = Path(__file__).parent.parent / "misbehaviour"
ROOMS = ("impls", "perfsuite", "benchmarks", "reports")
FEW = "matmul.ladder and /eager/cpu/ and (/mm/ or /mm_out/) and (/8/1 or /16/1)"

# What differs between executions: temporary folders, names of runs, addresses, numbers of processes.
CHANGING = re.compile(
    r"/\S*/benchmarks-\S*/(?=[\w.-]+)|(?<=/)\d{4}-\d\d-\d\dT\S*(?=\.jsonl)|\d{8}-\d{6}-\w{4}"
    r"|0x[0-9a-f]+|\d+(?= process\(es\))|(?<=pid\(s\) )\d+"
)

Told = tuple[str, str]  # status, and a part of its reason


@dataclass(frozen=True)
class Row:
    """One fault and its cost."""

    fault: str
    told: str  # the message of the run about it, or how the command ended
    lost: int = 0  # missing results
    left: int = 0  # processes and temporary files left afterwards
    neighbours: str = "ok"  # statuses of the honest cells of the same run
    as_expected: bool = True
    played: bool = True

    @property
    def well(self) -> bool:
        """Whether the fault cost nothing else."""
        return self.as_expected and not self.lost and not self.left and self.neighbours == "ok"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


class Ground:
    """A copy of the project for the scenarios, with its own results, caches and temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        self.results = folder / "results"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        for room in ROOMS:
            shutil.copytree(ROOT / room, self.project / room, ignore=shutil.ignore_patterns("__pycache__", "evidence"))
        shutil.copy(ROOT / TABLE, self.project)
        for source, target in (("impls", "impls/faults"), ("components", "benchmarks/components/faults")):
            shutil.copytree(FOLDER / source, self.project / target, ignore=shutil.ignore_patterns("__pycache__"))
            (self.project / target / "__init__.py").write_text('"""Misbehaviour."""\n', encoding="utf-8")

    def environment(self, **changed: str) -> dict[str, str]:
        """The environment of a scenario: the user's, with a temporary folder that is checked afterwards."""
        return {**os.environ, "TMPDIR": str(self.temporary), **changed}

    def words(self, *arguments: str) -> list[str]:
        """A command line of the project."""
        return [sys.executable, "-m", "benchmarks", *arguments, "--results", str(self.results)]

    def run(self, *arguments: str, before: Sequence[str] = (), **changed: str) -> Done:
        """Run a command of the project and wait for it; ``before`` is put in front of the command line."""
        done = subprocess.run(
            [*before, *self.words(*arguments)],
            cwd=self.project,
            env=self.environment(**changed),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=1800,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in its own process group, as a terminal does."""
        return subprocess.Popen(
            self.words(*arguments),
            cwd=self.project,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_hears,
        )

    def records(self) -> record.Run:
        """The newest record file."""
        return store.read(store.latest(self.results))

    def left(self) -> int:
        """Count live processes and files in the temporary folder, and remove them for the next scenario."""
        processes = [one for one in psutil.process_iter(["environ"]) if self._mine(one)]
        for one in processes:
            with contextlib.suppress(psutil.Error):
                one.kill()
        files = list(self.temporary.iterdir())
        for file in files:
            shutil.rmtree(file, ignore_errors=True) if file.is_dir() else file.unlink()
        return len(processes) + len(files)

    def _mine(self, process: psutil.Process) -> bool:
        return str((process.info["environ"] or {}).get("TMPDIR", "")).startswith(str(self.temporary))

    def clear(self) -> None:
        """Remove the results of the previous scenario."""
        shutil.rmtree(self.results, ignore_errors=True)


def _hears() -> None:
    """Restore SIGHUP in a process that is about to start, because nohup makes all its descendants ignore it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


Play = Callable[[Ground], Iterator[Row]]


def row_of(fault: str, cells: Sequence[record.Record], wanted: Told, left: int, neighbours: str) -> Row:
    """The row for ``cells`` of a run, which should all have the ``wanted`` status and reason."""
    status, says = wanted
    fits = cells and all(one.status == status and says in one.reason for one in cells)
    told = f"{cells[0].status}: {cells[0].reason}" if cells and cells[0].reason else "ok"
    return Row(fault, plain(told), int(not cells), left, neighbours, bool(fits))


def plain(text: str) -> str:
    """``text`` without the parts that differ between executions."""
    return CHANGING.sub("…", text)


def lesson(component: str, variant: str = "") -> str:
    """What a variant, or a whole file, does: the first line of its docstring."""
    text = (FOLDER / "impls" / f"{component}.py").read_text(encoding="utf-8")
    if variant:
        text = text[text.index(f"def {variant}(") :]
    return text.split('"""')[1].splitlines()[0].rstrip(".")


def neighbours(cells: Sequence[record.Record]) -> str:
    """The word "ok" if all are ok, otherwise a list of those that are not."""
    bad = [f"{one.cell}: {one.status} ({one.reason})" for one in cells if one.status not in ("ok", "unstable")]
    return "; ".join(bad) or ("ok" if cells else "none")


def wait(ground: Ground, under_way: Callable[[str], bool]) -> Path:
    """Wait until the journal shows that a pass is under way."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        for path in (ground.results / "journal").glob("*.jsonl"):
            if under_way(path.read_text(encoding="utf-8")):
                return path
        time.sleep(0.02)
    raise TimeoutError("the run did not get that far within 300 s")


def launches(text: str) -> dict[tuple[str, int], list[float]]:
    """The samples in a journal, by cell and launch."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith('{"kind": "launch"')]
    return {(line["cell"], line["launch"]["launch"]): line["launch"]["wall"] for line in lines}


def last(text: str) -> str:
    """The last line."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def judged(ground: Ground, name: str, status: str, says: str) -> Iterator[Row]:
    """The row of a run in which ``mm`` is honest; others should have ``status`` and a reason containing ``says``."""
    run = ground.records()
    honest = [one for one in run.records if "/mm/eager/" in one.cell]
    others = [one for one in run.records if one not in honest]
    yield row_of(name, others, (status, says), ground.left(), neighbours(honest))
