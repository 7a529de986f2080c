"""What a fault costs, played for real: variants that misbehave, killed parents, full disks, beside honest neighbours.

Each play runs ``python -m benchmarks`` on a copy of the project with a few families more, from ``misbehaviour``, in a
temporary folder of its own, and looks at what the run said and at what was left behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import journal, record, scratch
from benchmarks.catalogue import ROOT
from benchmarks.printable import cut, visible

FOLDER = Path(__file__).parent / "misbehaviour"
ROOMS = ("impls", "benchmarks", "reports")
TIMEOUT = 10  # seconds that one step of a misbehaving variant may take
MEMORY = 4_000_000_000  # bytes that a worker may grow by
NEIGHBOURS = "(matmul.ladder and /eager/cpu/8/1 and (mm or einsum)) or smallops.row_sum/torch_sum/eager/cpu/50x10/1"
FEW = "matmul.ladder and /eager/cpu/ and (/mm/ or /mm_out/) and (/8/1 or /16/1)"
NO_SPACES = "not played: this process may not make a file system of its own (unshare, mount)"

# What differs from one play to the next: temporary folders, names of runs, addresses, numbers of processes.
CHANGING = re.compile(
    r"/\S*/benchmarks-\S*/(?=[\w.-]+)|(?<=/)\d{4}-\d\d-\d\dT\S*(?=\.jsonl)|\d{8}-\d{6}-\w{4}"
    r"|0x[0-9a-f]+|\d+(?= process\(es\))|(?<=pid\(s\) )\d+"
)
FAILING = """#!/bin/sh
case "$*" in
    *--version*) echo "g++ 12.2.0" ;;
    *) echo "x.cpp:1:10: fatal error: omp.h: No such file or directory" >&2; exit 1 ;;
