"""Points for the projector: ``points`` (n, width), float32, ``labels`` (n,), int64, and pictures (n, 1, height, width).

Each variant returns the bytes of its files, uint8, joined in this order: the labels' table, the sprite of all pictures
(PNG), the points' table. Opening a writer is part of the first alone.
"""

import io
import math
from pathlib import Path

import numpy as np
import torch

from ._log import left


def add_embedding(points: torch.Tensor, labels: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """The source's ``add_embedding``: a Python number and a text for each coordinate, pictures in float64.

    TB-05.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as problem:
        raise NotImplementedError(f"needs tensorboard: {problem}") from problem

    def leave(folder: str) -> None:
        with SummaryWriter(folder) as writer:
            writer.add_embedding(points, labels.tolist(), pictures)
        for path in [Path(folder, "projector_config.pbtxt"), *Path(folder).glob("events*")]:
            path.unlink()

    return left(leave)


def savetxt(points: torch.Tensor, labels: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """The same files with ``numpy.savetxt`` and a sprite in bytes.

    TB-05. Nine digits are enough to get a float32 back.
    """

    def leave(folder: str) -> None:
        np.savetxt(Path(folder, "0"), labels.numpy(), "%d")
        Path(folder, "1").write_bytes(_sprite(pictures))
        np.savetxt(Path(folder, "2"), points.numpy(), "%.9g", "\t")

    return left(leave)


def joined(points: torch.Tensor, labels: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """The same with ``tolist`` and ``join``: one conversion for all numbers, none by numpy.

    TB-05.
    """

    def leave(folder: str) -> None:
        Path(folder, "0").write_text("\n".join(map(str, labels.tolist())) + "\n")
        Path(folder, "1").write_bytes(_sprite(pictures))
        Path(folder, "2").write_text("\n".join("\t".join(map(str, row)) for row in points.tolist()) + "\n")

    return left(leave)


def _sprite(pictures: torch.Tensor) -> bytes:
    """A square of all pictures, row by row, as PNG."""
    try:
        from PIL import Image
    except ImportError as problem:
        raise NotImplementedError(f"needs Pillow: {problem}") from problem
    count, _, height, width = pictures.shape
    side = math.ceil(math.sqrt(count))
    tiles = torch.zeros(side * side, height, width, dtype=torch.uint8)
    tiles[:count] = (pictures[:, 0] * 255).to(torch.uint8)
    square = tiles.view(side, side, height, width).transpose(1, 2).reshape(side * height, side * width)
    buffer = io.BytesIO()
    Image.fromarray(square.numpy()).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()
