"""HF-01: WordPiece, byte pair encoding and unigram on the same words, there and back."""

from __future__ import annotations

from typing import Any

from benchmarks.components.hf._text import chosen, draw, vocabulary
from perfsuite.model.component import Case, Component, Inputs

LETTERS = 91  # of a sentence, about


def inputs(case: Case, generator: Any) -> Inputs:
    """The vocabularies' folder and ``which`` (n,), the numbers of sentences in it."""
    folder = vocabulary()
    return str(folder), draw(folder, case.shape["sentences"], generator)


def reference(case: Case, folder: str, which: Any) -> Any:
    """The sentences' own bytes, a line feed after each."""
    import torch

    return torch.tensor(list("".join(f"{text}\n" for text in chosen(folder, which)).encode()), dtype=torch.uint8)


def tolerance(case: Case, expected: Any, folder: str, which: Any) -> Any:
    """Nothing is lost."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic to speak of: unigram adds logarithms."""
    return 0


def bytes(case: Case) -> int:
    """The text read once and written once."""
    return int(case.shape["sentences"]) * 2 * LETTERS


COMPONENT = Component(
    name="hf.subwords",
    title="WordPiece, byte pairs, unigram",
    question="Three rules cut words in pieces. Is one of them dearer than the others?",
    rows=("HF-01",),
    cases=(Case("128", {"sentences": 128}, dtype="uint8"),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="wordpiece",
    devices=("cpu",),
    work={
        "bpe": "Keeps words that it has met.",
        "byte_values": "Has no vocabulary, and some four times as many numbers.",
    },
    left_out={
        "the vocabularies of BERT, GPT-2 and T5": "They would have to be downloaded; these have 2000 pieces each.",
        "training a vocabulary": "It is done once, a second or two for this text.",
    },
)
