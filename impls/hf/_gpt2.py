"""GPT-2 twice: the library's model around given weights, and a step in functions. No variants.

``weights`` are a list in the library's own order: word and position embeddings, for each layer norm, weight and bias of
query, key and value together, of the output, norm, and the two of the feed-forward part, and the last norm.
"""

from collections.abc import Iterator, Sequence

import torch
from torch.nn import functional

EPSILON = 1e-5
Weights = Sequence[torch.Tensor]


def library(weights: Weights, heads: int):
    """The library's model around ``weights``, without a copy; no number ends a text."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=len(weights[0]),
        n_positions=len(weights[1]),
        n_embd=weights[0].shape[1],
        n_layer=(len(weights) - 4) // 12,
        n_head=heads,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
    )
    model = GPT2LMHeadModel(config).to(weights[0].device)
    names = [name for name, _ in model.transformer.named_parameters()]
    model.transformer.load_state_dict(dict(zip(names, weights, strict=True)), assign=True)
    model.lm_head.weight = model.transformer.wte.weight
    return model.eval()


class Decoder:
    """The model in functions, with room for the keys and values of ``room`` tokens of ``batch`` texts."""

    def __init__(self, weights: Weights, heads: int, batch: int, room: int) -> None:
        self.weights, self.heads = weights, heads
        count, width = (len(weights) - 4) // 12, weights[0].shape[1]
        self.cache = weights[0].new_empty(count, 2, batch, heads, room, width // heads)

    def next(self, ids: torch.Tensor, start: int) -> torch.Tensor:
        """The likeliest successors (batch, 1) of ``ids`` (batch, tokens), which begin at place ``start``."""
        words, positions, *_, scale, shift = self.weights
        x = functional.embedding(ids, words) + positions[start : start + ids.shape[1]]
        for layer, (keys, values) in zip(self._layers(), self.cache, strict=True):
            s1, t1, wa, ba, wo, bo, s2, t2, w1, b1, w2, b2 = layer
            x = x + _affine(self._attend(_affine(_norm(x, s1, t1), wa, ba), keys, values, start), wo, bo)
            x = x + _affine(functional.gelu(_affine(_norm(x, s2, t2), w1, b1), approximate="tanh"), w2, b2)
        return functional.linear(_norm(x[:, -1:], scale, shift), words).argmax(-1)

    def _layers(self) -> Iterator[Weights]:
        return (self.weights[start : start + 12] for start in range(2, len(self.weights) - 2, 12))

    def _attend(self, x: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, start: int) -> torch.Tensor:
        end = start + x.shape[1]
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in x.chunk(3, -1))
        keys[:, :, start:end], values[:, :, start:end] = k, v
        first = start == 0  # a single new token sees all; the prompt's see those before them
        mixed = functional.scaled_dot_product_attention(q, keys[:, :, :end], values[:, :, :end], is_causal=first)
        return mixed.transpose(1, 2).flatten(2)


def _affine(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return torch.addmm(bias, x.flatten(0, 1), weight).unflatten(0, x.shape[:2])


def _norm(x: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    return functional.layer_norm(x, scale.shape, scale, shift, EPSILON)
