"""A linear layer ``x w + b``, with the weights in both layouts that are in use.

Each variant takes ``x`` (rows, in), ``w`` (in, out), ``weight`` (out, in), the same numbers laid out as ``nn.Linear``
keeps them, and ``b`` (out,), in float32, and returns (rows, out).
"""

import torch
from torch.nn import functional

from .._contract import prepared


def matmul_then_add(x: torch.Tensor, w: torch.Tensor, weight: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """As the lesson writes it: the answer is written, read and written again.

    LY-06.
    """
    return x @ w + b


def addmm(x: torch.Tensor, w: torch.Tensor, weight: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """One call: the answer starts as copies of ``b``, or ``b`` goes into the product's last step.

    LY-06.
    """
    return torch.addmm(b, x, w)


def functional_linear(x: torch.Tensor, w: torch.Tensor, weight: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """What ``nn.Linear`` calls: ``addmm`` with the weights the other way round.

    LY-06.
    """
    return functional.linear(x, weight, b)


@prepared
def addmm_out(x: torch.Tensor, w: torch.Tensor, weight: torch.Tensor, b: torch.Tensor):
    """``addmm`` into a tensor allocated before.

    LY-06.
    """
    out = torch.empty(len(x), len(b), dtype=x.dtype, device=x.device)
    return lambda: torch.addmm(b, x, w, out=out)
