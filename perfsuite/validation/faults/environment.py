"""Faults of the environment: no compiler, odd folders, a clock that is set back, another run in the same folder."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator

from perfsuite.records import store
from perfsuite.validation.faults.ground import FEW, Ground, Play, Row, judged, neighbours

COMPILED = "smallops.row_sum/torch_sum/compile/cpu/50x10/1"
FAILING = """#!/bin/sh
case "$*" in
    *--version*) echo "g++ 12.2.0" ;;
    *) echo "x.cpp:1:10: fatal error: omp.h: No such file or directory" >&2; exit 1 ;;
esac
"""  # a C++ compiler that finds no header


def alone(name: str, says: str, cells: str, status: str = "ok", **variables: str) -> Play:
    """A run with changed variables: ``cells`` get ``status`` with a reason that contains ``says``; mm is honest."""

    def play(ground: Ground) -> Iterator[Row]:
        changed = {key: value.replace("{folder}", str(ground.folder)) for key, value in variables.items()}
        selection = f"({cells}) or (matmul.ladder and /mm/eager/cpu/8/1)"
        ground.run("run", "-k", selection, "--no-report", "--launches", "2", "--timeout", "60", **changed)
        yield from judged(ground, name, status, says)

    return play


def odd_folder(ground: Ground) -> Iterator[Row]:
    """A temporary folder with a space and a non-ASCII letter, in which torch's compiler cannot work."""
    odd = ground.temporary / "a dir é"
    odd.mkdir()
    ground.run(
        "run", "-k", f"{COMPILED} or (matmul.ladder and /mm/eager/cpu/8/1)", "--no-report", "--launches", "2",
        TMPDIR=str(odd),
    )  # fmt: skip
    empty = not list(odd.iterdir())
    odd.rmdir() if empty else None
    yield from judged(ground, 'TMPDIR="/tmp/a dir é"', "ok", "")


def no_compiler(ground: Ground) -> Iterator[Row]:
    """No C++ compiler, and a C++ compiler that fails."""
    broken = ground.folder / "broken-compiler"
    broken.write_text(FAILING, encoding="utf-8")
    broken.chmod(0o755)
    yield from alone("No C++ compiler", "needs a C++ compiler", COMPILED, "skipped", CXX="no-such-compiler")(ground)
    ground.clear()
    says = "fatal error: omp.h: No such file or directory"
    yield from alone("A C++ compiler that fails", says, COMPILED, "error", CXX="{folder}/broken-compiler")(ground)


def set_back(ground: Ground) -> Iterator[Row]:
    """The clock is set back by an hour during the run."""
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
        "The clock is set back by an hour", told, 4 - len(run.records), ground.left(), neighbours(run.records), fits
    )


def two_runs(ground: Ground) -> Iterator[Row]:
    """Two runs in one folder at the same time."""
    both = [ground.start("run", "-k", FEW, "--launches", "2") for _ in range(2)]
    codes = [one.wait(600) for one in both]
    for one in both:
        one.communicate()
    runs = [store.read(path) for path in sorted(ground.results.glob("*/*.jsonl.gz"))]
    cells = [one for run in runs for one in run.records]
    told = f"exit codes {codes[0]} and {codes[1]}; {len(runs)} record files"
    fits = codes == [0, 0] and not any(run.partial for run in runs)
    yield Row("Two runs in one folder", told, 8 - len(cells), ground.left(), neighbours(cells), fits)
