"""An epoch in a comparable form: the lengths of its batches, and its samples in a canonical order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def by_label(batches: Iterable[Any], count: int) -> tuple[Any, Any, Any]:
    """``(lengths of the batches, samples, labels)`` of an epoch whose labels are the sample indices."""
    lengths, x, y = joined(batches, count)
    order = y.argsort()
    return lengths, x[order], y[order]


def joined(batches: Iterable[Any], count: int) -> tuple[Any, Any, Any]:
    """``(lengths of the batches, samples, labels)`` of an epoch, in the order of arrival.

    Raises:
        ValueError: there are not ``count`` samples.
    """
    import torch

    xs, ys = zip(*batches, strict=True)
    lengths = torch.tensor([len(x) for x in xs], device=xs[0].device)
    if lengths.sum() != count:
        raise ValueError(f"{int(lengths.sum())} samples in an epoch of {count}")
    return lengths, torch.cat(xs), torch.cat(ys)


def lengths(count: int, batch: int) -> Any:
    """The lengths of the batches of ``count`` samples: all are ``batch``, except that the last may be shorter."""
    import torch

    return torch.tensor([min(batch, count - start) for start in range(0, count, batch)])
