"""Mean cross entropy of a batch and its gradient, for logits of any size.

Each variant takes ``logits`` of shape (batch, classes) in float32 and ``labels`` of shape (batch,) in int64. It returns
the mean loss, shape (), and its gradient with respect to the logits, shape (batch, classes).
"""

import torch
from torch.nn import functional

Answer = tuple[torch.Tensor, torch.Tensor]


def one_hot(logits: torch.Tensor, labels: torch.Tensor) -> Answer:
    """As the formula has it: a mask of zeros and ones as large as the logits, multiplied and summed.

    LS-02.
    """
    leaf = logits.detach().requires_grad_()
    mask = functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
    loss = -(mask * leaf.log_softmax(1)).sum(1).mean()
    return _with_gradient(loss, leaf)


def shifted(logits: torch.Tensor, labels: torch.Tensor) -> Answer:
    """The stable formula by hand, each row less its own maximum; autograd keeps every temporary for the way back.

    LS-02. The source takes one maximum of the whole tensor, which is right for a single row only.
    """
    leaf = logits.detach().requires_grad_()
    moved = leaf - leaf.detach().amax(1, keepdim=True)
    log_sum = moved.exp().sum(1).log()
    picked = moved.gather(1, labels[:, None]).squeeze(1)
    return _with_gradient((log_sum - picked).mean(), leaf)


def gather(logits: torch.Tensor, labels: torch.Tensor) -> Answer:
    """``log_softmax`` and one number of each row: the gradient of the picking is a matrix of zeros, filled first.

    LS-02.
    """
    leaf = logits.detach().requires_grad_()
    picked = leaf.log_softmax(1).gather(1, labels[:, None])
    return _with_gradient(-picked.mean(), leaf)


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> Answer:
    """One call for both: fewer crossings from Python, the same kernels.

    LS-02.
    """
    leaf = logits.detach().requires_grad_()
    return _with_gradient(functional.cross_entropy(leaf, labels), leaf)


def by_hand(logits: torch.Tensor, labels: torch.Tensor) -> Answer:
    """The gradient is ``(softmax - one_hot) / batch``: known beforehand, so no graph is kept and none walked.

    LS-02.
    """
    log_probabilities = logits.log_softmax(1)
    column = labels[:, None]
    loss = -log_probabilities.gather(1, column).mean()
    slope = log_probabilities.exp_().div_(len(labels))
    slope.scatter_add_(1, column, slope.new_full(column.shape, -1 / len(labels)))
    return loss, slope


def _with_gradient(loss: torch.Tensor, leaf: torch.Tensor) -> Answer:
    return loss.detach(), torch.autograd.grad(loss, leaf)[0]
