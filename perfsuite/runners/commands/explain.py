"""Explain a difference; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys

from perfsuite.explaining import asking, explanation
from perfsuite.explaining.timing import Failed
from perfsuite.model.printable import one_line, visible
from perfsuite.project import catalogue
from perfsuite.reporting.explanation import output, terminal
from perfsuite.reporting.text import ink
from perfsuite.reporting.view import explained_in
from perfsuite.runners.commands._arguments import positive
from perfsuite.running.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two cells, or one with two commits."""
    parser.add_argument("a", help="a cell")
    parser.add_argument("b", nargs="?", default="", help="another cell of the same component, case and device")
    parser.add_argument("--base", default="", help="one cell only: a commit, a folder or a release, as in compare")
    parser.add_argument("--head", default="", help="the same (default: the working tree)")
    parser.add_argument("--launches", type=positive(int), help=f"fresh processes (default {asking.LAUNCHES})")
    parser.add_argument("--budget", type=positive(float), help="seconds of samples of a cell in each of them")
    parser.add_argument("--timeout", type=positive(float), help="seconds that one step may take (default 300)")
    parser.add_argument("--instructions", action="store_true", help="count instructions by function, in valgrind")
    parser.add_argument("--installed", action="store_true", help="use the packages installed here for both commits")


def main(options: argparse.Namespace) -> int:
    """Print the reason, and write the page.

    Raises:
        ValueError: neither two cells nor one cell and a commit are given.
    """
    question = _asked(options)
    question = asking.checked(question, options.tree)
    folder = options.results / explained_in(question.a, question.b, question.base, question.head)
    try:
        found = explanation.of(question, options.results, options.tree, folder, Progress())
    except Failed as problem:
        print(one_line(f"{catalogue.PROJECT.command.split()[-1]}: {problem}"), file=sys.stderr)
        return 3
    page = output.write(found, folder)
    if options.json:
        print(json.dumps(output.document(found), allow_nan=False))
    else:
        columns = shutil.get_terminal_size((120, 24)).columns
        print(terminal.text(found, ink.wants_color(sys.stdout), columns), end="")
        print(f"page  {visible(str(page))}")
    return 0


def _asked(options: argparse.Namespace) -> asking.Question:
    commits = bool(options.base or options.head)
    if commits == bool(options.b):
        command = f"{catalogue.PROJECT.command} explain"
        raise ValueError(f"name two cells, `{command} A B`, or one cell and a commit, `{command} CELL --base COMMIT`")
    if options.head and not options.base:
        raise ValueError(f"--head {options.head} needs --base: what it is compared with")
    given = {name: getattr(options, name) for name in ("launches", "budget", "timeout")}
    return asking.Question(
        options.a,
        options.b or options.a,
        options.base,
        options.head,
        instructions=options.instructions,
        installed=options.installed,
        **{name: value for name, value in given.items() if value is not None},
    )
