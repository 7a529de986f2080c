"""Images for the components: drawings in the format of MNIST and FashionMNIST, and photographs.

Drawings are strokes, not noise: they have the shapes of the real files and about the same share of black pixels, mean
and standard deviation, so that reading, compressing and converting take as long as with the real files. Training on
them tells nothing about accuracy. The photographs are the two that come with scikit-learn.
"""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from perfsuite.host import data

SIDE = 28
CHUNK = 200  # images that are drawn at once, so that their distances fit in a cache
SAMPLE = 2000  # images from which the parameters for all images are set


@dataclass(frozen=True)
class Look:
    """What drawings have in common with the data set that they replace."""

    black: float  # share of pixels that are 0
    mean: float  # of the pixels, scaled to 0 to 1
    bright: float  # brightness of the faintest drawing, at most 1
    wobble: float  # by how many pixels the points of a stroke vary from drawing to drawing
    grain: float  # largest share of a pixel's brightness lost at random: cloth compresses less well than ink


LOOKS = {
    "MNIST": Look(black=0.809, mean=0.1307, bright=1.0, wobble=1.5, grain=0.0),
    "FashionMNIST": Look(black=0.502, mean=0.2860, bright=0.2, wobble=2.0, grain=0.1),
}


# -- drawings ---------------------------------------------------------------------------------------------------------


def root(name: str) -> Path:
    """The folder for torchvision's class ``name``: the user's own files, or drawings."""
    return data.given(name) or data.made(name.lower(), 1, _DRAW[name])


def grey(name: str, count: int, generator: Any) -> Any:
    """``count`` training images of ``name`` in uint8, drawn with replacement: (count, 28, 28)."""
    import numpy
    import torch

    images = pixels(root(name) / name / "raw" / "train-images-idx3-ubyte")
    which = torch.randint(len(images), (count,), generator=generator)
    return torch.from_numpy(numpy.take(images, which.numpy(), axis=0))


def pixels(path: Path) -> Any:
    """The images of an IDX file, as a memory-mapped uint8 array."""
    import numpy

    return numpy.memmap(path, numpy.uint8, mode="r", offset=16).reshape(-1, SIDE, SIDE)


def labels(path: Path) -> Any:
    """The labels of an IDX file, as a uint8 array."""
    import numpy

    return numpy.fromfile(path, numpy.uint8, offset=8)


def _draw(folder: Path, name: str) -> None:
    """Write the four files of ``name`` where torchvision expects them."""
    raw = folder / name / "raw"
    raw.mkdir(parents=True)
    for seed, (part, count) in enumerate((("train", 60_000), ("t10k", 10_000))):
        images, classes = drawn(LOOKS[name], count, seed)
        header = struct.pack(">4i", 0x803, count, SIDE, SIDE)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 0x801, count) + classes.tobytes())


_DRAW = {name: partial(_draw, name=name) for name in LOOKS}


def drawn(look: Look, count: int, seed: int) -> tuple[Any, Any]:
    """``count`` images (count, 28, 28) and their classes (count,), both in uint8.

    Each class has a stroke through its own four points, which vary a little from drawing to drawing.
    """
    import numpy

    classes = numpy.random.default_rng(100).uniform(5, 22, (10, 4, 2))  # the same in training and test
    rng = numpy.random.default_rng(seed)
    which = rng.integers(10, size=count).astype(numpy.uint8)
    points = (classes[which] + rng.normal(0, look.wobble, (count, 4, 2))).astype(numpy.float32)
    light = (1 - (1 - look.bright) * rng.beta(0.5, 0.5, (count, 1))).astype(numpy.float32)  # mostly bright or faint
    some = _distance(points[:SAMPLE])
    reach = float(numpy.quantile(some, 1 - look.black))
    soft = _softness(some, reach, light[:SAMPLE], look.mean / (1 - look.grain / 2))
    images = numpy.empty((count, SIDE * SIDE), numpy.uint8)
    for start in range(0, count, CHUNK):
        part = slice(start, start + CHUNK)
        ink = _ink(_distance(points[part]), reach, soft, light[part])
        images[part] = ink * (255 - 255 * look.grain * rng.random(ink.shape, numpy.float32)) + 0.5
    return images.reshape(count, SIDE, SIDE), which


