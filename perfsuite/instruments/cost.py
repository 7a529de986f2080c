"""The cost of one call other than time: peak memory, allocations, operators and the bytes they move. Runs in a worker.

Each figure comes from a separate call, and no time is taken here, because every instrument below slows the call down.
Three of them watch the memory, because none sees all of it: torch's profiler sees torch's allocator, also in compiled
code and inside oneDNN; tracemalloc sees numpy and Python objects; the kernel's resident set size sees native code.
Child processes are not counted.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfsuite.instruments import arrays
from perfsuite.instruments.operators import operators
from perfsuite.model.record import Cost

Call = Callable[[], object]

OBJECTS = 64 * 2**10  # bytes; what Python holds below this is its own: frames, tensor and array handles
ASIDE = 0.01  # share of the peak below which the use of a second allocator is ignored
COUNTED = "counted call"  # its name in the profiler's events
SLACK = 8 * 2**20  # bytes of growth that no allocator has to explain: huge pages, a fragmented heap, Python's arenas


def cost(call: Call, plain: Call | None) -> Cost:
    """The cost of one ``call``, with peak memory counted above what was in use at entry.

    The peak is that of the CUDA device if the call allocates there, otherwise that of the host. It is ``exact`` when
    one allocator explains it: arrays are counted without the Python objects around them. It is ``at least`` when
    torch and numpy both hold memory, because their peaks may be at different times, and when the process grew by 8 MiB
    more than both saw, because native code then holds the rest. Smaller native blocks are not seen.

    Args:
        call: runs the cell once; it has run before, so caches and workspaces exist.
        plain: the same work uncompiled, for counting operators; ``None`` if there is no such callable. Compiled code
            runs eagerly under a dispatch mode, so counting it would count a different program.
    """
    peak, peak_is, allocations = on_device(call) or on_host(call)
    ops, views, traffic = operators(plain) if plain else (None, None, None)
    return Cost(peak, peak_is, allocations, ops, views, traffic)


def on_device(call: Call) -> tuple[int, str, int] | None:
    """Peak bytes and allocations on the CUDA device; ``None`` if ``call`` allocates nothing there.

    These are requested bytes, not allocated ones: the caching allocator rounds every block up to a multiple of 512.
    """
    import torch

    if not torch.cuda.is_initialized():
        return None
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_stats()
    call()
    torch.cuda.synchronize()
    after = torch.cuda.memory_stats()
    allocations = after["allocation.all.allocated"] - before["allocation.all.allocated"]
    if not allocations:
        return None
    return after["requested_bytes.all.peak"] - before["requested_bytes.all.current"], "exact", allocations


@dataclass(frozen=True)
class Held:
    """The memory that one allocator held for a call."""

    peak: int  # bytes above entry
    older: int = 0  # bytes in use at entry that the call may have freed and reused
    allocations: int | None = None


def on_host(call: Call) -> tuple[int | None, str, int | None]:
    """Peak bytes in host memory, how reliable that figure is, and allocations if all of them were seen."""
    if not sees_memory():
        return None, "unknown: this torch reports no memory events", None
    if not arrays.sees_arrays():
        return None, "unknown: the memory of this numpy's arrays cannot be counted", None
    grown = resident_growth(call)  # before the other instruments fragment the heap
    tensors, objects = in_torch(call), in_python(call)
    most = max(tensors, objects, key=lambda held: held.peak)
    # The next writes need not go to the freed pages, so as much as was freed may have been added again.
    if grown > 1.1 * (most.peak + tensors.older + objects.older) + SLACK:
        return grown, "at least", None
    if min(tensors.peak, objects.peak) > ASIDE * most.peak:
        return max(most.peak, grown), "at least", None
    return most.peak, "exact", most.allocations


def in_torch(call: Call) -> Held:
    """What torch's CPU allocator holds for a call, from the profiler's events.

    The second of two calls counts: frees of the first call's blocks are only seen if their allocation was seen.
    """
    # ``torch.profiler`` has the same one, but imports the compiler first, which takes two seconds in each worker.
    from torch.autograd.profiler import profile, record_function

    # The events are read once; without ``acc_events`` some versions of torch warn that they would be lost.
    with profile(use_kineto=True, profile_memory=True, acc_events=True) as seen:
        with _without_operators():
            call()
        with record_function(COUNTED), _without_operators():
            call()
    sizes = _memory_events(seen)
    levels = [0, *itertools.accumulate(sizes)]
    return Held(max(levels), -min(levels), sum(size > 0 for size in sizes))


@contextmanager
def _without_operators() -> Iterator[None]:
    """Record memory events only: a loop over tensor elements has ten operator events for each memory event.

    The switch is private to torch; without it there are just more events than needed.
    """
    import torch

    switch = getattr(torch.autograd, "_enable_record_function", lambda on: None)
    switch(False)
    try:
        yield
    finally:
        switch(True)


def _memory_events(seen: Any) -> list[int]:
    """Bytes allocated (positive) and freed (negative) on the CPU since the counted call began, in time order.

    ``kineto_results`` is private to torch. The public operator table only has sums of bytes and so loses the peak.
    Where ``kineto_results`` is missing there are no events, which :func:`sees_memory` detects.
    """
    from torch.autograd import DeviceType

    results = getattr(seen, "kineto_results", None)
    events = results.events() if results else []
    began = min((event.start_ns() for event in events if event.name() == COUNTED), default=0)
    sizes = [
        (event.start_ns(), event.nbytes())
        for event in events
        if event.name() == "[memory]" and event.device_type() == DeviceType.CPU and event.start_ns() >= began
    ]
    return [size for _, size in sorted(sizes, key=lambda timed: timed[0])]


@functools.cache
def sees_memory() -> bool:
    """Whether this torch's profiler reports a block of known size; otherwise a silent change would read as 0."""
    import torch

    return in_torch(lambda: torch.empty(2**18, dtype=torch.float32)) == Held(2**20, 0, 1)


def in_python(call: Call) -> Held:
    """The memory that numpy and Python hold for a call; that of the arrays alone if the rest is too small to be data.

    An array's bytes and those of the objects around it share one counter, so the arrays are counted apart.
    """
    held = arrays.peak(call) or 0
    tracemalloc.start()
    try:
        call()  # traced too, so that the counted call's frees of its blocks are seen
        tracemalloc.reset_peak()
        entry, _ = tracemalloc.get_traced_memory()
        call()
        peak = tracemalloc.get_traced_memory()[1] - entry
        return Held(held if peak - held <= OBJECTS else peak, entry)
    finally:
        tracemalloc.stop()


def resident_growth(call: Call) -> int:
    """Bytes by which the peak resident set of this process grew; 0 where the system does not report it.

    Free heap is returned to the system first, or the call would reuse it unseen. A page counts once it is written.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # 5: resets the high-water mark
        entry = _resident_high()
        call()
        return _resident_high() - entry
    except (OSError, AttributeError):  # neither Linux nor glibc
        return 0


def _resident_high() -> int:
    """The high-water mark of the resident set, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
