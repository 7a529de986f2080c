"""Run all shards of a run as jobs of an engine, and merge their records; for ``run --engine``."""

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
from perfsuite.project.settings import ENGINE, VARIABLE
from perfsuite.records import store
from perfsuite.records.options import Options
from perfsuite.sharding import engines, folder, split
from perfsuite.sharding.merge import merge
from perfsuite.sharding.spread import spread

VALUES = ("launches", "budget", "seed", "timeout", "memory_limit", "compile_cost")  # handed on to the shards


def measured(asked: Callable[[], Options], options: argparse.Namespace) -> Path:
    """The merged record of all shards of the run that is ``asked`` for, or of the one that is resumed.

    Raises:
        ValueError: a shard was lost too often, an option does not fit, or the commit is another one now.
    """
    if options.shard is not None:
        raise ValueError(f"--shard {options.shard} does not go with --engine, which measures all of them: leave it out")
    engine = engines.engine(options.engine, options.slurm)
    if options.resume is not None:
        found = folder.resume(options.results, options.resume)
        _same_commit(found)
    else:
        found = _begun(asked(), options)
    say = (lambda text: None) if options.quiet else _say
    head, records = merge(spread(found, engine, say))
    path = store.save(head, records, store.place(head, options.results))
    found.end(options.results)
    say(f"merged into {path}")
    return path


def _say(text: str) -> None:
    print(one_line(text), file=sys.stderr, flush=True)


def _begun(asked: Options, options: argparse.Namespace) -> folder.Folder:
    """The folder of a new run.

    Raises:
        ValueError: the number of shards is missing or too large.
    """
    if options.shards is None:
        raise ValueError(f"--engine {options.engine} needs --shards, the number of parts: add --shards N")
    cells = [Cell.parse(cell) for cell in asked.cells]
    parts = split.positions(asked, options.shards)
    seconds = tuple(sum(split.seconds(cells[at], asked) for at in part) for part in parts)
    commit, _ = commits.commit(catalogue.ROOT)
    return folder.begin(options.results, tuple(_words(options)), commit, seconds)


def _words(options: argparse.Namespace) -> list[str]:
    """The command of a shard without its number; it works on any machine that sees the same files."""
    path = os.pathsep.join(filter(None, [str(ENGINE.parent), os.environ.get("PYTHONPATH", "")]))
    words = ["env", f"{VARIABLE}={catalogue.ROOT}", f"PYTHONPATH={path}", sys.executable, "-P", "-m", ENGINE.name]
    words += [options.name, "--no-report", "--quiet", "--tree", str(options.tree)]
    words += ["--full"] if options.full else []
    words += ["-k", options.select] if options.select else []
    words += ["--no-cost"] if options.no_cost else []
    for name in VALUES:
        if (value := getattr(options, name)) is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return words


def _same_commit(found: folder.Folder) -> None:
    commit, _ = commits.commit(catalogue.ROOT)
    if found.commit in ("", commit):
        return
    there = output("git", "-C", str(catalogue.ROOT), "rev-parse", "--verify", "--quiet", f"{found.commit}^{{commit}}")
    remedy = f"git checkout {found.commit[:10]}" if there else "it is gone from this repository, so start a new run"
    raise ValueError(
        f"sharded run {found.path.name} is of commit {found.commit[:10]}, and {commit[:10]} is checked out: {remedy}"
    )