def _distance(points: Any) -> Any:
    """The distance of each of the 784 pixels from the stroke through ``points`` (n, 4, 2): (n, 784)."""
    import numpy

    down, right = (place.ravel() for place in numpy.indices((SIDE, SIDE), numpy.float32))
    least = numpy.full((len(points), SIDE * SIDE), numpy.inf, numpy.float32)
    for at in range(points.shape[1] - 1):
        (y, x), (high, wide) = points[:, at].T[..., None], (points[:, at + 1] - points[:, at]).T[..., None]
        dy, dx = down - y, right - x
        share = numpy.clip((dy * high + dx * wide) / numpy.maximum(high**2 + wide**2, 1e-3), 0, 1)
        dy -= share * high
        dx -= share * wide
        numpy.minimum(least, dy * dy + dx * dx, out=least)
    return numpy.sqrt(least)


def _ink(distance: Any, reach: float, soft: float, light: Any) -> Any:
    """The brightness at a distance from the stroke: zero beyond ``reach``, full ``soft`` pixels closer."""
    import numpy

    return numpy.clip((reach - distance) / soft, 0, 1) * light


def _softness(distance: Any, reach: float, light: Any, mean: float) -> float:
    """How soft the edges must be to give the right mean: softer edges make images darker."""
    low, high = 0.01, 4 * reach
    for _ in range(25):
        middle = (low + high) / 2
        low, high = (middle, high) if _ink(distance, reach, middle, light).mean() > mean else (low, middle)
    return low


# -- photographs ------------------------------------------------------------------------------------------------------


def photographs() -> Any:
    """Both photographs in uint8: (2, 427, 640, 3)."""
    import numpy
    import torch

    return torch.from_numpy(numpy.load(data.made("photographs", 1, _photographs) / "photographs.npy"))


def _photographs(folder: Path) -> None:
    import numpy

    numpy.save(folder / "photographs.npy", numpy.stack(_loaded()))


def _loaded() -> list[Any]:
    """The photographs as scikit-learn reads them.

    Raises:
        NotImplementedError: it, or Pillow, is not installed.
    """
    try:
        from sklearn.datasets import load_sample_image

        return [load_sample_image(f"{name}.jpg") for name in ("china", "flower")]
    except ImportError as problem:
        raise NotImplementedError(f"needs scikit-learn and Pillow: {problem}") from problem


def crops(count: int, side: int) -> Path:
    """A folder with ``count`` square crops of the photographs, ``side`` pixels wide, in several file formats.

    ``jpeg/00000.jpg`` and so on; all of them in ``all.tar`` and ``all.zip``, the even and the odd ones in
    ``part-0.tar`` and ``part-1.tar``; and ``pixels.npy``, what the JPEG files hold, decoded: (count, 3, side, side).
    Colours are stored at full resolution, because libraries upsample half-resolution colours differently.
    """
    return data.made(f"crops-{count}x{side}", 1, _cropping(count, side))


@cache
def _cropping(count: int, side: int) -> partial[None]:
    return partial(_crops, count=count, side=side)


def _crops(folder: Path, count: int, side: int) -> None:
    import numpy

    photos, rng = _loaded(), numpy.random.default_rng(0)
    from PIL import Image

    (folder / "jpeg").mkdir()
    decoded = numpy.empty((count, 3, side, side), numpy.uint8)
    for at in range(count):
        photo = photos[at % 2]
        top, left = rng.integers(photo.shape[0] - side + 1), rng.integers(photo.shape[1] - side + 1)
        buffer = io.BytesIO()
        Image.fromarray(photo[top : top + side, left : left + side]).save(buffer, "jpeg", quality=90, subsampling=0)
        (folder / "jpeg" / f"{at:05}.jpg").write_bytes(buffer.getvalue())
        decoded[at] = numpy.asarray(Image.open(buffer)).transpose(2, 0, 1)
    numpy.save(folder / "pixels.npy", decoded)
    files = sorted((folder / "jpeg").iterdir())
    for name, some in (("all", files), ("part-0", files[0::2]), ("part-1", files[1::2])):
        with tarfile.open(folder / f"{name}.tar", "w") as tar:
            for file in some:
                tar.add(file, file.name)
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:  # stored uncompressed: a JPEG does not get smaller
        for file in files:
            archive.write(file, file.name)
