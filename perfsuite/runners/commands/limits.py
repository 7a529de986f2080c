"""Measure the machine's hardware limits; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json

from perfsuite.model.record import Roof, to_json
from perfsuite.model.roofs import text
from perfsuite.runners.commands._arguments import positive
from perfsuite.runners.commands._measured import worker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long each is measured."""
    parser.add_argument("--seconds", type=positive(float), default=0.3, help="seconds for each limit")


def main(options: argparse.Namespace) -> int:
    """Print a line for each limit of each device."""
    with worker(options.tree) as process:
        devices = ["cpu", *(["cuda"] if process.ask("environment").get("cuda") else [])]
        asked = {"threads": ["1", "all"], "seconds": options.seconds, "names": None}
        answers = [process.ask("limits", device=device, **asked) for device in devices]
    roofs = [Roof(**roof) for answer in answers for roof in answer]
    print(json.dumps(to_json(roofs)) if options.json else text(roofs))
    return 0
