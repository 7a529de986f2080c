"""Logits that overflow unless the maximum is subtracted, and the error bound of their softmax."""

from __future__ import annotations

from typing import Any

UNIT = 2.0**-24  # half a unit in the last place of 1.0 in float32


def hard(rows: int, columns: int, generator: Any) -> Any:
    """Normal logits (rows, columns); of eight rows one is 10000 higher, one lower, and in one class 0 is 1000 lower.

    No more than that one class underflows: on a CPU an exponential below e^-87 may cost 250 times any other.
    """
    import torch

    logits = torch.randn(rows, columns, generator=generator)
    logits[5::8] += 10_000
    logits[6::8] -= 10_000
    logits[2::8, 0] -= 1_000
    return logits


def softmax_bound(logits: Any) -> Any:
    """Error bound of each probability in float64: relative, ``(64 + 2 |x - max|) 2^-24``, plus the smallest number.

    The difference from the maximum is rounded relative to its size, and the exponential turns that into a relative
    error. A sum of positive terms and the exponential itself are correct to a few units.
    """
    exact = logits.double()
    below = exact.amax(1, keepdim=True) - exact
    return (64 + 2 * below) * UNIT * exact.softmax(1) + 1e-37


def picked(logits: Any, labels: Any) -> Any:
    """Each row's negative log likelihood in float64, shape (rows,)."""
    exact = logits.double()
    return exact.logsumexp(1) - exact.gather(1, labels[:, None]).squeeze(1)
