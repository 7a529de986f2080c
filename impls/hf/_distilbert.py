"""DistilBERT twice: the library's modules around given weights, and the same in functions. No variants.

``weights`` are a list in the library's own order: word and position embeddings, their norm, and for each layer weight
and bias of query, key, value, output, norm, the two of the feed-forward part, and norm. A classifier adds two layers.
"""

import functools
from collections.abc import Callable, Sequence

import torch
from torch.nn import functional

EPSILON = 1e-12
Weights = Sequence[torch.Tensor]


def library(weights: Weights, heads: int, attention: str = "sdpa", dropout: float = 0.0):
    """The library's model around ``weights``, without a copy; it has a head for two classes where the weights do."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification, DistilBertModel

    head = 4 * (len(weights) % 16 == 8)
    config = DistilBertConfig(
        vocab_size=len(weights[0]),
        max_position_embeddings=len(weights[1]),
        dim=weights[0].shape[1],
        hidden_dim=len(weights[14]),
        n_layers=(len(weights) - head) // 16,
        n_heads=heads,
        num_labels=2,
        dropout=dropout,
        attention_dropout=dropout,
        seq_classif_dropout=dropout,
        attn_implementation=attention,
    )
    model = (DistilBertForSequenceClassification if head else DistilBertModel)(config).to(weights[0].device)
    names = [name for name, _ in model.named_parameters()]
    model.load_state_dict(dict(zip(names, weights, strict=True)), assign=True)
    return model.eval()


def hidden(weights: Weights, heads: int, ids: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """The states of the last layer, (batch, tokens, width), of ``ids`` (batch, tokens); ``mask`` is 0 at padding."""
    seen = None if mask is None else mask.bool()[:, None, None]
    attend = functools.partial(functional.scaled_dot_product_attention, attn_mask=seen)
    positions = torch.arange(ids.shape[1], device=ids.device)
    return through(weights, heads, embedded(weights, ids, positions), attend)


def logits(weights: Weights, heads: int, ids: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """The classes' logits, (batch, 2)."""
    return classes(weights, hidden(weights, heads, ids, mask)[:, 0])


def embedded(weights: Weights, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Words and their positions, normed."""
    return _norm(functional.embedding(ids, weights[0]) + functional.embedding(positions, weights[1]), *weights[2:4])


def through(weights: Weights, heads: int, x: torch.Tensor, attend: Callable[..., torch.Tensor]) -> torch.Tensor:
    """All layers; ``attend`` gets query, key and value of shape (..., heads, tokens, width / heads)."""
    for start in range(4, len(weights) - 15, 16):
        qw, qb, kw, kb, vw, vb, ow, ob, s1, t1, w1, b1, w2, b2, s2, t2 = weights[start : start + 16]
        split = (functional.linear(x, w, b).unflatten(-1, (heads, -1)) for w, b in ((qw, qb), (kw, kb), (vw, vb)))
        mixed = attend(*(part.transpose(-2, -3) for part in split)).transpose(-2, -3).flatten(-2)
        x = _norm(x + functional.linear(mixed, ow, ob), s1, t1)
        x = _norm(x + functional.linear(functional.gelu(functional.linear(x, w1, b1)), w2, b2), s2, t2)
    return x


def classes(weights: Weights, first: torch.Tensor) -> torch.Tensor:
    """The head on the state of the first token."""
    w1, b1, w2, b2 = weights[-4:]
    return functional.linear(functional.linear(first, w1, b1).relu(), w2, b2)


def _norm(x: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    return functional.layer_norm(x, scale.shape, scale, shift, EPSILON)
