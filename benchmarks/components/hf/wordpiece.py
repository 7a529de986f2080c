"""HF-01: sentences to numbers with a WordPiece vocabulary, four of them as in the source, and 128."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.components.hf._text import chosen, draw, vocabulary
from perfsuite.model.component import Case, Component, Inputs

LENGTH = 64
LETTERS = 91  # of a sentence, about


def inputs(case: Case, generator: Any) -> Inputs:
    """The vocabulary's folder and ``which`` (n,), the numbers of sentences in it."""
    folder = vocabulary()
    return str(folder), draw(folder, case.shape["sentences"], generator)


def reference(case: Case, folder: str, which: Any) -> Any:
    """``(ids, mask)``: the text letter by letter, then each word against all pieces at once, long ones first."""
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
    """An expression that matches the longest of ``pieces`` that a word starts with."""
    return re.compile("|".join(re.escape(piece) for piece in sorted(pieces, key=len, reverse=True)))


def tolerance(case: Case, expected: Any, folder: str, which: Any) -> Any:
    """Whole numbers: they are equal."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic."""
    return 0


def bytes(case: Case) -> int:
    """The text read, numbers and mask written."""
    return int(case.shape["sentences"]) * (LETTERS + 2 * 8 * LENGTH)


def text(count: int, **more: Any) -> Case:
    """``count`` sentences."""
    return Case(str(count), {"sentences": count}, dtype="int64", series="sentences", size=count, **more)


COMPONENT = Component(
    name="hf.wordpiece",
    title="Sentences to numbers, as BERT has them",
    question="What does it bring to tokenize in Rust, in batches and on all cores, and what does one dictionary bring?",
    rows=("HF-01",),
    cases=(
        text(128),
        text(4, only=("rust_each", "library_batch", "rust_batch", "rust_parallel", "by_hand")),
        text(10_000, opt_in="two seconds a call in the slowest variants"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="library_batch",
    devices=("cpu",),
    work={
        "legacy": "Also handles accents, control characters and Chinese; this text is plain ASCII.",
        "rust_parallel": "Uses all cores.",
        "by_hand": "Knows ASCII alone.",
        "remembered": "Knows ASCII alone, and keeps each word that it has met.",
    },
    left_out={
        "AutoTokenizer.from_pretrained": "It would ask the hub; the class that it returns is the one of library_batch.",
        "padding to the longest, no truncation": "What padding costs is the model's matter: hf.padding.",
        "one sentence": "Four are cheap enough to show the cost of a call.",
    },
)
