"""HF-01: sentences to ids with a WordPiece vocabulary: four of them as in the source, and 128."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.components.hf._text import chosen, draw, vocabulary
from perfsuite.model.component import Case, Component, Inputs

LENGTH = 64
LETTERS = 91  # in a sentence, on average


def inputs(case: Case, generator: Any) -> Inputs:
    """The vocabulary's folder and ``which`` (n,), the numbers of sentences in it."""
    folder = vocabulary()
    return str(folder), draw(folder, case.shape["sentences"], generator)


def reference(case: Case, folder: str, which: Any) -> Any:
    """``(ids, mask)``: punctuation is split off, then each word is matched against all pieces, the longest first."""
    import torch

    pieces = {piece: i for i, piece in enumerate(Path(folder, "vocab.txt").read_text(encoding="ascii").splitlines())}
    first = _longest(piece for piece in pieces if not piece.startswith("##"))
    later = _longest(piece[2:] for piece in pieces if piece.startswith("##"))

    @cache
    def cut(word: str) -> list[int]:
        numbers: list[int] = []
        expression, mark = first, ""
        while word:
            found = expression.match(word)
            if not found:
                return [pieces["[UNK]"]]
            numbers.append(pieces[mark + found[0]])
            word, expression, mark = word[found.end() :], later, "##"
        return numbers

    ids = torch.zeros(len(which), LENGTH, dtype=torch.int64)
    for row, text in zip(ids, chosen(folder, which), strict=True):
        spaced = "".join(letter if letter.isalnum() else f" {letter} " for letter in text.lower())
        numbers = [pieces["[CLS]"], *(number for word in spaced.split() for number in cut(word))]
        numbers = [*numbers[: LENGTH - 1], pieces["[SEP]"]]
        row[: len(numbers)] = torch.tensor(numbers)
    return ids, (ids != 0).long()


def _longest(pieces: Iterable[str]) -> re.Pattern[str]:
    """A regular expression that matches the longest of ``pieces`` at the start of a word."""
    return re.compile("|".join(re.escape(piece) for piece in sorted(pieces, key=len, reverse=True)))


def tolerance(case: Case, expected: Any, folder: str, which: Any) -> Any:
    """Integers must be equal."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic."""
    return 0


def bytes(case: Case) -> int:
    """The text read, ids and mask written."""
    return int(case.shape["sentences"]) * (LETTERS + 2 * 8 * LENGTH)


def text(count: int, **more: Any) -> Case:
    """``count`` sentences."""
    return Case(str(count), {"sentences": count}, dtype="int64", series="sentences", size=count, **more)


COMPONENT = Component(
    name="hf.wordpiece",
    title="Sentences to ids, as for BERT",
    question="What is gained by tokenizing in Rust, in batches and on all cores, and what by a single dictionary?",
    rows=("HF-01",),
    cases=(
        text(128),
        text(4, only=("rust_each", "library_batch", "rust_batch", "rust_parallel", "by_hand")),
        text(10_000, opt_in="two seconds per call for the slowest variants"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="library_batch",
    devices=("cpu",),
    work={
        "legacy": "Also handles accents, control characters and Chinese; the text here is plain ASCII.",
        "rust_parallel": "Uses all cores.",
        "by_hand": "Only handles ASCII.",
        "remembered": "Only handles ASCII, and caches each word that it has seen.",
    },
    left_out={
        "AutoTokenizer.from_pretrained": "It would contact the hub; it returns the same class as library_batch.",
        "padding to the longest, no truncation": "The cost of padding is in the model: hf.padding.",
        "one sentence": "Four sentences are few enough to show the cost of a call.",
    },
)
