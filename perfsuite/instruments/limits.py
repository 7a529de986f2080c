"""The limits of this machine, measured with torch's own operators: arithmetic, bandwidth, overhead of an operator.

These probes reach 95 % of hand-written AVX-512 code in arithmetic, L3 and DRAM, and 70-90 % in L2. Nothing is computed
from the clock rate in ``/proc/cpuinfo``: it is the nominal one, and a real product exceeded such a peak by 17 %.
Roofs change with the neighbours of a virtual machine, hence a best and a typical value, and a short probe per launch.
With one thread, the best value uses the CPU time of that thread, so that waiting for a core does not lower a roof.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import statistics
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from perfsuite.instruments import units
from perfsuite.instruments.devices import Device, count, cpu, cuda
from perfsuite.model.floor import IN_PLACE
from perfsuite.model.record import Roof
from perfsuite.model.roofs import CACHES, DTYPES, NAMES, OVERHEADS, quantity


@dataclass(frozen=True)
class Candidate:
    """One way to approach a roof; the best of several candidates is the roof."""

    what: str
    call: Callable[[], object]
    work: float = 1  # FLOP or bytes of one call


def probe(
    threads: Sequence[str], *, seconds: float, names: Collection[str] | None = None, device: str = "cpu"
) -> list[Roof]:
    """Measure the roofs called ``names`` (by default all of :data:`NAMES` that apply), each for about ``seconds``.

    To be called in a worker. Roofs that depend on the number of threads are measured for each of ``threads``: ``"1"``,
    ``"all"``. A roof that cannot be measured here, for lack of memory or of a kernel, is left out.

    Raises:
        ValueError: a name or a number of threads does not exist.
    """
    import torch

    if unknown := {*(names or ())} - {*NAMES}:
        raise ValueError(f"no roof is called {min(unknown)!r}: there are {', '.join(NAMES)}")
    wanted = NAMES if names is None else [name for name in NAMES if name in names]
    places = [cuda()] if device == "cuda" else [cpu(label) for label in threads]
    before = torch.get_num_threads()
    roofs: list[Roof] = []
    try:
        for place in places:
            torch.set_num_threads(count(place.threads or "1"))
            for measure in (_arithmetic, _bandwidth, _sizes):
                roofs += measure(place, wanted, seconds)
        torch.set_num_threads(1)
        for place in places[:1]:
            roofs += _overheads(replace(place, threads=""), wanted, seconds)
            roofs += _units(replace(place, threads=""), wanted, seconds)
    finally:
        torch.set_num_threads(before)
        if device == "cuda":
            torch.cuda.empty_cache()
    return roofs


def bursts(
    call: Callable[[], object],
    seconds: float,
    burst: float,
    sync: Callable[[], object] = lambda: None,
    *,
    wait: bool = True,
    clock: Callable[[], float] = time.perf_counter,
    wall: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """Best and median seconds per ``call``, over at least three bursts of at least ``burst`` seconds each.

    The best and the length of a burst are read from ``clock``, the median from ``wall``. ``sync`` is called before each
    burst and, with ``wait``, at its end; without ``wait``, only the host's time is measured.
    """
    call()
    taken: list[float] = []
    best, calls, end = math.inf, 1, wall() + seconds
    while len(taken) < 3 or wall() < end:
        sync()
        began, start = wall(), clock()
        for _ in itertools.repeat(None, calls):
            call()
        if wait:
            sync()
        spent, passed = clock() - start, wall() - began
        if spent >= burst:
            best = min(best, spent / calls)
            taken.append(passed / calls)
        else:  # tenfold at most: a first burst may be too fast to tell
            calls = 1 + int(calls * min(10.0, 1.2 * burst / max(spent, 1e-9)))
    return best, statistics.median(taken)


def _best(
    candidates: Sequence[Candidate], device: Device, seconds: float, **how: Any
) -> tuple[Candidate, float, float]:
    """The candidate with the least time per unit of work, with its best and median seconds."""
    how |= {"clock": device.clock}
    taken = [bursts(one.call, seconds / len(candidates), device.burst, device.sync, **how) for one in candidates]
    best = min(range(len(taken)), key=lambda at: taken[at][0] / candidates[at].work)
    return candidates[best], *taken[best]


def _arithmetic(device: Device, names: Collection[str], seconds: float) -> Iterator[Roof]:
    """Products of square matrices; the ``typical`` value shows units that change their speed, as AMX does."""
    for name in DTYPES:
        if name in names:
            with contextlib.suppress(RuntimeError):  # no kernel for the dtype
                product, best, typical = _best(_products(device, DTYPES[name], seconds), device, seconds)
                rates = product.work / best, product.work / typical
                yield Roof(name, device.threads, device.name, *rates, "FLOP/s", product.what)


def _products(device: Device, dtype: str, seconds: float) -> list[Candidate]:
    """Products of random matrices, of the three largest sides that the time allows, as some dtypes have slow kernels.

    Random, because a GPU multiplies constants faster: they take less power. Several, because the largest is the best on
    an idle machine, but on a busy one only calls shorter than a time slice are ever undisturbed.
    """
    import torch

    generator = torch.Generator(device.name).manual_seed(0)

    def product(side: int) -> Candidate:
        a, b = torch.randn(2, side, side, generator=generator, device=device.name).to(getattr(torch, dtype))
        call = partial(torch.mm, a, b, out=torch.empty_like(a))
        return Candidate(f"mm of {side} x {side}, {dtype}", call, 2 * side**3)

    small = device.sides[0]
    once, _ = bursts(product(small).call, 0.0, 0.0, device.sync, clock=device.clock)
    sides = [side for side in device.sides if side == small or once * (side / small) ** 3 <= seconds / 3]
    return [product(side) for side in sides[-3:]]


def _bandwidth(device: Device, names: Collection[str], seconds: float) -> Iterator[Roof]:
    """Bytes read and written per second, counted as the program sees them.

    A write to new addresses fetches the cache lines first, which is not counted. A write to addresses that were just
    read does not, and so reaches up to twice the rate: the ``in place`` roofs. (Measured: L3 24 and 46 GB/s, DRAM 11
    and 22.)
    """
    import torch

    for level, size in device.sets.items():
        if not {level, level + IN_PLACE} & {*names}:
            continue
        with contextlib.suppress(RuntimeError):  # not enough memory
            whole = torch.empty(size // 4, dtype=torch.float32, device=device.name).fill_(1.0)  # touches every page
            in_all = f"{quantity(size, 'B')} in all"
            for name, candidates in ((level, _streams(whole, device)), (level + IN_PLACE, _in_place(whole, device))):
                if name in names:
                    fastest, best, typical = _best(candidates, device, seconds)
                    rates, what = (fastest.work / best, fastest.work / typical), f"{fastest.what}; {in_all}"
                    yield Roof(name, device.threads, device.name, *rates, "B/s", what)
            del whole, candidates


def _streams(whole: Any, device: Device) -> list[Candidate]:
    import torch

    three, two = _windows(whole, 3, device), _windows(whole, 2, device)
    size = 4 * three[0][0].numel(), 4 * two[0][0].numel()
    return [
        Candidate(
            "add(b, c, alpha=3, out=a)",
            _turns([partial(torch.add, b, c, alpha=3.0, out=a) for a, b, c in three]),
            3 * size[0],
        ),
        Candidate("a.copy_(b)", _turns([partial(a.copy_, b) for a, b in two]), 2 * size[1]),
        Candidate("dot(a, b)", _turns([partial(torch.dot, a, b) for a, b in two]), 2 * size[1]),
    ]


def _in_place(whole: Any, device: Device) -> list[Candidate]:
    one = _windows(whole, 1, device)
    return [Candidate("a.neg_()", _turns([a.neg_ for (a,) in one]), 2 * one[0][0].nbytes)]


def _windows(whole: Any, number: int, device: Device) -> list[tuple[Any, ...]]:
    """``whole`` as ``number`` arrays, each cut into windows: one tuple of windows for each position.

    The distance between arrays is not a multiple of a page, because equal page offsets make loads wait for stores.
    """
    length = whole.numel() // number // 32 * 32 - 16
    arrays = [whole[at * length : (at + 1) * length] for at in range(number)]
    windows = max(1, whole.nbytes // device.window)
    wide = length // windows
    return list(zip(*(array[: windows * wide].view(windows, wide) for array in arrays), strict=True))


def _turns(calls: Sequence[Callable[[], object]]) -> Callable[[], object]:
    """A callable that makes the next of ``calls`` each time, cyclically."""
    if len(calls) == 1:
        return calls[0]
    turn = itertools.cycle(calls)
    return lambda: next(turn)()


def _overheads(device: Device, names: Collection[str], seconds: float) -> Iterator[Roof]:
    """The host's time for a call regardless of what it computes: on CUDA the launch, but not the kernel."""
    import torch

    def round_trip() -> None:
        x.zero_()
        device.sync()

    x = torch.zeros(1, device=device.name)
    candidates = {
        "dispatch": [Candidate("a.zero_(), one element", x.zero_), Candidate("a.neg_(), one element", x.neg_)],
        "view": [Candidate("a.detach()", x.detach), Candidate("a.view(1)", partial(x.view, 1))],
        "empty tensor": [Candidate("empty(1)", partial(torch.empty, 1, device=device.name))],
        "python call": [Candidate("a function that does nothing", lambda: None)],
        "round trip": [Candidate("a.zero_(), synchronize()", round_trip)] if device.name == "cuda" else [],
    }
    if device.name == "cuda":
        device = replace(device, burst=1e-3)  # more launches than the queue holds would wait for kernels
    for name in OVERHEADS:
        if name in names and candidates[name]:
            fastest, best, typical = _best(candidates[name], device, seconds, wait=False)
            yield Roof(name, device.threads, device.name, best, typical, "s", fastest.what)


def _units(device: Device, names: Collection[str], seconds: float) -> Iterator[Roof]:
    """The unit costs of what a time consists of."""
    return units.probe(names, seconds, device, partial(bursts, burst=device.burst, clock=device.clock, wait=False))


def _sizes(device: Device, names: Collection[str], seconds: float) -> Iterator[Roof]:
    """The sizes of the caches, as the system reports them."""
    for name, level in CACHES.items():
        if name in names and level in device.caches:
            size = float(device.caches[level])
            yield Roof(name, device.threads, device.name, size, size, "B", "from /sys")