esac
"""  # a C++ compiler that finds no header

Told = tuple[str, str]  # status, and a part of its reason
MISBEHAVING: Mapping[str, Told] = {
    "good": ("ok", ""),
    "raises": ("error", "RuntimeError: no luck today"),
    "raises_escapes": ("error", r"\x1b[31mred\x07 and half a letter \udc80"),
    "garbage": ("wrong", "64 of 64 elements are outside the tolerance"),
    "hangs": ("timeout", f"took longer than {TIMEOUT} s"),
    "stops": ("timeout", "the process was stopped (SIGSTOP)"),
    "exits": ("crashed", "exited with code 7"),
    "leaves": ("error", "SystemExit: 5"),
    "segfaults": ("crashed", "killed by SIGSEGV"),
    "killed": ("crashed", "killed by SIGKILL"),
    "allocates": ("oom", "can't allocate memory"),
    "does_not_build": ("error", "fortytwo"),
    "loses_a_worker": ("error", "DataLoader worker"),
    "prints_binary": ("ok", ""),
    "writes_to_low_files": ("ok", ""),
    "closes_low_files": ("ok", ""),
    "writes_to_every_pipe": ("error", "something else than the worker wrote into its answers: not json"),
    "leaves_children": ("error", "process(es) behind"),
    "forks_bomb": ("error", "process(es) behind"),
    "forks_and_returns": ("error", "processes forked by hand from 0 to"),
    "opens_files": ("error", "Too many open files"),
    "keeps_files": ("error", "open files from"),
    "spins": ("wrong", "its work goes on after it has returned"),
    "sets_dtype": ("error", "default dtype from torch.float32 to torch.float64"),
    "sets_device": ("error", "changes global state: default device from cpu to meta"),
    "enters_function_mode": ("error", "function modes entered from 0 to"),
    "enters_dispatch_mode": ("error", "dispatch modes entered from 0 to"),
    "detects_anomalies": ("error", "anomaly detection from False to True"),
    "disables_onednn": ("error", "oneDNN from True to False"),
    "sets_precision": ("error", "matrix product precision from ieee to tf32"),
    "sets_affinity": ("error", "CPU affinity from"),
    "is_nice": ("error", "priority from"),
    "disables_gc": ("error", "garbage collection from True to False"),
    "traces": ("wrong", "looks at the frames of its callers: sys.settrace"),
    "profiles": ("wrong", "looks at the frames of its callers: sys.setprofile"),
    "limits_files": ("error", "resource limit RLIMIT_NOFILE from"),
    "changes_folder": ("error", "working directory from"),
    "sets_umask": ("error", "umask from"),
    "sets_variable": ("error", "environment variable OMP_NUM_THREADS from"),
    "sets_alarm": ("error", "timer from False to True"),
    "slows_others": ("error", "replaces torch.softmax"),
    "sets_clock": ("error", "replaces benchmarks.clock.HostClock.now"),
    "sees_its_callers": ("wrong", "looks at the frames of its callers: sys._getframe in impls/faults/misbehaving.py"),
    "works_on": ("wrong", "its work goes on after it has returned"),
    "tires": ("wrong", "(in a timed call)"),
    "dies_while_timed": ("crashed", "killed by SIGSEGV"),
    "changes_while_timed": ("error", "grad mode from True to False"),
    "forks_while_timed": ("error", "process(es) behind"),
    "needs_module": ("skipped", "needs a_module_that_nobody_has"),
    "says_it_needs": ("skipped", "needs a quantum computer"),
    "not_implemented": ("error", "NotImplementedError: no kernel for this dtype"),
    "also_good": ("ok", ""),
}
FILES: Mapping[str, Told] = {
    "spoils": ("error", "importing impls/faults/spoils.py changes global state: grad mode from True to False"),
    "rounds": ("error", "importing impls/faults/rounds.py changes global state: matrix product precision"),
    "breaks": ("error", "impls/faults/breaks.py cannot be imported: RuntimeError: not on Saturdays"),
    "quits": ("crashed", "importing impls/faults/quits.py: exited with code 9"),
}


HONEST = ("good", "also_good")  # of the variants


@dataclass(frozen=True)
class Row:
    """One fault and what it cost."""

    fault: str
    told: str  # what the run said of it, or how the command ended
    lost: int = 0  # results that should be there and are not
    left: int = 0  # processes and temporary files afterwards
    neighbours: str = "ok"  # statuses of the honest cells of the same run
    as_expected: bool = True
    played: bool = True

    @property
    def well(self) -> bool:
        """Whether the fault cost nothing but itself."""
        return self.as_expected and not self.lost and not self.left and self.neighbours == "ok"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


class Ground:
    """A copy of the project to play in, with results, caches and a temporary folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        self.results = folder / "results"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        for room in ROOMS:
            shutil.copytree(ROOT / room, self.project / room, ignore=shutil.ignore_patterns("__pycache__", "evidence"))
        for source, target in (("impls", "impls/faults"), ("components", "benchmarks/components/faults")):
            shutil.copytree(FOLDER / source, self.project / target, ignore=shutil.ignore_patterns("__pycache__"))
            (self.project / target / "__init__.py").write_text('"""Misbehaviour."""\n', encoding="utf-8")

    def environment(self, **changed: str) -> dict[str, str]:
        """The environment of a play: the user's, with a temporary folder that is looked at afterwards."""
        return {**os.environ, "TMPDIR": str(self.temporary), **changed}

    def words(self, *arguments: str) -> list[str]:
        """A command line of the project's own."""
        return [sys.executable, "-m", "benchmarks", *arguments, "--results", str(self.results)]

    def run(self, *arguments: str, before: Sequence[str] = (), **changed: str) -> Done:
        """Run a command of the project and wait for it; ``before`` are words that come before it."""
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
        """Start a command in a process group of its own, as a terminal does."""
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
        return record.read(record.latest(self.results))

    def left(self) -> int:
        """Processes that live, and files in the temporary folder; what was found is removed for the next play."""
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
        """Forget the results of the play before."""
        shutil.rmtree(self.results, ignore_errors=True)


