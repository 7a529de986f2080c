"""Inputs and results in other precisions: wider, moved by a last place, without their graph."""

from __future__ import annotations

from typing import Any

from perfsuite.model import nested
from perfsuite.model.component import Inputs


def narrowed(inputs: Inputs, like: Inputs) -> Inputs:
    """``inputs`` in the dtypes of ``like``."""
    dtypes = iter([getattr(leaf, "dtype", None) for leaf in nested.leaves(like)])

    def narrow(leaf: Any) -> Any:
        dtype = next(dtypes)
        return leaf.to(dtype) if hasattr(leaf, "to") and dtype is not None else leaf

    return tuple(nested.mapped(narrow, value) for value in fresh(inputs))


def shifted(leaf: Any, generator: Any) -> Any:
    """A floating tensor in float64, each number moved by one unit of its last place, up or down by chance."""
    import torch

    if not isinstance(leaf, torch.Tensor) or not leaf.is_floating_point():
        return leaf
    signs = torch.randint(0, 2, leaf.shape, generator=generator, dtype=torch.int8) * 2 - 1
    return leaf.detach().double() * (1 + signs * torch.finfo(leaf.dtype).eps)


def numbers(leaf: Any) -> Any:
    """The numbers of a tensor in double precision; those of a complex one as pairs."""
    import torch

    return (torch.view_as_real(leaf.resolve_conj()) if leaf.is_complex() else leaf).double()


def tensors(inputs: Inputs) -> list[Any]:
    """The tensors among the leaves."""
    import torch

    return [leaf for leaf in nested.leaves(inputs) if isinstance(leaf, torch.Tensor)]


def fresh(inputs: Inputs) -> Inputs:
    """A copy that a call may write into."""
    return tuple(nested.mapped(lambda leaf: leaf.clone() if hasattr(leaf, "clone") else leaf, one) for one in inputs)


def wider(inputs: Inputs) -> Inputs:
    """A copy in float64."""
    return tuple(nested.mapped(wide, value) for value in fresh(inputs))


def wide(leaf: Any) -> Any:
    """A float64 copy of a floating tensor or array; anything else as it is."""
    import numpy
    import torch

    if isinstance(leaf, torch.Tensor):
        if leaf.is_floating_point():
            return leaf.detach().double().requires_grad_(leaf.requires_grad)
        return leaf.to(torch.complex128) if leaf.is_complex() else leaf
    if isinstance(leaf, numpy.ndarray) and leaf.dtype.kind == "f":
        return leaf.astype(numpy.float64)
    return leaf


def detached(result: Any) -> Any:
    """The tensors and numbers of a result in a list, without its graph; ``None`` is nothing."""
    import torch

    def plain(leaf: Any) -> Any:
        if isinstance(leaf, torch.Tensor):
            return leaf.detach().clone()
        return torch.tensor(leaf) if type(leaf) in (bool, int, float) else leaf

    return [plain(leaf) for leaf in nested.leaves(result) if leaf is not None]


def largest(leaf: Any) -> float:
    """The largest magnitude of an element; 0 without any."""
    return float(leaf.abs().double().amax()) if leaf.numel() else 0.0
