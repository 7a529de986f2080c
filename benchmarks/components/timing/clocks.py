"""TM-01: the overhead of a clock, for a hundred calls of microseconds and for one of milliseconds."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

LIMIT = 60.0  # seconds, more than any case takes: a clock that shows more, or zero, is wrong


def inputs(case: Case, generator: Any) -> Inputs:
    """``a`` (m, k) and ``b`` (k, n), normal, and the number of calls."""
    import torch

    m, k, n = (case.shape[axis] for axis in "mkn")
    return torch.randn(m, k, generator=generator), torch.randn(k, n, generator=generator), case.shape["calls"]


def canonical(case: Case, output: Any) -> Any:
    """The product, and whether the seconds are plausible for the calls; ``None`` means that no clock was read."""
    import torch

    product, seconds = output
    possible = seconds is None or 0 < seconds < LIMIT
    return product, torch.tensor(possible, device=product.device)


def reference(case: Case, a: Any, b: Any, calls: int) -> Any:
    """The product in float64, and true."""
    import torch

    return a.double() @ b.double(), torch.tensor(True)


def tolerance(case: Case, expected: Any, a: Any, b: Any, calls: int) -> Any:
    """``(8 + sqrt(k)) 2^-24`` of the sum of the products' magnitudes, as in matmul.ladder."""
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
    title="Calls timed by a clock",
    question="How much does reading a clock add to a call, and from what duration does it not matter?",
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
        "torch_timer": "Compiles its loop first, and makes two additional warm-up calls.",
        "standard_timeit": "Compiles its loop first.",
        "bare": "Reads no clock.",
    },
    left_out={
        "%time": "It is the same as time_each with one call.",
        "blocked_autorange, triton.testing.do_bench": "They choose the number of calls themselves: not the same work.",
        "CUDA graph replay": "It times a different program; the executor cudagraph has it for each component.",
        "instruction counts": "They need valgrind or come from `compare`, and are not a clock.",
        "10000 x 10000": "At seconds per call no clock matters, as 512 x 512 already shows.",
    },
)
