"""The same function for each row of a table of texts: a list, a data set, Arrow.

Each variant takes ``folder``, where sentences lie, and ``which`` of shape (n,) in int64, the numbers of sentences in
that folder: the rows. The function finds a number for each word, from the word's letters alone. Each variant returns
``(numbers, counts)``: all rows' numbers one after the other, and how many each row has, both int64.
"""

import zlib
from collections.abc import Sequence

import torch
from torch.utils.data import Dataset

from .._contract import needs, prepared
from ._text import sentences

NUMBERS = 2000


def _numbers(text: str) -> list[int]:
    """Hashing in place of a vocabulary: cheap, so that what carries it is seen."""
    return [zlib.crc32(word.encode()) % NUMBERS for word in text.split()]


def _joined(rows: Sequence[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor([number for row in rows for number in row]), torch.tensor([len(row) for row in rows])


def _mapped(folder: str, which: torch.Tensor, function, batched: bool):
    import datasets

    lines = sentences(folder)
    datasets.disable_progress_bars()

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        table = datasets.Dataset.from_dict({"text": [lines[i] for i in which.tolist()]})
        # Without these it would find its own answer of the last call on the disk.
        found = table.map(function, batched=batched, load_from_cache_file=False, keep_in_memory=True)
        return _joined(found["numbers"])

    return run


@prepared
@needs("datasets")
def dataset_map(folder: str, which: torch.Tensor):
    """The source's ``Dataset.map``, row by row: each becomes a dictionary, and goes to Arrow and back.

    HF-08.
    """
    return _mapped(folder, which, lambda row: {"numbers": _numbers(row["text"])}, batched=False)


@prepared
@needs("datasets")
def dataset_map_batched(folder: str, which: torch.Tensor):
    """A thousand rows at a time: the function gets and gives lists, and Arrow is asked once.

    HF-08.
    """
    return _mapped(folder, which, lambda rows: {"numbers": [_numbers(text) for text in rows["text"]]}, batched=True)


class _Texts(Dataset):
    """A row's numbers when they are asked for: nothing is kept, and each epoch computes them anew."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, index: int) -> list[int]:
        return _numbers(self.texts[index])


@prepared
def torch_dataset(folder: str, which: torch.Tensor):
    """A data set of a few lines, which computes a row when it is asked for it.

    HF-08.
    """
    lines = sentences(folder)

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        data = _Texts([lines[i] for i in which.tolist()])
        return _joined([data[i] for i in range(len(data))])

    return run


@prepared
def comprehension(folder: str, which: torch.Tensor):
    """A list: what the function itself costs.

    HF-08.
    """
    lines = sentences(folder)
    return lambda: _joined([_numbers(lines[i]) for i in which.tolist()])
