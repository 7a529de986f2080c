"""What the variants that read text share: the sentences, and WordPiece in plain Python. No variants."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

UNKNOWN, FIRST, LAST = 1, 2, 3  # [UNK], [CLS], [SEP]; [PAD] is 0
PARTS = re.compile(r"[a-z0-9]+|[^a-z0-9\s]")  # words, and punctuation one by one; the text is ASCII


def sentences(folder: str) -> list[str]:
    """All sentences of ``folder``."""
    return Path(folder, "sentences.txt").read_text(encoding="ascii").splitlines()


def pieces(folder: str) -> dict[str, int]:
    """The vocabulary of ``folder``: each piece and its number."""
    lines = Path(folder, "vocab.txt").read_text(encoding="ascii").splitlines()
    return {piece: number for number, piece in enumerate(lines)}


def cut(word: str, vocabulary: dict[str, int]) -> list[int]:
    """WordPiece: from the left, always the longest piece there is; what is not a beginning is marked ``##``."""
    found, start = [], 0
    while start < len(word):
        mark = "##" if start else ""
        for end in range(len(word), start, -1):
            if (number := vocabulary.get(mark + word[start:end])) is not None:
                found.append(number)
                start = end
                break
        else:
            return [UNKNOWN]
    return found


def encode(text: str, cutter: Callable[[str], list[int]]) -> list[int]:
    """The numbers of a sentence: BERT's lower case and split, then each word through ``cutter``."""
    return [FIRST, *(number for word in PARTS.findall(text.lower()) for number in cutter(word)), LAST]


def padded(rows: Sequence[list[int]], length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """``(ids, mask)`` of shape (rows, length): longer rows are cut before their last number, shorter ones filled."""
    same = [row if len(row) <= length else [*row[: length - 1], LAST] for row in rows]
    return with_mask(torch.tensor([row + [0] * (length - len(row)) for row in same]))


def with_mask(ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``ids`` and where they are not padding, both int64."""
    return ids, (ids != 0).long()
