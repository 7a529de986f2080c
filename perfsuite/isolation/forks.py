"""Variants that call ``os.fork``: the child would return from the variant's call and go on as a second worker.

Worse, each call of a batch would double the number of processes. So such a child exits at once, and the fork is
counted. Children forked by ``multiprocessing`` run their own target, and subprocesses are not forked this way, so
neither is affected. Runs in a worker.
"""

from __future__ import annotations

import os
import sys

KNOWN = ("multiprocessing.popen_fork", "perfsuite.workers.serving")  # modules whose children do not return
_MADE: list[str] = []  # the modules that called ``os.fork``


def watch() -> None:
    """From now on, end children of ``os.fork`` and count them."""
    os.register_at_fork(after_in_parent=_in_parent, after_in_child=_in_child)


def count() -> int:
    """How often this process was forked with ``os.fork``."""
    return len(_MADE)


def _in_parent() -> None:
    if (module := _who()) not in KNOWN:
        _MADE.append(module)


def _in_child() -> None:
    if _who() not in KNOWN:
        os._exit(1)


def _who() -> str:
    """The module whose code called ``os.fork``."""
    return str(sys._getframe(2).f_globals.get("__name__"))
