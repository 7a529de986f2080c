"""LY-01: attention of two sequences with four heads of 64, from 64 tokens to 1024."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

BATCH, HEADS, WIDTH = 2, 4, 64


def inputs(case: Case, generator: Any) -> Inputs:
    """``q``, ``k`` and ``v`` (2, 4, tokens, 64), normal."""
    import torch

    return tuple(torch.randn(BATCH, HEADS, case.shape["tokens"], WIDTH, generator=generator) for _ in range(3))


def weights(q: Any, k: Any) -> Any:
    """The softmax of the scaled scores in float64."""
    return (q.double() @ k.double().mT / WIDTH**0.5).softmax(-1)


def reference(case: Case, q: Any, k: Any, v: Any) -> Any:
    """In float64."""
    return weights(q, k) @ v.double()


def tolerance(case: Case, expected: Any, q: Any, k: Any, v: Any) -> Any:
    """``160 2^-24`` of the terms' absolute sum.

    A score is off by up to ``64 2^-24``, and a weight by that relative error.
    """
    return 160 * 2.0**-24 * (weights(q, k) @ v.double().abs())


def flops(case: Case) -> int:
    """Two products of tokens x tokens x 64 for each head; five operations of the softmax for each score."""
    return BATCH * HEADS * int(case.shape["tokens"]) ** 2 * (4 * WIDTH + 5)


def bytes(case: Case) -> int:
    """Three inputs read once, the output written once; the scores need not be stored."""
    return 4 * 4 * BATCH * HEADS * WIDTH * int(case.shape["tokens"])


def tokens(count: int, **more: Any) -> Case:
    """Two sequences of ``count`` tokens."""
    return Case(f"2x4x{count}x64", {"tokens": count}, series="tokens", size=count, **more)


COMPONENT = Component(
    name="layers.attention",
    title="Attention",
    question="What is gained by never storing the scores of all pairs, with few tokens and with many?",
    rows=("LY-01",),
    cases=(
        tokens(64, compiled=(), only=("einsum", "matmul", "sdpa")),
        tokens(1024, only=("matmul", "chunked", "sdpa_math", "sdpa")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="matmul",
    compiled=("matmul",),
    graphed=("matmul", "sdpa"),
    left_out={
        "the formula without 1 / sqrt(d)": "A different result, and a mistake in the source.",
        "flex_attention": "It needs torch.compile, and is useful with masks; there are none here.",
        "a causal mask": "Half of the work and a different result.",
        "nn.MultiheadAttention": "It adds four linear layers around the same call.",
        "memory-efficient, flash and cuDNN kernels by name": "On a GPU, sdpa chooses among them; a CPU has only one.",
        "bfloat16": "It only adds the rounding of its inputs.",
    },
)
