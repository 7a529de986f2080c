"""Prepare a repository; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
from pathlib import Path

from perfsuite.model.printable import one_line
from perfsuite.scaffolding import plan

ALONE = True  # it takes no arguments that concern a project: there may be none yet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to measure first."""
    parser.add_argument(
        "functions",
        nargs="*",
        metavar="MODULE:FUNCTION",
        help="a function of tensors or a torch.nn.Module to measure, such as mylib.attention:fused",
    )


def main(options: argparse.Namespace) -> int:
    """Write what is missing, and print a line for each file."""
    for line in plan.carry_out(Path.cwd(), options.functions):
        print(one_line(line), flush=True)
    return 0
