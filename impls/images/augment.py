"""Augmentation as for ImageNet: a random part of a photograph, resized, perhaps mirrored, normalised.

Each variant takes ``photo`` of shape (height, width, 3) in uint8, as decoders deliver it; ``boxes`` of shape (count, 4)
in int64, the parts as top, left, height and width; ``mirrored`` of shape (count,) in bool; and ``side``. Chance has
spoken before the clock. It returns (count, 3, side, side) in float32. Resizing is bilinear, with antialiasing.
"""

import torch

from .._contract import needs, prepared

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet


@prepared
@needs("torchvision")
def floats_first(photo: torch.Tensor, boxes: torch.Tensor, mirrored: torch.Tensor, side: int):
    """Convert the whole photograph, then cut, resize and mirror numbers of four bytes: the wrong end first.

    IM-05.
    """
    from torchvision.transforms.v2 import functional

    def each() -> torch.Tensor:
        made = []
        for (top, left, height, width), mirror in zip(boxes.tolist(), mirrored.tolist(), strict=True):
            image = functional.to_dtype(photo.permute(2, 0, 1), torch.float32, scale=True)
            image = functional.resized_crop(image, top, left, height, width, [side, side], antialias=True)
            image = functional.horizontal_flip(image) if mirror else image
            made.append(functional.normalize(image, MEAN, STD))
        return torch.stack(made)

    return each


@prepared
@needs("torchvision", "cpu")
def pil(photo: torch.Tensor, boxes: torch.Tensor, mirrored: torch.Tensor, side: int):
    """As in the source: PIL cuts, resizes and mirrors bytes, then ``ToTensor`` and ``Normalize``.

    IM-05.
    """
    from PIL import Image
    from torchvision.transforms import functional

    def each() -> torch.Tensor:
        made = []
        for (top, left, height, width), mirror in zip(boxes.tolist(), mirrored.tolist(), strict=True):
            image = functional.resized_crop(Image.fromarray(photo.numpy()), top, left, height, width, [side, side])
            image = functional.hflip(image) if mirror else image
            made.append(functional.normalize(functional.to_tensor(image), MEAN, STD))
        return torch.stack(made)

    return each


@prepared
@needs("torchvision")
def bytes_first(photo: torch.Tensor, boxes: torch.Tensor, mirrored: torch.Tensor, side: int):
    """The same steps on tensors of bytes; converted when there is least to convert.

    IM-05.
    """
    from torchvision.transforms.v2 import functional

    def each() -> torch.Tensor:
        made = []
        for (top, left, height, width), mirror in zip(boxes.tolist(), mirrored.tolist(), strict=True):
            image = photo.permute(2, 0, 1)
            image = functional.resized_crop(image, top, left, height, width, [side, side], antialias=True)
            image = functional.horizontal_flip(image) if mirror else image
            made.append(functional.normalize(functional.to_dtype(image, torch.float32, scale=True), MEAN, STD))
        return torch.stack(made)

    return each


def normalised_together(photo: torch.Tensor, boxes: torch.Tensor, mirrored: torch.Tensor, side: int) -> torch.Tensor:
    """Cut and resize one by one, for each has its own size; mirror and normalise all of them at once.

    IM-05.
    """
    resize = torch.nn.functional.interpolate
    planes = photo.permute(2, 0, 1).unsqueeze(0)
    planes = planes if planes.device.type == "cpu" else planes.float()  # a GPU has no filter for bytes
    made = [
        resize(planes[..., top : top + height, left : left + width], (side, side), mode="bilinear", antialias=True)
        for top, left, height, width in boxes.tolist()
    ]
    images = torch.cat(made)
    images = torch.where(mirrored[:, None, None, None], images.flip(-1), images)
    mean, std = (torch.tensor(values, device=photo.device).view(3, 1, 1) for values in (MEAN, STD))
    return images * (1 / (255 * std)) - mean / std
