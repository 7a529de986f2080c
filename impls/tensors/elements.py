"""Python looks at each element: ``x`` of shape (n,) in float32, and the sum of its elements as a Python float.

The sum stands for whatever a loop in Python does with single numbers; all variants add up in float64.
"""

import torch

from .._contract import needs


def index_item(x: torch.Tensor) -> float:
    """``x[i].item()``: two operators and a tensor object for four bytes.

    TN-04.
    """
    total = 0.0
    for i in range(len(x)):
        total += x[i].item()
    return total


def iterate(x: torch.Tensor) -> float:
    """Iterating makes all the views in one call (it is ``unbind``); each is still asked for its number.

    TN-04.
    """
    total = 0.0
    for element in x:
        total += element.item()
    return total


@needs("cpu")
def numpy(x: torch.Tensor) -> float:
    """The array over the same memory hands out numpy's scalars; without ``float`` the sum would stay in float32.

    TN-02, TN-04.
    """
    total = 0.0
    for element in x.numpy():
        total += float(element)
    return total


def tolist(x: torch.Tensor) -> float:
    """``tolist`` first: one copy from the device, then Python is among its own.

    TN-02, TN-04.
    """
    total = 0.0
    for element in x.tolist():
        total += element
    return total


def vectorised(x: torch.Tensor) -> float:
    """Do not look at elements: one operator, one number fetched.

    TN-04.
    """
    return x.sum(dtype=torch.float64).item()
