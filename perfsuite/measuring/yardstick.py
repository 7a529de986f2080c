"""An operation of known cost: timed before any variant is imported, and again beside each of them.

Whatever a variant does to its process, if the operation takes much longer afterwards, so do its rivals. The least of
many short bursts is compared, which a busy machine hardly touches. Runs in a worker.
"""

from __future__ import annotations

import time
from typing import Any

CALLS, BURSTS = 50, 10
SLOWED = 3.0  # times; a neighbour on the same core alone makes it up to 1.6
PATIENCE = 1.0  # seconds in which the operation must have been as quick as before at least once


class Yardstick:
    """The operation, with what it cost at first."""

    def __init__(self) -> None:
        import torch

        self._now, self._add = time.perf_counter_ns, torch.add
        self._a, self._b, self._out = torch.ones(64), torch.ones(64), torch.empty(64)
        self.before = min(self._seconds() for _ in range(3))

    def _seconds(self) -> float:
        """Seconds of one operation: the least of some bursts."""
        add, a, b, out = self._add, self._a, self._b, self._out
        bursts: list[int] = []
        for _ in range(BURSTS):
            start = self._now()
            for _ in range(CALLS):
                add(a, b, out=out)
            bursts.append(self._now() - start)
        return min(bursts) * 1e-9 / CALLS

    def slowed(self) -> str:
        """How much slower this process has become, in words; "" if it has not."""
        end, least = self._now() + PATIENCE * 1e9, self._seconds()
        while least > SLOWED * self.before:
            if self._now() > end:
                return f"slows its neighbours down: adding 64 numbers takes {least / self.before:.1f} times as long"
            least = min(least, self._seconds())
        return ""


_HELD: list[Any] = []


def yardstick() -> Yardstick:
    """This process's own, made when it is first asked for."""
    if not _HELD:
        _HELD.append(Yardstick())
    return _HELD[0]  # type: ignore[no-any-return]
