"""The processor's own counters, where the system lets a process read them. Most virtual machines have none."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple

HARDWARE = 0  # PERF_TYPE_HARDWARE
EVENTS = {"cpu_instructions": 1, "cycles": 0, "cache_misses": 3, "branch_misses": 5}  # PERF_COUNT_HW_*
CALL = {"x86_64": 298, "aarch64": 241}  # the number of perf_event_open
INHERIT, NO_KERNEL, NO_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6  # threads that start later count too; only user code does
TIMES = 1 | 2  # how long the event was enabled, and how long it had a counter
SIZE = 64  # bytes of the first version of perf_event_attr, which every kernel knows
LOOP = 10_000  # turns, to see whether a counter counts

WHY = {errno.ENOENT: "it offers none", errno.EOPNOTSUPP: "it offers none"}
ADVICE = {
    errno.EACCES: "as root: sysctl kernel.perf_event_paranoid=2",
    errno.EPERM: "as root: sysctl kernel.perf_event_paranoid=2; in a container, allow perf_event_open",
}


class Reading(NamedTuple):
    """What a counter shows."""

    counted: int
    enabled: int  # nanoseconds
    running: int  # of these, with a counter of the processor: several events may share one


Open = Callable[[int], int]  # an event's number -> a file descriptor
Read = Callable[[int], Reading]


def opened(event: int) -> int:
    """Open a counter of this thread, and of those that it starts later.

    Raises:
        OSError: the system or the processor has no such counter, or this process may not read it.
    """
    number = CALL.get(platform.machine())
    if platform.system() != "Linux" or number is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    flags = INHERIT | NO_KERNEL | NO_HYPERVISOR
    asked = struct.pack("=IIQQQQQ", HARDWARE, SIZE, event, 0, 0, TIMES, flags).ljust(SIZE, b"\0")
    call = ctypes.CDLL(None, use_errno=True).syscall
    found = int(call(ctypes.c_long(number), asked, 0, -1, ctypes.c_int(-1), ctypes.c_ulong(0)))
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found


def reading(descriptor: int) -> Reading:
    """Read a counter."""
    return Reading(*struct.unpack("=QQQ", os.read(descriptor, 24)))


class Processor:
    """The counters that can be opened; none, with the reason in ``problem``, where there are none."""

    def __init__(self, open_: Open = opened, read: Read = reading) -> None:
        self._read = read
        self._open: dict[str, int] = {}
        self.problem: OSError | None = None
        for name, event in EVENTS.items():
            try:
                self._open[name] = open_(event)
            except OSError as problem:
                self.problem = self.problem or problem

    def close(self) -> None:
        """Give the counters back."""
        while self._open:
            with contextlib.suppress(OSError):
                os.close(self._open.popitem()[1])

    def read(self) -> Mapping[str, Reading]:
        """What each counter shows."""
        return {name: self._read(descriptor) for name, descriptor in self._open.items()}


def between(before: Mapping[str, Reading], after: Mapping[str, Reading]) -> dict[str, float]:
    """What was counted between two readings; what had no counter in that time is left out.

    An event that had a counter for a part of the time is scaled up to all of it, as ``perf stat`` does.
    """
    found = {}
    for name, then in before.items():
        now = after[name]
        running = now.running - then.running
        if running > 0:
            found[name] = (now.counted - then.counted) * (now.enabled - then.enabled) / running
    return found


def available(processor: Processor) -> tuple[str, ...]:
    """The events that are really counted: some virtual machines open counters that stay at zero."""
    before = processor.read()
    sum(range(LOOP))
    counted = between(before, processor.read())
    return tuple(counted) if counted.get("cpu_instructions", 0) > LOOP else ()
