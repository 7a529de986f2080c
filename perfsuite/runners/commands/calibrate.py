"""Count the errors of ``compare``; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from perfsuite.calibration import calibrate, rates, shards
from perfsuite.runners.commands import _measured, _spread
from perfsuite.runners.commands._arguments import add_evidence, positive

MINUTES, MOST = 60.0, 1 << 30  # unless asked for otherwise


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which sessions are added, and how many."""
    parser.add_argument("--minutes", type=positive(float), help=f"how long to add sessions (default {MINUTES:g})")
    parser.add_argument("--sessions", type=positive(int), help="how many to add at most; with --shards, of all parts")
    parser.add_argument("--kind", action="append", help="sessions of this kind only, e.g. 'same', '+5 %%', 'no-op'")
    _spread.add_shards(parser, "sessions")
    parser.add_argument("--seed", type=int, help="with --shards: draws other edits, for more sessions (default 0)")
    parser.add_argument("--resume", nargs="?", const="", metavar="RUN", help="go on with what --engine began")
    add_evidence(parser)


def main(options: argparse.Namespace) -> int:
    """Add sessions to the record, and print its table.

    Raises:
        ValueError: an option does not fit the others, or a shard was lost too often.
    """
    kinds = _kinds(options)
    if options.table:
        path = options.record or calibrate.record()
    elif options.engine:
        path = _all_shards(options)
    else:
        path = _added(options, kinds)
    return _measured.show(options, path, calibrate.load, rates.table)


def _added(options: argparse.Namespace, kinds: list[str]) -> Path:
    """Add sessions to a record, or those of one shard to a file of its own; the file."""
    if options.resume is not None:
        raise ValueError("--resume goes on with what --engine began: add --engine")
    if part := _spread.part(options):
        number, _ = part
        plan = _plan(options)
        path: Path = options.record or shards.place(options.results, plan, number)
        shards.sitting(path, plan, number)
        return path
    if options.seed is not None:
        raise ValueError(f"--seed {options.seed} is for --shards: without them every draw is made anew")
    path = options.record or calibrate.record()
    with contextlib.suppress(KeyboardInterrupt):
        calibrate.sitting(path, kinds, options.minutes or MINUTES, options.sessions or MOST)
    return path


def _all_shards(options: argparse.Namespace) -> Path:
    """Run all shards as jobs of an engine, and add their sessions to the record."""
    found, files = _spread.run(options, shards.RESULT, lambda: _planned(options))
    sessions = shards.merge(files)
    path: Path = options.record or shards.record(sessions)
    shards.join(path, sessions)
    found.end(options.results)
    _spread.say(options)(f"added {len(sessions)} sessions to {path}")
    return path


def _planned(options: argparse.Namespace) -> _spread.Planned:
    plan = _plan(options)
    words = [word for kind in options.kind or () for word in ("--kind", kind)]
    words += _spread.given(options, "sessions", "seed")
    shares = [plan.share(number) for number in range(1, plan.shards + 1)]
    return words, tuple(len(share) * shards.SECONDS for share in shares)


def _plan(options: argparse.Namespace) -> shards.Plan:
    """What is shared out.

    Raises:
        ValueError: the number of sessions is not given, or is too small, or a time is.
    """
    if options.sessions is None:
        raise ValueError("--shards needs --sessions, the number of sessions of all parts: add --sessions M")
    if options.minutes is not None:
        raise ValueError(
            f"--minutes {options.minutes:g} does not go with --shards, which run all sessions: leave it out"
        )
    plan = shards.Plan(tuple(_kinds(options)), options.sessions, options.seed or 0, options.shards)
    plan.share(1)
    return plan


def _kinds(options: argparse.Namespace) -> list[str]:
    for name in options.kind or ():
        calibrate.kind(name)
    return options.kind or list(calibrate.USUAL)
