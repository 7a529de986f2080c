"""Texts of different lengths through a classifier, in batches of 8: what is padded, and how much.

Each variant takes ``ids`` of shape (total,) in int64, all texts one after the other, ``lengths`` of shape (texts,),
``weights``, the list of the model's parameters in the library's order, and the number of ``heads``. It returns the
logits of shape (texts, 2). All run the model in functions, so that only what goes in differs.
"""

import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from .._contract import needs, prepared
from ._distilbert import classes, embedded, logits, through

BATCH, LONGEST = 8, 128
Weights = list[torch.Tensor]


def _in_batches(texts: list[torch.Tensor], weights: Weights, heads: int, to: int = 0) -> torch.Tensor:
    """The logits, each batch padded to its longest text, or all to ``to``."""
    found = []
    for start in range(0, len(texts), BATCH):
        ids = pad_sequence(texts[start : start + BATCH], batch_first=True)
        ids = functional.pad(ids, (0, max(0, to - ids.shape[1])))
        found.append(logits(weights, heads, ids, ids != 0))
    return torch.cat(found)


@torch.no_grad()
def to_the_maximum(ids: torch.Tensor, lengths: torch.Tensor, weights: Weights, heads: int) -> torch.Tensor:
    """Every text is padded to 128 words, as ``padding="max_length"`` does: most of the work is on padding.

    HF-06.
    """
    return _in_batches(list(ids.split(lengths.tolist())), weights, heads, LONGEST)


@prepared
@needs("transformers", "tokenizers")
def collator(ids: torch.Tensor, lengths: torch.Tensor, weights: Weights, heads: int):
    """``DataCollatorWithPadding``: each batch to its longest text, through lists of numbers.

    HF-06.
    """
    from tokenizers import Tokenizer, models
    from transformers import DataCollatorWithPadding, PreTrainedTokenizerFast

    words = Tokenizer(models.WordPiece({"[PAD]": 0}, unk_token="[PAD]"))  # padding asks it for nothing else
    pad = DataCollatorWithPadding(PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]"))

    @torch.no_grad()
    def run() -> torch.Tensor:
        texts = [{"input_ids": text.tolist()} for text in ids.split(lengths.tolist())]
        batches = [pad(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        pairs = [(batch["input_ids"].to(ids.device), batch["attention_mask"].to(ids.device)) for batch in batches]
        return torch.cat([logits(weights, heads, *pair) for pair in pairs])

    return run


@torch.no_grad()
def one_by_one(ids: torch.Tensor, lengths: torch.Tensor, weights: Weights, heads: int) -> torch.Tensor:
    """No padding and no batches: the operators' own cost is paid for every text.

    HF-06.
    """
    return torch.cat([logits(weights, heads, text[None]) for text in ids.split(lengths.tolist())])


@torch.no_grad()
def to_the_longest(ids: torch.Tensor, lengths: torch.Tensor, weights: Weights, heads: int) -> torch.Tensor:
    """Each batch to its longest text, without leaving tensors.

    HF-06.
    """
    return _in_batches(list(ids.split(lengths.tolist())), weights, heads)


@torch.no_grad()
def by_length(ids: torch.Tensor, lengths: torch.Tensor, weights: Weights, heads: int) -> torch.Tensor:
    """Texts of like length share a batch: little is left to pad.

    HF-06. In training this makes batches less random.
    """
    texts, order = ids.split(lengths.tolist()), lengths.argsort()
    found = _in_batches([texts[i] for i in order.tolist()], weights, heads)
    return torch.empty_like(found).index_copy_(0, order, found)


@torch.no_grad()
def packed(ids: torch.Tensor, lengths: torch.Tensor, weights: Weights, heads: int) -> torch.Tensor:
    """All texts as one row of words: the layers' products need no batch, and attention takes the texts in turn.

    HF-06.
    """
    counts = lengths.tolist()

    def attend(*qkv: torch.Tensor) -> torch.Tensor:
        parts = zip(*(part.split(counts, dim=-2) for part in qkv), strict=True)
        return torch.cat([functional.scaled_dot_product_attention(*(x[None] for x in text))[0] for text in parts], -2)

    starts = lengths.cumsum(0) - lengths
    positions = torch.arange(len(ids), device=ids.device) - starts.repeat_interleave(lengths)
    x = through(weights, heads, embedded(weights, ids, positions), attend)
    return classes(weights, x[starts])
