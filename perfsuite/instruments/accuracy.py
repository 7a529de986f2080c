"""Check the accuracy of the timing core against a plain loop around ``perf_counter_ns``, in turns, in one process.

The requirement: their times per call agree within 3 % or 30 ns, whichever is larger, in the median of nine
alternations, for an empty callable, a product of 5x784 and 784x10, and one of 1024x1024.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from perfsuite.measuring import timing
from perfsuite.measuring.clock import HostClock

ALTERNATIONS = 9
SHARE, NANOSECONDS = 0.03, 30.0  # the allowed difference
SECONDS = 0.05  # per side in each alternation


def empty() -> None:
    """Do nothing."""


def measure() -> list[dict[str, Any]]:
    """In a worker: one row per callable, ``{"what", "plain", "core"}``, in ns per call, one value per alternation."""
    import torch

    torch.set_num_threads(1)
    small = (torch.randn(5, 784), torch.randn(784, 10))
    large = (torch.randn(1024, 1024), torch.randn(1024, 1024))
    subjects: Sequence[tuple[str, Callable[..., Any], tuple[Any, ...]]] = (
        ("empty callable", empty, ()),
        ("mm 5x784 @ 784x10", torch.mm, small),
        ("mm 1024 @ 1024", torch.mm, large),
    )
    return [{"what": what, **_alternate(call, args)} for what, call, args in subjects]


def _alternate(call: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, list[float]]:
    timed = partial(timing.batch, call, args, clock=HostClock())
    calls = timing.calls_for(timing.warm(timed, 1e-3), 1e-3)
    batches = max(3, round(SECONDS / 1e-3))
    plain, core = [], []
    for _ in range(ALTERNATIONS):
        core.append(statistics.median(timed(calls).wall * 1e9 for _ in range(batches)))
        plain.append(statistics.median(_plain(call, args, calls) for _ in range(batches)))
    return {"plain": plain, "core": core}


def _plain(call: Callable[..., Any], args: tuple[Any, ...], calls: int) -> float:
    """The plain timing loop that the core is compared with. There is one for each arity, to avoid passing a tuple."""
    if not args:
        start = time.perf_counter_ns()
        for _ in range(calls):
            call()
        return (time.perf_counter_ns() - start) / calls
    a, b = args
    start = time.perf_counter_ns()
    for _ in range(calls):
        call(a, b)
    return (time.perf_counter_ns() - start) / calls


def judge(plain: Sequence[float], core: Sequence[float]) -> tuple[float, float, bool]:
    """``(median difference in ns, allowed difference, whether it is within that)`` of paired alternations."""
    difference = statistics.median(theirs - ours for ours, theirs in zip(plain, core, strict=True))
    allowed = max(NANOSECONDS, SHARE * statistics.median(plain))
    return difference, allowed, abs(difference) <= allowed


def text(rows: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    """The table, and whether every row is within the allowed difference."""
    lines = [f"{'':<20}{'plain loop':>14}{'core':>14}{'difference':>13}{'allowed':>11}"]
    kept = True
    for row in rows:
        difference, allowed, holds = judge(row["plain"], row["core"])
        plain, core = statistics.median(row["plain"]), statistics.median(row["core"])
        verdict = "ok" if holds else "FAILED"
        lines.append(
            f"{row['what']:<20}{plain:>11.1f} ns{core:>11.1f} ns{difference:>10.1f} ns{allowed:>8.1f} ns  {verdict}"
        )
        kept = kept and holds
    return "\n".join(lines), kept
