"""Attackers that are right while they are checked and wrong otherwise."""

from __future__ import annotations

import time
from typing import Any

from perfsuite.validation.fakes.kinds import CHECKED

from .common import Stale, Variant
from .values import one_element_wrong


def _after(calls: int, right: Variant, then: Variant) -> Variant:
    """``right`` in its first ``calls`` calls, ``then`` afterwards."""
    count = 0

    def tiring(*inputs: Any) -> Any:
        nonlocal count
        count += 1
        return (right if count <= calls else then)(*inputs)

    return tiring


def tires(right: Variant, calls: int = CHECKED) -> Variant:
    """Right in its first calls and wrong from then on."""
    return _after(calls, right, one_element_wrong(right))


def cached_when_warm(right: Variant) -> Variant:
    """Computes in its first calls, and returns an old output from then on."""
    return _after(CHECKED, right, Stale(right))


def cached_when_hurried(right: Variant) -> Variant:
    """Computes when its last call was some time ago, and returns an old output in a batch of calls."""
    last = 0.0
    stale = Stale(right)

    def hurried(*inputs: Any) -> Any:
        nonlocal last
        since = time.monotonic() - last
        answer = right(*inputs) if since > 3e-4 else stale(*inputs)
        last = time.monotonic()
        return answer

    return hurried


def wrong_first(right: Variant) -> Variant:
    """Returns an old output in the first calls of a batch, and computes in the last ones, which may be judged."""
    last = 0.0
    row = length = 0
    total = 0
    stale = Stale(right)

    def waking(*inputs: Any) -> Any:
        nonlocal last, row, length, total
        now = time.monotonic()
        length, row = (length, row + 1) if now - last < 3e-4 else (row, 0)
        total += 1
        answer = stale(*inputs) if total > CHECKED and row <= 3 * length // 4 else right(*inputs)
        last = time.monotonic()
        return answer

    return waking
