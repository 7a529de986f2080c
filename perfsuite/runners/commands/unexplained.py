"""Count the times that are not explained; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json

from perfsuite.accounting import trials
from perfsuite.records.store import read
from perfsuite.reporting.text import accounts
from perfsuite.runners.commands._arguments import add_record, record
from perfsuite.runners.commands._measured import worker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run, or programs that are no cells."""
    add_record(parser)
    parser.add_argument(
        "--trials",
        action="store_true",
        help="time programs that are no cells, and compare with what their parts predict",
    )


def main(options: argparse.Namespace) -> int:
    """Print how many times of a run are unexplained, by component, and which; or the trials, as a table."""
    if options.trials:
        with worker(options.tree) as process:
            found = process.ask("trials")
        print(json.dumps(found) if options.json else trials.table(found))
        return 0
    told = accounts.document(read(record(options)))
    print(json.dumps(told, allow_nan=False) if options.json else accounts.text(told))
    return 0
