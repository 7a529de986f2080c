"""TM-02: a product computed by a new process, including its imports and compilation."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``a`` (m, k) and ``b`` (k, n), normal."""
    import torch

    m, k, n = (case.shape[axis] for axis in "mkn")
    return torch.randn(m, k, generator=generator), torch.randn(k, n, generator=generator)


def reference(case: Case, a: Any, b: Any) -> Any:
    """The product in float64."""
    return a.double() @ b.double()


def tolerance(case: Case, expected: Any, a: Any, b: Any) -> Any:
    """``(8 + sqrt(k)) 2^-24`` of the sum of the products' magnitudes, as in matmul.ladder."""
    return (8 + a.shape[1] ** 0.5) * 2.0**-24 * (a.double().abs() @ b.double().abs())


def flops(case: Case) -> int:
    """A product and a sum for each of m x k x n."""
    return 2 * int(case.shape["m"] * case.shape["k"] * case.shape["n"])


def bytes(case: Case) -> int:
    """Both matrices read once, the product written once."""
    m, k, n = (int(case.shape[axis]) for axis in "mkn")
    return 4 * (m * k + k * n + m * n)


SHAPE = {"m": 10, "k": 20, "n": 30}

COMPONENT = Component(
    name="timing.cold_start",
    title="The first result of a process",
    question="How long does a process take until its first result, and how much of that is paid in each call?",
    rows=("TM-02",),
    cases=(
        Case("10x20x30", SHAPE, only=("numpy", "lists", "here")),
        Case("10x20x30-torch", SHAPE, opt_in="starts processes that import torch: seconds for each call"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="lists",
    devices=("cpu",),
    work={
        "compiled": "Starts a process, imports torch, compiles.",
        "compiled_again": "Starts a process, imports torch, loads cached compiled code.",
        "imported": "Starts a process, imports torch.",
        "numpy": "Starts a process, imports numpy.",
        "lists": "Starts a process, and multiplies in float64 without any library.",
        "served": "Sends the matrices to a waiting process.",
        "here": "Starts nothing.",
    },
    left_out={
        "first call and compile time of a variant": "Every cell's record has them, along with its time.",
        "the first product on CUDA": "It loads modules and creates handles once per process: it is the first call "
        "of the first CUDA cell of each launch.",
        "cudnn.benchmark, autotuning": "They choose among kernels that only a GPU has.",
    },
)
