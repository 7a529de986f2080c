"""HF-02: a small DistilBERT's forward pass on 8 and on 512 tokens, and in bfloat16; the real size on request."""

from __future__ import annotations

from typing import Any

from benchmarks.components.hf._models import DISTILBERT, TINY, Size, drawn, encode, encoder, layers, products
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``ids`` (batch, tokens), the weights in the case's dtype, and the number of heads."""
    import torch

    size = case.shape["size"]
    ids = torch.randint(size["words"], (case.shape["batch"], case.shape["tokens"]), generator=generator)
    weights = [tensor.to(getattr(torch, case.dtype)) for tensor in drawn(encoder(size), generator)]
    return ids, weights, size["heads"]


def reference(case: Case, ids: Any, weights: Any, heads: int) -> Any:
    """The formulas in float64, with the given weights."""
    return encode([tensor.double() for tensor in weights], case.shape["size"], ids)


def tolerance(case: Case, expected: Any, ids: Any, weights: Any, heads: int) -> Any:
    """A state is about 1. A layer rounds it in about ten steps; a factor of four covers the worst of thousands.

    float32 and bfloat16 differ only in the rounding.
    """
    rounding = 2.0**-24 if case.dtype == "float32" else 2.0**-9
    return 40 * case.shape["size"]["layers"] * rounding * (1 + expected.abs())


def flops(case: Case) -> int:
    """The matrix products."""
    tokens = case.shape["tokens"]
    return products(case.shape["size"], case.shape["batch"] * tokens, tokens)


def bytes(case: Case) -> int:
    """The layers' weights, the ids and one row of each embedding per token read; states written."""
    size, tokens = case.shape["size"], case.shape["batch"] * case.shape["tokens"]
    width = 4 if case.dtype == "float32" else 2
    positions = case.shape["tokens"] * size["width"]
    return int(width * (layers(size) + 2 * tokens * size["width"] + positions) + 8 * tokens)


def run(name: str, batch: int, tokens: int, model: Size = TINY, **more: Any) -> Case:
    """``batch`` texts of ``tokens`` tokens each."""
    return Case(name, {"size": model, "batch": batch, "tokens": tokens}, **{"compiled": (), **more})


COMPONENT = Component(
    name="hf.forward",
    title="An encoder's forward pass",
    question="How much of a small encoder's time is arithmetic, and what do attention, tracking and modules cost?",
    rows=("HF-02",),
    cases=(
        run("1x8", 1, 8, series="tokens", size=8, compiled=("functions",)),
        run("1x512", 1, 512, series="tokens", size=512),
        run("8x128-bf16", 8, 128, dtype="bfloat16", only=("inference_mode", "functions")),
        run(
            "distilbert-1x128",
            1,
            128,
            DISTILBERT,
            opt_in="66 million parameters, 3 GB",
            memory=3_000_000_000,
        ),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="sdpa",
    compiled=("functions",),
    graphed=("functions",),
    work={
        "eager_attention": "Keeps a graph for gradients.",
        "sdpa": "Keeps a graph for gradients.",
    },
    left_out={
        "BERT-base": "Twice as many layers as DistilBERT, of the same kind.",
        "torch.compile of the library's model": "The functions around the model break the graph or compile away; "
        "`functions` is what is left.",
        "int8": "A different result: hf.quantised.",
        "padding": "hf.padding.",
        "flash": "On the CPU, sdpa has one fused kernel; layers.attention has its backends.",
        "ONNX": "It needs a different runtime.",
    },
)
