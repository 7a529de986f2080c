"""Brightness and contrast of grey images, each image with factors of its own.

Each variant takes ``images`` of shape (length, height, width) in uint8 and ``factors`` of shape (length, 2) in float32.
It returns images of that shape and type: each pixel times the first factor, then moved away from the image's mean by
the second, kept between 0 and 255 after each step. The library cuts fractions off after each step, others round once.
"""

import torch

from .._contract import needs, prepared


@prepared
@needs("torchvision", "cpu")
def pil(images: torch.Tensor, factors: torch.Tensor):
    """PIL's enhancers, image by image: each makes a second image to blend with.

    IM-04.
    """
    from PIL import Image
    from torchvision.transforms import functional

    def each() -> torch.Tensor:
        made = []
        for image, (brightness, contrast) in zip(images, factors.tolist(), strict=True):
            changed = functional.adjust_brightness(Image.fromarray(image.numpy()), brightness)
            made.append(functional.pil_to_tensor(functional.adjust_contrast(changed, contrast)))
        return torch.cat(made)

    return each


@prepared
@needs("torchvision")
def tensors(images: torch.Tensor, factors: torch.Tensor):
    """The library's operators on tensors, image by image: some ten small operators for each.

    IM-04.
    """
    from torchvision.transforms.v2 import functional

    def each() -> torch.Tensor:
        made = []
        for image, (brightness, contrast) in zip(images.unsqueeze(1), factors.tolist(), strict=True):
            made.append(functional.adjust_contrast(functional.adjust_brightness(image, brightness), contrast))
        return torch.cat(made)

    return each


def batch(images: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """All images at once, in float32, with the factors as columns.

    IM-04.
    """
    brightness, contrast = factors[:, :, None, None].unbind(1)
    bright = (images * brightness).clamp_(0, 255)
    mean = bright.mean(dim=(1, 2), keepdim=True)
    return bright.sub_(mean).mul_(contrast).add_(mean).round_().clamp_(0, 255).to(torch.uint8)
