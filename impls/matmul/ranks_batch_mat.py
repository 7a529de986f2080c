"""A batch of matrices times one matrix: ``a`` (s, m, k), ``b`` (k, n), the products (s, m, n)."""

import torch


def repeat_bmm(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Copy the matrix once for each of the batch.

    MM-03.
    """
    return torch.bmm(a, b.repeat(a.shape[0], 1, 1))


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Parses the formula, sees that the batch can be folded, and calls ``bmm`` for a batch of one.

    MM-03.
    """
    return torch.einsum("smk,kn->smn", a, b)


def tensordot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Folds any tensors into two matrices, which is what this case needs.

    MM-03.
    """
    return torch.tensordot(a, b, dims=1)


def linear(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A layer without bias on a batch, ``b`` as a transposed view of a view: it folds too.

    MM-03.
    """
    return torch.nn.functional.linear(a, b.t())


def fold_mm(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The batch folded into the rows by hand: two views around one product.

    MM-03.
    """
    return torch.mm(a.view(-1, a.shape[-1]), b).view(*a.shape[:-1], b.shape[-1])


def expand_bmm(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Show the one matrix to each of the batch: no copy, but still a product for each.

    MM-03.
    """
    return torch.bmm(a, b.expand(a.shape[0], -1, -1))


def matmul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Asks for both ranks and folds the batch into the rows.

    MM-03.
    """
    return torch.matmul(a, b)
