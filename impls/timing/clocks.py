"""Calls under a clock: ``a`` (m, k) and ``b`` (k, n) in float32 are multiplied ``calls`` times, and that is timed.

Each variant returns the product and the seconds that its clock shows for all calls; ``bare`` reads none and returns
``None``. What it takes longer than ``bare`` is the cost of looking.
"""

import time
import timeit
from collections.abc import Callable
from functools import partial

import torch
from torch.utils import benchmark

from .._contract import needs

Timed = tuple[torch.Tensor, float | None]


def _product(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, Callable[[], torch.Tensor]]:
    """A place for the product, and the call that writes it there."""
    c = torch.empty(a.shape[0], b.shape[1], dtype=a.dtype, device=a.device)
    return c, partial(torch.mm, a, b, out=c)


def torch_timer(a: torch.Tensor, b: torch.Tensor, calls: int) -> Timed:
    """``torch.utils.benchmark.Timer``: it writes and compiles a loop, sets one thread, warms up, and synchronises.

    TM-01.
    """
    c, call = _product(a, b)
    return c, benchmark.Timer("call()", globals={"call": call}).timeit(calls).mean * calls


@needs("cuda")
def events_each(a: torch.Tensor, b: torch.Tensor, calls: int) -> Timed:
    """The source's two events around one call, and a wait for the device after each.

    TM-01.
    """
    c, call = _product(a, b)
    start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    seconds = 0.0
    for _ in range(calls):
        start.record()
        call()
        stop.record()
        torch.cuda.synchronize()
        seconds += start.elapsed_time(stop) / 1e3
    return c, seconds


@needs("cuda")
def synchronised_each(a: torch.Tensor, b: torch.Tensor, calls: int) -> Timed:
    """The host's clock with a wait before each look: the launch, the work and the way back are in it.

    TM-01.
    """
    c, call = _product(a, b)
    seconds = 0.0
    for _ in range(calls):
        torch.cuda.synchronize()
        start = time.perf_counter()
        call()
        torch.cuda.synchronize()
        seconds += time.perf_counter() - start
    return c, seconds


def standard_timeit(a: torch.Tensor, b: torch.Tensor, calls: int) -> Timed:
    """Python's ``timeit``, ``%timeit`` too: it writes and compiles a loop, and times it without garbage collection.

    TM-01.
    """
    c, call = _product(a, b)
    return c, timeit.timeit(call, number=calls)


def thread_time_each(a: torch.Tensor, b: torch.Tensor, calls: int) -> Timed:
    """The processor time of this thread: only the kernel knows it, so each look is a system call.

    TM-01. It stands still while the thread waits, for other processes or for a GPU.
    """
    c, call = _product(a, b)
    seconds = 0.0
    for _ in range(calls):
        start = time.thread_time()
        call()
        seconds += time.thread_time() - start
    return c, seconds


def time_each(a: torch.Tensor, b: torch.Tensor, calls: int) -> Timed:
    """The sources' ``time.time()`` around each call: the clock on the wall, which anybody may set.

    TM-01. On a GPU this, like every clock that does not wait, shows the launch alone.
    """
    c, call = _product(a, b)
    seconds = 0.0
    for _ in range(calls):
        start = time.time()
        call()
        seconds += time.time() - start
    return c, seconds


def perf_counter_each(a: torch.Tensor, b: torch.Tensor, calls: int) -> Timed:
    """``time.perf_counter()`` around each call: never set back, and as cheap.

    TM-01.
    """
    c, call = _product(a, b)
    seconds = 0.0
    for _ in range(calls):
        start = time.perf_counter()
        call()
        seconds += time.perf_counter() - start
    return c, seconds


def perf_counter_ns_each(a: torch.Tensor, b: torch.Tensor, calls: int) -> Timed:
    """The same in whole nanoseconds: nothing is lost when the machine has been up for long.

    TM-01.
    """
    c, call = _product(a, b)
    nanoseconds = 0
    for _ in range(calls):
        start = time.perf_counter_ns()
        call()
        nanoseconds += time.perf_counter_ns() - start
    return c, nanoseconds * 1e-9


def batch(a: torch.Tensor, b: torch.Tensor, calls: int) -> Timed:
    """One look before all calls and one after: the clock's cost is divided by their number.

    TM-01.
    """
    c, call = _product(a, b)
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return c, time.perf_counter() - start


@needs("cuda")
def events_batch(a: torch.Tensor, b: torch.Tensor, calls: int) -> Timed:
    """Two events around all calls, one wait: the device's own time, gaps between launches included.

    TM-01.
    """
    c, call = _product(a, b)
    start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(calls):
        call()
    stop.record()
    torch.cuda.synchronize()
    return c, start.elapsed_time(stop) / 1e3


def bare(a: torch.Tensor, b: torch.Tensor, calls: int) -> Timed:
    """The calls without a clock.

    TM-01.
    """
    c, call = _product(a, b)
    for _ in range(calls):
        call()
    return c, None
