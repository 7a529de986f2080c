"""The last layer of a language model and its loss: logits over a large vocabulary are the largest tensor of all.

Each variant takes ``hidden`` (tokens, width) and ``weight`` (vocabulary, width) in float32, and ``labels`` (tokens,) in
int64. It returns the mean cross entropy of ``hidden @ weight.T``, shape (), and its gradients with respect to
``hidden`` and ``weight``.
"""

import torch
from torch.nn import functional

Answer = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def whole(hidden: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor) -> Answer:
    """All logits at once: they, their log softmax and their gradient live side by side.

    LS-02.
    """
    left, right = hidden.detach().requires_grad_(), weight.detach().requires_grad_()
    loss = functional.cross_entropy(functional.linear(left, right), labels)
    return loss.detach(), *torch.autograd.grad(loss, (left, right))


def library(hidden: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor) -> Answer:
    """The library's call with its chunking switched on: without ``options`` it computes all logits at once.

    LS-02.
    """
    if not hasattr(torch.nn, "LinearCrossEntropyOptions"):
        raise NotImplementedError("needs a torch that has LinearCrossEntropyOptions")
    left, right = hidden.detach().requires_grad_(), weight.detach().requires_grad_()
    options = torch.nn.LinearCrossEntropyOptions()
    loss = functional.linear_cross_entropy(left, right, labels, options=options)
    return loss.detach(), *torch.autograd.grad(loss, (left, right))


def chunked(hidden: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor) -> Answer:
    """Sixty-four tokens at a time, gradient and all: the logits of the others never exist.

    LS-02.
    """
    tokens = len(labels)
    loss = hidden.new_zeros(())
    left, right = torch.empty_like(hidden), torch.zeros_like(weight)
    for start in range(0, tokens, 64):
        rows = slice(start, start + 64)
        column = labels[rows, None]
        log_probabilities = (hidden[rows] @ weight.T).log_softmax(1)
        loss -= log_probabilities.gather(1, column).sum() / tokens
        slope = log_probabilities.exp_().div_(tokens)
        slope.scatter_add_(1, column, slope.new_full(column.shape, -1 / tokens))
        torch.mm(slope, weight, out=left[rows])
        right.addmm_(slope.T, hidden[rows])
    return loss, left, right
