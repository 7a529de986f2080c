"""Signals that end a command: SIGTERM and SIGHUP act like Ctrl-C, and one signal is enough."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

PR_SET_PDEATHSIG = 1
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Held:
    """Whether an interrupt has to wait, and whether one does."""

    depth = 0
    waits = False


@contextlib.contextmanager
def interrupting() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first ending signal; later ones are ignored during cleanup.

    A signal that is ignored at entry, for example under ``nohup``, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.getsignal(one) for one in ENDING}
    heard = [one for one in ENDING if before[one] not in (signal.SIG_IGN, None)]

    def heed(*_: Any) -> None:
        for one in heard:
            signal.signal(one, signal.SIG_IGN)
        interrupt()

    for one in heard:
        signal.signal(one, heed)
    try:
        yield
    finally:
        for one in heard:
            signal.signal(one, before[one])


def interrupt(*_: Any) -> None:
    """Raise KeyboardInterrupt, from the handler of a signal: at once, or at the end of :func:`held`."""
    if _Held.depth:
        _Held.waits = True
    else:
        raise KeyboardInterrupt


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold back :func:`interrupt` until the end: what belongs together is done as a whole."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _Held.depth += 1
    try:
        yield
    finally:
        _Held.depth -= 1
        if _Held.waits and not _Held.depth:
            _Held.waits = False
            raise KeyboardInterrupt


def end_with_parent() -> None:
    """Have this process killed when its parent ends, however that ends (Linux; elsewhere nothing happens)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
