"""Images turned about their middle, each by an angle of its own.

Each variant takes ``images`` of shape (count, channels, side, side) in uint8, black outside the circle that fits into
them, and ``angles`` of shape (count,) in float32, in degrees, counter-clockwise. It returns images of that shape and
type. A pixel is the bilinear mean of the four around the place that it comes from.
"""

import numpy as np
import torch
from torch.nn import functional

from .._contract import needs, prepared


@prepared
@needs("torchvision")
def tensors(images: torch.Tensor, angles: torch.Tensor):
    """The tensor operators of torchvision, image by image: for each a matrix, a grid, a conversion there and one back.

    IM-06.
    """
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2 import functional as v2

    kind = InterpolationMode.BILINEAR
    return lambda: torch.stack(
        [v2.rotate(image, angle, kind) for image, angle in zip(images, angles.tolist(), strict=True)]
    )


@prepared
@needs("PIL", "cpu")
def pil(images: torch.Tensor, angles: torch.Tensor):
    """PIL image by image: one loop over the pixels, without a grid.

    IM-06.
    """
    from PIL import Image

    def each() -> torch.Tensor:
        made = []
        for image, angle in zip(images, angles.tolist(), strict=True):
            pixels = image[0] if len(image) == 1 else image.permute(1, 2, 0)
            turned = Image.fromarray(pixels.numpy()).rotate(angle, Image.Resampling.BILINEAR)
            made.append(torch.from_numpy(np.array(turned)).view(*pixels.shape[:2], -1).permute(2, 0, 1))
        return torch.stack(made)

    return each


def batch(images: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    """One grid for the whole batch: ``affine_grid`` and ``grid_sample``, which want numbers in floating point.

    IM-06.
    """
    cos, sin = angles.deg2rad().cos(), angles.deg2rad().sin()
    zero = torch.zeros_like(cos)
    turns = torch.stack([cos, -sin, zero, sin, cos, zero], dim=1).view(-1, 2, 3)
    grid = functional.affine_grid(turns, list(images.shape), align_corners=False)
    return functional.grid_sample(images.float(), grid, align_corners=False).round_().to(torch.uint8)
