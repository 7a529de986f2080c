"""Measure cells; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import functools
import io
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from perfsuite.history import index
from perfsuite.host import commits
from perfsuite.model.cell import Cell
from perfsuite.model.printable import one_line
from perfsuite.model.record import REFUSED, Run
from perfsuite.project import catalogue, selecting
from perfsuite.records import journal as runs
from perfsuite.records.jsonl import KEPT
from perfsuite.records.options import Options
from perfsuite.records.store import read, write
from perfsuite.runners.commands import _shown, _spread
from perfsuite.runners.commands._arguments import add_amount, add_selection, positive
from perfsuite.running import session
from perfsuite.running.progress import Progress
from perfsuite.sharding import split
from perfsuite.workers.contents import SEED_BITS

REPEATED = 3  # cold and warm first calls of a compiled cell, where they are asked for
FULL_BUDGET = 0.08  # seconds of samples per cell and launch, where there are very many cells


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured, how much of it, and what is written and printed."""
    add_selection(parser)
    parser.add_argument("--full", action="store_true", help="every cell")
    parser.add_argument("--resume", nargs="?", const="", metavar="RUN", help="finish an interrupted run")
    parser.add_argument("--launches", type=positive(int), help="fresh processes per cell (default 6)")
    parser.add_argument("--budget", type=positive(float), help="seconds of samples per cell and launch")
    parser.add_argument("--seed", type=_seed, help="draw the inputs of a run again, from the seed it recorded")
    parser.add_argument("--timeout", type=positive(float), help="seconds that one step may take (default 300)")
    parser.add_argument("--memory-limit", type=positive(int), help="bytes by which a worker may grow")
    parser.add_argument("--no-cost", action="store_true", help="do not measure memory and operators")
    parser.add_argument(
        "--compile-cost",
        nargs="?",
        const=REPEATED,
        type=positive(int),
        metavar="N",
        help=f"measure what compiling costs, in processes of their own, N times (default {REPEATED}), and recompiles",
    )
    _spread.add_shards(parser, "cells")
    parser.add_argument("--no-report", action="store_true", help="write the record file only")
    add_amount(parser)


def main(options: argparse.Namespace, profiled: bool = False) -> int:
    """Measure the selected cells; with ``profiled``, in one launch, with a trace of each cell.

    Raises:
        ValueError: an option does not fit the others, or there is nothing to resume.
    """
    if options.engine:
        path = _spread.measured(functools.partial(_asked, options, profiled), options)
        return _ended(read(path), path, options, profiled)
    part = _spread.part(options)
    if options.resume is not None:
        journal = runs.resume(options.results, options.resume)
    else:
        journal = _begun(_asked(options, profiled), options, part)
    if not journal.found.head["commit"] and not options.quiet:
        why, remedy = commits.uncommitted(catalogue.ROOT)
        print(one_line(f"no commit in the record of this run: {why}; {remedy}"), file=sys.stderr)
    quiet = Progress(io.StringIO()) if options.quiet else None
    found = session.measure(journal, options.results, options.tree, quiet)
    try:
        path = write(found, options.results)
    except OSError as problem:
        raise OSError(problem.errno, f"{problem.strerror} ({KEPT})", problem.filename) from problem
    if not found.partial:
        journal.path.unlink()
    return _ended(found, path, options, profiled)


def _ended(found: Run, path: Path, options: argparse.Namespace, profiled: bool) -> int:
    """Show what was measured, and return the exit code."""
    index.note(path, options.results)
    _shown.show(found, path, options, not options.no_report, profiled)
    if found.secrets and any(record.status == "wrong" for record in found.records) and not options.quiet:
        print(f"to draw the same inputs again: --seed {found.secrets[-1]}", file=sys.stderr)
    if found.partial:
        return 130
    return 3 if any(record.status in REFUSED for record in found.records) else 0


def _begun(asked: Options, options: argparse.Namespace, part: tuple[int, int] | None) -> runs.Journal:
    """The journal of a new run of ``asked``, or of the shard of it that ``part`` names.

    Raises:
        ValueError: there are too many shards.
    """
    if not part:
        return session.start(asked, options.results, options.tree)
    shard = split.shard(asked, *part)
    return session.start(split.of(asked, shard), options.results, options.tree, shard)


def _asked(options: argparse.Namespace, profiled: bool) -> Options:
    """The :class:`Options` that the command line stands for."""
    cells, selection, left_out = _selected(catalogue.all_cells(options.tree), options)
    traces = cells if profiled else selecting.profiled(cells)
    given: dict[str, Any] = {
        "secret": options.seed,
        **{name: getattr(options, name) for name in ("launches", "timeout", "budget", "memory_limit", "compile_cost")},
    }
    given = {name: value for name, value in given.items() if value is not None}
    if profiled:
        given.setdefault("launches", 1)
    if options.full:
        given.setdefault("budget", FULL_BUDGET)
    return Options(
        cells=tuple(map(str, cells)),
        selection=selection,
        command=_repeat(options),
        left_out=left_out,
        traces=tuple(map(str, traces)),
        cost=not options.no_cost,
        **given,
    )


def _selected(every: Sequence[Cell], options: argparse.Namespace) -> tuple[list[Cell], str, str]:
    """The selected cells, the name of the selection, and what it leaves out."""
    if options.select:
        return selecting.asked(every, options.select), f"-k {options.select}", ""
    usual = selecting.usual(every)
    if options.full:
        apart = selecting.opt_in().items()
        names = ", ".join(f"{component} {case} ({why})" for (component, case), why in apart)
        return usual, "full", f"cases that run only when named with -k: {names}" if names else ""
    chosen = selecting.quick(every)
    rest = len(usual) - len(chosen)
    command = (
        "nox -s bench -- --full" if os.environ.get("NOX_CURRENT_SESSION") else f"{catalogue.PROJECT.command} run --full"
    )
    left_out = f"{rest} cells that are not in the quick set; all of them: {command}" if rest else ""
    return chosen, "quick", left_out


def _repeat(options: argparse.Namespace) -> str:
    words = [*shlex.split(catalogue.PROJECT.command), options.name]
    words += ["--full"] if options.full else []
    words += ["-k", options.select] if options.select else []
    return shlex.join(words)


def _seed(text: str) -> int:
    """An argument type for the seed that a run recorded."""
    value = int(text) if text.isdecimal() else -1
    if not 0 <= value < 2**SEED_BITS:
        raise argparse.ArgumentTypeError(f"{text} is not a seed of a run: seeds are at least 0 and below 2^{SEED_BITS}")
    return value
