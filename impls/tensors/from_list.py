"""Numbers in Python lists become a tensor: ``values``, a list of rows, is added to ``x`` (rows, columns) in float32.

Each variant returns ``x + values``, (rows, columns) in float32. The addition is the use that is made of the tensor.
"""

from array import array
from itertools import chain

import torch

from .._contract import prepared

Rows = list[list[float]]


def elements(values: Rows, x: torch.Tensor) -> torch.Tensor:
    """Write each number to its place: an indexing and a copy for four bytes.

    TN-02.
    """
    made = torch.empty_like(x)
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            made[i, j] = value
    return x + made


def rows(values: Rows, x: torch.Tensor) -> torch.Tensor:
    """A tensor for each row, stacked: what a data set does that hands out rows.

    TN-01, TN-02.
    """
    return x + torch.stack([torch.tensor(row, device=x.device) for row in values])


def tensor(values: Rows, x: torch.Tensor) -> torch.Tensor:
    """``torch.tensor(list)``: the type is found by looking at every number of the list first.

    TN-01, TN-02.
    """
    return x + torch.tensor(values, device=x.device)


def constructor(values: Rows, x: torch.Tensor) -> torch.Tensor:
    """``torch.Tensor(list)``: float32 whatever the list holds, so the types need not be checked first.

    TN-02.
    """
    return x + torch.Tensor(values).to(x.device)


def buffer(values: Rows, x: torch.Tensor) -> torch.Tensor:
    """Python's own ``array`` packs the numbers, torch shares its buffer.

    TN-02.
    """
    packed = array("f", chain.from_iterable(values))
    return x + torch.frombuffer(packed, dtype=torch.float32).view(x.shape).to(x.device)


def numpy(values: Rows, x: torch.Tensor) -> torch.Tensor:
    """Let numpy read the lists, and share the array.

    TN-02.
    """
    import numpy as np

    return x + torch.from_numpy(np.array(values, dtype=np.float32)).to(x.device)


@prepared
def kept(values: Rows, x: torch.Tensor):
    """Convert once and keep the tensor: the addition alone is left.

    TN-02.
    """
    made = torch.tensor(values, device=x.device)
    return lambda: x + made
