"""The conditions of a measurement: threads, global settings, garbage collection, recompiles, caches, free cores.

torch is imported only inside the functions, which run in a worker.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import gc
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import psutil

from perfsuite.host import machine
from perfsuite.isolation import bindings, libraries, state
from perfsuite.measuring.prepared import Missing
from perfsuite.model.cell import Cell
from perfsuite.project.declarations import by_decorator
from perfsuite.project.packages import PROJECT

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]  # CPython: functions here call these, even if a builtin is replaced

FLUSH = 2  # overwrite this multiple of the last-level cache to make the caches cold
IDLE = 0.95  # share of the cores that must be free before something runs on all of them
SETTLE = 1.0  # seconds that a thread pool may spin before it sleeps
REST = 1e-2  # seconds between two readings of other threads after calls; the system's counts lag by some ms
LOOK, SPINNING = 0.02, 0.2  # seconds between two readings of a thread, and the share of them that it may run or wait


class Changed(Exception):
    """The process state was left changed, which would affect all later measurements in this process."""


class Spoiled(Changed):
    """The import of a file changed the process state: it concerns all variants of that file equally."""


Verify = Callable[[], None]


@contextlib.contextmanager
def settings(cell: Cell) -> Iterator[Verify]:
    """Set the number of threads for ``cell``; yields a check that nothing has changed since.

    Changes are not reverted: the process is discarded.

    Raises (the check):
        Changed: something has changed.
    """
    import torch

    threads = torch.get_num_threads()
    _set_threads(1 if cell.threads == "1" else machine.cores())
    try:
        yield watch()
    finally:
        torch.set_num_threads(threads)


@contextlib.contextmanager
def kept(cell: Cell) -> Iterator[Verify]:
    """Like :func:`settings`, and checks at the end that nothing is left changed and no new thread is running.

    Raises:
        Changed: something was changed, or a thread keeps running.
    """
    before = state.threads()
    with settings(cell) as verify:
        try:
            yield verify
        except Missing:  # a variant that stops because of a missing requirement must not leave changes either
            verify()
            raise
        except Exception as problem:
            with contextlib.suppress(Exception):
                _note(problem, verify)
            raise
        verify()
    quiet_threads(before)


def _note(problem: Exception, verify: Verify) -> None:
    """Add what was left changed to an exception, because it may be the cause."""
    if not isinstance(problem, Changed):
        try:
            verify()
        except Changed as told:
            problem.add_note(str(told))


def watch(often: bool = False) -> Verify:
    """A check that no state has changed since this call, and that no name was rebound since the start of the worker.

    Checking all names takes some milliseconds; ``often`` checks only those that the time of a sample depends on.

    Raises (the check):
        Changed: something has changed.
    """
    before, bound = state.read(), bindings.taken()
    rebound = bound.changed_often if often else bound.changed

    def verify() -> None:
        told = state.changed(before, state.read())
        words = [f"changes global state: {', '.join(told)}"] if told else []
        if words := [*words, *some(rebound())]:
            raise Changed("; ".join([*words, *_remedy(words)]))

    return verify


def _remedy(phrases: Sequence[str]) -> list[str]:
    """What to do about a file of components in which something is kept between calls, such as a metric."""
    if not (by_decorator() and any(phrase.startswith(f"replaces {PROJECT.components}.") for phrase in phrases)):
        return []
    return ["keep it inside a variant, or in what a variant marked @perfsuite.prepared returns"]


def some(phrases: Sequence[str], most: int = 3) -> list[str]:
    """The first phrases, and how many more there are."""
    return [*phrases[:most], *([f"and {len(phrases) - most} more"] if len(phrases) > most else [])]


@contextlib.contextmanager
def unspoiled(file: str) -> Iterator[None]:
    """Check that the code inside, the import of ``file``, leaves nothing changed.

    Raises:
        Spoiled: it does.
    """
    verify = watch()
    yield
    try:
        verify()
    except Changed as problem:
        raise Spoiled(f"importing {file} {problem}") from None


def quiet_threads(before: Mapping[int, int]) -> None:
    """Check that no thread started since ``before`` (:func:`perfsuite.isolation.state.threads`) keeps running.

    A thread that only waits is harmless; a pool may spin for a moment before it waits.

    Raises:
        Changed: a thread keeps running.
    """
    end = time.monotonic() + SETTLE
    while True:
        then = state.threads()
        if not set(then) - set(before):
            return
        time.sleep(LOOK)
        now = state.threads()
        running = [one for one in set(now) - set(before) if now[one] - then.get(one, 0) > SPINNING * LOOK * 1e9]
        if not running:
            return
        if time.monotonic() > end:
            raise Changed(f"leaves {len(running)} thread(s) running")


def working(before: Mapping[int, int]) -> int:
    """How many other threads of this process run, or wait for a core, for more than half of a short interval.

    Of the threads that existed ``before``, only Python threads count: a library's pool may spin for a while by itself.
    """
    then, start = state.threads(), time.perf_counter_ns()
    if not _others(then, before):  # and none will appear, because no thread is left to start one
        return 0
    time.sleep(REST)
    passed, now = time.perf_counter_ns() - start, state.threads()
    return sum(now[one] - then.get(one, now[one]) > passed / 2 for one in _others(now, before))


def _others(now: Mapping[int, int], before: Mapping[int, int]) -> set[int]:
    python = {thread.native_id for thread in threading.enumerate()}
    return {one for one in now if one not in before or one in python} - {threading.get_native_id()}


def _set_threads(count: int) -> None:
    import torch

    find_pools().limit(limits=count)  # numpy's BLAS ignores torch's setting
    torch.set_num_threads(count)


def find_pools() -> Any:
    """The thread pools of the libraries in this process. Finding them takes 40 ms: they are kept until it loads more.

    A process that is about to be forked finds them for all that are forked from it.
    """
    return _pools(libraries.loaded())


@functools.lru_cache(maxsize=1)
def _pools(loaded: object) -> Any:
    import threadpoolctl

    return threadpoolctl.ThreadpoolController()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Disable garbage collection while samples are taken.

    Objects that are alive at entry are never scanned again: a million objects of a compiler would cost 0.2 s before
    every group. The price is that reference cycles that die later are never freed, in a process that lives for minutes.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def no_recompiles(cells: Sequence[Cell]) -> Iterator[None]:
    """Raise an error if a compiled variant would recompile or fall back to eager, instead of taking a sample."""
    if not any(cell.compiles for cell in cells):
        yield
        return
    import torch

    with torch.compiler.set_stance("fail_on_recompile"):
        yield


def flush(cell: Cell) -> Callable[[], Any]:
    """A function that makes the caches cold by overwriting more than the last level holds. A no-op for a hot cell."""
    if not cell.cold:
        return lambda: None
    import torch

    if cell.device == "cuda":
        size = FLUSH * torch.cuda.get_device_properties(0).L2_cache_size
        return torch.empty(size, dtype=torch.int8, device="cuda").zero_  # type: ignore[no-any-return]
    size = FLUSH * max([32 << 20, *machine.caches().values()])
    buffer = torch.empty(min(size, 1 << 30), dtype=torch.int8)
    return partial(buffer.fill_, 1)


def idle(patience: float = 2.0) -> bool:
    """Wait until the cores are free, because work on all cores waits for the slowest. False if they stay busy."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        before = psutil.cpu_times()
        time.sleep(0.1)  # psutil's own percentages are wrong for intervals below a second
        passed = [b - a for a, b in zip(before, psutil.cpu_times(), strict=True)]
        if passed[psutil.cpu_times()._fields.index("idle")] >= IDLE * sum(passed):
            return True
    return False
