"""Train until the loss is low enough: the time that counts, which is samples a second times the samples needed.

``x`` (n, 64) float32 and ``y`` (n,) int64 are to be learned, ``held_out`` (m, 64) is to be classified, ``start`` =
``[w1, b1, w2, b2]``. Each variant makes epochs of SGD, in the order of the samples, until the mean of the batches'
losses over an epoch is below 0.12, and returns the loss of all samples then, a float32 scalar, and the classes of
``held_out``, (m,) int64. Each size has a rate that was found for it: half as long again, and some seeds do not learn.
"""

from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy

from .._contract import prepared
from ._mlp import Tensors, network, put_back

TARGET, EPOCHS = 0.12, 500
Run = Callable[[], tuple[torch.Tensor, torch.Tensor]]


def _until(x: torch.Tensor, y: torch.Tensor, held_out: torch.Tensor, start: Tensors, batch: int, rate: float) -> Run:
    model = network(start)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        put_back(model, start)
        for _ in range(EPOCHS):
            losses = []
            for some, labels in zip(x.split(batch), y.split(batch), strict=True):
                loss = cross_entropy(model(some), labels)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                losses.append(loss.detach())
            if torch.stack(losses).mean().item() < TARGET:
                break
        with torch.no_grad():
            return cross_entropy(model(x), y), model(held_out).argmax(1)

    return run


@prepared
def batch_32(x: torch.Tensor, y: torch.Tensor, held_out: torch.Tensor, start: Tensors):
    """The source's size: few samples for each step, the fewest in all, and the most calls.

    TR-09.
    """
    return _until(x, y, held_out, start, 32, 0.3)


@prepared
def batch_256_same_rate(x: torch.Tensor, y: torch.Tensor, held_out: torch.Tensor, start: Tensors):
    """Eight times the batch and nothing else changed: the steps are as long as before, and there are eight times fewer.

    TR-09.
    """
    return _until(x, y, held_out, start, 256, 0.3)


@prepared
def batch_256(x: torch.Tensor, y: torch.Tensor, held_out: torch.Tensor, start: Tensors):
    """With a rate that fits it: a surer gradient bears a longer step, up to a point.

    TR-09.
    """
    return _until(x, y, held_out, start, 256, 1.0)


@prepared
def whole(x: torch.Tensor, y: torch.Tensor, held_out: torch.Tensor, start: Tensors):
    """All samples in each step: the most samples a second, and the most samples needed.

    TR-09.
    """
    return _until(x, y, held_out, start, len(x), 0.8)
