"""Matrix times matrix by every name it has: ``a`` (m, k), ``b`` (k, n), the product (m, n)."""

import torch


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Parses the formula in every call, and goes through eleven views to a batch of one.

    MM-03.
    """
    return torch.einsum("ik,kj->ij", a, b)


def tensordot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Folds any tensors into two matrices, which these are: five views for nothing.

    MM-03.
    """
    return torch.tensordot(a, b, dims=1)


def inner(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Sums over the last axis of both, so ``b`` comes as a transposed view; then it is a ``tensordot``.

    MM-03.
    """
    return torch.inner(a, b.t())


def bmm(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A batch of one: three views around the same arithmetic.

    MM-03.
    """
    return torch.bmm(a[None], b[None])[0]


def linear(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A layer without bias: its weight is stored (out, in), so ``b`` comes as a transposed view.

    MM-03.
    """
    return torch.nn.functional.linear(a, b.t())


def multi_dot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Looks for the best order of the products, of which there is one.

    MM-03.
    """
    return torch.linalg.multi_dot([a, b])


def matmul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Asks for both ranks, then calls ``mm``.

    MM-03.
    """
    return torch.matmul(a, b)


def mm(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The operator itself.

    MM-03.
    """
    return torch.mm(a, b)
