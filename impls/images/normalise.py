"""``ToTensor`` and ``Normalize``: bytes become float32 numbers with about mean 0 and standard deviation 1.

Each variant takes ``images`` of shape (length, height, width) in uint8 and returns ``(x / 255 - 0.2860) / 0.3530`` as
(length, 1, height, width) in float32.
"""

import numpy as np
import torch

from .._contract import needs, prepared

MEAN, STD = 0.2860, 0.3530
SCALE, SHIFT = 1 / (255 * STD), -MEAN / STD  # (x / 255 - MEAN) / STD = SCALE x + SHIFT


@prepared
@needs("torchvision", "cpu")
def transforms_v2(images: torch.Tensor):
    """The second version of the transforms on PIL images, one by one: each step looks through its inputs anew.

    IM-03.
    """
    from PIL import Image
    from torchvision.transforms import v2

    steps = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize((MEAN,), (STD,))]
    change = v2.Compose(steps)
    return lambda: torch.stack([change(Image.fromarray(image.numpy())) for image in images])


@prepared
@needs("torchvision", "cpu")
def transforms_v1(images: torch.Tensor):
    """As in the source: ``ToTensor`` and ``Normalize`` on PIL images, one by one.

    IM-03.
    """
    from PIL import Image
    from torchvision import transforms

    change = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])
    return lambda: torch.stack([change(Image.fromarray(image.numpy())) for image in images])


def one_by_one(images: torch.Tensor) -> torch.Tensor:
    """No image objects: three operators for each image.

    IM-03.
    """
    return torch.stack([((image.float() / 255 - MEAN) / STD).unsqueeze(0) for image in images])


@prepared
@needs("torchvision")
def batch_v2(images: torch.Tensor):
    """The same transforms of the second version, given all images at once.

    IM-03.
    """
    from torchvision.transforms import v2

    change = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize((MEAN,), (STD,))])
    return lambda: change(images.unsqueeze(1))


@needs("cpu")
def numpy_table(images: torch.Tensor) -> torch.Tensor:
    """A byte has 256 values: compute these, then look each pixel up, in numpy.

    IM-03.
    """
    table = ((np.arange(256) / 255 - MEAN) / STD).astype(np.float32)
    return torch.from_numpy(table.take(images.numpy())).unsqueeze(1)


def table(images: torch.Tensor) -> torch.Tensor:
    """The same in torch, whose indices are four bytes long at least: a table is no gain over two operations.

    IM-03.
    """
    values = SCALE * torch.arange(256, dtype=torch.float32, device=images.device) + SHIFT
    return values.index_select(0, images.flatten().int()).view(len(images), 1, *images.shape[1:])


def batch(images: torch.Tensor) -> torch.Tensor:
    """All images at once, step by step as the formula has it: three passes over memory after the conversion.

    IM-03.
    """
    return ((images.float() / 255 - MEAN) / STD).unsqueeze(1)


def scaled(images: torch.Tensor) -> torch.Tensor:
    """One product and one sum with constants worked out before: two passes, the first of which converts.

    IM-03.
    """
    return (images * SCALE + SHIFT).unsqueeze(1)


def in_place(images: torch.Tensor) -> torch.Tensor:
    """The sum into the product's memory: no second output.

    IM-03.
    """
    return (images * SCALE).add_(SHIFT).unsqueeze(1)
