"""Describe which element of a wrong result is farthest from the right value."""

from __future__ import annotations

from typing import Any


def outside(error: Any, allowed: Any) -> str:
    """How many elements are outside their limits, and which is farthest."""
    count = int((~(error <= allowed)).sum())
    return f"{count} of {error.numel()} elements are outside the tolerance; {_worst(error, allowed)}"


def _worst(error: Any, allowed: Any) -> str:
    """The element that is farthest outside its own limit, with error and limit; NaN elements come first."""
    import torch

    share = (error / allowed).nan_to_num_(nan=1e300, posinf=1e300)  # if the limit is 0 or NaN
    share.masked_fill_(error <= allowed, -1.0).masked_fill_(error.isnan(), torch.inf)
    at = int(share.argmax())
    index = [int(one) for one in torch.unravel_index(torch.tensor(at), error.shape)]
    where = f" at {index}" if index else ""
    return f"the worst{where} has error {float(error.flatten()[at]):.3g}, allowed {float(allowed.flatten()[at]):.3g}"
