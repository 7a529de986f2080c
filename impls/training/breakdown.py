"""Where the time of an epoch goes: the loop of ``epoch``, which yields the name of each part when that part is done.

``x`` (n, 28, 28) in float32 and ``y`` (n,) in int64 are arrays of numpy, in the host's memory; ``start`` =
``[w1, b1, w2, b2, w3, b3]`` are the parameters before the epoch, on the device that trains; ``rate`` is SGD's. Each
variant returns an iterator over names, and last ``[mean of the batches' losses, *new parameters]``. Reading the
clock at each name gives the time of each part; without that, a name costs 50 nanoseconds.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from .._contract import needs, prepared
from ._mlp import Tensors, network, parameters, put_back
from ._nowhere import Nowhere

BATCH, LOG = 32, 10
Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]
Timeline = Iterator[str | Tensors]


class _Epoch:
    """An epoch with all that is made before it; each call goes through it once more."""

    def __init__(self, batches: Callable[[], Batches], start: Tensors, rate: float, compiled: bool = False) -> None:
        self.batches, self.start, self.device = batches, start, start[0].device
        self.model, self.loss = network(start), nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=rate)
        self.forward = torch.compile(self.model, dynamic=False) if compiled else self.model
        self.log = Nowhere()

    def __call__(self) -> Timeline:
        put_back(self.model, self.start)
        yield "rest"
        total, correct, seen = 0.0, 0, 0
        for step, (x, y) in enumerate(self.batches(), start=1):
            yield "data"
            x, y = x.to(self.device), y.to(self.device)
            yield "transfer"
            output = self.forward(x)
            yield "forward"
            loss = self.loss(output, y)
            yield "loss"
            loss.backward()
            yield "backward"
            self.optimizer.step()
            self.optimizer.zero_grad()
            yield "step"
            total += loss.item()
            correct += (output.argmax(1) == y).sum().item()
            seen += len(y)
            yield ".item()"
            if step % LOG == 0:
                print(_line(step, total / step, correct / seen), file=self.log)
            yield "logging"
        yield [torch.tensor(total / step, device=self.device), *parameters(self.model)]


def _line(step: int, loss: float, accuracy: float) -> str:
    """What is printed: the source puts a per cent sign behind the fraction, and calls 71 % "0.71%"."""
    return f"step {step}: loss {loss:.4f}, accuracy {accuracy:.1%}"


def _loader(x: np.ndarray, y: np.ndarray) -> Callable[[], Batches]:
    batches = DataLoader(TensorDataset(torch.from_numpy(x), torch.from_numpy(y)), BATCH)
    return lambda: batches


def _slices(x: np.ndarray, y: np.ndarray) -> Callable[[], Batches]:
    images, labels = torch.from_numpy(x), torch.from_numpy(y)
    return lambda: zip(images.split(BATCH), labels.split(BATCH), strict=True)


@prepared
def loader(x: np.ndarray, y: np.ndarray, start: Tensors, rate: float):
    """The source's loop: every sample is fetched alone, and operators are called one by one.

    TR-10.
    """
    return _Epoch(_loader(x, y), start, rate)


@prepared
@needs("c++")
def loader_compiled(x: np.ndarray, y: np.ndarray, start: Tensors, rate: float):
    """The network compiled, with its backward: the other parts stay what they were.

    TR-10.
    """
    return _Epoch(_loader(x, y), start, rate, compiled=True)


@prepared
def slices(x: np.ndarray, y: np.ndarray, start: Tensors, rate: float):
    """Batches as views of the data: what the loader took is gone, and the shares of the others grow.

    TR-10.
    """
    return _Epoch(_slices(x, y), start, rate)


@prepared
@needs("c++")
def slices_compiled(x: np.ndarray, y: np.ndarray, start: Tensors, rate: float):
    """Both: what is left to gain lies in backward and step.

    TR-10.
    """
    return _Epoch(_slices(x, y), start, rate, compiled=True)
