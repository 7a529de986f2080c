"""A training that is watched: batches of 64 of ``x`` (n, 1, 28, 28) and ``y`` (n,), weights ``start``, a list.

The network is the one that the source's example package logs. Each variant goes once through the batches in their
order, with cross entropy and rate 0.1, writes its log to a folder of its own, closes it, and returns the final weights
as a list: a log must not change them.
"""

from collections.abc import Callable

import torch
from torch.nn import functional

from ._log import logged
from ._network import ConvNet, with_weights

BATCH, RATE = 64, 0.1
Tensors = list[torch.Tensor]
Log = Callable[[int, float, ConvNet], None]


def _trained(x: torch.Tensor, y: torch.Tensor, start: Tensors, log: Log) -> Tensors:
    network = with_weights([weight.clone() for weight in start])
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
    for step, (images, labels) in enumerate(zip(x.split(BATCH), y.split(BATCH), strict=True)):
        loss = functional.cross_entropy(network(images), labels)
        optimizer.zero_grad()
        loss.backward()
        log(step, loss.item(), network)
        optimizer.step()
    return [weight.detach() for weight in network.parameters()]


def _watched(x: torch.Tensor, y: torch.Tensor, start: Tensors, log: Callable[..., None]) -> Tensors:
    """The training with ``log(writer, step, loss, network)`` in each step."""
    kept: list[Tensors] = []
    logged(lambda writer: kept.append(_trained(x, y, start, lambda *told: log(writer, *told))))
    return kept[0]


def _all(writer, step: int, loss: float, network: ConvNet) -> None:
    """A scalar, a histogram of each parameter and of its gradient, and the feature maps of the first image."""
    writer.add_scalar("loss", loss, step)
    for name, parameter in network.named_parameters():
        writer.add_histogram(f"weights/{name}", parameter, step)
        writer.add_histogram(f"gradients/{name}", parameter.grad, step)
    maps = network.features[0].detach().unsqueeze(1)
    writer.add_images("maps", (maps - maps.min()) / (maps.max() - maps.min()), step)


def everything(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """All that the source logs, in every step: sixteen histograms and a picture for a step of some milliseconds.

    TB-09.
    """
    return _watched(x, y, start, _all)


def everything_once(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """A scalar in each step, and all the rest in the last one alone: the source does so every 50 steps.

    TB-09.
    """
    last = len(x.split(BATCH)) - 1

    def log(writer, step: int, loss: float, network: ConvNet) -> None:
        if step == last:
            _all(writer, step, loss, network)
        else:
            writer.add_scalar("loss", loss, step)

    return _watched(x, y, start, log)


def scalars(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """The loss of each step and nothing else.

    TB-09.
    """
    return _watched(x, y, start, lambda writer, step, loss, network: writer.add_scalar("loss", loss, step))


def silent(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """No log at all; the loss is asked for in each step, as for a progress bar.

    TB-09.
    """
    return _trained(x, y, start, lambda step, loss, network: None)
