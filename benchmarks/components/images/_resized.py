"""Resizing written out in float64, as Pillow defines it: each output pixel is a weighted mean of those under it.

If an image shrinks, the kernel is stretched by the same factor, so that every input pixel counts (antialiasing).
"""

from __future__ import annotations

from typing import Any

REACH = {"bilinear": 1.0, "bicubic": 2.0}  # input pixels on each side under a kernel, before it is stretched


def resized(image: Any, height: int, width: int, mode: str = "bilinear") -> Any:
    """``image`` (channels, height, width) in float64, resized without rounding or clamping."""
    return weights(image.shape[-2], height, mode) @ image @ weights(image.shape[-1], width, mode).T


def weights(old: int, new: int, mode: str) -> Any:
    """The weight of each of ``old`` pixels in each of ``new`` ones: (new, old), each row sums to 1."""
    import torch

    scale = old / new
    centre = (torch.arange(new, dtype=torch.float64) + 0.5) * scale
    place = torch.arange(old, dtype=torch.float64) + 0.5
    if mode == "nearest":
        return (place - 0.5 == centre[:, None].floor()).double()
    apart = (place - centre[:, None]).abs() / max(scale, 1.0)
    part = (_triangle if mode == "bilinear" else _cubic)(apart) * (apart < REACH[mode])
    return part / part.sum(dim=1, keepdim=True)


def _triangle(x: Any) -> Any:
    return 1 - x


def _cubic(x: Any, a: float = -0.5) -> Any:
    """Keys' kernel; ``a`` is -0.5 with antialiasing, in Pillow and in torch."""
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return near.where(x < 1, far)
