"""Which functions that make a tensor from an array share its memory."""

from __future__ import annotations


def _addresses(make: str, dtype: str) -> tuple[bool, str]:
    """Whether ``torch.<make>`` of an array uses the array's memory."""
    import numpy
    import torch

    array = numpy.zeros(3, dtype)
    shared = getattr(torch, make)(array).data_ptr() == array.ctypes.data
    return shared, "the tensor uses the array's memory" if shared else "the tensor has its own memory"


def constructor_of_float32() -> tuple[bool, str]:
    """Whether ``torch.Tensor`` of a float32 array copies."""
    shared, seen = _addresses("Tensor", "float32")
    return not shared, seen


def constructor_of_int64() -> tuple[bool, str]:
    """Whether ``torch.Tensor`` of an int64 array, the source's own, copies."""
    shared, seen = _addresses("Tensor", "int64")
    return not shared, seen


def from_numpy() -> tuple[bool, str]:
    """Whether ``torch.from_numpy`` shares."""
    return _addresses("from_numpy", "float32")


LOOKS = {
    "torch.Tensor copies a float32 array": constructor_of_float32,
    "torch.Tensor copies an int64 array": constructor_of_int64,
    "torch.from_numpy shares the array's memory": from_numpy,
}
