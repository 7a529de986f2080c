"""Words in pieces by four rules: three that learn 2000 pieces from text, and bytes, which learn nothing.

Each variant takes ``folder``, where the vocabularies lie, and ``which`` of shape (n,) in int64, the numbers of
sentences in that folder. It finds the numbers of each sentence and puts the text together from them again. It returns
all sentences as one uint8 tensor, each followed by a line feed: whatever the pieces, nothing of the text may be lost.
"""

from collections.abc import Callable
from pathlib import Path

import torch

from .._contract import needs, prepared
from ._text import sentences


def _there_and_back(folder: str, which: torch.Tensor, name: str, join: Callable[[list[str]], str]):
    from tokenizers import Tokenizer

    lines = sentences(folder)
    tokenizer = Tokenizer.from_file(str(Path(folder, f"{name}.json")))
    pieces = [tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())]

    def run() -> torch.Tensor:
        found = tokenizer.encode_batch_fast([lines[i] for i in which.tolist()])
        texts = [join([pieces[number] for number in each.ids]).replace("▁", " ").lstrip() for each in found]
        return _bytes(texts)

    return run


def _bytes(texts: list[str]) -> torch.Tensor:
    return torch.frombuffer(bytearray("".join(f"{text}\n" for text in texts).encode()), dtype=torch.uint8)


@prepared
@needs("tokenizers")
def unigram(folder: str, which: torch.Tensor):
    """SentencePiece's default: each piece has a probability, and of all ways to cut a word the likeliest is found.

    HF-01.
    """
    return _there_and_back(folder, which, "unigram", "".join)


@prepared
@needs("tokenizers")
def bpe(folder: str, which: torch.Tensor):
    """GPT's: letters grow together, the pair that was learned first before all others.

    HF-01. The library keeps words that it has met.
    """
    return _there_and_back(folder, which, "bpe", "".join)


@prepared
@needs("tokenizers")
def wordpiece(folder: str, which: torch.Tensor):
    """BERT's: from the left always the longest piece.

    HF-01.
    """
    return _there_and_back(folder, which, "wordpiece", lambda found: "".join(found).replace("##", ""))


@prepared
def byte_values(folder: str, which: torch.Tensor):
    """No vocabulary at all: free to compute, and the model gets several times as many numbers.

    HF-01.
    """
    lines = sentences(folder)

    def run() -> torch.Tensor:
        found = [list(lines[i].encode()) for i in which.tolist()]
        return _bytes([bytes(numbers).decode() for numbers in found])

    return run
