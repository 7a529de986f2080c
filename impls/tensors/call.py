"""What a call costs that does nothing: ``x`` of shape (2, 3) in float32 is returned, or a tensor of the same numbers.

The floor under every figure of some microseconds. From operators over views to attributes, and to no call at all.
"""

import torch
from torch import nn

from .._contract import needs, prepared


def clone(x: torch.Tensor) -> torch.Tensor:
    """The least that an operator with an output of its own can do.

    TN-06.
    """
    return x.clone()


def add(x: torch.Tensor) -> torch.Tensor:
    """An addition of 0: Python's number becomes one of torch's, and an output is made.

    TN-06.
    """
    return x + 0


def add_in_place(x: torch.Tensor) -> torch.Tensor:
    """The same without an output.

    TN-06.
    """
    return x.add_(0)


@needs("cpu")
def numpy(x: torch.Tensor) -> torch.Tensor:
    """There and back: a view as an array, and a view of that as a tensor.

    TN-06.
    """
    return torch.from_numpy(x.numpy())


def empty(x: torch.Tensor) -> torch.Tensor:
    """Make a tensor without elements: a tensor object and nothing else.

    TN-06.
    """
    torch.empty(0, device=x.device)
    return x


def view(x: torch.Tensor) -> torch.Tensor:
    """A second tensor over the same memory.

    TN-06.
    """
    return x.view(2, 3)


def detach(x: torch.Tensor) -> torch.Tensor:
    """The cheapest view: no size is looked at.

    TN-06.
    """
    return x.detach()


@prepared
def identity(x: torch.Tensor):
    """``nn.Identity``: what a module costs around nothing.

    TN-06.
    """
    module = nn.Identity()
    return lambda: module(x)


def device(x: torch.Tensor) -> torch.Tensor:
    """Read ``x.device``: a new Python object each time.

    TN-06.
    """
    x.device  # noqa: B018
    return x


def shape(x: torch.Tensor) -> torch.Tensor:
    """Read ``x.shape``: a tuple is made of it.

    TN-06.
    """
    x.shape  # noqa: B018
    return x


def dtype(x: torch.Tensor) -> torch.Tensor:
    """Read ``x.dtype``: the object is there already.

    TN-06.
    """
    x.dtype  # noqa: B018
    return x


def nothing(x: torch.Tensor) -> torch.Tensor:
    """No call into torch: Python calls this function, and it returns.

    TN-06.
    """
    return x
