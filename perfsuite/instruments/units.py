"""Unit costs that explain times: a Python instruction, an autograd node and step, a page fault.

Each is the difference of two small programs, or their time over their count, measured in the run whose times it
explains. No program here is a cell.
"""

from __future__ import annotations

import fractions
import mmap
import posixpath
import statistics
import textwrap
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from perfsuite.instruments.operators import instructions
from perfsuite.model.record import Roof

Bursts = Callable[[Callable[[], object], float], tuple[float, float]]  # best and median seconds per call

NODES = 64  # of a chain whose backward pass is timed
FRESH = 64 << 20  # bytes of new memory
PROSE = "A paragraph that is long enough to be broken into several lines of a small width. " * 2


def _library() -> object:
    """Functions of Python's own library, each of another kind: arithmetic, text and paths."""
    total = sum((fractions.Fraction(1, number) for number in range(1, 10)), fractions.Fraction(0))
    spread = statistics.pstdev([1.0, 2.0, 4.0, 8.0])
    where = posixpath.normpath(posixpath.join("/results", "run", "..", "report"))
    return total, spread, where, textwrap.fill(PROSE, 30)


def probe(names: Collection[str], seconds: float, device: Any, bursts: Bursts) -> Iterator[Roof]:
    """The unit costs called ``names``; one that cannot be measured here is left out."""
    for name, measure in _UNITS.items():
        if name in names and device.name == "cpu":
            best, typical, what = measure(bursts, seconds)
            if best > 0:
                yield Roof(name, device.threads, device.name, best, max(best, typical), "s", what)


def _instruction(bursts: Bursts, seconds: float) -> tuple[float, float, str]:
    count = instructions(_library)
    best, typical = bursts(_library, seconds)
    return best / count, typical / count, f"functions of Python's own library, {count} bytecode instructions"


def _node(bursts: Bursts, seconds: float) -> tuple[float, float, str]:
    import torch

    x, tracked = torch.zeros(1), torch.zeros(1, requires_grad=True)
    plain, recorded = bursts(x.neg, seconds / 2), bursts(tracked.neg, seconds / 2)
    return recorded[0] - plain[0], recorded[1] - plain[1], "a.neg(), recorded and not"


def _chain(nodes: int) -> Callable[[], object]:
    """A backward pass through ``nodes`` nodes, each of which only passes the gradient on."""
    import torch

    x = torch.zeros(1, requires_grad=True)
    y = x
    for _ in range(nodes):
        y = y.view(1)
    gradient = torch.ones(1)
    return lambda: torch.autograd.grad(y, x, gradient, retain_graph=True)


def _step(bursts: Bursts, seconds: float) -> tuple[float, float, str]:
    """A step of the engine: a node of a chain of views, without the view that its backward makes."""
    import torch

    view = bursts(torch.zeros(1).detach, seconds / 4)
    short, long = bursts(_chain(1), seconds / 4), bursts(_chain(NODES + 1), seconds / 2)
    best, typical = ((long[at] - short[at]) / NODES - view[at] for at in (0, 1))
    return best, typical, f"backward through a chain of {NODES} views"


def _start(bursts: Bursts, seconds: float) -> tuple[float, float, str]:
    best, typical = bursts(_chain(1), seconds)
    return best, typical, "backward through one view"


def _fault(bursts: Bursts, seconds: float) -> tuple[float, float, str]:
    """The time of writing new memory beyond that of writing it again, over the page faults."""
    import resource

    import torch

    taken: list[float] = []
    ends = time.perf_counter() + seconds
    while len(taken) < 3 or time.perf_counter() < ends:
        block = torch.frombuffer(mmap.mmap(-1, FRESH), dtype=torch.uint8)  # not from the allocator, which may keep some
        before, start = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt, time.thread_time()
        block.fill_(1)
        first, faults = time.thread_time() - start, resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before
        start = time.thread_time()
        block.fill_(2)
        taken.append((first - (time.thread_time() - start)) / faults if faults else 0.0)
    known = sorted(each for each in taken if each > 0) or [0.0]
    return known[0], known[len(known) // 2], "writing 64 MiB of new memory, and again"


_UNITS = {
    "instruction": _instruction,
    "autograd node": _node,
    "autograd step": _step,
    "autograd start": _start,
    "page fault": _fault,
}