def _hears() -> None:
    """Let a process that is about to be started hear SIGHUP, which nohup ignores for all below it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


Play = Callable[[Ground], Iterator[Row]]


def variants(
    ground: Ground, misbehaving: Sequence[str] = tuple(MISBEHAVING), files: Sequence[str] = tuple(FILES)
) -> Iterator[Row]:
    """Variants that misbehave, and files that do harm when they are imported, in one run with honest neighbours."""
    asked = [*(f"misbehaving/{name}/" for name in misbehaving), *(f"faults.{name}/" for name in files)]
    limits = ("--launches", "2", "--timeout", str(TIMEOUT), "--memory-limit", str(MEMORY))
    ground.run("run", "-k", f"{' or '.join(asked)} or {NEIGHBOURS}", *limits, "--no-report")
    run, left = ground.records(), ground.left()
    honest = [one for one in run.records if "/good/" in one.cell or "/also_good/" in one.cell]
    honest = [one for one in honest if one.key.component == "faults.misbehaving"]
    neighbours = _neighbours([*honest, *(one for one in run.records if not one.cell.startswith("faults."))])
    for name in misbehaving:
        if name not in HONEST:
            cells = [one for one in run.records if one.cell.startswith(f"faults.misbehaving/{name}/")]
            yield _row(_lesson("misbehaving", name), cells, MISBEHAVING[name], left, neighbours)
    for name in files:
        cells = [one for one in run.records if one.key.component == f"faults.{name}"]
        yield _row(_lesson(name), cells, FILES[name], left, neighbours)


def _row(fault: str, cells: Sequence[record.Record], wanted: Told, left: int, neighbours: str) -> Row:
    """What a run says of ``cells``, which should all have the ``wanted`` status and reason."""
    status, says = wanted
    fits = cells and all(one.status == status and says in one.reason for one in cells)
    told = f"{cells[0].status}: {cells[0].reason}" if cells and cells[0].reason else "ok"
    return Row(fault, _plain(told), int(not cells), left, neighbours, bool(fits))


def _plain(text: str) -> str:
    """``text`` without what differs from one play to the next."""
    return CHANGING.sub("…", text)


def _lesson(component: str, variant: str = "") -> str:
    """What a variant, or a whole file, does: the first line of its docstring."""
    text = (FOLDER / "impls" / f"{component}.py").read_text(encoding="utf-8")
    if variant:
        text = text[text.index(f"def {variant}(") :]
    return text.split('"""')[1].splitlines()[0].rstrip(".")


def _neighbours(cells: Sequence[record.Record]) -> str:
    """Whether all are ok, else what is not."""
    bad = [f"{one.cell}: {one.status} ({one.reason})" for one in cells if one.status not in ("ok", "unstable")]
    return "; ".join(bad) or ("ok" if cells else "none")


# -- the parent is ended ----------------------------------------------------------------------------------------------

MOMENTS: Mapping[str, tuple[str, Callable[[str], bool]]] = {  # pass -> (command, whether it is under way)
    "check": ("run", lambda text: '"kind": "check"' in text),
    "time": ("run", lambda text: '"kind": "launch"' in text),
    "trace": ("profile", lambda text: text.count('"kind": "launch"') >= 4),
}


def ended(how: signal.Signals, moment: str) -> Play:
    """The parent gets a signal in one of its passes; then the run is resumed."""

    def play(ground: Ground) -> Iterator[Row]:
        command, under_way = MOMENTS[moment]
        process = ground.start(command, "-k", FEW, "--no-report", *(["--launches", "3"] if command == "run" else []))
        path = _wait(ground, under_way)
        time.sleep(1.0 if moment == "trace" else 0.0)
        process.send_signal(how)
        _, said = process.communicate(timeout=120)
        kept = _launches(path.read_text(encoding="utf-8"))
        partial = how == signal.SIGKILL or ground.records().partial
        asked = 130 if how != signal.SIGKILL else -how
        done = ground.run("run", "--resume", "--no-report")
        run = ground.records()
        after = {(one.cell, launch.launch): list(launch.wall) for one in run.records for launch in one.launches}
        lost = sum(after.get(key) != wall for key, wall in kept.items()) + (4 - len(run.records))
        fits = process.returncode == asked and partial and done.code == 0 and not run.partial
        told = f"exit code {process.returncode}; resumed: exit code {done.code}, {len(run.records)} of 4 cells"
        fits = fits and "Traceback" not in said + done.err
        yield Row(f"{how.name} to the parent, pass {moment}", told, lost, ground.left(), _neighbours(run.records), fits)

    return play


