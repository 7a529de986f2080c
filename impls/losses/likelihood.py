"""Mean negative log likelihood of logits, from the definition of softmax to one call, as the lesson refactors it.

Each variant takes ``logits`` (batch, classes) in float32, of moderate size so that the first rungs do not overflow, and
``labels`` (batch,) in int64, and returns the mean, shape ().
"""

import torch
from torch.nn import functional


def exp_sum_log(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The definition: softmax, then its logarithm; the exponentials are computed twice and nothing is shifted.

    LS-07.
    """
    log_softmax = (logits.exp() / logits.exp().sum(-1, keepdim=True)).log()
    return -log_softmax[range(len(labels)), labels].mean()


def log_of_sum(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """``log(a / b) = log a - log b``: one logarithm for each row in place of one for each element.

    LS-07.
    """
    log_softmax = logits - logits.exp().sum(-1, keepdim=True).log()
    return -log_softmax[range(len(labels)), labels].mean()


def logsumexp(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The library's ``logsumexp``: stable, and still a list of all rows for the picking.

    LS-07.
    """
    log_softmax = logits - logits.logsumexp(-1, keepdim=True)
    return -log_softmax[range(len(labels)), labels].mean()


def gather(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The same with ``gather``: ``range`` had made a Python number and a tensor element of each row.

    LS-07.
    """
    log_softmax = logits - logits.logsumexp(-1, keepdim=True)
    return -log_softmax.gather(1, labels[:, None]).mean()


def pick_first(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Pick first and subtract numbers, not matrices: the log softmax of the other classes was never needed.

    LS-07.
    """
    return (logits.logsumexp(-1) - logits.gather(1, labels[:, None]).squeeze(1)).mean()


def nll_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """``log_softmax`` in one kernel and ``nll_loss`` in another.

    LS-07.
    """
    return functional.nll_loss(functional.log_softmax(logits, -1), labels)


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """One call for the two.

    LS-07.
    """
    return functional.cross_entropy(logits, labels)
