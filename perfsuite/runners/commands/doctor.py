"""Check the machine; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse

from perfsuite.instruments import doctor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """This command has no arguments of its own."""


def main(options: argparse.Namespace) -> int:
    """Print what was found."""
    text, _ = doctor.report()
    print(text)
    return 0
