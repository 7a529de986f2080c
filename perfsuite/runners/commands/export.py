"""Write records for other tools; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from perfsuite.exporting import sources, writing
from perfsuite.exporting.formats import FORMATS, Format
from perfsuite.exporting.sources import Tally
from perfsuite.model.printable import near, visible


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which format, which records, and where to."""
    told = "; ".join(f"{name}: {form.what}" for name, form in FORMATS.items())
    parser.add_argument("--to", required=True, type=_format, metavar="FORMAT", help=told)
    parser.add_argument(
        "records",
        nargs="*",
        default=[],
        type=Path,
        metavar="RECORD",
        help="record files, ids or folders (default: the newest)",
    )
    parser.add_argument(
        "-o", dest="out", type=Path, metavar="OUT", help="file or folder (default: print, if it is text)"
    )
    parser.add_argument("--force", action="store_true", help="replace files that exist")


def main(options: argparse.Namespace) -> int:
    """Export, and say how many cells have no place in the format.

    Raises:
        ValueError: a record is damaged, the format needs ``-o``, or what ``-o`` names exists.
    """
    form: Format = FORMATS[options.to]
    files = sources.chosen(options.records, options.results)
    written: list[Path] = []
    if options.out is None:
        if options.json:
            raise ValueError("--json needs -o: without it, the export itself is printed")
        tally = writing.show(form, files, sys.stdout)
    else:
        tally, written = writing.write(form, files, options.out, options.force)
    left_out = {} if form.failed else dict(tally.failed)
    if left_out:
        print(_left_out(tally, options.to), file=sys.stderr)
    if options.json:
        told = {"to": options.to, "written": [str(path) for path in written]}
        print(json.dumps({**told, "runs": tally.runs, "cells": tally.cells, "left_out": left_out}))
    elif written:
        print("\n".join(visible(str(path)) for path in written))
    return 0


def _left_out(tally: Tally, name: str) -> str:
    why = ", ".join(f"{count:,} {status}" for status, count in tally.failed.most_common())
    return f"left out {tally.failed.total():,} of {tally.cells:,} cells, because {name} needs a time: {why}"


def _format(text: str) -> str:
    """An argument type for the name of a format."""
    if text not in FORMATS:
        raise argparse.ArgumentTypeError(f"no format {text!r}{near(text, FORMATS)}; there are {', '.join(FORMATS)}")
    return text
