"""Look at the machine; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse

from perfsuite.instruments import doctor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own."""


def main(options: argparse.Namespace) -> int:
    """Print what was found."""
    text, _ = doctor.report()
    print(text)
    return 0
