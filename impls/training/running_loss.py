"""Steps of a training whose mean loss is wanted: ``xs`` (steps, 32, features), ``ys`` (steps, 32) and ``start``.

``start`` = ``[w1, b1, w2, b2]``; SGD at rate 0.1. Each variant returns the mean of the losses, a float32 scalar, and
the new parameters, a list. ``loss.item()`` waits until the device has computed the loss, and with it all before.
"""

from collections import deque
from collections.abc import Iterator

import torch
from torch.nn.functional import cross_entropy

from .._contract import needs, prepared
from ._mlp import Tensors, network, parameters, put_back

RATE, EVERY = 0.1, 10


class _Steps:
    """The training, step by step: hands out each step's loss."""

    def __init__(self, xs: torch.Tensor, ys: torch.Tensor, start: Tensors) -> None:
        self.xs, self.ys, self.start, self.model = xs, ys, start, network(start)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=RATE)

    def __iter__(self) -> Iterator[torch.Tensor]:
        put_back(self.model, self.start)
        for x, y in zip(self.xs, self.ys, strict=True):
            loss = cross_entropy(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            yield loss.detach()

    def answer(self, mean: float | torch.Tensor) -> tuple[torch.Tensor, Tensors]:
        return torch.as_tensor(mean, device=self.xs.device), parameters(self.model)


@prepared
def items(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """``loss.item()`` in each step: on a GPU the host waits for every step before it may issue the next.

    TR-03.
    """
    steps = _Steps(xs, ys, start)

    def run():
        total = 0.0
        for loss in steps:
            total += loss.item()
        return steps.answer(total / len(xs))

    return run


@prepared
def items_twice(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """The source reads the loss once more every so often, to print it: it is there by then, and costs next to nothing.

    TR-03.
    """
    steps = _Steps(xs, ys, start)

    def run():
        total, log = 0.0, []
        for step, loss in enumerate(steps, start=1):
            total += loss.item()
            if step % EVERY == 0:
                log.append(f"step {step}: loss {loss.item():.4f}")
        return steps.answer(total / len(xs))

    return run


@prepared
def stacked(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """The losses are kept as tensors and averaged at the end: one wait in all.

    TR-03.
    """
    steps = _Steps(xs, ys, start)
    return lambda: steps.answer(torch.stack(list(steps)).mean())


@prepared
def added(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """A sum on the device: one small operator a step, no wait.

    TR-03.
    """
    steps = _Steps(xs, ys, start)

    def run():
        total = torch.zeros((), device=xs.device)
        for loss in steps:
            total += loss
        return steps.answer(total / len(xs))

    return run


@prepared
def item_each_10(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """The sum, looked at every ten steps: what it costs to print now and then.

    TR-03.
    """
    steps = _Steps(xs, ys, start)

    def run():
        total, log = torch.zeros((), device=xs.device), []
        for step, loss in enumerate(steps, start=1):
            total += loss
            if step % EVERY == 0:
                log.append(f"step {step}: mean loss {total.item() / step:.4f}")
        return steps.answer(total / len(xs))

    return run


@prepared
@needs("cuda")
def copied_behind(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """Each loss is sent to pinned memory behind its step and read one step later: the device never waits for the host.

    TR-03. The event says when the number has arrived.
    """
    steps, slots = _Steps(xs, ys, start), torch.empty(len(xs), pin_memory=True)

    def run():
        total, on_the_way = 0.0, deque()
        for slot, loss in zip(slots, steps, strict=True):
            slot.copy_(loss, non_blocking=True)
            on_the_way.append((slot, torch.cuda.current_stream().record_event()))
            if len(on_the_way) > 1:
                total += _arrived(*on_the_way.popleft())
        total += _arrived(*on_the_way.popleft())
        return steps.answer(total / len(xs))

    return run


def _arrived(slot: torch.Tensor, event: torch.cuda.Event) -> float:
    event.synchronize()
    return slot.item()
