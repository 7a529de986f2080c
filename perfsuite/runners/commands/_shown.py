"""Write and print a run: the report, TensorBoard's logs, the ladders, and what failed."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from perfsuite.judging import comparisons, verdicts
from perfsuite.judging import record as compared
from perfsuite.model.printable import one_line, visible
from perfsuite.model.record import REFUSED, Run
from perfsuite.project import catalogue
from perfsuite.records import store
from perfsuite.reporting.changes import confirming, output
from perfsuite.reporting.changes.found import Changes, between
from perfsuite.reporting.html import page
from perfsuite.reporting.logs import tensorboard
from perfsuite.reporting.text import ink, overview, terminal, traces
from perfsuite.runners.commands import _arguments
from perfsuite.running.progress import Progress

MOST = 20  # failed cells that are listed on stderr
TRIED = 5  # earlier records that are looked into for a cell of this run


def show(found: Run, path: Path, options: argparse.Namespace, report: bool = True, profiled: bool = False) -> None:
    """Write the report of a finished run and print what it found, as much as the options ask for."""
    written = reported(found, options, _since(found, options.results)) if report else None
    traced = any(record.trace for record in found.records)
    logged = bool(written and traced and _tensorboard(found, options.results))
    columns, color = shutil.get_terminal_size((120, 24)).columns, ink.wants_color(sys.stdout)
    if options.json:
        print(json.dumps(terminal.document(found), allow_nan=False))
    elif options.quiet:
        print(visible(str(written or path)))
    else:
        print(terminal.show(found, color, columns, options.all))
        if profiled and traced:
            viewer = _viewer(options.results) if logged else ""
            print(traces.text(traces.profiles(found, options.results), color, columns, viewer))
        print(f"record  {visible(str(path))}")
        if written:
            print(f"report  {visible(str(written))}")
    if options.quiet and found.partial:
        print(f"interrupted: `{catalogue.PROJECT.command} run --resume` goes on", file=sys.stderr)
    _told_failures(found)


def reported(found: Run, options: argparse.Namespace, changes: Changes | None) -> Path:
    """Write the report of ``found``, with the page of ``changes`` if there are any, and return its start page."""
    folder = options.results / "report"
    progress = Progress()
    live = sys.stderr.isatty() and not options.quiet
    path = page.write(found, folder, _compared(found, options), changes, progress.step if live else _silent)
    progress.end()
    if changes:
        output.write(changes, folder)
    return path


def _silent(text: str) -> None:
    """Progress for nobody: a line for each page would be noise in a file."""


def _since(found: Run, results: Path) -> Changes | None:
    """What changed since the newest earlier run on this kind of machine that has a cell of this one."""
    for path in store.earlier(results, found)[:TRIED]:
        with contextlib.suppress(ValueError, OSError):  # a damaged record, or one of other cells
            return confirming.confirmed(between(store.read(path), found))
    return None


def _told_failures(found: Run) -> None:
    """Print the cells that failed to stderr, one line each, at most :data:`MOST` of them."""
    failed = [record for record in found.records if record.status in REFUSED]
    for record in failed[:MOST]:
        print(overview.told(record), file=sys.stderr)
    if len(failed) > MOST:
        print(f"and {len(failed) - MOST} more cells that failed; the record lists them", file=sys.stderr)


def _compared(found: Run, options: argparse.Namespace) -> compared.Comparison | None:
    """The newest complete comparison on this kind of machine, if there is one."""
    for path in sorted((options.results / "compare").glob("*.jsonl"), reverse=True):
        with contextlib.suppress(ValueError):
            comparison = verdicts.fold(comparisons.load(path))
            if comparison.machine_class == found.machine_class and not comparison.partial:
                return comparison
    return None


def _tensorboard(found: Run, results: Path) -> bool:
    """Write the logs for TensorBoard if it is installed, and return whether they were written."""
    if not importlib.util.find_spec("tensorboard"):
        return False
    try:
        tensorboard.write(found, results)
    except (ValueError, OSError, ImportError) as problem:  # the record and the report, which hold the same, are written
        why = "this locale cannot encode its name" if isinstance(problem, UnicodeError) else problem
        print(one_line(f"no log for TensorBoard below {results}: {why}"), file=sys.stderr)
        return False
    return True


def _viewer(results: Path) -> str:
    """The command that shows the logs below ``results``: by nox, if this one was started by nox."""
    if os.environ.get("NOX_CURRENT_SESSION") and results == _arguments.RESULTS:
        return "nox -s tensorboard"
    logs = traces.seen(results / "tensorboard", Path.cwd())
    return shlex.join(["python", "-m", "tensorboard.main", "--logdir", str(logs)])
