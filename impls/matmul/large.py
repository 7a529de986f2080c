"""Square products that are large enough for arithmetic to be all that counts: ``x @ y`` where ``y`` equals ``x``.

Each variant takes ``x`` and ``y``, two tensors (n, n) with the same numbers in them, and returns their product.
"""

from collections.abc import Callable

import torch

from .._contract import needs, prepared


@needs("cpu")
def numpy(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Another BLAS: at this size the libraries themselves are compared.

    MM-02.
    """
    return torch.from_numpy(x.numpy() @ y.numpy())


def transposed(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The product of both transposes, transposed: a BLAS takes them as they lie, so nothing is copied.

    MM-02.
    """
    return torch.mm(y.t(), x.t()).t()


def mm(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """One call of the BLAS, one new output: its memory has to be got from the system each time.

    MM-02.
    """
    return torch.mm(x, y)


def same_operand(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """One tensor as both operands, as the source has it: a third less memory to read, the same arithmetic.

    MM-02.
    """
    return torch.mm(x, x)


@prepared
def mm_out(x: torch.Tensor, y: torch.Tensor) -> Callable[[], torch.Tensor]:
    """An output allocated before: no page of it is touched for the first time in the call.

    MM-02.
    """
    c = torch.empty_like(x)
    return lambda: torch.mm(x, y, out=c)


@needs("cpu")
def through_cuda(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """To the GPU, multiply, and back: what the GPU's speed-up is worth when the data are not there yet.

    MM-02.
    """
    if not torch.cuda.is_available():
        raise NotImplementedError("needs a CUDA device")
    return torch.mm(x.cuda(), y.cuda()).cpu()
