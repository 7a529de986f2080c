"""The devices that are probed, each with its clock, its caches and its memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from perfsuite.host import machine

DRAM = 64 * 2**20  # bytes of an array that is certainly too large for small caches
HBM = 256 * 2**20


@dataclass(frozen=True)
class Device:
    """What a probe must know about a device, as seen by a certain number of threads."""

    name: str
    threads: str  # "1", "all"; "" where threads do not matter
    caches: Mapping[str, int]  # bytes by level: "L1d", "L2", "L3"
    sets: Mapping[str, int]  # level -> bytes of a working set that it serves
    sides: Sequence[int] = (256, 384, 512, 1024)  # of the square matrices to try
    window: int = 2**25  # bytes to move at a time: on a busy machine only short bursts are ever undisturbed
    burst: float = 2e-3  # seconds; in shorter ones the clock rate has not settled
    sync: Callable[[], object] = lambda: None  # waits until the device is idle
    clock: Callable[[], float] = time.perf_counter  # for the best value; the typical value always uses wall time


def count(threads: str) -> int:
    """The number of threads that ``"1"``, ``"2"`` or ``"all"`` stands for.

    Raises:
        ValueError: ``threads`` is neither ``"all"`` nor a positive number.
    """
    if threads == "all":
        return machine.cores()
    if not threads.isdigit() or int(threads) < 1:
        raise ValueError(f"threads must be 'all' or a number of 1 or more, not {threads!r}")
    return int(threads)


def cpu(threads: str) -> Device:
    """The host as seen by that many threads: the caches that they reach together."""
    caches = machine.caches(machine.usable()[: count(threads)])
    fine = time.get_clock_info("thread_time").resolution < 1e-6
    clock = time.thread_time if fine and count(threads) == 1 else time.perf_counter
    return Device("cpu", threads, caches, sets(caches, machine.available()), clock=clock)


def sets(caches: Mapping[str, int], memory: int) -> dict[str, int]:
    """Bytes of the working set that each level is measured with; levels that cannot be told apart are left out.

    Half of L2. A tenth of L3, because other tenants use the rest, but at least twice L2. For DRAM three arrays that are
    each larger than L3, in at most a quarter of the free ``memory``.
    """
    inner, outer = caches.get("L2", 0), caches.get("L3", 0)
    found = {"L2": inner // 2}
    if (size := max(outer // 10, 2 * inner)) <= outer * 3 // 4:
        found["L3"] = size
    if (size := min(3 * max(DRAM, outer * 13 // 10), memory // 4)) >= max(DRAM, 2 * (inner + outer)):
        found["DRAM"] = size
    return {level: size for level, size in found.items() if size}


def cuda() -> Device:
    """The current CUDA device."""
    import torch

    cache = torch.cuda.get_device_properties(torch.cuda.current_device()).L2_cache_size
    free, _ = torch.cuda.mem_get_info()
    return Device(
        name="cuda",
        threads="",
        caches={"L2": cache},
        sets={"L2": cache // 2, "HBM": min(3 * max(HBM, 8 * cache), free // 4)},
        sides=(1024, 2048, 4096, 8192),
        window=2**40,
        burst=10e-3,  # a launch and a wait take about 20 us
        sync=torch.cuda.synchronize,
    )
