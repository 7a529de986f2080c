"""The class that a network decides for: the place of the largest logit in each row.

Each variant takes ``logits`` (rows, classes) in float32 and returns (rows,) in int64.
"""

import torch


def softmax_argmax(logits: torch.Tensor) -> torch.Tensor:
    """As the book writes it: probabilities first, which do not change the order.

    LY-08.
    """
    return logits.softmax(1).argmax(1)


def max_indices(logits: torch.Tensor) -> torch.Tensor:
    """``max`` hands out values and places, two tensors.

    LY-08.
    """
    return logits.max(1).indices


def argmax(logits: torch.Tensor) -> torch.Tensor:
    """The places alone.

    LY-08.
    """
    return logits.argmax(1)
