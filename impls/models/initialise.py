"""Random weights with mean 0 and standard deviation sqrt(2 / inputs), which keep the spread through a ReLU.

Each variant takes ``w`` (inputs, outputs), whose shape, type and device count and whose numbers do not, and returns a
new tensor like it. For torch the inputs of such a tensor are its ``fan_out``: it expects weights (outputs, inputs).
"""

import math

import torch
from torch.nn import init


def orthogonal(w: torch.Tensor) -> torch.Tensor:
    """Columns at right angles, by a QR decomposition of a normal matrix: cubic work, for a spread that is exact.

    MD-08.
    """
    return init.orthogonal_(torch.empty_like(w), gain=math.sqrt(2))


def trunc_normal(w: torch.Tensor) -> torch.Tensor:
    """Normal without its tails, but the cuts lie at -2 and 2, whatever the deviation: here nothing is cut, only looked.

    MD-08.
    """
    return init.trunc_normal_(torch.empty_like(w), std=math.sqrt(2 / len(w)))


def randn_scaled(w: torch.Tensor) -> torch.Tensor:
    """The lesson's line: a normal tensor is written, and read again to be scaled.

    MD-08.
    """
    return torch.randn_like(w) * math.sqrt(2 / len(w))


def kaiming_uniform(w: torch.Tensor) -> torch.Tensor:
    """Uniform with the same deviation: hardly cheaper, for the time goes into the generator, which both ask as often.

    MD-08. It is the distribution that layers are made with, there with a = sqrt(5) and so with a smaller deviation.
    """
    return init.kaiming_uniform_(torch.empty_like(w), mode="fan_out", nonlinearity="relu")


def kaiming_normal(w: torch.Tensor) -> torch.Tensor:
    """The library's: drawn with the deviation that is wanted, in one pass.

    MD-08.
    """
    return init.kaiming_normal_(torch.empty_like(w), mode="fan_out", nonlinearity="relu")
