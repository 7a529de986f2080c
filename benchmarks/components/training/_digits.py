"""Handwritten digits that need no download: the 1797 that come with scikit-learn, and subsets of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from perfsuite.host.data import made

COUNT, SIDE = 1797, 28  # number of digits, and the side of the images that most lessons use


def _write(folder: Path) -> None:
    import numpy as np
    from sklearn.datasets import load_digits

    digits = load_digits()
    np.savez(folder / "digits.npz", images=digits.images.astype("u1"), labels=digits.target.astype("i8"))


@cache
def digits() -> tuple[Any, Any]:
    """All digits, 8x8 in sixteenths: ``(1797, 8, 8)`` float32 from 0 to 1, ``(1797,)`` int64."""
    import numpy as np
    import torch

    with np.load(made("digits", 1, _write) / "digits.npz") as read:
        return torch.from_numpy(read["images"]).float() / 16, torch.from_numpy(read["labels"])


def drawn(count: int, generator: Any) -> tuple[Any, Any]:
    """``count`` of them in random order, each once before any comes again: 8x8 images and labels."""
    import torch

    images, labels = digits()
    rounds = -(-count // COUNT)
    order = torch.cat([torch.randperm(COUNT, generator=generator) for _ in range(rounds)])[:count]
    return images[order], labels[order]


def enlarged(images: Any) -> Any:
    """8x8 images as 28x28, smoothly."""
    import torch

    grown = torch.nn.functional.interpolate(images.unsqueeze(1), size=(SIDE, SIDE), mode="bilinear")
    return grown.squeeze(1).contiguous()


def split(generator: Any) -> tuple[Any, Any, Any, Any]:
    """Four fifths to learn and 36 of each class to be asked for, ordered by class: ``x``, ``y``, ``x``, ``y``."""
    import torch

    images, labels = drawn(COUNT, generator)
    asked = torch.cat([(labels == label).nonzero().flatten()[:36] for label in range(10)])
    learned = torch.ones(COUNT, dtype=torch.bool)
    learned[asked] = False
    return images[learned], labels[learned], images[asked], labels[asked]