def _wait(ground: Ground, under_way: Callable[[str], bool]) -> Path:
    """Wait for the journal to say that a pass is under way."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        for path in (ground.results / "journal").glob("*.jsonl"):
            if under_way(path.read_text(encoding="utf-8")):
                return path
        time.sleep(0.02)
    raise TimeoutError("the run did not get so far in 300 s")


def _launches(text: str) -> dict[tuple[str, int], list[float]]:
    lines = [json.loads(line) for line in text.splitlines() if line.startswith('{"kind": "launch"')]
    return {(line["cell"], line["launch"]["launch"]): line["launch"]["wall"] for line in lines}


def torn(ground: Ground) -> Iterator[Row]:
    """A journal that ends at any byte of its last line."""
    process = ground.start("run", "-k", FEW, "--no-report", "--launches", "2")
    path = _wait(ground, MOMENTS["time"][1])
    process.kill()
    process.communicate()
    data = path.read_bytes()
    start = data.rstrip(b"\n").rindex(b"\n") + 1
    bad = 0
    for stop in range(start, len(data) + 1):
        path.write_bytes(data[:stop])
        whole = data[:stop].count(b"\n")
        bad += len(_launches(data[:start].decode())) > len(journal.load(path).launches) or whole < 1
    done = ground.run("run", "--resume", "--no-report")
    run = ground.records()
    told = f"read at each length; resumed: exit code {done.code}"
    yield Row("A journal cut at every byte of its last line", told, bad, ground.left(), _neighbours(run.records))


# -- the ground gives way ---------------------------------------------------------------------------------------------


def alone(name: str, says: str, cells: str, status: str = "ok", **variables: str) -> Play:
    """A run under other circumstances: ``cells`` get ``status`` with a reason that holds ``says``; mm is honest."""

    def play(ground: Ground) -> Iterator[Row]:
        changed = {key: value.replace("{folder}", str(ground.folder)) for key, value in variables.items()}
        selection = f"({cells}) or (matmul.ladder and /mm/eager/cpu/8/1)"
        ground.run("run", "-k", selection, "--no-report", "--launches", "2", "--timeout", "60", **changed)
        yield from _judged(ground, name, status, says)

    return play


def _judged(ground: Ground, name: str, status: str, says: str) -> Iterator[Row]:
    run = ground.records()
    honest = [one for one in run.records if "/mm/eager/" in one.cell]
    others = [one for one in run.records if one not in honest]
    yield _row(name, others, (status, says), ground.left(), _neighbours(honest))


def odd_folder(ground: Ground) -> Iterator[Row]:
    """A temporary folder with a blank and a letter that is not ASCII, which torch's compiler cannot work in."""
    odd = ground.temporary / "a dir é"
    odd.mkdir()
    compiled = "smallops.row_sum/torch_sum/compile/cpu/50x10/1"
    ground.run(
        "run", "-k", f"{compiled} or (matmul.ladder and /mm/eager/cpu/8/1)", "--no-report", "--launches", "2",
        TMPDIR=str(odd),
    )  # fmt: skip
    empty = not list(odd.iterdir())
    odd.rmdir() if empty else None
    yield from _judged(ground, 'TMPDIR="/tmp/a dir é"', "ok", "")


def no_compiler(ground: Ground) -> Iterator[Row]:
    """No C++ compiler, and one that fails."""
    compiled = "smallops.row_sum/torch_sum/compile/cpu/50x10/1"
    broken = ground.folder / "broken-compiler"
    broken.write_text(FAILING, encoding="utf-8")
    broken.chmod(0o755)
    yield from alone("No C++ compiler", "needs a C++ compiler", compiled, "skipped", CXX="no-such-compiler")(ground)
    ground.clear()
    says = "fatal error: omp.h: No such file or directory"
    yield from alone("A C++ compiler that fails", says, compiled, "error", CXX="{folder}/broken-compiler")(ground)


