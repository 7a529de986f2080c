"""The last column of a matrix: ``x`` of shape (n, n) in float32 gives ``x[:, -1]``, (n,) in float32, as a copy.

A view would read nothing. The copy reads one number from each row: four bytes from every cache line that it touches,
unless ``x`` lies column by column.
"""

import torch


def mask(x: torch.Tensor) -> torch.Tensor:
    """A mask over the columns: which of them are true must be counted before the answer's size is known.

    TN-04.
    """
    wanted = torch.zeros(x.shape[1], dtype=torch.bool, device=x.device)
    wanted[-1] = True
    return x[:, wanted].squeeze(1)


def take(x: torch.Tensor) -> torch.Tensor:
    """Places in the flattened matrix, one for each element.

    TN-04.
    """
    return x.take(torch.arange(1, x.shape[0] + 1, device=x.device) * x.shape[1] - 1)


def gather(x: torch.Tensor) -> torch.Tensor:
    """An index for each element again, within its row.

    TN-04.
    """
    last = torch.full((), x.shape[1] - 1, device=x.device)
    return x.gather(1, last.expand(x.shape[0], 1)).squeeze(1)


def list_index(x: torch.Tensor) -> torch.Tensor:
    """``x[:, [-1]]``: a list becomes a tensor, and the general indexing follows.

    TN-04.
    """
    return x[:, [-1]].squeeze(1)


def index_select(x: torch.Tensor) -> torch.Tensor:
    """A tensor of one index, and the kernel for whole slices.

    TN-04. It wants rows: a matrix that lies column by column is copied as a whole first.
    """
    return x.index_select(1, torch.full((1,), x.shape[1] - 1, device=x.device)).squeeze(1)


def ellipsis(x: torch.Tensor) -> torch.Tensor:
    """The source's ``x[..., -1]``, a view; the copy walks down the column.

    TN-04.
    """
    return x[..., -1].clone()


def select(x: torch.Tensor) -> torch.Tensor:
    """The same view by its own name: no index has to be taken apart.

    TN-04.
    """
    return x.select(1, -1).clone()
