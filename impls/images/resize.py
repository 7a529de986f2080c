"""A photograph resized to 224 x 224, each of its pixels taken into account.

Each variant takes ``image`` of shape (height, width, 3) in uint8, as decoders deliver it, and ``mode``: ``"nearest"``,
``"bilinear"`` or ``"bicubic"``. It returns an image of shape (3, 224, 224) in uint8.
"""

import numpy as np
import torch
from torch.nn import functional

from .._contract import needs, prepared

SIDE = 224


def floats(image: torch.Tensor, mode: str) -> torch.Tensor:
    """Convert to float32, let ``interpolate`` filter, round, convert back.

    IM-05.
    """
    x = image.permute(2, 0, 1).unsqueeze(0).float()
    if mode == "nearest":
        return functional.interpolate(x, (SIDE, SIDE), mode="nearest-exact")[0].to(torch.uint8)
    x = functional.interpolate(x, (SIDE, SIDE), mode=mode, antialias=True)
    return x[0].round_().clamp_(0, 255).to(torch.uint8)


@prepared
@needs("PIL", "cpu")
def pil(image: torch.Tensor, mode: str):
    """Pillow's own filter, in whole numbers: along the rows, then along the columns.

    IM-05.
    """
    from PIL import Image

    kind = Image.Resampling[mode.upper()]

    def resize() -> torch.Tensor:
        small = Image.fromarray(image.numpy()).resize((SIDE, SIDE), kind)
        return torch.from_numpy(np.array(small)).permute(2, 0, 1)

    return resize


@prepared
@needs("torchvision")
def tensor_planes(image: torch.Tensor, mode: str):
    """The tensor operators of torchvision on bytes, a plane for each colour: a filter in whole numbers.

    IM-05.
    """
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2 import functional as v2

    kind = InterpolationMode("nearest-exact" if mode == "nearest" else mode)
    return lambda: v2.resize(image.permute(2, 0, 1).contiguous(), [SIDE, SIDE], kind, antialias=True)


@prepared
@needs("torchvision")
def tensor(image: torch.Tensor, mode: str):
    """The same with the colours of a pixel side by side, as they came: the permuted view is all that it takes.

    IM-05.
    """
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2 import functional as v2

    kind = InterpolationMode("nearest-exact" if mode == "nearest" else mode)
    return lambda: v2.resize(image.permute(2, 0, 1), [SIDE, SIDE], kind, antialias=True)
