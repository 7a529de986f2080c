"""What time is read from: the host's clock, and a CUDA device's events beside it.

A clock has ``now()`` in integer nanoseconds, ``sync()`` that waits until the device is idle, and ``mark()`` /
``between()`` for device time, which a host has none of.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol


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