def set_back(ground: Ground) -> Iterator[Row]:
    """The clock goes back by an hour while the run goes on."""
    code = textwrap.dedent("""
        import runpy, sys, time
        real = time.time
        start = real()
        time.time = lambda: real() - (3600 if real() - start > 4 else 0)
        sys.argv[:] = ["benchmarks", *sys.argv[1:]]
        runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)
    """)
    words = ("run", "-k", FEW, "--no-report", "--launches", "2", "--results", str(ground.results))
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ground.project, env=ground.environment(), capture_output=True
    )
    run = ground.records()
    starts = [launch.at for one in run.records for launch in one.launches]
    fits = done.returncode == 0 and all(at[0] >= 0 and list(at) == sorted(at) for at in starts)
    told = f"exit code {done.returncode}"
    yield Row(
        "The clock is set back by an hour", told, 4 - len(run.records), ground.left(), _neighbours(run.records), fits
    )


def two_runs(ground: Ground) -> Iterator[Row]:
    """Two runs in one folder at the same time."""
    both = [ground.start("run", "-k", FEW, "--launches", "2") for _ in range(2)]
    codes = [one.wait(600) for one in both]
    for one in both:
        one.communicate()
    runs = [record.read(path) for path in sorted(ground.results.glob("*/*.jsonl.gz"))]
    cells = [one for run in runs for one in run.records]
    told = f"exit codes {codes[0]} and {codes[1]}; {len(runs)} record files"
    fits = codes == [0, 0] and not any(run.partial for run in runs)
    yield Row("Two runs in one folder", told, 8 - len(cells), ground.left(), _neighbours(cells), fits)


# -- file systems of its own ------------------------------------------------------------------------------------------


def _mounted(ground: Ground, script: str) -> Done:
    """Run a shell script where it may mount what nobody else sees; ``$run`` is the command."""
    head = f"set -e\nresults={ground.results}\ntmp={ground.temporary}\nmkdir -p $results\n"
    arguments = ("run", "-k", FEW, "--no-report", "--launches", "2")
    quoted = " ".join(f"'{word}'" for word in ground.words(*arguments))
    resume = " ".join(f"'{word}'" for word in ground.words("run", "--resume", "--no-report"))
    text = f'{head}run() {{ {quoted} "$@"; }}\nresume() {{ {resume}; }}\n{textwrap.dedent(script)}'
    words = ["unshare", "-m", "sh", "-c", text]
    done = subprocess.run(
        words, cwd=ground.project, env=ground.environment(), capture_output=True, text=True, errors="replace"
    )
    return Done(done.returncode, done.stdout, done.stderr)


def mounting() -> bool:
    """Whether this process may have file systems of its own."""
    with contextlib.suppress(OSError):
        words = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /dev/shm"]
        return subprocess.run(words, capture_output=True).returncode == 0
    return False


def read_only(ground: Ground) -> Iterator[Row]:
    """A results folder that cannot be written to: nothing is measured for nothing."""
    done = _mounted(ground, "mount -t tmpfs -o ro,size=64k tmpfs $results\nrun")
    fits = done.code == 2 and "Read-only file system" in done.err and "Traceback" not in done.err
    told = f"exit code {done.code}: {_plain(_last(done.err))}"
    yield Row("The results folder is read-only", told, 0, ground.left(), "ok", fits)


