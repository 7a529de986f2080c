"""Sentences to numbers, as BERT has them: lower case, words and punctuation apart, each word in pieces.

Each variant takes ``folder``, where a vocabulary lies, and ``which`` of shape (n,) in int64, the numbers of sentences
in that folder. It returns ``(ids, mask)`` of shape (n, 64) in int64: longer sentences are cut, shorter ones padded.
The vocabulary and the sentences are read before the clock starts.
"""

import contextlib
import functools
import os
from collections.abc import Iterator
from pathlib import Path

import torch

from .._contract import needs, prepared
from ._text import cut, encode, padded, pieces, sentences, with_mask

LENGTH = 64


@contextlib.contextmanager
def _threads(allowed: str) -> Iterator[None]:
    """Whether the Rust library may use all cores: it reads this variable in each call."""
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ["TOKENIZERS_PARALLELISM"] = allowed
    try:
        yield
    finally:
        if before is None:
            del os.environ["TOKENIZERS_PARALLELISM"]
        else:
            os.environ["TOKENIZERS_PARALLELISM"] = before


def _rust(folder: str):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(folder, "bert.json")))
    tokenizer.enable_truncation(LENGTH)
    tokenizer.enable_padding(length=LENGTH)
    return tokenizer


@prepared
@needs("transformers", "tokenizers")
def legacy(folder: str, which: torch.Tensor):
    """The library's tokenizer in Python, which it had before: it looks at each character several times.

    HF-01.
    """
    from transformers import BertTokenizerLegacy

    lines = sentences(folder)
    tokenizer = BertTokenizerLegacy(str(Path(folder, "vocab.txt")))

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        texts = [lines[i] for i in which.tolist()]
        found = tokenizer(texts, padding="max_length", truncation=True, max_length=LENGTH, return_tensors="pt")
        return found["input_ids"], found["attention_mask"]

    return run


@prepared
@needs("transformers", "tokenizers")
def library_batch(folder: str, which: torch.Tensor):
    """What ``AutoTokenizer`` gives today: a library in Rust, in a wrapper that collects what a model may want.

    HF-01. The wrapper is made from the vocabulary's file, as nothing may be downloaded.
    """
    from transformers import PreTrainedTokenizerFast

    lines = sentences(folder)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(Path(folder, "bert.json")), pad_token="[PAD]")

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        texts = [lines[i] for i in which.tolist()]
        with _threads("false"):
            found = tokenizer(texts, padding="max_length", truncation=True, max_length=LENGTH, return_tensors="pt")
        return found["input_ids"], found["attention_mask"]

    return run


@prepared
@needs("tokenizers")
def rust_each(folder: str, which: torch.Tensor):
    """The Rust library without the wrapper, a call for each sentence.

    HF-01.
    """
    lines, tokenizer = sentences(folder), _rust(folder)
    return lambda: with_mask(torch.tensor([tokenizer.encode(lines[i]).ids for i in which.tolist()]))


@prepared
@needs("tokenizers")
def rust_batch(folder: str, which: torch.Tensor):
    """All sentences in one call, on one core.

    HF-01.
    """
    lines, tokenizer = sentences(folder), _rust(folder)

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        with _threads("false"):
            found = tokenizer.encode_batch_fast([lines[i] for i in which.tolist()])
        return with_mask(torch.tensor([each.ids for each in found]))

    return run


@prepared
@needs("tokenizers")
def rust_parallel(folder: str, which: torch.Tensor):
    """The same call may use all cores, which is the library's default: that pays for long lists alone.

    HF-01. A process that is forked afterwards is warned and goes on with one core.
    """
    lines, tokenizer = sentences(folder), _rust(folder)

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        with _threads("true"):
            found = tokenizer.encode_batch_fast([lines[i] for i in which.tolist()])
        return with_mask(torch.tensor([each.ids for each in found]))

    return run


@prepared
def by_hand(folder: str, which: torch.Tensor):
    """The rule in a dozen lines of Python: a regular expression for the words, a dictionary for the pieces.

    HF-01.
    """
    lines, vocabulary = sentences(folder), pieces(folder)
    cutter = functools.partial(cut, vocabulary=vocabulary)
    return lambda: padded([encode(lines[i], cutter) for i in which.tolist()], LENGTH)


@prepared
def remembered(folder: str, which: torch.Tensor):
    """A word that was cut before is not cut again: text repeats its words, and remembering them takes one line.

    HF-01.
    """
    lines, vocabulary = sentences(folder), pieces(folder)
    cutter = functools.cache(functools.partial(cut, vocabulary=vocabulary))
    return lambda: padded([encode(lines[i], cutter) for i in which.tolist()], LENGTH)
