"""HF-03: a classifier on one sentence, as in the source, and on 16."""

from __future__ import annotations

from typing import Any

from benchmarks.components.hf import wordpiece
from benchmarks.components.hf._models import TINY, classifier, classify, drawn, layers, products
from benchmarks.components.hf._text import draw, vocabulary
from perfsuite.model.component import Case, Component, Inputs

TOKENS = 20  # in a sentence, on average


def inputs(case: Case, generator: Any) -> Inputs:
    """The vocabulary's folder, ``which`` (n,), the numbers of sentences in it, the weights, the number of heads."""
    folder = vocabulary()
    which = draw(folder, case.shape["sentences"], generator)
    return str(folder), which, drawn(classifier(TINY), generator), TINY["heads"]


def reference(case: Case, folder: str, which: Any, weights: Any, heads: int) -> Any:
    """The ids of hf.wordpiece's reference, the model in float64 for each sentence separately, and softmax."""
    import torch

    precise = [tensor.double() for tensor in weights]
    ids, mask = wordpiece.reference(case, folder, which)
    found = [classify(precise, TINY, row[None, seen.bool()]) for row, seen in zip(ids, mask, strict=True)]
    return torch.cat(found).softmax(1)


def tolerance(case: Case, expected: Any, folder: str, which: Any, weights: Any, heads: int) -> Any:
    """The logits' error, ``2^-20`` of 128 terms with factors of 0.02; a probability changes by at most 1/4 of it."""
    return 2.0**-20 * 0.02 * 128


def flops(case: Case) -> int:
    """The layers' products for sentences of average length, and the head's."""
    wide = TINY["width"]
    return int(case.shape["sentences"]) * (products(TINY, TOKENS, TOKENS) + 2 * wide * (wide + 2))


def bytes(case: Case) -> int:
    """The layers' weights and an embedding row for each word read; the probabilities written."""
    count, wide = int(case.shape["sentences"]), TINY["width"]
    return 4 * (layers(TINY) + (count + 1) * TOKENS * wide + wide * (wide + 3) + 2) + 8 * count


def sentences(count: int, **more: Any) -> Case:
    """``count`` sentences."""
    return Case(str(count), {"sentences": count}, series="sentences", size=count, **more)


COMPONENT = Component(
    name="hf.pipeline",
    title="A pipeline and its three steps",
    question="What does the pipeline cost on top of tokenizer, model and softmax?",
    rows=("HF-03",),
    cases=(sentences(16), sentences(1, only=("piped", "by_steps", "functions"))),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="piped",
    devices=("cpu",),
    work={"functions": "Only handles ASCII, and caches each word that it has seen."},
    left_out={
        "I love this book!": "The output of a random model means nothing; sentences come from a manual.",
        "streaming a dataset": "The pipeline processes a list in the same way, sentence by sentence.",
        "on a GPU": "Tokenizing a batch of 8 takes as long as launching the work on the GPU.",
    },
)
