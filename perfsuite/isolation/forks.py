"""A variant that forks by itself: what it forks would come back from its call and go on as a second worker.

Worse, each call of a row would double their number. So such a process ends where it begins, and is counted; what
``multiprocessing`` forks knows where to go, and programs that are started are none of this. Runs in a worker.
"""

from __future__ import annotations

import os
import sys

KNOWN = ("multiprocessing.popen_fork", "perfsuite.workers.serving")  # modules whose processes do not come back
_MADE: list[str] = []  # the modules that forked by hand


def watch() -> None:
    """End what is forked by hand from now on, and count it."""
    os.register_at_fork(after_in_parent=_in_parent, after_in_child=_in_child)


def count() -> int:
    """How often this process was forked by hand."""
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
