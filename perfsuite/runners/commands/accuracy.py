"""Measure the error of the timing itself; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json

from perfsuite.instruments import accuracy
from perfsuite.runners.commands._measured import worker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """This command has no arguments of its own."""


def main(options: argparse.Namespace) -> int:
    """Print the table; exit code 3 if a difference is larger than allowed."""
    with worker(options.tree) as process:
        rows = process.ask("accuracy")
    text, kept = accuracy.text(rows)
    print(json.dumps(rows) if options.json else text)
    return 0 if kept else 3
