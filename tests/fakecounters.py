"""Counters of a processor that are made up, for tests on machines that have none."""

from __future__ import annotations

import os

from perfsuite.measuring import processor
from perfsuite.measuring.processor import Processor, Reading


def made(step: dict[int, tuple[int, int, int]], refuse: dict[int, int] | None = None) -> Processor:
    """Counters that go on by ``step`` at each reading, an event's number -> (count, enabled, running)."""
    shown: dict[int, list[int]] = {}
    events: dict[int, int] = {}

    def open_(event: int) -> int:
        if refuse and event in refuse:
            raise OSError(refuse[event], os.strerror(refuse[event]))
        descriptor = os.open(os.devnull, os.O_RDONLY)
        shown[descriptor], events[descriptor] = [7, 11, 13], event
        return descriptor

    def read(descriptor: int) -> Reading:
        further = step[events[descriptor]]
        shown[descriptor] = [old + more for old, more in zip(shown[descriptor], further, strict=True)]
        return Reading(*shown[descriptor])

    return Processor(open_, read)


def every(count: int, enabled: int = 100, running: int = 100) -> dict[int, tuple[int, int, int]]:
    return dict.fromkeys(processor.EVENTS.values(), (count, enabled, running))
