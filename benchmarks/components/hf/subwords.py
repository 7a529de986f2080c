"""HF-01: WordPiece, byte pair encoding and unigram on the same words, encoded and decoded."""

from __future__ import annotations

from typing import Any

from benchmarks.components.hf._text import chosen, draw, vocabulary
from perfsuite.model.component import Case, Component, Inputs

LETTERS = 91  # in a sentence, on average


def inputs(case: Case, generator: Any) -> Inputs:
    """The vocabularies' folder and ``which`` (n,), the numbers of sentences in it."""
    folder = vocabulary()
    return str(folder), draw(folder, case.shape["sentences"], generator)


def reference(case: Case, folder: str, which: Any) -> Any:
    """The bytes of the sentences, with a line feed after each."""
    import torch

    return torch.tensor(list("".join(f"{text}\n" for text in chosen(folder, which)).encode()), dtype=torch.uint8)


def tolerance(case: Case, expected: Any, folder: str, which: Any) -> Any:
    """Exact: nothing may be lost."""
    return 0.0


def flops(case: Case) -> int:
    """Almost no arithmetic: only unigram adds logarithms."""
    return 0


def bytes(case: Case) -> int:
    """The text read once and written once."""
    return int(case.shape["sentences"]) * 2 * LETTERS


COMPONENT = Component(
    name="hf.subwords",
    title="WordPiece, byte pairs, unigram",
    question="Three algorithms split words into pieces. Is one of them slower than the others?",
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
        "bpe": "Caches words that it has seen.",
        "byte_values": "Has no vocabulary, and about four times as many ids.",
    },
    left_out={
        "the vocabularies of BERT, GPT-2 and T5": "They would have to be downloaded; those here have 2000 pieces each.",
        "training a vocabulary": "It is done once, in a second or two for this text.",
    },
)
