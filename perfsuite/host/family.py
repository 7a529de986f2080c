"""Process trees: find the descendants of a process and kill all of them, even if they keep forking."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import psutil

ROUNDS = 50  # maximum number of stop-and-kill rounds
PATIENCE = 2.0  # seconds to wait until killed processes are gone


def parents() -> dict[int, int]:
    """Process id -> parent's id, for every running process. One fast scan, because a fork bomb does not wait."""
    found = {}
    for name in os.listdir("/proc") if Path("/proc/self/stat").exists() else ():  # noqa: PTH208 (quick)
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                state, parent = Path("/proc", name, "stat").read_bytes().rsplit(b") ", 1)[1].split()[:2]
                if state not in (b"Z", b"X"):
                    found[int(name)] = int(parent)
    return found or {one.pid: one.ppid() for one in psutil.process_iter() if one.status() != psutil.STATUS_ZOMBIE}


def below(roots: Iterable[int], table: Mapping[int, int]) -> set[int]:
    """All descendants of ``roots``, without the roots themselves."""
    children: dict[int, list[int]] = {}
    for one, parent in table.items():
        children.setdefault(parent, []).append(one)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        fresh = set(children.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return found


def end(found: Callable[[], set[int]]) -> None:
    """Kill the processes that ``found`` returns until it returns none.

    All are stopped first: otherwise processes that fork as fast as they are killed would never end.
    """
    for _ in range(ROUNDS):
        stopped: set[int] = set()
        while fresh := found() - stopped:
            for number in fresh:
                _signal(number, signal.SIGSTOP)
            stopped |= fresh
        if not stopped:
            return
        for number in stopped:
            _signal(number, signal.SIGKILL)
        limit = time.monotonic() + PATIENCE
        while found() & stopped and time.monotonic() < limit:
            time.sleep(0.01)


def bury(known: set[int]) -> None:
    """Reap the zombie children of this process, except those in ``known``, which others wait for."""
    for child in psutil.Process().children():
        if child.pid not in known:
            with contextlib.suppress(psutil.Error, ChildProcessError):
                if child.status() == psutil.STATUS_ZOMBIE:
                    os.waitpid(child.pid, os.WNOHANG)


def _signal(number: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(number, what)
