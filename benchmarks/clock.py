"""What time is read from: the host's clock, a CUDA device beside it, a fake one for tests, a replay for the runners.

A clock has ``now()`` in integer nanoseconds, ``sync()`` that waits until the device is idle, and ``mark()`` /
``between()`` for device time, which a host has none of.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from benchmarks.descriptors import out_of_reach


class Clock(Protocol):
    """What the timing code asks of a clock."""

    now: Callable[[], int]

    def sync(self) -> None:
        """Wait until the device has done all it was given."""

    def mark(self) -> Any:
        """A point in the device's own time; ``None`` where there is none."""

    def between(self, start: Any, stop: Any) -> float | None:
        """Seconds of device time between two marks; ``None`` where there is none."""


class HostClock:
    """``perf_counter_ns``; there is nothing to wait for."""

    now = staticmethod(time.perf_counter_ns)

    def sync(self) -> None:
        """Nothing is asynchronous here."""

    def mark(self) -> None:
        """The host's own clock is all there is."""

    def between(self, start: None, stop: None) -> None:
        """No device time."""


class CudaClock:
    """The host's clock around synchronised work, and the device's events within it."""

    now = staticmethod(time.perf_counter_ns)

    def __init__(self) -> None:
        import torch

        self._cuda = torch.cuda
        self.sync = torch.cuda.synchronize

    def mark(self) -> Any:
        """An event recorded on the current stream."""
        event = self._cuda.Event(enable_timing=True)
        event.record()
        return event

    def between(self, start: Any, stop: Any) -> float:
        """Seconds between two events that have passed."""
        return float(start.elapsed_time(stop)) * 1e-3


def clock_for(device: str) -> Clock:
    """The clock of a device."""
    return CudaClock() if device == "cuda" else HostClock()


class FakeClock:
    """Time that passes only when it is told to; every reading and wait is written down in ``script``."""

    def __init__(self, tick: int = 0) -> None:
        self.time = 0
        self.tick = tick  # ns that pass at each reading
        self.script: list[str] = []

    def now(self) -> int:
        """The fake time."""
        self.time += self.tick
        return self.time

    def sync(self) -> None:
        """Write down that a wait was asked for."""
        self.script.append("sync")

    def mark(self) -> None:
        """No device."""

    def between(self, start: None, stop: None) -> None:
        """No device time."""

    def spend(self, seconds: float) -> None:
        """Let time pass, as a call would."""
        self.time += round(seconds * 1e9)


class Replay:
    """A timer that hands recorded samples to another tool's loop: read in pairs, start and stop.

    pytest-benchmark and asv subtract two readings around a call that does nothing; the difference is the sample.
    Samples are replayed as one growing sum, as a real clock would.
    """

    def __init__(self, samples: Iterable[float] = ()) -> None:
        self.load("", samples)

    def load(self, key: str, samples: Iterable[float]) -> None:
        """Start again with the ``samples`` of ``key``."""
        self.key = key
        self._left = iter(samples)
        self._now = 0.0
        self._inside = False

    def __call__(self) -> float:
        """The next reading, in seconds.

        Raises:
            RuntimeError: more samples are asked for than were recorded.
        """
        if self._inside:
            try:
                self._now += next(self._left)
            except StopIteration:
                raise RuntimeError(f"all samples of {self.key!r} were handed out already") from None
        self._inside = not self._inside
        return self._now


class Witness:
    """What the kernel did to this thread: read before and after a sample, it tells a slow call from a slow machine.

    ``/proc/thread-self/schedstat`` (the wait for a core) explained 55-75 % of the excess time on a busy virtual
    machine, steal time almost none of it.
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
