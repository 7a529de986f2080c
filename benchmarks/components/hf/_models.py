"""The models of the family: sizes, random weights, work, and forward passes in float64 from the formulas.

The weights are random, not trained: the times are those of the architecture, and the outputs mean nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Size = Mapping[str, int]
Parameter = tuple[tuple[int, ...], float, float]  # shape, mean, standard deviation

# The shape of the smallest published BERT, with 2000 words, and the shape of DistilBERT.
TINY: Size = {"words": 2000, "positions": 512, "width": 128, "inner": 512, "layers": 2, "heads": 2}
DISTILBERT: Size = {"words": 30522, "positions": 512, "width": 768, "inner": 3072, "layers": 6, "heads": 12}


def _linear(out: int, into: int) -> list[Parameter]:
    """A matrix that preserves the magnitude of its inputs, and a bias."""
    return [((out, into), 0, into**-0.5), ((out,), 0, 0.1)]


def _norm(width: int) -> list[Parameter]:
    return [((width,), 1, 0.1), ((width,), 0, 0.1)]


def encoder(size: Size) -> list[Parameter]:
    """A DistilBERT's parameters in the library's order: embeddings, then sixteen for each layer."""
    wide, inner = size["width"], size["inner"]
    embeddings: list[Parameter] = [((size[kind], wide), 0, 1) for kind in ("words", "positions")]
    layer = _linear(wide, wide) * 4 + _norm(wide) + _linear(inner, wide) + _linear(wide, inner) + _norm(wide)
    return embeddings + _norm(wide) + layer * size["layers"]


def classifier(size: Size) -> list[Parameter]:
    """The same with a head for two classes. Its last layer is initialised as in the library: close to 0."""
    wide = size["width"]
    return [*encoder(size), *_linear(wide, wide), ((2, wide), 0, 0.02), ((2,), 0, 0)]


def decoder(size: Size) -> list[Parameter]:
    """A GPT-2's parameters in the library's order; its matrices are (in, out).

    Word embeddings are small, because they are also the output layer: with large ones the model would only repeat the
    last word. Queries and keys are large, so that a word attends to few others: an average over many would soon become
    constant.
    """
    wide, inner = size["width"], size["inner"]

    def turned(out: int, into: int, times: float = 1) -> list[Parameter]:
        return [((into, out), 0, times * into**-0.5), ((out,), 0, 0.1)]

    embeddings: list[Parameter] = [((size["words"], wide), 0, 0.1), ((size["positions"], wide), 0, 0.2)]
    attention = turned(3 * wide, wide, 2) + turned(wide, wide)
    layer = _norm(wide) + attention + _norm(wide) + turned(inner, wide) + turned(wide, inner)
    return embeddings + layer * size["layers"] + _norm(wide)


def drawn(parameters: Sequence[Parameter], generator: Any) -> list[Any]:
    """Normal numbers for these parameters."""
    import torch

    return [mean + spread * torch.randn(shape, generator=generator) for shape, mean, spread in parameters]


def numbers(parameters: Sequence[Parameter]) -> int:
    """How many numbers they have."""
    return sum(math.prod(shape) for shape, _, _ in parameters)


# -- work -------------------------------------------------------------------------------------------------------------


def products(size: Size, tokens: int, length: int) -> int:
    """FLOPs of the layers' matrix products for ``tokens`` tokens that each attend to ``length`` tokens."""
    wide, inner = size["width"], size["inner"]
    return tokens * size["layers"] * (2 * (4 * wide * wide + 2 * wide * inner) + 4 * length * wide)


def layers(size: Size) -> int:
    """How many numbers the parameters have, without the embeddings, of which only some rows are read."""
    return numbers(encoder(size)) - (size["words"] + size["positions"]) * size["width"]


# -- float64 ----------------------------------------------------------------------------------------------------------


def _normed(x: Any, scale: Any, shift: Any, epsilon: float) -> Any:
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + epsilon).sqrt() * scale + shift


def _attended(q: Any, k: Any, v: Any, heads: int, seen: Any) -> Any:
    """``softmax(q k^T / sqrt(d)) v`` for each head; ``seen`` is the mask of keys that a query attends to."""
    import torch

    q, k, v = (part.unflatten(-1, (heads, -1)) for part in (q, k, v))
    scores = torch.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(q.shape[-1])
    weights = scores.masked_fill(~seen, -math.inf).softmax(-1)
    return torch.einsum("bhij,bjhd->bihd", weights, v).flatten(2)


def encode(weights: Sequence[Any], size: Size, ids: Any, mask: Any = None) -> Any:
    """The last hidden states (batch, tokens, width) of a DistilBERT: attention and norm, feed-forward and norm."""
    import torch

    words, positions, scale, shift, *rest = weights
    seen = torch.ones_like(ids, dtype=torch.bool) if mask is None else mask.bool()
    x = _normed(words[ids] + positions[: ids.shape[1]], scale, shift, 1e-12)
    for start in range(0, 16 * size["layers"], 16):
        wq, bq, wk, bk, wv, bv, wo, bo, s1, t1, w1, b1, w2, b2, s2, t2 = rest[start : start + 16]
        mixed = _attended(x @ wq.T + bq, x @ wk.T + bk, x @ wv.T + bv, size["heads"], seen[:, None, None])
        x = _normed(x + mixed @ wo.T + bo, s1, t1, 1e-12)
        inner = x @ w1.T + b1
        inner = inner * (1 + torch.erf(inner / math.sqrt(2))) / 2
        x = _normed(x + inner @ w2.T + b2, s2, t2, 1e-12)
    return x


def classify(weights: Sequence[Any], size: Size, ids: Any, mask: Any = None) -> Any:
    """The logits (batch, 2): two layers applied to the first token's state."""
    w1, b1, w2, b2 = weights[-4:]
    first = encode(weights[:-4], size, ids, mask)[:, 0]
    return (first @ w1.T + b1).clamp_min(0) @ w2.T + b2


def continue_(weights: Sequence[Any], size: Size, ids: Any) -> Any:
    """The logits (batch, tokens, words) of a GPT-2: causal attention, and the embeddings are also the output layer."""
    import torch

    words, positions, *rest, scale, shift = weights
    count = ids.shape[1]
    seen = torch.ones(count, count, dtype=torch.bool, device=ids.device).tril()
    x = words[ids] + positions[:count]
    for start in range(0, 12 * size["layers"], 12):
        s1, t1, wa, ba, wo, bo, s2, t2, w1, b1, w2, b2 = rest[start : start + 12]
        q, k, v = (_normed(x, s1, t1, 1e-5) @ wa + ba).chunk(3, -1)
        x = x + _attended(q, k, v, size["heads"], seen) @ wo + bo
        inner = _normed(x, s2, t2, 1e-5) @ w1 + b1
        inner = inner * (1 + torch.tanh(math.sqrt(2 / math.pi) * (inner + 0.044715 * inner**3))) / 2
        x = x + inner @ w2 + b2
    return _normed(x, scale, shift, 1e-5) @ words.T
