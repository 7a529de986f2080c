"""HF-07: a feed-forward block of DistilBERT's size, 768-3072-768, in int8 and bfloat16, for 1 and 64 tokens."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

WIDE, INNER = 768, 3072
SAME = 10**9  # the seed of the weights, different from all others


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (tokens, 768), normal, and weights that are the same for every seed: a model is quantised once."""
    import torch

    same = torch.Generator().manual_seed(SAME)
    w1 = torch.randn(INNER, WIDE, generator=same) * WIDE**-0.5
    w2 = torch.randn(WIDE, INNER, generator=same) * INNER**-0.5
    b1, b2 = 0.1 * torch.randn(INNER, generator=same), 0.1 * torch.randn(WIDE, generator=same)
    return torch.randn(case.shape["tokens"], WIDE, generator=generator), w1, b1, w2, b2


def reference(case: Case, x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """The layers in float64."""
    import math

    import torch

    inner = x.double() @ w1.double().T + b1
    inner = inner * (1 + torch.erf(inner / math.sqrt(2))) / 2
    return inner @ w2.double().T + b2


def tolerance(case: Case, expected: Any, x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """Inputs in seven bits, as in the library: a step is a hundredth of their range of about nine standard deviations.

    The rounding error is 0.02 of a deviation, and so is that of each layer's output; the bound is eight times both.
    """
    return 8 * 0.02 * 2**0.5 * expected.std()


def flops(case: Case) -> int:
    """Two products."""
    return 4 * int(case.shape["tokens"]) * WIDE * INNER


def bytes(case: Case) -> int:
    """The weights read in int8, the smallest format that solves the problem; inputs read, outputs written."""
    return 2 * WIDE * INNER + 4 * (WIDE + INNER) + 8 * WIDE * int(case.shape["tokens"])


COMPONENT = Component(
    name="hf.quantised",
    title="A feed-forward block in fewer bits",
    question="Fewer bits save memory. When do they save time?",
    rows=("HF-07",),
    cases=tuple(Case(str(count), {"tokens": count}, series="tokens", size=count) for count in (64, 1)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="float32",
    accepts={"bf16 arithmetic": "bfloat16 is one of the variants."},
    work={
        "dequantised": "Converts int8 weights to float32 in each call.",
        "whole_numbers": "Computes in eight-bit integers.",
        "dynamic_int8": "Computes in seven-bit and eight-bit integers.",
        "bfloat16": "Computes in bfloat16.",
    },
    left_out={
        "torch.ao.quantization.quantize_dynamic": "It and the functions for its tensors are deprecated: dynamic_int8 "
        "calls its operators while they exist; whole_numbers does not need them.",
        "torchao, bitsandbytes, GPTQ, four bits": "Separate packages.",
        "QLoRA, Spectrum, DeepSpeed": "The source names them without a workload; hf.lora has the adapters.",
    },
)
