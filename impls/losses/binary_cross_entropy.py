"""Mean binary cross entropy of logits: ``-mean(y log s + (1 - y) log(1 - s))`` with ``s = sigmoid(z)``.

Each variant takes ``logits`` (n,) and ``targets`` (n,), zeros and ones, in float32, and returns the mean, shape ().
The two that go through the sigmoid join where logits are moderate; at +-200 one gives inf and the other stops at 100.
"""

import torch
from torch.nn import functional


def formula(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """As it is written: nine operators, and log(0) as soon as the sigmoid rounds to 0 or 1, from a logit of 17 on.

    LS-04.
    """
    chance = torch.sigmoid(logits)
    return -(targets * chance.log() + (1 - targets) * (1 - chance).log()).mean()


def bce_of_sigmoid(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """``BCELoss`` after a sigmoid: logarithms are cut off at -100, so what is lost looks like a number.

    LS-04.
    """
    return functional.binary_cross_entropy(torch.sigmoid(logits), targets)


def softplus(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The same value as ``softplus(z) - y z``: no sigmoid, nothing to overflow.

    LS-04.
    """
    return (functional.softplus(logits) - targets * logits).mean()


def with_logits(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """One call; inside it is a formula in operators as well, not one kernel.

    LS-04.
    """
    return functional.binary_cross_entropy_with_logits(logits, targets)
