"""Other contents for inputs of which there is one example."""

from __future__ import annotations

from typing import Any

from perfsuite.model import nested
from perfsuite.model.component import Inputs


def varied(inputs: Inputs, generator: Any) -> Inputs:
    """A copy of ``inputs`` with the elements of each floating tensor and array shuffled.

    Everything else stays as it is: whole numbers may be indices, and booleans masks.
    """
    return tuple(nested.mapped(lambda leaf: _shuffled(leaf, generator), value) for value in inputs)


def _shuffled(leaf: Any, generator: Any) -> Any:
    import numpy
    import torch

    if isinstance(leaf, numpy.ndarray) and leaf.dtype.kind == "f":
        return _shuffled(torch.from_numpy(leaf.copy()), generator).numpy()
    if not isinstance(leaf, torch.Tensor):
        return leaf
    copied = leaf.detach().cpu().clone()
    if leaf.is_floating_point() and leaf.numel() > 1:
        order = torch.randperm(leaf.numel(), generator=generator)
        copied.copy_(copied.reshape(-1)[order].reshape(leaf.shape))
    return copied.requires_grad_(leaf.requires_grad)
