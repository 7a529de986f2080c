"""Inject faults; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json
import sys

from perfsuite.model.printable import one_line
from perfsuite.model.record import to_json
from perfsuite.validation import faults


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """This command has no arguments of its own."""


def main(options: argparse.Namespace) -> int:
    """Print the table of `docs/faults.md`; exit code 3 if a fault affected more than its own cell."""

    def say(text: str) -> None:
        print(one_line(text), file=sys.stderr, flush=True)

    rows = faults.play(say=say)
    print(json.dumps(to_json(rows)) if options.json else faults.table(rows), end="")
    return 0 if all(row.well for row in rows) else 3
