"""The source's chain for FashionMNIST: crop, colour jitter, random inversion, ToTensor, Normalize.

Each variant takes ``images`` of shape (length, 28, 28) in uint8 and ``inverted`` of shape (length,) in bool, which
says what chance would have said. It returns the middle 18 x 18 pixels, inverted where they should be, normalised, as
(length, 1, 18, 18) in float32.
"""

from collections.abc import Callable

import torch

from .._contract import needs, prepared

MEAN, STD = 0.2860, 0.3530
TOP = LEFT = 5
SIDE = 18


def _each(images: torch.Tensor, inverted: torch.Tensor, chain: Callable[[float], Callable]) -> Callable:
    """Each image through one of two chains: inversion with a probability of 0, or of 1."""
    from PIL import Image

    chains = [chain(0.0), chain(1.0)]
    return lambda: torch.stack(
        [
            chains[invert](Image.fromarray(image.numpy()))
            for image, invert in zip(images, inverted.tolist(), strict=True)
        ]
    )


@prepared
@needs("torchvision", "cpu")
def source(images: torch.Tensor, inverted: torch.Tensor):
    """As in the source. ``ColorJitter()`` without arguments changes nothing: it shuffles four steps that are not there.

    IM-04.
    """
    from torchvision import transforms
    from torchvision.transforms import functional

    def chain(chance: float) -> Callable:
        return transforms.Compose(
            [
                transforms.Lambda(lambda image: functional.crop(image, TOP, LEFT, SIDE, SIDE)),
                transforms.ColorJitter(),
                transforms.RandomInvert(chance),
                transforms.ToTensor(),
                transforms.Normalize((MEAN,), (STD,)),
            ]
        )

    return _each(images, inverted, chain)


@prepared
@needs("torchvision", "cpu")
def without_jitter(images: torch.Tensor, inverted: torch.Tensor):
    """The same chain without the step that does nothing.

    IM-04.
    """
    from torchvision import transforms
    from torchvision.transforms import functional

    def chain(chance: float) -> Callable:
        return transforms.Compose(
            [
                transforms.Lambda(lambda image: functional.crop(image, TOP, LEFT, SIDE, SIDE)),
                transforms.RandomInvert(chance),
                transforms.ToTensor(),
                transforms.Normalize((MEAN,), (STD,)),
            ]
        )

    return _each(images, inverted, chain)


@prepared
@needs("torchvision", "cpu")
def transforms_v2(images: torch.Tensor, inverted: torch.Tensor):
    """The second version, with a tensor made first: what follows works on tensors.

    IM-04.
    """
    from torchvision.transforms import v2

    def chain(chance: float) -> Callable:
        return v2.Compose(
            [
                v2.ToImage(),
                v2.CenterCrop(SIDE),
                v2.RandomInvert(chance),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize((MEAN,), (STD,)),
            ]
        )

    return _each(images, inverted, chain)


def one_by_one(images: torch.Tensor, inverted: torch.Tensor) -> torch.Tensor:
    """Plain operators on each image: a crop is a view.

    IM-04.
    """
    made = []
    for image, invert in zip(images, inverted.tolist(), strict=True):
        image = image[TOP : TOP + SIDE, LEFT : LEFT + SIDE]
        image = 255 - image if invert else image
        made.append(((image.float() / 255 - MEAN) / STD).unsqueeze(0))
    return torch.stack(made)


def batch(images: torch.Tensor, inverted: torch.Tensor) -> torch.Tensor:
    """All images at once: what chance decides for each is a mask, here all bits of a byte or none.

    IM-04.
    """
    middle = images[:, None, TOP : TOP + SIDE, LEFT : LEFT + SIDE]
    flipped = middle ^ (inverted.to(torch.uint8) * 255)[:, None, None, None]
    return (flipped * (1 / (255 * STD))).add_(-MEAN / STD)
