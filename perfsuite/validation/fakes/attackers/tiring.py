"""Right when somebody looks, wrong when nobody does."""

from __future__ import annotations

import time
from typing import Any

from perfsuite.validation.fakes.kinds import CHECKED

from .common import Stale, Variant
from .values import one_element_wrong


def _after(calls: int, right: Variant, then: Variant) -> Variant:
    """``right`` in its first calls, ``then`` from then on."""
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
    """Computes in its first calls, and returns the last of these answers from then on."""
    return _after(CHECKED, right, Stale(right))


def cached_when_hurried(right: Variant) -> Variant:
    """Computes when its last call is a while ago, and returns an old answer when called in a row."""
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
    """Returns an old answer in a row's first calls, and computes in the others, of which the last may be judged."""
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
