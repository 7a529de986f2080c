"""What surrounds a measurement: threads, global settings, garbage collection, recompiles, caches, free cores.

torch is imported only inside the functions, which run in a worker.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import psutil

from benchmarks import machine
from benchmarks.cell import Cell

FLUSH = 2  # times the last-level cache that is overwritten to make a cache cold
IDLE = 0.95  # share of the cores that must be free before something runs on all of them


class Changed(Exception):
    """A variant left a global setting changed."""


@contextlib.contextmanager
def settings(cell: Cell) -> Iterator[Callable[[], None]]:
    """The threads of ``cell``; yields a check that no global setting was changed since, which undoes the change.

    Raises (the check):
        Changed: one was.
    """
    _set_threads(1 if cell.threads == "1" else machine.cores())
    before = _globals()

    def verify() -> None:
        after = _globals()
        if changed := [name for name in before if before[name] != after[name]]:
            _restore(before)
            raise Changed(", ".join(f"{name} from {before[name]} to {after[name]}" for name in changed))

    try:
        yield verify
    finally:
        _restore(before)


def _set_threads(count: int) -> None:
    import threadpoolctl
    import torch

    threadpoolctl.threadpool_limits(limits=count)  # numpy's BLAS does not listen to torch
    torch.set_num_threads(count)


def _globals() -> dict[str, Any]:
    import torch

    return {
        "threads": torch.get_num_threads(),
        "default dtype": torch.get_default_dtype(),
        "matmul precision": torch.get_float32_matmul_precision(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "grad mode": torch.is_grad_enabled(),
        "flush denormal": float(torch.full((1,), 1e-40) * 1.0) == 0.0,
        "cudnn benchmark": torch.backends.cudnn.benchmark,
        "convolution precision": torch.backends.cudnn.conv.fp32_precision,
        "recurrent precision": torch.backends.cudnn.rnn.fp32_precision,
    }


def _restore(state: dict[str, Any]) -> None:
    import torch

    torch.set_num_threads(state["threads"])
    torch.set_default_dtype(state["default dtype"])
    torch.set_float32_matmul_precision(state["matmul precision"])
    if torch.are_deterministic_algorithms_enabled() != state["deterministic"]:  # the call imports the compiler: 2 s
        torch.use_deterministic_algorithms(state["deterministic"])
    torch.set_grad_enabled(state["grad mode"])
    torch.set_flush_denormal(state["flush denormal"])
    torch.backends.cudnn.benchmark = state["cudnn benchmark"]
    torch.backends.cudnn.conv.fp32_precision = state["convolution precision"]
    torch.backends.cudnn.rnn.fp32_precision = state["recurrent precision"]


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection while samples are taken.

    What is alive then is not looked at again: a million objects of a compiler would cost 0.2 s before every group. The
    price is that a cycle that dies later is never freed, in a process that lives for minutes.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def no_recompiles(cells: Sequence[Cell]) -> Iterator[None]:
    """A compiled variant that would compile again, or fall back to eager, is an error rather than a sample."""
    if not any(cell.executor == "compile" for cell in cells):
        yield
        return
    import torch

    with torch.compiler.set_stance("fail_on_recompile"):
        yield


def flush(cell: Cell) -> Callable[[], Any]:
    """What makes the caches cold before a call: overwrite more than the last level holds. Nothing for a hot cell."""
    if not cell.cold:
        return lambda: None
    import torch

    if cell.device == "cuda":
        size = FLUSH * torch.cuda.get_device_properties(0).L2_cache_size
        return torch.empty(size, dtype=torch.int8, device="cuda").zero_  # type: ignore[no-any-return]
    size = FLUSH * max([32 << 20, *machine.caches().values()])
    buffer = torch.empty(min(size, 1 << 30), dtype=torch.int8)
    return partial(buffer.fill_, 1)


def idle(patience: float = 2.0) -> bool:
    """Wait until the cores are free: what runs on all of them waits for the slowest. False if they stay busy."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        before = psutil.cpu_times()
        time.sleep(0.1)  # psutil's own percentages are wrong below a second
        passed = [b - a for a, b in zip(before, psutil.cpu_times(), strict=True)]
        if passed[psutil.cpu_times()._fields.index("idle")] >= IDLE * sum(passed):
            return True
    return False
