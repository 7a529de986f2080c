"""What is measured in shards: the arguments, and all shards as jobs of an engine; for run, compare and calibrate."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from perfsuite.host import commits
from perfsuite.host.asking import output
from perfsuite.model.cell import Cell
from perfsuite.model.printable import one_line
from perfsuite.project import catalogue
from perfsuite.project.settings import ENGINE, SUBMITTED, VARIABLE
from perfsuite.records import store
from perfsuite.records.options import Options
from perfsuite.runners.commands._arguments import positive
from perfsuite.sharding import engines, folder, split
from perfsuite.sharding.merge import merge
from perfsuite.sharding.spread import spread

VALUES = ("launches", "budget", "seed", "timeout", "memory_limit", "compile_cost")  # of a run, handed on to its shards
Planned = tuple[list[str], tuple[float, ...]]  # the arguments of the command of a shard, and the seconds of each


def add_shards(parser: argparse.ArgumentParser, what: str) -> None:
    """Into how many parts ``what`` is split, and which of them is measured here, or by which engine all of them are."""
    parser.add_argument("--shards", type=positive(int), metavar="N", help=f"split the {what} into N parts")
    parser.add_argument("--shard", type=int, metavar="I", help="measure only part I, 1 to N; `merge` joins the files")
    parser.add_argument(
        "--engine", choices=engines.ENGINES, help="run all N parts as jobs, again where lost, and merge them"
    )
    parser.add_argument(
        "--slurm", action="append", default=[], metavar="KEY=VALUE", help="an option of sbatch, such as partition=cpu"
    )


def part(options: argparse.Namespace) -> tuple[int, int] | None:
    """The number of the shard to measure here, and how many there are; ``None`` without shards.

    Raises:
        ValueError: an option is missing or out of range, or is for an engine; or the code is not what this job was
            submitted for.
    """
    if options.slurm:
        raise ValueError(f"--slurm {options.slurm[0]} needs --engine slurm: add it")
    if options.shards is None and options.shard is None:
        return None
    if options.shards is None:
        raise ValueError(f"--shard {options.shard} needs --shards, the number of parts: add --shards N")
    if options.shard is None:
        raise ValueError(f"--shards {options.shards} needs --shard, the part to measure here, or --engine")
    split.numbered(options.shard, options.shards)
    if submitted := os.environ.get(SUBMITTED):
        _as_submitted(submitted, _state(options))
    return options.shard, options.shards


def run(
    options: argparse.Namespace, result: folder.Result, planned: Callable[[], Planned]
) -> tuple[folder.Folder, list[Path]]:
    """The folder and the results of all shards, in order, of what is ``planned``, or of what is resumed.

    Raises:
        ValueError: a shard was lost too often, an option does not fit, or the commit is another one now.
    """
    if options.shard is not None:
        raise ValueError(f"--shard {options.shard} does not go with --engine, which measures all of them: leave it out")
    engine = engines.engine(options.engine, options.slurm)
    if options.resume is not None:
        found = folder.resume(options.results, options.resume, result)
        _same_commit(found)
    else:
        if options.shards is None:
            raise ValueError(f"--engine {options.engine} needs --shards, the number of parts: add --shards N")
        words, seconds = planned()
        commit, _ = commits.commit(catalogue.ROOT)
        found = folder.begin(options.results, (*_called(options), *words), commit, seconds, result)
    return found, spread(found, engine, say(options))


def say(options: argparse.Namespace) -> Callable[[str], None]:
    """What tells how far the shards are."""
    if getattr(options, "quiet", False):
        return lambda text: None
    return lambda text: print(one_line(text), file=sys.stderr, flush=True)


def _called(options: argparse.Namespace) -> list[str]:
    """The command of this process without its arguments; it works on any machine that sees the same files."""
    path = os.pathsep.join(filter(None, [str(ENGINE.parent), os.environ.get("PYTHONPATH", "")]))
    words = ["env", f"{VARIABLE}={catalogue.ROOT}", f"{SUBMITTED}={_state(options)}", f"PYTHONPATH={path}"]
    words += [sys.executable, "-P", "-m", ENGINE.name]
    return [*words, options.name, "--tree", str(options.tree)]


def _state(options: argparse.Namespace) -> str:
    """What is measured: the commit ("" outside a repository), and the hash of the tree."""
    commit, _ = commits.commit(catalogue.ROOT)
    return f"{commit}/{catalogue.tree_hash(options.tree)}"


def _as_submitted(then: str, now: str) -> None:
    """Raises ValueError if the code has changed since a job was submitted, which may have waited for long."""
    if then == now:
        return
    before, commit = then.partition("/")[0], now.partition("/")[0]
    if before != commit:
        told = (
            f"this shard was submitted for commit {before[:10] or 'none'}, and {commit[:10] or 'none'} is checked out"
        )
        raise ValueError(f"{told}: git checkout {before[:10]}" if before else told)
    raise ValueError("the measured files have changed since this shard was submitted: undo that, or start a new run")


def given(options: argparse.Namespace, *names: str) -> list[str]:
    """The arguments for those of ``names``, options with a value, that were given."""
    values = [(name, getattr(options, name)) for name in names]
    return [word for name, value in values if value is not None for word in (f"--{name.replace('_', '-')}", str(value))]


def measured(asked: Callable[[], Options], options: argparse.Namespace) -> Path:
    """The merged record of all shards of the run that is ``asked`` for, or of the one that is resumed.

    Raises:
        ValueError: as :func:`run`; or there are too many shards.
    """
    found, files = run(options, folder.RECORD, lambda: _planned(asked(), options))
    head, records = merge(files)
    path = store.save(head, records, store.place(head, options.results))
    found.end(options.results)
    say(options)(f"merged into {path}")
    return path


def _planned(asked: Options, options: argparse.Namespace) -> Planned:
    cells = [Cell.parse(cell) for cell in asked.cells]
    parts = split.positions(asked, options.shards)
    words = ["--no-report", "--quiet"]
    words += ["--full"] if options.full else []
    words += ["-k", options.select] if options.select else []
    words += ["--no-cost"] if options.no_cost else []
    words += given(options, *VALUES)
    return words, tuple(sum(split.seconds(cells[at], asked) for at in part) for part in parts)


def _same_commit(found: folder.Folder) -> None:
    commit, _ = commits.commit(catalogue.ROOT)
    if found.commit in ("", commit):
        return
    there = output("git", "-C", str(catalogue.ROOT), "rev-parse", "--verify", "--quiet", f"{found.commit}^{{commit}}")
    remedy = f"git checkout {found.commit[:10]}" if there else "it is gone from this repository, so start a new run"
    raise ValueError(
        f"sharded run {found.path.name} is of commit {found.commit[:10]}, and {commit[:10]} is checked out: {remedy}"
    )
