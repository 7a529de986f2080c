"""Show the history of cells; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import sys
from pathlib import Path

from perfsuite.history import backfill, commits, confirming, history, index, runs
from perfsuite.history.history import History
from perfsuite.host import machine
from perfsuite.model.printable import one_line, visible
from perfsuite.project import catalogue, packages, trees
from perfsuite.records import archive
from perfsuite.reporting.comparison import output as compared
from perfsuite.reporting.history import machines, output, terminal, wording
from perfsuite.reporting.text import ink
from perfsuite.runners.commands._arguments import add_selection, positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which cells and runs, what is measured before, and what is printed."""
    add_selection(parser)
    parser.add_argument(
        "--anchor", default="", metavar="COMMIT", help="measure creep from this commit (default: newest tag measured)"
    )
    parser.add_argument("--confirm", action="store_true", help="compare the commits of what is suspected")
    parser.add_argument(
        "--budget",
        type=positive(float),
        default=0.0,
        help="seconds of each of these comparisons; what stayed undecided is compared again",
    )
    parser.add_argument(
        "--backfill", type=positive(int), metavar="N", help="first measure the newest N commits without a record"
    )
    parser.add_argument("--launches", type=positive(int), default=3, help="of a commit measured so (default 3)")
    parser.add_argument("--class", dest="kind", default="", metavar="NAME", help="another kind of machine")
    parser.add_argument("--machine", action="store_true", help="show what splits kinds of machine, and nothing else")
    parser.add_argument("--all", action="store_true", help="list every cell")


def main(options: argparse.Namespace) -> int:
    """Print the history and write its pages; a confirmed slowdown is no failure of this command.

    Raises:
        ValueError: what was asked for is not there: a commit, a kind of machine, a cell.
    """
    gc.disable()  # a large history is a million small values, which are in no cycle and are all needed to the end
    folders = [options.results, archive.FOLDER, catalogue.ROOT / ".asv" / "records"]
    facts = machine.machine()
    here = machine.machine_class(facts)
    entries = options.results / index.PLACE
    if options.machine:
        print(machines.text(facts, folders, entries), end="")
        return 0
    repository = packages.above(options.tree)
    known = commits.of(repository)
    anchor = trees.find(repository, options.anchor) if options.anchor else ""
    if options.backfill:
        _backfill(options, folders, entries, known, here)
    found = history.of(
        runs.found(folders, entries, known, (here, facts["memory"]), options.kind),
        options.select,
        options.results,
        repository,
        anchor,
    )
    if options.confirm:
        found = _confirmed(found, options, repository, anchor)
    path = output.write(found, options.results / "history")
    if options.json:
        print(json.dumps(output.document(found), allow_nan=False))
    else:
        columns = shutil.get_terminal_size((120, 24)).columns
        print(terminal.text(found, ink.wants_color(sys.stdout), columns, options.all))
        print(f"page  {visible(str(path))}")
    return 0


def _backfill(
    options: argparse.Namespace, folders: list[Path], entries: Path, known: commits.Commits, here: str
) -> None:
    """Measure commits without a record; those that another run of this command measured are not measured again."""
    if not known.order:
        raise ValueError(f"{catalogue.ROOT} has no commits: nothing to measure")
    held = runs.held(folders, entries, here, history.matching(options.select))
    wanted = backfill.missing(known, held, options.backfill)
    print(f"{wording.counted(len(wanted), 'commit')} to measure, in random order", file=sys.stderr, flush=True)
    amount = backfill.Amount(options.select, options.launches)
    try:
        for at, done in enumerate(backfill.measured(wanted, amount, options.results, options.tree), start=1):
            told = f"left out: {done.why}" if done.path is None else "measured"
            print(one_line(f"{at} of {len(wanted)}: {known.named(done.commit)}: {told}"), file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("the commit that was running has no record: the same command goes on with the others", file=sys.stderr)
        raise


def _confirmed(found: History, options: argparse.Namespace, repository: Path, anchor: str) -> History:
    """``found`` after the comparisons of what it suspects, and the searches for the commits."""
    every = [one for row in found.rows for one in row.suspicions]
    todo = confirming.pairs(every, again=bool(options.budget))
    if not todo:
        return found
    if found.runs.runs[-1].machine_class != machine.machine_class(machine.machine()):
        raise ValueError(f"{found.runs.kind} is not this kind of machine: confirm it there")
    print(
        one_line(wording.work(len(todo), confirming.forecast(todo, repository, options.budget))),
        file=sys.stderr,
        flush=True,
    )
    for at, pair in enumerate(todo, start=1):
        what = f"comparison {at} of {len(todo)}: {pair.base[:10]} with {pair.head[:10]}"
        print(one_line(f"{what}, {wording.counted(len(pair.cells), 'cell')}"), file=sys.stderr, flush=True)
        result = confirming.compared(pair, options.results, options.tree, options.budget)
        compared.write(result, options.results / "compare")
        if result.partial:
            raise KeyboardInterrupt
    again = history.of(found.runs, options.select, options.results, repository, anchor)
    for one in (one for row in again.rows for one in row.suspicions):
        if one.confirmed and one.kind == "step" and not one.commit and not one.why:
            confirming.name(one, options.results, options.tree)
    return history.of(found.runs, options.select, options.results, repository, anchor)
