"""A batch of images on its way to the device: ``images`` (batch, 1, height, width) of numpy, uint8, to ``like``'s.

Each variant returns float32 between 0 and 1 there, of the same shape. A byte becomes four: it matters on which side of
the bus.
"""

import numpy as np
import torch

from .._contract import needs


def image_by_image(images: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    """Each image alone: 32 copies of 784 bytes, and the bus is idle between them.

    TX-01.
    """
    return torch.stack([torch.from_numpy(image).to(like.device) for image in images]).float() / 255


def cast_then_to(images: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    """The source's way: floats are made by the loader, so four bytes for each pixel cross the bus.

    TX-01.
    """
    return (torch.from_numpy(images).float() / 255).to(like.device)


@needs("cuda")
def pinned_cast_then_to(images: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    """Floats made in the loader and pinned there: pinning is in the clock, as it is in a loader's thread.

    TX-01.
    """
    moved = (torch.from_numpy(images).float() / 255).pin_memory().to(like.device, non_blocking=True)
    torch.cuda.synchronize()
    return moved


def to_then_cast(images: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    """Bytes over the bus, floats made where they are needed.

    TX-01.
    """
    return torch.from_numpy(images).to(like.device).float() / 255