def full_results(size: str, moment: str) -> Play:
    """The disk is full while results are written; with more room the run is resumed."""

    def play(ground: Ground) -> Iterator[Row]:
        script = f"""
            mount -t tmpfs -o size={size} tmpfs $results
            code=0; run || code=$?
            echo "first $code"
            cp $results/journal/*.jsonl {ground.folder}/kept.jsonl
            mount -o remount,size=64m $results
            code=0; resume || code=$?
            echo "second $code"
            cp $results/*/*.jsonl.gz {ground.folder}/whole.jsonl.gz
        """
        done = _mounted(ground, script)
        kept = _launches((ground.folder / "kept.jsonl").read_text(encoding="utf-8"))
        run = record.read(ground.folder / "whole.jsonl.gz")
        after = {(one.cell, launch.launch): list(launch.wall) for one in run.records for launch in one.launches}
        lost = sum(after.get(key) != wall for key, wall in kept.items()) + (4 - len(run.records))
        said = next((line for line in done.err.splitlines() if "No space left" in line), "")
        ends = "first 2" in done.out and "second 0" in done.out
        fits = ends and "--resume" in said and "Traceback" not in done.err
        told = f"exit code 2: {_plain(said)}; resumed with more room: exit code 0"
        fault = f"The disk of the results is full while {moment}"
        yield Row(fault, told, lost, ground.left(), _neighbours(run.records), fits)

    return play


def full_temporary(ground: Ground) -> Iterator[Row]:
    """The temporary folder is full."""
    done = _mounted(ground, "mount -t tmpfs -o size=256k tmpfs $tmp\ncode=0; run || code=$?\nls -A $tmp\nexit $code")
    fits = done.code == 2 and "No space left" in done.err and "Traceback" not in done.err and not done.out.strip()
    told = f"exit code {done.code}: {_plain(_last(done.err))}"
    yield Row("The temporary folder is full", told, 0, ground.left(), "ok", fits)


def small_shared_memory(ground: Ground) -> Iterator[Row]:
    """Shared memory of 64 KiB, through which DataLoader's processes pass batches."""
    script = """
        mount -t tmpfs -o size=64k tmpfs /dev/shm
        run -k '(matmul.ladder and /mm/eager/cpu/8/1) or passes_batches' --timeout 20 || true
    """
    _mounted(ground, script)
    yield from _judged(ground, "Shared memory of 64 KiB", "error", "shared memory is full")


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


# -- all of them ------------------------------------------------------------------------------------------------------

COMPILED = "smallops.row_sum/torch_sum/compile/cpu/50x10/1"
PLAYS: Sequence[tuple[Play, bool]] = (  # (play, whether it mounts)
    (variants, False),
    *((ended(signal.SIGKILL, moment), False) for moment in MOMENTS),
    (ended(signal.SIGTERM, "check"), False),
    (ended(signal.SIGHUP, "time"), False),
    (ended(signal.SIGINT, "time"), False),
    (torn, False),
    (
        alone(
            "TORCHDYNAMO_DISABLE=1", "nothing was compiled: TORCHDYNAMO_DISABLE=1 is set", COMPILED, "error",
            TORCHDYNAMO_DISABLE="1",
        ),
        False,
    ),
    (no_compiler, False),
    (odd_folder, False),
    (set_back, False),
    (two_runs, False),
    (read_only, True),
    (full_results("8k", "it runs"), True),
    (full_results("24k", "the record is written"), True),
    (full_temporary, True),
    (small_shared_memory, True),
)  # fmt: skip


def play(plays: Sequence[tuple[Play, bool]] = PLAYS, say: Callable[[str], None] = lambda text: None) -> list[Row]:
    """Play all faults, one after the other, and say each row when it is known."""
    rows = []
    with scratch.Scratch() as folder:
        ground = Ground(folder)
        may = mounting()
        for one, mounts in plays:
            if mounts and not may:
                rows.append(Row(one.__qualname__.split(".")[0].replace("_", " "), NO_SPACES, played=False))
                continue
            ground.clear()
            for row in one(ground):
                say(f"{'ok ' if row.well else 'BAD'} {visible(row.fault)}: {visible(row.told)}")
                rows.append(row)
    return rows


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        "| fault | what is told | results lost | left behind | neighbours |",
        "|---|---|---:|---:|---|",
    ]
    return "\n".join([*lines, *map(line, rows)]) + "\n"


def line(row: Row) -> str:
    """A row of the table: its first two words, the fault and how it ends, are the same on every machine."""
    told = cut(visible(row.told), 200).replace("|", "\\|")
    return f"| {row.fault} | {told} | {row.lost} | {row.left} | {row.neighbours} |"
