"""An operation of known cost, timed before any variant is imported and again after each variant runs.

If the operation takes much longer after a variant has run, its rivals are slowed down too. The minimum of many short
bursts is compared, because a busy machine hardly affects it. Runs in a worker.
"""

from __future__ import annotations

import time
from typing import Any

CALLS, BURSTS = 50, 10
SLOWED = 3.0  # allowed ratio; another process on the same core alone causes up to 1.6
PATIENCE = 1.0  # seconds in which the operation must be as fast as before at least once


class Yardstick:
    """The operation, with its initial cost."""

    def __init__(self) -> None:
        import torch

        self._now, self._add = time.perf_counter_ns, torch.add
        self._a, self._b, self._out = torch.ones(64), torch.ones(64), torch.empty(64)
        self.before = min(self._seconds() for _ in range(3))

    def _seconds(self) -> float:
        """Seconds of one operation: the minimum of several bursts."""
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
    """The yardstick of this process, created on first use."""
    if not _HELD:
        _HELD.append(Yardstick())
    return _HELD[0]  # type: ignore[no-any-return]
