"""How many of the predictions are right: ``logits`` a list of (batch, classes), ``labels`` a list of (batch,) int64.

Each variant goes through the batches as an evaluation loop does and returns the count of all of them as a Python
integer.
"""

import torch

from .._contract import needs


def as_float(logits: list[torch.Tensor], labels: list[torch.Tensor]) -> int:
    """The source's line: a mask, its copy in float32, a sum, and a number fetched from the device for every batch.

    RD-06. In float32 a count is exact below 2^24.
    """
    right = 0
    for x, y in zip(logits, labels, strict=True):
        right += (x.argmax(1) == y).type(torch.float).sum().item()
    return int(right)


def sum_of_mask(logits: list[torch.Tensor], labels: list[torch.Tensor]) -> int:
    """The mask is summed as it is, in int64: no copy, no limit.

    RD-06.
    """
    return sum((x.argmax(1) == y).sum().item() for x, y in zip(logits, labels, strict=True))


def count_nonzero(logits: list[torch.Tensor], labels: list[torch.Tensor]) -> int:
    """Count what is true.

    RD-06.
    """
    return sum(torch.count_nonzero(x.argmax(1) == y).item() for x, y in zip(logits, labels, strict=True))


@needs("cpu")
def numpy(logits: list[torch.Tensor], labels: list[torch.Tensor]) -> int:
    """The same three operators in numpy, which cost less each.

    RD-06.
    """
    import numpy as np

    return sum(int(np.count_nonzero(x.numpy().argmax(1) == y.numpy())) for x, y in zip(logits, labels, strict=True))


def accumulate(logits: list[torch.Tensor], labels: list[torch.Tensor]) -> int:
    """The count stays a tensor until the end: one number is fetched, and a GPU never waits for Python.

    RD-06.
    """
    right = torch.zeros((), dtype=torch.int64, device=logits[0].device)
    for x, y in zip(logits, labels, strict=True):
        right += (x.argmax(1) == y).sum()
    return int(right.item())


def predictions_first(logits: list[torch.Tensor], labels: list[torch.Tensor]) -> int:
    """Only the predictions are kept from each batch; they are joined and compared once.

    RD-06.
    """
    predicted = torch.cat([x.argmax(1) for x in logits])
    return int((predicted == torch.cat(labels)).sum().item())


def joined(logits: list[torch.Tensor], labels: list[torch.Tensor]) -> int:
    """All batches as one: few operators, and all logits in memory at once.

    RD-06.
    """
    return int((torch.cat(logits).argmax(1) == torch.cat(labels)).sum().item())
