"""Compare two commits; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
from pathlib import Path

from perfsuite.judging import comparisons, opening, outlook, record, session, shards, verdicts
from perfsuite.model.printable import one_line, visible
from perfsuite.project import catalogue
from perfsuite.reporting.comparison import markdown, output, terminal
from perfsuite.reporting.text import ink
from perfsuite.runners.commands import _spread
from perfsuite.runners.commands._arguments import add_selection, positive

WORST = (130, 5, 1, 3, 4)  # of two comparisons' exit codes, the one listed first here counts
VALUES = ("alpha", "delta", "gate", "budget", "epochs", "longest", "timeout")  # options of the comparison


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is compared, by which rule, and what is printed of it."""
    parser.add_argument(
        "base",
        nargs="?",
        default="",
        help="a commit, a folder of the package or a release, such as einops==0.8.0 (default: where this left main)",
    )
    parser.add_argument("head", nargs="?", default="", help="the same (default: the working tree)")
    parser.add_argument(
        "--anchor", default="", metavar="COMMIT", help="also compare HEAD with this commit, e.g. a release"
    )
    add_selection(parser, "--only")
    parser.add_argument("--alpha", type=positive(float), help="probability of any false SLOWER (default 0.01)")
    parser.add_argument("--delta", type=positive(float), help="SAME means within this (default 0.02)")
    parser.add_argument("--gate", choices=("slower", "any", "none"), help="what makes the exit code 1 (default slower)")
    parser.add_argument(
        "--budget", type=positive(float), help="seconds in total (default 8 per timed cell, at least 40, at most 600)"
    )
    parser.add_argument("--epochs", type=positive(int), help="maximum number of fresh processes (default 60)")
    parser.add_argument("--longest", type=positive(float), help="leave out cells with longer calls (default 0.2 s)")
    parser.add_argument("--timeout", type=positive(float), help="seconds that one step may take (default 300)")
    parser.add_argument("--resume", nargs="?", const="", metavar="RUN", help="finish an interrupted comparison")
    parser.add_argument("--all", action="store_true", help="show every row, not only what was found")
    parser.add_argument("--instructions", action="store_true", help="count Python's instructions on both sides too")
    parser.add_argument("--installed", action="store_true", help="use the packages installed here for all trees")
    parser.add_argument(
        "--apart", action="store_true", help="a process for each tree, as with different packages; noisier"
    )
    parser.add_argument("--time-equal", dest="equal", action="store_true", help="also time cells with the same code")
    _spread.add_shards(parser, "cells")
    parser.add_argument("--markdown", action="store_true", help="print Markdown for a pull request")


def main(options: argparse.Namespace) -> int:
    """Compare BASE and HEAD, and the anchor and HEAD where there is one; the worse exit code is returned.

    Raises:
        ValueError: an option does not fit the others, or a shard was lost too often.
    """
    if options.anchor and (options.engine or options.shards):
        raise ValueError(f"--anchor {options.anchor} does not go with --shards: compare with it in another command")
    if options.engine:
        jobs, files = _spread.run(options, shards.RESULT, lambda: _planned(options))
        path = shards.merge(files, options.results)
        jobs.end(options.results)
        return merged(path, options)
    if part := _spread.part(options):
        return _shard(options, part)
    codes = []
    for journal in _journals(options):
        found = _measured(journal)
        codes.append(found.exit_code)
        _show(found, options, creep=bool(options.anchor) and len(codes) > 1)
        if found.partial:
            break
    return next((code for code in WORST if code in codes), 0)


def _measured(journal: comparisons.Journal) -> record.Comparison:
    """Tell what is compared and how long it takes, and do it."""
    base, head = journal.found.head["base"], journal.found.head["head"]
    for word, side, name in (("comparing", base, "BASE"), ("     with", head, "HEAD")):
        print(one_line(f"{word} {side['label']} ({name})"), file=sys.stderr)
    if told := outlook.told(journal.found):
        print(one_line(told), file=sys.stderr, flush=True)
    return session.measure(journal)


def _shard(options: argparse.Namespace, part: tuple[int, int]) -> int:
    """Compare the cells of one shard; there is no verdict before all shards are merged."""
    if options.resume is not None:
        journal = comparisons.resume(options.results, options.resume, part)
    else:
        asked = _asked(options)
        journal = opening.start(asked, options.results, options.base, options.head, options.tree, part)
    found = _measured(journal)
    number, count = part
    told = {"shard": number, "shards": count, "cells": len(found.options.cells), "record": str(journal.path)}
    if options.json:
        print(json.dumps(told))
    else:
        print(f"shard {number} of {count}, {told['cells']} cells: `merge` gives the verdicts, with the other shards")
        print(f"record  {visible(str(journal.path))}")
    return 130 if found.partial else 0


def _planned(options: argparse.Namespace) -> _spread.Planned:
    words = [*filter(None, (options.base, options.head))]
    words += ["--only", options.select] if options.select else []
    words += _spread.given(options, *VALUES)
    words += [f"--{name}" for name in ("instructions", "installed", "apart") if getattr(options, name)]
    words += ["--time-equal"] if options.equal else []
    seconds = (1 + outlook.OVERTIME) * (options.budget or opening.LONGEST)
    return words, (seconds,) * options.shards


def merged(path: Path, options: argparse.Namespace) -> int:
    """Show the comparison in a journal that was merged, and return its exit code."""
    found = verdicts.fold(comparisons.load(path))
    _show(found, options, creep=False)
    return found.exit_code


def _journals(options: argparse.Namespace) -> list[comparisons.Journal]:
    if options.resume is not None:
        return [comparisons.resume(options.results, options.resume)]
    asked = _asked(options)
    journals = [opening.start(asked, options.results, options.base, options.head, options.tree)]
    if options.anchor:
        head = journals[0].found.head["head"]
        head = head["commit"] or head["label"]
        journals.append(opening.start(asked, options.results, options.anchor, head, options.tree))
    return journals


def _show(found: record.Comparison, options: argparse.Namespace, creep: bool) -> None:
    """Write the page and print the verdicts; with ``creep``, how far HEAD is from the anchor as well."""
    path = output.write(found, options.results / "compare")
    if options.json:
        print(json.dumps(output.document(found), allow_nan=False))
    elif options.markdown:
        print(markdown.text(found), end="")
    else:
        columns = shutil.get_terminal_size((120, 24)).columns
        print(terminal.text(found, every=options.all, color=ink.wants_color(sys.stdout), width=columns))
        if creep:
            print(terminal.creep(found, verdicts.since(options.results, found)), end="")
        print(f"page  {visible(str(path))}")


def _asked(options: argparse.Namespace) -> record.Options:
    """The :class:`record.Options` that the command line stands for."""
    words = [*shlex.split(catalogue.PROJECT.command), "compare", *filter(None, (options.base, options.head))]
    words += ["--only", options.select] if options.select else []
    asked = {name: getattr(options, name) for name in VALUES}
    given = {name: value for name, value in asked.items() if value is not None}
    given |= {name: getattr(options, name) for name in ("instructions", "installed", "apart", "equal")}
    return record.Options(cells=(), selection=options.select, command=shlex.join(words), **given)
