"""The gradients of one batch, computed by two that each take half of it and average what they find.

``x`` (n, 28, 28) float32, ``y`` (n,) int64, n even, and ``start`` = ``[w1, b1, w2, b2, w3, b3]``. Each variant returns
the gradients of the mean cross entropy over all n samples, a list like ``start``.
"""

import tempfile
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.functional import cross_entropy

from .._contract import needs, prepared
from ._mlp import Tensors, network, put_back


def _gradients(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> Tensors:
    model.zero_grad()
    cross_entropy(model(x), y).backward()
    return [p.grad for p in model.parameters()]


@prepared
def two_halves(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """One process that computes one half after the other and averages: the arithmetic of two, without the second.

    TR-11.
    """
    model = network(start)

    def run() -> Tensors:
        put_back(model, start)
        halves = [_gradients(model, *half) for half in zip(x.chunk(2), y.chunk(2), strict=True)]
        return [(a + b) / 2 for a, b in zip(*halves, strict=True)]

    return run


@prepared
@needs("cpu")
def two_processes(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """``DistributedDataParallel`` over gloo: each process has a copy of the network, and gradients are averaged.

    TR-11. The copies of the inputs into shared memory stand for loaders of which each process has its own.
    """
    return _Pair(x, y, start)


class _Pair:
    """This process and another that has the second half of the batch; both stay until ``close``."""

    def __init__(self, *inputs) -> None:
        self._inputs = inputs
        self._shared = [_shared(part) for part in inputs]
        self._folder = tempfile.TemporaryDirectory()
        meeting = (Path(self._folder.name) / "meeting").as_uri()
        context = mp.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._other = context.Process(target=_other, args=(theirs, meeting, *self._shared), daemon=True)
        self._other.start()
        theirs.close()
        dist.init_process_group("gloo", init_method=meeting, rank=0, world_size=2)
        self._model = nn.parallel.DistributedDataParallel(network(self._shared[2]))

    def __call__(self) -> Tensors:
        for shared, part in zip(self._shared, self._inputs, strict=True):
            _copy(shared, part)
        self._pipe.send(True)
        return _half(self._model, *self._shared, rank=0)

    def close(self) -> None:
        """End the other process and leave the group."""
        self._pipe.send(False)
        del self._model
        dist.destroy_process_group()
        self._other.join()
        self._folder.cleanup()


def _shared(part):
    return [_shared(one) for one in part] if isinstance(part, list) else part.clone().share_memory_()


def _copy(into, part) -> None:
    torch._foreach_copy_(into, part) if isinstance(part, list) else into.copy_(part)


def _half(model: nn.Module, x: torch.Tensor, y: torch.Tensor, start: Tensors, rank: int) -> Tensors:
    put_back(model, start)
    return _gradients(model, x.chunk(2)[rank], y.chunk(2)[rank])


def _other(pipe, meeting: str, x: torch.Tensor, y: torch.Tensor, start: Tensors) -> None:
    """What the second process does."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=meeting, rank=1, world_size=2)
    model = nn.parallel.DistributedDataParallel(network(start))
    while pipe.recv():
        _half(model, x, y, start, rank=1)
    del model
    dist.destroy_process_group()


@prepared
@needs("cuda")
def data_parallel(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """``DataParallel``: one process sends the network and a part of the batch to each GPU, in threads, in each step.

    TR-11. The source ran it on two GPUs without being asked, which doubled its batch and halved its steps.
    """
    if torch.cuda.device_count() < 2:
        raise NotImplementedError("needs two GPUs")
    model = network(start)
    spread = nn.DataParallel(model, device_ids=[0, 1])

    def run() -> Tensors:
        put_back(model, start)
        return _gradients(spread, x, y)

    return run


@prepared
def one_process(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """The whole batch in one place: nothing is sent.

    TR-11.
    """
    model = network(start)

    def run() -> Tensors:
        put_back(model, start)
        return _gradients(model, x, y)

    return run
