"""Attention ``softmax(q k^T / sqrt(d)) v`` for each head, with the scale that the book's formula leaves out.

Each variant takes ``q``, ``k`` and ``v`` of shape (batch, heads, tokens, d) in float32 and returns that shape.
"""

import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel


def einsum(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """The formula with its indices named; the scores of all pairs of tokens are one tensor.

    LY-01.
    """
    scores = torch.einsum("bhid,bhjd->bhij", q, k) / q.shape[-1] ** 0.5
    return torch.einsum("bhij,bhjd->bhid", scores.softmax(-1), v)


def matmul(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Batched products, and the scale on the small ``q`` and not on the large scores.

    LY-01.
    """
    scores = (q * q.shape[-1] ** -0.5) @ k.mT
    return scores.softmax(-1) @ v


def chunked(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Sixty-four keys at a time with a running maximum and sum: no scores of all pairs, by a loop in Python.

    LY-01.
    """
    q = q * q.shape[-1] ** -0.5
    peak = torch.full_like(q[..., :1], -torch.inf)
    total = torch.zeros_like(peak)
    answer = torch.zeros_like(q)
    for keys, values in zip(k.split(64, dim=2), v.split(64, dim=2), strict=True):
        scores = q @ keys.mT
        higher = torch.maximum(peak, scores.amax(-1, keepdim=True))
        shrink = (peak - higher).exp_()
        weights = (scores - higher).exp_()
        total = total * shrink + weights.sum(-1, keepdim=True)
        answer = answer * shrink + weights @ values
        peak = higher
    return answer / total


def sdpa_math(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """The library's call restricted to its formula in operators: it shows what fusing saves otherwise.

    LY-01.
    """
    with sdpa_kernel(SDPBackend.MATH):
        return functional.scaled_dot_product_attention(q, k, v)


def sdpa(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """One call that chooses a kernel: blocks of scores stay in the cache and are never written.

    LY-01.
    """
    return functional.scaled_dot_product_attention(q, k, v)
