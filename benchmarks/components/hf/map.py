"""HF-08: a function applied to each row of a table: 4 rows as in the source, and a thousand."""

from __future__ import annotations

from typing import Any

from benchmarks.components.hf._text import chosen, draw, sentences
from perfsuite.model.component import Case, Component, Inputs

LETTERS, WORDS = 91, 15  # in a sentence, on average


def inputs(case: Case, generator: Any) -> Inputs:
    """The sentences' folder and ``which`` (n,), the numbers of sentences in it."""
    folder = sentences()
    return str(folder), draw(folder, case.shape["rows"], generator)


def reference(case: Case, folder: str, which: Any) -> Any:
    """``(numbers, counts)``: the CRC-32 of each word, modulo 2000, computed from its polynomial."""
    import torch

    rows = [text.split() for text in chosen(folder, which)]
    numbers = {word: _crc(word.encode()) % 2000 for row in rows for word in row}
    return torch.tensor([numbers[word] for row in rows for word in row]), torch.tensor([len(row) for row in rows])


def _crc(word: Any) -> int:
    rest = 0xFFFFFFFF
    for letter in word:
        rest ^= letter
        for _ in range(8):
            rest = rest >> 1 ^ (0xEDB88320 if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF


def tolerance(case: Case, expected: Any, folder: str, which: Any) -> Any:
    """Integers must be equal."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic."""
    return 0


def bytes(case: Case) -> int:
    """The text read; a number for each word and a count for each row written."""
    return int(case.shape["rows"]) * (LETTERS + 8 * WORDS + 8)


def rows(count: int, **more: Any) -> Case:
    """``count`` rows."""
    return Case(str(count), {"rows": count}, dtype="int64", series="rows", size=count, **more)


COMPONENT = Component(
    name="hf.map",
    title="A function applied to each row of a table",
    question="What does it cost to use an Arrow table when a function is applied to its rows?",
    rows=("HF-08",),
    cases=(
        rows(1000),
        rows(4, only=("dataset_map", "dataset_map_batched", "comprehension")),
        rows(100_000, opt_in="ten seconds per call, row by row"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="comprehension",
    devices=("cpu",),
    work={
        "dataset_map": "Converts to Arrow and back; cached results of earlier calls on disk are not used.",
        "dataset_map_batched": "Converts to Arrow and back; cached results of earlier calls on disk are not used.",
    },
    left_out={
        "a second run": "The library caches results on disk by a fingerprint of the function: it would be free.",
        "num_proc": "It starts processes in each call: dataload.dirichlet has their cost.",
        "a tokenizer as the function": "hf.wordpiece has its cost, row by row and in batches.",
    },
)
