"""Commands as a reader can run them: with the interpreter that wrote the report, because ``python`` may be no command.

A project names its command as ``python -m benchmarks`` or ``perfsuite``. The first needs an interpreter that has the
project's packages, and the second a script that may lie in an environment that is not active.
"""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import sys
from pathlib import Path

from perfsuite.project import catalogue

PYTHON = ("python", "python3")


def launcher() -> str:
    """The project's command with a program that exists: ``.nox/bench/bin/python -m benchmarks``.

    A program below the project's folder is named from there, which is where commands are run.
    """
    return _launcher(catalogue.PROJECT.command, os.environ.get("PATH", ""))


@functools.cache
def _launcher(command: str, path: str) -> str:
    """The same, looked for once for each ``path`` of programs: a report names it thousands of times."""
    program, *rest = shlex.split(command)
    if program in PYTHON:
        return shlex.join([_named(Path(sys.executable), program), *rest])
    beside = Path(sys.executable).parent / program
    if beside.is_file():
        return shlex.join([_named(beside, program), *rest])
    if shutil.which(program):
        return command
    return shlex.join([_named(Path(sys.executable), "python"), "-m", program, *rest])


def runnable(text: str) -> str:
    """``text`` with the project's command, where it names that, as :func:`launcher` gives it."""
    return text.replace(catalogue.PROJECT.command, launcher())


def _named(path: Path, name: str) -> str:
    """``path`` as short as it can be typed: as a command on the path, from the project's folder, or in full."""
    found = shutil.which(name)
    if found and Path(found) == path:
        return name
    if path.is_relative_to(catalogue.PROJECT.root):
        return str(path.relative_to(catalogue.PROJECT.root))
    return str(path)
