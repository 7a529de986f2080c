"""HF-06: the source's 4 short texts, 32 with log-normal lengths, and 32 of the same length, in batches of 8."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

from benchmarks.components.hf._models import TINY, classifier, classify, drawn, layers, products
from perfsuite.model.component import Case, Component, Inputs

MEDIAN, SPREAD, LONGEST = 20, 0.8, 128


def lengths(case: Case) -> list[int]:
    """The lengths of the texts, in ascending order: the quantiles of a log-normal distribution, or their mean."""
    count = case.shape["texts"]
    places = [NormalDist().inv_cdf((i + 0.5) / count) for i in range(count)]
    found = [min(LONGEST, round(MEDIAN * math.exp(SPREAD * place))) for place in places]
    return [round(sum(found) / count)] * count if case.shape["even"] else found


def inputs(case: Case, generator: Any) -> Inputs:
    """``ids`` (total,), ``lengths`` (texts,) in a random order, the weights, and the number of heads."""
    import torch

    found = torch.tensor(lengths(case))
    found = found[torch.randperm(len(found), generator=generator)]
    ids = torch.randint(5, TINY["words"], (int(found.sum()),), generator=generator)
    return ids, found, drawn(classifier(TINY), generator), TINY["heads"]


def reference(case: Case, ids: Any, lengths: Any, weights: Any, heads: int) -> Any:
    """Each text on its own, in float64."""
    import torch

    precise = [tensor.double() for tensor in weights]
    return torch.cat([classify(precise, TINY, text[None]) for text in ids.split(lengths.tolist())])


def tolerance(case: Case, expected: Any, ids: Any, lengths: Any, weights: Any, heads: int) -> Any:
    """States are about 1 with an error of about ``2^-20``; the last layer sums 128 of them with factors of 0.02."""
    return 2.0**-20 * 0.02 * 128


def flops(case: Case) -> int:
    """The layers' products for the real words, without padding, and the head's."""
    wide = TINY["width"]
    return sum(products(TINY, count, count) for count in lengths(case)) + len(lengths(case)) * 2 * wide * (wide + 2)


def bytes(case: Case) -> int:
    """The layers' weights, an id and a row for each word, and a row for each position read; logits written."""
    wide, found = TINY["width"], lengths(case)
    weights = layers(TINY) + (sum(found) + max(found)) * wide + wide * (wide + 3) + 2
    return 4 * weights + 8 * sum(found) + 8 * len(found) + 8 * len(found)


def texts(name: str, count: int, even: bool = False, **more: Any) -> Case:
    """``count`` texts."""
    return Case(name, {"texts": count, "even": even}, **more)


COMPONENT = Component(
    name="hf.padding",
    title="Padding texts of different lengths",
    question="How much of a batch's time is padding, and what does it cost to avoid it?",
    rows=("HF-06",),
    cases=(
        texts("32", 32),
        texts("32-even", 32, even=True, only=("to_the_maximum", "to_the_longest", "packed")),
        texts("4", 4, only=("to_the_maximum", "collator", "to_the_longest")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="to_the_maximum",
    work={
        "to_the_maximum": "Computes 128 words for each text.",
        "collator": "Pads to the longest of 8 texts; passes the words through Python lists.",
        "to_the_longest": "Pads to the longest of 8 texts.",
    },
    left_out={
        "nested tensors": "On the CPU, their attention is a loop over the texts, which is what `packed` does.",
        "flash-attn's varlen": "It needs CUDA and a separate package; `packed` has its layout.",
        "several texts in one row": "Packing for training: it needs a mask between texts, or positions that restart.",
        "training": "Forward and backward grow equally with the padding.",
    },
)
