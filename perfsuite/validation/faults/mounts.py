"""Faults of file systems, mounted for the scenario alone: full, small, or read-only."""

from __future__ import annotations

import contextlib
import subprocess
import textwrap
from collections.abc import Iterator

from perfsuite.records import store
from perfsuite.validation.faults.ground import FEW, Done, Ground, Play, Row, judged, last, launches, neighbours, plain


def mounted(ground: Ground, script: str) -> Done:
    """Run a shell script in its own mount namespace; the functions ``run`` and ``resume`` are the commands."""
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
    """Whether this process may mount its own file systems."""
    with contextlib.suppress(OSError):
        words = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /dev/shm"]
        return subprocess.run(words, capture_output=True).returncode == 0
    return False


def read_only(ground: Ground) -> Iterator[Row]:
    """A read-only results folder: the run must stop before it measures anything."""
    done = mounted(ground, "mount -t tmpfs -o ro,size=64k tmpfs $results\nrun")
    fits = done.code == 2 and "Read-only file system" in done.err and "Traceback" not in done.err
    told = f"exit code {done.code}: {plain(last(done.err))}"
    yield Row("The results folder is read-only", told, 0, ground.left(), "ok", fits)


def full_results(size: str, moment: str) -> Play:
    """The disk is full while results are written; the run is resumed with more space."""

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
        done = mounted(ground, script)
        kept = launches((ground.folder / "kept.jsonl").read_text(encoding="utf-8"))
        run = store.read(ground.folder / "whole.jsonl.gz")
        after = {(one.cell, launch.launch): list(launch.wall) for one in run.records for launch in one.launches}
        lost = sum(after.get(key) != wall for key, wall in kept.items()) + (4 - len(run.records))
        said = next((line for line in done.err.splitlines() if "No space left" in line), "")
        ends = "first 2" in done.out and "second 0" in done.out
        fits = ends and "--resume" in said and "Traceback" not in done.err
        told = f"exit code 2: {plain(said)}; resumed with more room: exit code 0"
        fault = f"The disk of the results is full while {moment}"
        yield Row(fault, told, lost, ground.left(), neighbours(run.records), fits)

    return play


def full_temporary(ground: Ground) -> Iterator[Row]:
    """The temporary folder is full."""
    done = mounted(ground, "mount -t tmpfs -o size=256k tmpfs $tmp\ncode=0; run || code=$?\nls -A $tmp\nexit $code")
    fits = done.code == 2 and "No space left" in done.err and "Traceback" not in done.err and not done.out.strip()
    told = f"exit code {done.code}: {plain(last(done.err))}"
    yield Row("The temporary folder is full", told, 0, ground.left(), "ok", fits)


def small_shared_memory(ground: Ground) -> Iterator[Row]:
    """Shared memory of only 64 KiB, through which the processes of a DataLoader pass batches."""
    script = """
        mount -t tmpfs -o size=64k tmpfs /dev/shm
        run -k '(matmul.ladder and /mm/eager/cpu/8/1) or passes_batches' --timeout 20 || true
    """
    mounted(ground, script)
    yield from judged(ground, "Shared memory of 64 KiB", "error", "shared memory is full")
