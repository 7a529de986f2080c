"""Clocks: the host's clock, and CUDA events for device time.

A clock has ``now()`` in integer nanoseconds, ``sync()`` that waits until the device is idle, and ``mark()`` /
``between()`` for device time, which the host clock does not have.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol


class Clock(Protocol):
    """The interface that the timing code needs."""

    now: Callable[[], int]

    def sync(self) -> None:
        """Wait until the device has finished all its work."""

    def mark(self) -> Any:
        """A point in device time; ``None`` if there is no device."""

    def between(self, start: Any, stop: Any) -> float | None:
        """Seconds of device time between two marks; ``None`` if there is no device."""


class HostClock:
    """``perf_counter_ns``; there is nothing to wait for."""

    now = staticmethod(time.perf_counter_ns)

    def sync(self) -> None:
        """Nothing is asynchronous here."""

    def mark(self) -> None:
        """No device time."""

    def between(self, start: None, stop: None) -> None:
        """No device time."""


class CudaClock:
    """The host's clock around synchronised work, with CUDA events for device time."""

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
