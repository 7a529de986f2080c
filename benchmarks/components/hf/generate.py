"""HF-04: 46 words after a prompt of 4, as in the source, and 16 after a prompt of 200."""

from __future__ import annotations

from typing import Any

from benchmarks.components.hf._models import TINY, continue_, decoder, drawn, numbers
from perfsuite.model.component import Case, Component, Inputs

CLEAR = 1e-3  # lead of the likeliest word over the next: about a hundred times the rounding error of float32


def inputs(case: Case, generator: Any) -> Inputs:
    """``prompt`` (batch, tokens), the weights, the number of heads, and how many words are new.

    Prompts are drawn until no word is chosen by less than ``CLEAR``: a tie would be decided by rounding, and everything
    after it would differ.
    """
    import torch

    weights = drawn(decoder(TINY), generator)
    new = case.shape["new"]
    while True:
        prompt = torch.randint(TINY["words"], (1, case.shape["prompt"]), generator=generator)
        _, lead = _continued(prompt, weights, new)
        if lead > CLEAR:
            return prompt, weights, TINY["heads"], new


def reference(case: Case, prompt: Any, weights: Any, heads: int, new: int) -> Any:
    """The likeliest words in float64, one by one, with the whole text computed again for each."""
    return _continued(prompt, weights, new)[0]


def _continued(prompt: Any, weights: Any, new: int) -> tuple[Any, float]:
    """The text, and the smallest lead of a chosen word over the next."""
    import torch

    precise, text, lead = [tensor.double() for tensor in weights], prompt, float("inf")
    for _ in range(new):
        best = continue_(precise, TINY, text)[:, -1].topk(2)
        lead = min(lead, float(best.values[:, 0].sub(best.values[:, 1]).min()))
        text = torch.cat([text, best.indices[:, :1]], 1)
    return text, lead


def tolerance(case: Case, expected: Any, prompt: Any, weights: Any, heads: int, new: int) -> Any:
    """Integers must be equal."""
    return 0.0


def flops(case: Case) -> int:
    """Products of each token except the last, attention to those before it, and the output layer for each new word."""
    prompt, new = case.shape["prompt"], case.shape["new"]
    wide, inner, count = TINY["width"], TINY["inner"], prompt + new - 1
    layer = count * 2 * (4 * wide * wide + 2 * wide * inner) + 4 * wide * count * (count + 1) // 2
    return int(TINY["layers"] * layer + new * 2 * wide * TINY["words"])


def bytes(case: Case) -> int:
    """The weights and the positions in use read once, because they may stay in a cache; text read and written."""
    prompt, new = case.shape["prompt"], case.shape["new"]
    unused = (TINY["positions"] - (prompt + new - 1)) * TINY["width"]
    return int(4 * (numbers(decoder(TINY)) - unused) + 8 * (2 * prompt + new))


def after(prompt: int, new: int, **more: Any) -> Case:
    """``new`` words after ``prompt``."""
    return Case(f"{prompt}+{new}", {"prompt": prompt, "new": new}, dtype="int64", **more)


COMPONENT = Component(
    name="hf.generate",
    title="Greedy generation",
    question="What does caching keys and values save, and how much of the time per word is the model?",
    rows=("HF-04",),
    cases=(after(200, 16), after(4, 46, only=("no_cache", "generate", "functions"))),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="generate",
    work={
        "no_cache": "Computes all tokens again for each word.",
        "static_cache": "Also computes attention to empty places, which are masked.",
        "loop": "Has no logic for lengths, stops and scores.",
        "functions": "Has no logic for lengths, stops and scores.",
    },
    left_out={
        "gpt2's own size": "124 million parameters take seconds per call; a small model shows the cost of the loop.",
        "beam search, sampling, assisted generation": "They produce different words.",
        "static cache with torch.compile": "generate compiles only on the GPU, half a minute for each shape; "
        "the family models has compiled steps.",
        "bfloat16": "It chooses different words when two are close.",
        "an end of the text": "A random model has none: all variants generate the same number of words.",
    },
)
