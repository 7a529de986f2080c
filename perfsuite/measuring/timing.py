"""Timing of calls: batches, warm-up, batch size, rounds in random order. Uses no device, no process and no torch."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise, repeat
from random import Random
from typing import Any, Protocol

from perfsuite.measuring.clock import Clock

WARM_WITHIN = 0.05  # relative difference up to which successive batches count as steady
WARM_BATCHES = 12  # maximum number of warm-up batches, steady or not
REST = "rest"  # the unnamed part of a timeline's work


@dataclass(frozen=True)
class Batch:
    """One timed batch; all values in seconds per call."""

    wall: float
    host: float | None = None  # until the last call returned; the device may still be busy
    device: float | None = None
    first: float | None = None  # streams: until the first item
    item: float | None = None  # streams: per item after the first
    parts: Mapping[str, float] = field(default_factory=dict)  # timelines: each part, in passes separate from ``wall``


Timed = Callable[[int], Batch]  # number of calls -> their time
Look = Callable[[Any], object]  # called with the result of one of the calls after the clock has stopped


class Shown(Protocol):
    """Like :data:`Timed`, with an optional look at one result."""

    def __call__(self, calls: int, look: Look | None = None, /) -> Batch:
        """The time of ``calls`` calls."""


@cache
def _loop(arity: int) -> Callable[..., tuple[int, int, Any, Any, int, Any]]:
    """A loop that calls with ``arity`` positional arguments, and may keep the result of one of the calls.

    The source is generated for each arity, as in ``timeit``, because ``call(*args)`` costs another 30 ns per call.
    """
    names = ", ".join(f"a{index}" for index in range(arity))
    source = (
        "def loop(call, args, before, after, drop, now, sync, mark):\n"
        + (f"    ({names},) = args\n" if arity else "")
        + "    sync()\n"
        + "    mark_start = mark()\n"
        + "    start = now()\n"
        + "    for _ in before:\n"
        + f"        call({names})\n"
        + f"    kept = call({names})\n"
        + "    if drop:\n"
        + "        kept = None\n"
        + "    for _ in after:\n"
        + f"        call({names})\n"
        + "    issued = now()\n"
        + "    mark_stop = mark()\n"
        + "    sync()\n"
        + "    return start, issued, mark_start, mark_stop, now(), kept\n"
    )
    space: dict[str, Any] = {}
    exec(compile(source, f"<timing loop, {arity} arguments>", "exec"), space)
    return space["loop"]  # type: ignore[no-any-return]


def batch(call: Callable[..., object], args: tuple[Any, ...], calls: int, clock: Clock) -> Batch:
    """Time ``calls`` calls in a row, from an idle device to an idle device."""
    return _batch(call, args, calls, clock, calls - 1, True)[0]


def batch_with_answer(
    call: Callable[..., object], args: tuple[Any, ...], calls: int, clock: Clock, at: int, look: Look
) -> Batch:
    """Like :func:`batch`, but ``look`` gets the result of call number ``at`` after the clock has stopped.

    The result is released afterwards. The time of this release is included, as it is for the other calls.
    """
    found, *kept = _batch(call, args, calls, clock, at, False)
    look(kept[0])
    start = clock.now()
    kept.clear()
    return replace(found, wall=found.wall + (clock.now() - start) * 1e-9 / calls)


def _batch(
    call: Callable[..., object], args: tuple[Any, ...], calls: int, clock: Clock, at: int, drop: bool
) -> tuple[Batch, Any]:
    before, after = repeat(None, at), repeat(None, calls - 1 - at)
    start, issued, mark_start, mark_stop, stop, kept = _loop(len(args))(
        call, args, before, after, drop, clock.now, clock.sync, clock.mark
    )
    wall = (stop - start) * 1e-9 / calls
    device = clock.between(mark_start, mark_stop)
    if device is None:
        return Batch(wall), kept
    return Batch(wall, host=(issued - start) * 1e-9 / calls, device=device / calls), kept


def stream(call: Callable[..., Any], args: tuple[Any, ...], calls: int, clock: Clock) -> Batch:
    """Time ``calls`` complete passes over the iterable that ``call`` returns: first item, other items, and whole pass.

    A pass ends when the iterator is deleted, so ``wall`` includes joining worker processes.
    """
    wall = first = rest = items = 0
    for _ in range(calls):
        clock.sync()
        start = clock.now()
        iterator = iter(call(*args))
        item = next(iterator)
        reached = clock.now()
        for item in iterator:  # noqa: B007
            items += 1
        last = clock.now()
        del iterator, item
        clock.sync()
        wall += clock.now() - start
        first += reached - start
        rest += last - reached
    return Batch(wall * 1e-9 / calls, first=first * 1e-9 / calls, item=rest * 1e-9 / items if items else None)


def timeline(call: Callable[..., Any], args: tuple[Any, ...], calls: int, clock: Clock) -> Batch:
    """Time ``calls`` complete passes over the iterable that ``call`` returns, and each part of it in separate passes.

    The iterable yields the name of each part of its work when that part is done. Reading the clock at each name slows
    a pass down; the difference between the sum of the parts and the whole shows by how much. There is no
    synchronisation between parts: with a device, the time of a part is device time between two marks. An uncounted pass
    runs first, so that neither kind of pass pays for caches filled by other variants.
    """
    wall = 0
    parts: dict[str, float] = {}
    for _part in call(*args):
        pass
    for _ in range(calls):
        clock.sync()
        start = clock.now()
        for _part in call(*args):
            pass
        clock.sync()
        wall += clock.now() - start
        for name, seconds in _told(call(*args), clock):
            parts[name] = parts.get(name, 0.0) + seconds / calls
    return Batch(wall * 1e-9 / calls, parts=parts)


def _told(names: Iterable[Any], clock: Clock) -> Iterator[tuple[str, float]]:
    """Each yielded name with the seconds since the previous one; other items and the time after the last are "rest"."""
    clock.sync()
    seen = [("", clock.now(), clock.mark())]
    for name in names:
        seen.append((name if isinstance(name, str) else REST, clock.now(), clock.mark()))
    clock.sync()
    seen.append((REST, clock.now(), clock.mark()))
    clock.sync()
    for (_, since, mark), (name, now, reached) in pairwise(seen):
        device = clock.between(mark, reached)
        yield name, (now - since) * 1e-9 if device is None else device


def warm(timed: Timed, target: float) -> float:
    """Run batches until they are steady and return the seconds per call.

    A batch grows until it takes a quarter of ``target`` seconds. Batches are steady if the median of three and the
    median of the three before differ by at most ``WARM_WITHIN``. If a call takes longer than ``target``, two calls are
    enough; if it takes a hundred times longer, one is.
    """
    calls, seen = 1, [timed(1).wall]
    if seen[0] >= target:
        return seen[0] if seen[0] >= 100 * target else min(seen[0], timed(1).wall)
    while calls * seen[-1] < target / 4 and calls < 1 << 24:
        calls *= 2
        seen.append(timed(calls).wall)
    seen = [timed(calls).wall for _ in range(6)]
    while len(seen) < WARM_BATCHES:
        earlier, later = statistics.median(seen[-6:-3]), statistics.median(seen[-3:])
        if abs(later - earlier) <= WARM_WITHIN * max(later, earlier):
            break
        seen.append(timed(calls).wall)
    return statistics.median(seen[-3:])


def calls_for(seconds: float, target: float) -> int:
    """How many calls give a sample of about ``target`` seconds; one if a call takes longer."""
    return max(1, round(target / seconds)) if seconds > 0 else 1 << 24


def rounds_for(sample: float, budget: float, most: int) -> int:
    """How many samples of ``sample`` seconds fit in ``budget`` seconds: at least one, at most ``most``."""
    return max(1, min(most, int(budget / sample + 1e-9))) if sample > 0 else most


def rounds(counts: Sequence[int], random: Random) -> Iterator[list[int]]:
    """The order of samples: for each round, the cells to sample in sequence, as indices into ``counts``.

    Index ``i`` appears ``counts[i]`` times. Cells with fewer samples are spread evenly over the rounds, and each round
    has a new random order, so that slow drifts of the machine affect all cells equally.
    """
    most = max(counts, default=0)
    for turn in range(most):
        present = [i for i, count in enumerate(counts) if (turn + 1) * count // most > turn * count // most]
        random.shuffle(present)
        yield present


def turns(count: int, random: Random) -> Iterator[int]:
    """An endless sequence of numbers below ``count`` in random order: each comes once before any comes again.

    0 is last in the first cycle, because the caller has just used it.
    """
    order = [0, *random.sample(range(1, count), count - 1)]
    while True:
        yield from reversed(order)
        order = random.sample(range(count), count)
