"""Sum of the rows ``z[j] = sum_i x[i, j]``, from a Python loop over 500 small tensors to one call.

Each variant takes ``x`` of shape (rows, columns) in float32 and returns (columns,) in float32.
"""

import warnings

import torch

from .._contract import needs, prepared


def slice_loop(x: torch.Tensor) -> torch.Tensor:
    """Index one row, add it: two operators and one view object for ten additions.

    RD-01.
    """
    z = torch.zeros(x.shape[1], dtype=x.dtype, device=x.device)
    for i in range(x.shape[0]):
        z += x[i]
    return z


def unbind_loop(x: torch.Tensor) -> torch.Tensor:
    """Make all the views in one call: the indexing leaves Python, the additions stay.

    RD-01.
    """
    z = torch.zeros(x.shape[1], dtype=x.dtype, device=x.device)
    for row in torch.unbind(x):
        z += row
    return z


def split_loop(x: torch.Tensor) -> torch.Tensor:
    """Split into blocks of one row: views again, but a dimension more for every addition to carry.

    RD-01.
    """
    z = torch.zeros(1, x.shape[1], dtype=x.dtype, device=x.device)
    for row in x.split(1):
        z += row
    return z[0]


def builtin_sum(x: torch.Tensor) -> torch.Tensor:
    """Python's ``sum`` over the rows: a new tensor for each partial sum, where ``+=`` kept one.

    RD-01.
    """
    return sum(x)  # type: ignore[return-value]


@prepared
def script_loop(x: torch.Tensor):
    """The loop of ``slice_loop`` in TorchScript: no interpreter between the operators, the operators stay.

    RD-01. ``torch.jit.script`` is deprecated; its warning is silenced here. Three calls let it finish its profiling.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit", category=Warning)
        script = torch.jit.script(slice_loop)
    for _ in range(3):
        script(x)
    return lambda: script(x)


@needs("cpu")
def numpy_loop(x: torch.Tensor) -> torch.Tensor:
    """The same loop over numpy rows: half the price per operator, the same shape of curve.

    RD-01.
    """
    rows = x.numpy()
    z = rows[0].copy()
    for row in rows[1:]:
        z += row
    return torch.from_numpy(z)


def list_loops(x: torch.Tensor) -> torch.Tensor:
    """Two loops over Python floats: at ten columns no slower than one tensor operator for each row.

    RD-01. Python adds in float64; one rounding at the end.
    """
    z = [0.0] * x.shape[1]
    for row in x.tolist():
        for j, value in enumerate(row):
            z[j] += value
    return torch.tensor(z, dtype=x.dtype, device=x.device)


def list_columns(x: torch.Tensor) -> torch.Tensor:
    """Transpose the list with ``zip`` and let the built-in ``sum`` run in C.

    RD-01. Python adds in float64; one rounding at the end.
    """
    return torch.tensor([sum(column) for column in zip(*x.tolist(), strict=True)], dtype=x.dtype, device=x.device)


def cumsum(x: torch.Tensor) -> torch.Tensor:
    """One call, but it writes every partial sum to read only the last.

    RD-01.
    """
    return x.cumsum(dim=0)[-1]


def index_add(x: torch.Tensor) -> torch.Tensor:
    """One call that adds each row where an index says, and the index always says 0.

    RD-01.
    """
    index = torch.zeros(x.shape[0], dtype=torch.int64, device=x.device)
    return torch.zeros(1, x.shape[1], dtype=x.dtype, device=x.device).index_add_(0, index, x)[0]


def einsum(x: torch.Tensor) -> torch.Tensor:
    """Say what is summed: parsing, then the same kernel as ``torch.sum``.

    RD-01.
    """
    return torch.einsum("ij->j", x)


def ones_matmul(x: torch.Tensor) -> torch.Tensor:
    """A sum is a product with ones: the BLAS does it, at twice the arithmetic.

    RD-01.
    """
    return torch.ones(x.shape[0], dtype=x.dtype, device=x.device) @ x


def sum_float64(x: torch.Tensor) -> torch.Tensor:
    """Accumulate in float64 and round once: what the digits cost.

    RD-01.
    """
    return torch.sum(x, dim=0, dtype=torch.float64).to(x.dtype)


def torch_sum(x: torch.Tensor) -> torch.Tensor:
    """One call, one pass over the memory, and a pairwise sum that rounds less than the loop.

    RD-01.
    """
    return torch.sum(x, dim=0)


@prepared
def sum_out(x: torch.Tensor):
    """The same call into a tensor allocated before: no output object is made in the call.

    RD-01.
    """
    z = torch.empty(x.shape[1], dtype=x.dtype, device=x.device)
    return lambda: torch.sum(x, dim=0, out=z)


@needs("cpu")
def numpy_sum(x: torch.Tensor) -> torch.Tensor:
    """The same reduction in numpy, on the tensor's own memory.

    RD-01.
    """
    return torch.from_numpy(x.numpy().sum(axis=0))
