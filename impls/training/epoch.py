"""One epoch of a classifier on images that lie in the host's memory, as most training scripts have it.

``x`` (n, 28, 28) in float32 and ``y`` (n,) in int64 are arrays of numpy; ``start`` = ``[w1, b1, w2, b2, w3, b3]`` are
the parameters before the epoch, on the device that trains; ``rate`` is SGD's. Each variant goes once through the
samples in their order, 32 at a time, and returns the mean of the batches' losses, a scalar, and the new parameters, a
list.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import BatchSampler, DataLoader, SequentialSampler, TensorDataset

from .._contract import needs, prepared
from ._mlp import Tensors, network, parameters, put_back

BATCH = 32
Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]
Answer = tuple[torch.Tensor, Tensors]


def _epochs(batches: Callable[[], Batches], start: Tensors, rate: float, **options: bool) -> Callable[[], Answer]:
    """What trains one epoch from ``start`` on, with everything made before."""
    model, device = network(start), start[0].device
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, **options)

    def epoch() -> Answer:
        put_back(model, start)
        total, count = 0.0, 0
        for x, y in batches():
            x, y = x.to(device), y.to(device)
            loss = cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            total += loss.item()
            count += 1
        return torch.tensor(total / count, device=device), parameters(model)

    return epoch


def _slices(x: torch.Tensor, y: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    return zip(x.split(BATCH), y.split(BATCH), strict=True)


@prepared
def loader(x: np.ndarray, y: np.ndarray, start: Tensors, rate: float):
    """The source's loop: a DataLoader that fetches sample by sample and stacks them, SGD, ``loss.item()`` each step.

    TR-01.
    """
    batches = DataLoader(TensorDataset(torch.from_numpy(x), torch.from_numpy(y)), BATCH)
    return _epochs(lambda: batches, start, rate)


@prepared
def loader_at_once(x: np.ndarray, y: np.ndarray, start: Tensors, rate: float):
    """The loader is given lists of indices, so that the data set gathers a batch in one operator.

    TR-01. With a sampler of batches and ``batch_size=None`` nothing is left to stack.
    """
    data = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    batches = DataLoader(data, None, sampler=BatchSampler(SequentialSampler(data), BATCH, drop_last=False))
    return _epochs(lambda: batches, start, rate)


@prepared
def slices(x: np.ndarray, y: np.ndarray, start: Tensors, rate: float):
    """No loader: a batch is a view of the data.

    TR-01.
    """
    data = torch.from_numpy(x), torch.from_numpy(y)
    return _epochs(lambda: _slices(*data), start, rate)


@prepared
@needs("cuda")
def resident(x: np.ndarray, y: np.ndarray, start: Tensors, rate: float):
    """The whole set goes to the device in one copy, before the first step.

    TR-01.
    """
    data, device = (torch.from_numpy(x), torch.from_numpy(y)), start[0].device
    return _epochs(lambda: _slices(*(part.to(device) for part in data)), start, rate)


@prepared
def fused(x: np.ndarray, y: np.ndarray, start: Tensors, rate: float):
    """The step of all parameters is one kernel.

    TR-01.
    """
    data = torch.from_numpy(x), torch.from_numpy(y)
    return _epochs(lambda: _slices(*data), start, rate, fused=True)


@prepared
def written_out(x: np.ndarray, y: np.ndarray, start: Tensors, rate: float):
    """Forward, backward and step by hand: no module, no graph, no optimizer.

    TR-01. The slope of cross entropy is ``softmax - one_hot``.
    """
    data, device = (torch.from_numpy(x), torch.from_numpy(y)), start[0].device
    own = [torch.empty_like(tensor) for tensor in start]
    weights, biases = own[::2], own[1::2]

    def step(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        inputs = [x.flatten(1)]
        for w, b in zip(weights[:-1], biases[:-1], strict=True):
            inputs.append(torch.addmm(b, inputs[-1], w.T).relu_())
        log_softmax = torch.addmm(biases[-1], inputs[-1], weights[-1].T).log_softmax(1)
        labels = torch.arange(len(y), device=device), y
        loss = -log_softmax[labels].mean()
        slope = log_softmax.exp_()
        slope[labels] -= 1
        slope *= 1 / len(y)
        for w, b, before in zip(weights[::-1], biases[::-1], inputs[::-1], strict=True):
            back = None if before is inputs[0] else (slope @ w).mul_(before > 0)
            w.addmm_(slope.T, before, alpha=-rate)
            b.sub_(slope.sum(0), alpha=rate)
            slope = back
        return loss

    def epoch() -> Answer:
        torch._foreach_copy_(own, start)
        losses = [step(x.to(device), y.to(device)).item() for x, y in _slices(*data)]
        return torch.tensor(sum(losses) / len(losses), device=device), own

    return epoch
