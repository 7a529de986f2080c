"""Training steps whose losses are wanted: when to fetch a number from the device.

``x`` is (steps, batch, features), ``y`` (steps, batch) in int64, ``start`` (features, classes): softmax regression by
gradient descent. Each variant returns the new weights and the loss of each step as a list of Python floats.
"""

from collections.abc import Iterator

import torch
from torch.nn import functional

from .._contract import needs

RATE, EVERY = 0.1, 8
Trained = tuple[torch.Tensor, list[float]]


def _steps(w: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> Iterator[torch.Tensor]:
    """Train ``w`` in place; after each step its loss, which may still be being computed."""
    for batch, labels in zip(x, y, strict=True):
        leaf = w.detach().requires_grad_()
        loss = functional.cross_entropy(batch @ leaf, labels)
        (slope,) = torch.autograd.grad(loss, leaf)
        w -= RATE * slope
        yield loss.detach()


@needs("cuda")
def synchronise_each(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor) -> Trained:
    """Wait for everything after each step, then fetch the number: ``item`` alone would have waited.

    TM-03.
    """
    w, losses = start.clone(), []
    for loss in _steps(w, x, y):
        torch.cuda.synchronize()
        losses.append(loss.item())
    return w, losses


def item_each(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor) -> Trained:
    """``loss.item()`` in each step: a GPU runs dry while Python looks at the number.

    TM-03.
    """
    w, losses = start.clone(), []
    for loss in _steps(w, x, y):
        losses.append(loss.item())
    return w, losses


def item_every_eighth(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor) -> Trained:
    """Keep the tensors and fetch eight at a time: seven steps in eight run ahead.

    TM-03.
    """
    w, losses, waiting = start.clone(), [], []
    for loss in _steps(w, x, y):
        waiting.append(loss)
        if len(waiting) == EVERY:
            losses += torch.stack(waiting).tolist()
            waiting.clear()
    return w, losses + (torch.stack(waiting).tolist() if waiting else [])


def at_end(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor) -> Trained:
    """Keep all and fetch once, after the last step.

    TM-03.
    """
    w = start.clone()
    return w, torch.stack(list(_steps(w, x, y))).tolist()


def into_tensor(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor) -> Trained:
    """Write each loss to its place in a tensor on the device: no list grows, an indexing and a copy are paid.

    TM-03.
    """
    w, losses = start.clone(), torch.empty(len(x), device=x.device)
    for i, loss in enumerate(_steps(w, x, y)):
        losses[i] = loss
    return w, losses.tolist()


@needs("cuda")
def pinned(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor) -> Trained:
    """Let the device send each loss by itself into the host's pinned memory, and wait once.

    TM-03.
    """
    w, losses = start.clone(), torch.empty(len(x), pin_memory=True)
    for i, loss in enumerate(_steps(w, x, y)):
        losses[i].copy_(loss, non_blocking=True)
    torch.cuda.synchronize()
    return w, losses.tolist()
