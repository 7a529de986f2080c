"""The command line. Results go to stdout, progress and errors to stderr."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from perfsuite.host import signals
from perfsuite.model.fault import Fault
from perfsuite.model.printable import near, one_line, readable
from perfsuite.project.catalogue import PROJECT
from perfsuite.runners.commands import COMMANDS
from perfsuite.runners.commands._arguments import add_common

EXAMPLES = """\
examples:
  {called} run                          the quick set, under three minutes
  {called} run -k 'ladder and 5x784x10' cells that match, as with pytest's -k
  {called} run -k matmul.ladder/mm/eager/cpu/5x784x10/1
  {called} list -k dataload

exit codes: 0 ok, 1 slower (compare), 2 usage, 3 a cell failed (wrong, error, timeout, crashed, oom, impossible), 4
cells on one side only (compare), 5 untrusted (compare), 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are printed on one line."""
    readable((sys.stdout, sys.stderr))  # before help and usage, too
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser(next((one for one in arguments if one in COMMANDS), "")).parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        with signals.interrupting():
            return command(options)
    except (ValueError, FileNotFoundError) as problem:
        return _complain(problem, 2)
    except Fault as fault:
        return _complain(f"the worker failed: {fault.reason}", 3)
    except BrokenPipeError:  # the reader of the pipe is gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        return _complain(problem, 2)
    except KeyboardInterrupt:
        return 130


def _complain(problem: object, code: int) -> int:
    """Print what went wrong on one line of printable characters, and return the exit code."""
    print(one_line(f"{PROJECT.command.split()[-1]}: {problem}"), file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    """A parser whose error messages are safe to print, whatever was typed."""

    def error(self, message: str) -> NoReturn:
        """Print usage and the error, and exit."""
        if found := re.search(r"invalid choice: '([^']*)' \(choose from", message):
            message = message.replace(found[0], f"invalid choice: {found[1]!r}{near(found[1], COMMANDS)} (choose from")
        super().error(one_line(message))


def _parser(asked: str) -> argparse.ArgumentParser:
    """The parser of all commands; only the ``asked`` one is imported and gets its arguments."""
    parser = _Parser(
        prog=PROJECT.command,
        description="Prove, time and explain variants of the same work.",
        epilog=EXAMPLES.format(called=PROJECT.command),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        made = commands.add_parser(name, help=text, description=text)
        if name == asked:
            module = importlib.import_module(f"perfsuite.runners.commands.{name}")
            if not getattr(module, "ALONE", False):
                add_common(made)
            module.add_arguments(made)
            made.set_defaults(command=module.main, name=name)
    return parser
