"""One row from each matrix of a batch, ``out[i] = x[i, index[i]]``: no arithmetic, only finding the rows.

Each variant takes ``x`` of shape (batch, length, width) in float32 and ``index`` of shape (batch,) in int64, and
returns (batch, width) in float32.
"""

import warnings

import torch
from torch.nn import functional

from .._contract import needs, prepared


def loop(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Pick the rows one by one and stack them: four operators for each row, and an index tensor read each time.

    RD-04.
    """
    rows = []
    for i in range(x.shape[0]):
        rows.append(x[i][index[i]])
    return torch.stack(rows)


@prepared
def script_loop(x: torch.Tensor, index: torch.Tensor):
    """The same function in TorchScript: the interpreter was not the cost, the operators were.

    RD-04. ``torch.jit.script`` is deprecated; its warning is silenced here. Three calls let it finish its profiling.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit", category=Warning)
        script = torch.jit.script(loop)
    for _ in range(3):
        script(x, index)
    return lambda: script(x, index)


def list_loop(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Turn the index into Python numbers first: one view for each row is left.

    RD-04.
    """
    return torch.stack([x[i, j] for i, j in enumerate(index.tolist())])


def one_hot_bmm(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Select by multiplying with ones and zeros: all of ``x`` is read to keep one row in ``length``.

    RD-04.
    """
    weights = functional.one_hot(index, x.shape[1]).to(x.dtype)
    return torch.bmm(weights.unsqueeze(1), x).squeeze(1)


def vmap(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Write it for one matrix and let ``vmap`` make it an indexing of the batch: the rewriting is what is paid.

    RD-04.
    """
    return torch.vmap(lambda rows, i: rows[i])(x, index)


def gather(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """``gather`` takes an index for every element: expanding it costs no memory, but it is read ``width`` times.

    RD-04.
    """
    return x.gather(1, index[:, None, None].expand(-1, 1, x.shape[2])).squeeze(1)


def take_along_dim(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """The same ``gather``, after a modulo over the expanded index so that -1 may mean the last: that costs most.

    RD-04.
    """
    return torch.take_along_dim(x, index[:, None, None], dim=1).squeeze(1)


def flat_index(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Lay the matrices end to end and add each one's offset: one indexing operator for the whole batch.

    RD-04: the source's vectorised version.
    """
    offset = torch.arange(x.shape[0], device=x.device) * x.shape[1]
    return x.flatten(0, 1)[index + offset]


def advanced_index(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Two index tensors say the same in one expression: no offset to compute.

    RD-04.
    """
    return x[torch.arange(x.shape[0], device=x.device), index]


def index_select(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Whole rows along one dimension need no general indexing: a simpler kernel copies them.

    RD-04.
    """
    offset = torch.arange(x.shape[0], device=x.device) * x.shape[1]
    return x.flatten(0, 1).index_select(0, index + offset)


def embedding(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """A look-up in a table of batch * length rows is an embedding: the same kernel through another function.

    RD-04.
    """
    offset = torch.arange(x.shape[0], device=x.device) * x.shape[1]
    return functional.embedding(index + offset, x.flatten(0, 1))


@prepared
def index_select_out(x: torch.Tensor, index: torch.Tensor):
    """The offsets, the flat view and the output made before: two operators are left.

    RD-04.
    """
    flat = x.flatten(0, 1)
    offset = torch.arange(x.shape[0], device=x.device) * x.shape[1]
    position = torch.empty_like(index)
    out = torch.empty(x.shape[0], x.shape[2], dtype=x.dtype, device=x.device)
    return lambda: torch.index_select(flat, 0, torch.add(index, offset, out=position), out=out)


@needs("cpu")
def numpy(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """The same two-index expression in numpy, on the tensors' own memory.

    RD-04.
    """
    import numpy as np

    return torch.from_numpy(x.numpy()[np.arange(x.shape[0]), index.numpy()])
