"""Cross entropy when the labels come as one-hot integers, as the book's data set makes them.

Each variant takes ``logits`` (batch, classes) in float32 and ``labels`` (batch, classes) in int64, a single 1 in each
row, and returns the mean loss, shape (). Handing the integers over as they are is no variant: ``cross_entropy`` takes
probabilities, and those are floats.
"""

import torch
from torch.nn import functional


def multiply(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The formula: multiplying by integers widens them to float32 on the way.

    LS-08.
    """
    return -(labels * logits.log_softmax(1)).sum(1).mean()


def cast(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Make probabilities of them: eight bytes read and four written for each zero.

    LS-08.
    """
    return functional.cross_entropy(logits, labels.to(logits.dtype))


def class_index(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Find where the 1 is: from then on the loss looks at one number in each row.

    LS-08. Here each call pays for the search; a kept index would be computed once.
    """
    return functional.cross_entropy(logits, labels.argmax(1))
