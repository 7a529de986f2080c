"""Add 1 to each of N tensors: N small operators against one big one.

Each variant takes ``tensors``, a list of N tensors of shape (size,) in float32, and ``flat`` of shape (N, size), which
holds the same values in one block. It returns the N sums as a list, or in one block of shape (N, size).
"""

import torch

from .._contract import needs, prepared


def loop(tensors: list[torch.Tensor], flat: torch.Tensor) -> list[torch.Tensor]:
    """One operator for each tensor: below some thousand elements only their number counts, not their size.

    RD-05.
    """
    return [tensor + 1 for tensor in tensors]


@prepared
def loop_out(tensors: list[torch.Tensor], flat: torch.Tensor):
    """The same into tensors allocated before: how much of an operator is making its output.

    RD-05.
    """
    out = [torch.empty_like(tensor) for tensor in tensors]
    return lambda: [torch.add(tensor, 1, out=result) for tensor, result in zip(tensors, out, strict=True)]


@needs("cpu")
def numpy_loop(tensors: list[torch.Tensor], flat: torch.Tensor) -> list[torch.Tensor]:
    """An operator of numpy is cheaper, but crossing over and back costs more than it saves.

    RD-05.
    """
    return [torch.from_numpy(tensor.numpy() + 1) for tensor in tensors]


@prepared
@needs("cpu")
def numpy_out(tensors: list[torch.Tensor], flat: torch.Tensor):
    """The operator of numpy alone: arrays made before over the tensors' memory, the pair of ``loop_out``.

    RD-05.
    """
    import numpy as np

    out = torch.empty_like(flat)
    sources, results = [tensor.numpy() for tensor in tensors], list(out.numpy())

    def run() -> torch.Tensor:
        for source, result in zip(sources, results, strict=True):
            np.add(source, 1, out=result)
        return out

    return run


@prepared
@needs("c++")
def compiled_loop(tensors: list[torch.Tensor], flat: torch.Tensor):
    """``torch.compile`` unrolls the loop into one kernel: one call for all, after a compile that grows with N.

    RD-05.
    """
    if len(tensors) > 10:
        raise RuntimeError(f"needs at most 10 tensors: compile would unroll {len(tensors)} operators")
    run = torch.compile(loop, dynamic=False)
    run(tensors, flat)
    return lambda: run(tensors, flat)


def stack(tensors: list[torch.Tensor], flat: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Copy them together, add once, hand out views: the copy is paid with memory traffic.

    RD-05.
    """
    return (torch.stack(tensors) + 1).unbind()


def foreach(tensors: list[torch.Tensor], flat: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """One call for the list: the loop moves to C++ (and into few kernels on CUDA).

    RD-05.
    """
    return torch._foreach_add(tensors, 1)


def one_add(tensors: list[torch.Tensor], flat: torch.Tensor) -> torch.Tensor:
    """One operator on data that was kept together from the start.

    RD-05.
    """
    return flat + 1
