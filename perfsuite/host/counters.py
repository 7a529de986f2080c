"""The operating system's per-thread counters."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perfsuite.host.descriptors import out_of_reach


class Counters:
    """Kernel counters of this thread: read before and after a sample, they tell a slow call from a busy machine.

    On a busy virtual machine, ``/proc/thread-self/schedstat`` (the wait for a core) explained 55-75 % of the excess
    time, and steal time almost none of it.
    """

    def __init__(self) -> None:
        import resource

        self._usage: Callable[[int], Any] | None = None
        who = getattr(resource, "RUSAGE_THREAD", None)
        if who is not None:
            self._usage = resource.getrusage
            self._who = who
        path = Path("/proc/thread-self/schedstat")
        self._schedstat: int | None = None
        if path.exists():
            self._schedstat = out_of_reach(os.open(path, os.O_RDONLY))

    def read(self) -> tuple[int, int, int, int]:
        """``(thread CPU ns, run-queue wait ns, involuntary switches, minor faults)`` so far; 0 where unknown."""
        delay = switches = faults = 0
        if self._schedstat is not None:
            delay = int(os.pread(self._schedstat, 64, 0).split()[1])
        if self._usage is not None:
            usage = self._usage(self._who)
            switches, faults = usage.ru_nivcsw, usage.ru_minflt
        return time.thread_time_ns(), delay, switches, faults
