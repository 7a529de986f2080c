"""Write a report again, or show what changed; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from perfsuite.model.printable import visible
from perfsuite.records.store import named, read
from perfsuite.reporting.changes import confirming, output, terminal
from perfsuite.reporting.changes.found import between
from perfsuite.reporting.html.sections.changes import PAGE
from perfsuite.reporting.text import ink
from perfsuite.runners.commands import _shown
from perfsuite.runners.commands._arguments import add_amount, add_record, record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run or which two, and how much of them is printed."""
    add_record(parser)
    parser.add_argument(
        "new", nargs="?", type=Path, help="the same; then what changed from the first to this one is shown"
    )
    add_amount(parser)


def main(options: argparse.Namespace) -> int:
    """Write and print the report; cells that failed in the run do not make this command fail."""
    path = record(options)
    if options.new:
        _changes(path, named(options.results, options.new), options)
    else:
        _shown.show(read(path), path, options)
    return 0


def _changes(old: Path, new: Path, options: argparse.Namespace) -> None:
    """Write the report of the new run with the page of what changed, and print that.

    Raises:
        ValueError: the two records cannot be laid side by side, or one of them is damaged.
    """
    found = confirming.confirmed(between(read(old), read(new)))
    written = _shown.reported(found.new, options, found).with_name(PAGE)
    if options.json:
        print(json.dumps(output.document(found), allow_nan=False))
    elif options.quiet:
        print(visible(str(written)))
    else:
        columns = shutil.get_terminal_size((120, 24)).columns
        print(terminal.text(found, ink.wants_color(sys.stdout), columns, options.all))
        print(f"page  {visible(str(written))}")
