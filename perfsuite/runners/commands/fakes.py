"""Run attackers; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json
import sys

from perfsuite.host import machine
from perfsuite.model.printable import one_line
from perfsuite.model.record import to_json
from perfsuite.runners.commands._arguments import positive
from perfsuite.validation.fakes import play, table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which attackers, and on what."""
    parser.add_argument("--all", action="store_true", help="on three components of each family instead of only one")
    parser.add_argument("--kind", nargs="+", default=[], metavar="NAME", help="only these attackers")
    parser.add_argument("--component", nargs="+", default=[], metavar="NAME", help="only on these components")
    parser.add_argument("--jobs", type=positive(int), default=machine.cores(), help="components at a time")


def main(options: argparse.Namespace) -> int:
    """Print the table of `docs/attackers.md`; exit code 1 if one got through, or an honest variant did not."""
    names, grounds = play.asked(options.kind, options.component, options.all)
    played = []
    for one in play.plays(names, grounds, min(options.jobs, len(grounds))):
        print(one_line(play.told(one), 1000), file=sys.stderr, flush=True)
        played.append(one)
    found = table.rows(played)
    print(json.dumps(to_json(played)) if options.json else table.table(found), end="")
    return 0 if all(row.well for row in found) else 1
