"""From sentences to the chances of two classes: the library's pipeline, and its three steps by hand.

Each variant takes ``folder``, where a vocabulary lies, ``which`` of shape (n,) in int64, the numbers of sentences in
that folder, ``weights``, the list of the model's parameters in the library's order, and the number of ``heads``. It
returns the chances of shape (n, 2) in float32.
"""

import functools
from pathlib import Path

import torch

from .._contract import needs, prepared
from ._distilbert import library, logits
from ._text import cut, encode, padded, pieces, sentences

BATCH = 8
Weights = list[torch.Tensor]


def _tokenizer(folder: str):
    from transformers import PreTrainedTokenizerFast

    inputs = ["input_ids", "attention_mask"]  # DistilBERT knows no kinds of tokens
    file = str(Path(folder, "bert.json"))
    return PreTrainedTokenizerFast(tokenizer_file=file, pad_token="[PAD]", model_input_names=inputs)


def _piped(folder: str, which: torch.Tensor, weights: Weights, heads: int, batch: int):
    from transformers import pipeline

    lines = sentences(folder)
    ask = pipeline(
        "text-classification", model=library(weights, heads), tokenizer=_tokenizer(folder), device="cpu", top_k=None
    )

    def run() -> torch.Tensor:
        found = ask([lines[i] for i in which.tolist()], batch_size=batch)
        chances = [{each["label"]: each["score"] for each in one} for one in found]
        return torch.tensor([[one["LABEL_0"], one["LABEL_1"]] for one in chances])

    return run


@prepared
@needs("transformers", "tokenizers", "cpu")
def piped(folder: str, which: torch.Tensor, weights: Weights, heads: int):
    """The source's call: a pipeline around the model, which takes a list sentence by sentence.

    HF-03. Model and tokenizer are handed to it, so it asks no hub.
    """
    return _piped(folder, which, weights, heads, 1)


@prepared
@needs("transformers", "tokenizers", "cpu")
def piped_in_batches(folder: str, which: torch.Tensor, weights: Weights, heads: int):
    """Eight at a time: tokenized one by one all the same, and padded.

    HF-03.
    """
    return _piped(folder, which, weights, heads, BATCH)


@prepared
@needs("transformers", "tokenizers")
def by_steps(folder: str, which: torch.Tensor, weights: Weights, heads: int):
    """Tokenizer, model and softmax for each sentence: what a pipeline does, in three lines.

    HF-03.
    """
    lines, tokenizer, model = sentences(folder), _tokenizer(folder), library(weights, heads)

    @torch.inference_mode()
    def run() -> torch.Tensor:
        found = []
        for i in which.tolist():
            words = tokenizer(lines[i], return_tensors="pt")
            found.append(model(**words).logits.softmax(-1))
        return torch.cat(found)

    return run


@prepared
@needs("transformers", "tokenizers")
def in_batches(folder: str, which: torch.Tensor, weights: Weights, heads: int):
    """The same steps for eight sentences at once, padded to the longest.

    HF-03.
    """
    lines, tokenizer, model = sentences(folder), _tokenizer(folder), library(weights, heads)

    @torch.inference_mode()
    def run() -> torch.Tensor:
        found = []
        for batch in which.split(BATCH):
            words = tokenizer([lines[i] for i in batch.tolist()], padding=True, return_tensors="pt")
            found.append(model(**words).logits.softmax(-1))
        return torch.cat(found)

    return run


@prepared
def functions(folder: str, which: torch.Tensor, weights: Weights, heads: int):
    """Neither library: a dictionary that remembers words, and the model in functions.

    HF-03.
    """
    lines = sentences(folder)
    cutter = functools.cache(functools.partial(cut, vocabulary=pieces(folder)))

    @torch.inference_mode()
    def run() -> torch.Tensor:
        found = []
        for batch in which.split(BATCH):
            rows = [encode(lines[i], cutter) for i in batch.tolist()]
            ids, mask = padded(rows, max(map(len, rows)))
            found.append(logits(weights, heads, ids, mask).softmax(-1))
        return torch.cat(found)

    return run
