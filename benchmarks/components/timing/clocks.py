"""TM-01: what a clock adds to what it times, for a hundred calls of microseconds and for one of milliseconds."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

LIMIT = 60.0  # seconds that no case takes; a clock that shows more, or nothing, shows something else


def inputs(case: Case, generator: Any) -> Inputs:
    """``a`` (m, k) and ``b`` (k, n), normal, and the number of calls."""
    import torch

    m, k, n = (case.shape[axis] for axis in "mkn")
    return torch.randn(m, k, generator=generator), torch.randn(k, n, generator=generator), case.shape["calls"]


def canonical(case: Case, output: Any) -> Any:
    """The product, and whether the seconds can be those of the calls; ``None`` stands for a clock that was not read."""
    import torch

    product, seconds = output
    possible = seconds is None or 0 < seconds < LIMIT
    return product, torch.tensor(possible, device=product.device)


def reference(case: Case, a: Any, b: Any, calls: int) -> Any:
    """The product in float64, and true."""
    import torch

    return a.double() @ b.double(), torch.tensor(True)


def tolerance(case: Case, expected: Any, a: Any, b: Any, calls: int) -> Any:
    """``(8 + sqrt(k)) 2^-24`` of the sum of the products' sizes, as in matmul.ladder."""
    return (8 + a.shape[1] ** 0.5) * 2.0**-24 * (a.double().abs() @ b.double().abs()), 0.0


def flops(case: Case) -> int:
    """A product and a sum for each of m x k x n, in each call."""
    return 2 * int(case.shape["m"] * case.shape["k"] * case.shape["n"] * case.shape["calls"])


def bytes(case: Case) -> int:
    """Both matrices read once and the product written once: the calls repeat each other."""
    m, k, n = (int(case.shape[axis]) for axis in "mkn")
    return 4 * (m * k + k * n + m * n)


COMPONENT = Component(
    name="timing.clocks",
    title="Calls under a clock",
    question="What does looking at a clock add to a call, and from which length of call on does it not matter?",
    rows=("TM-01",),
    cases=(
        Case("100-of-5x784x10", {"m": 5, "k": 784, "n": 10, "calls": 100}),
        Case(
            "1-of-512x512x512",
            {"m": 512, "k": 512, "n": 512, "calls": 1},
            only=("torch_timer", "events_each", "synchronised_each", "time_each", "bare"),
        ),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="bare",
    canonical=canonical,
    work={
        "torch_timer": "Compiles its loop first, and makes two calls more than asked for to warm up.",
        "standard_timeit": "Compiles its loop first.",
        "bare": "Reads no clock.",
    },
    left_out={
        "%time": "It is time_each with one call.",
        "blocked_autorange, triton.testing.do_bench": "They choose the number of calls: not the same work.",
        "CUDA graph replay": "It times another program; the executor cudagraph has it for each component.",
        "instruction counts": "They need valgrind, or are those of `compare`, and are no clock.",
        "10000 x 10000": "At seconds a call all clocks cost nothing: 512 x 512 shows it.",
    },
)
