"""Batches of photographs from a folder of JPEG files: each is opened, read and decoded when its turn comes.

Each variant takes ``folder``, in which ``jpeg`` holds the files and ``pixels.npy`` the same images decoded; ``labels``
of shape (length,) in int64, one for each file in the order of their names; and ``batch_size``. It returns an iterable
of ``(images, labels)`` batches, uint8 of shape (batch, 3, side, side) and int64, that holds each image once. All
shuffle. The files are in the system's page cache: no time is a disk's.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, default_collate

from .._contract import needs, prepared
from ._workers import Forked, Persistent

Batch = tuple[torch.Tensor, torch.Tensor]


class _Files(Dataset):
    """Every file once: the source's own loader draws names at random, with repetitions."""

    def __init__(self, folder: Path, labels: torch.Tensor):
        from PIL import Image

        Image.preinit()  # or each forked worker would load the decoders anew
        self.files, self.labels = sorted(Path(folder, "jpeg").iterdir()), labels

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Batch:
        from PIL import Image

        with Image.open(self.files[index]) as image:
            return torch.from_numpy(np.array(image)).permute(2, 0, 1), self.labels[index]


class _Torchvision(_Files):
    """The same files by torchvision's own decoder, which makes a tensor at once."""

    def __getitem__(self, index: int) -> Batch:
        from torchvision.io import decode_jpeg, read_file

        return decode_jpeg(read_file(str(self.files[index]))), self.labels[index]


class _OpenCV(_Files):
    """The same files by OpenCV, which hands out blue, green and red."""

    def __getitem__(self, index: int) -> Batch:
        import cv2

        image = cv2.cvtColor(cv2.imread(str(self.files[index])), cv2.COLOR_BGR2RGB)
        return torch.from_numpy(image).permute(2, 0, 1), self.labels[index]


@needs("PIL")
def per_sample(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """One process, one image after the other by PIL: decoding is nearly all of it.

    DL-05.
    """
    return DataLoader(_Files(folder, labels), batch_size, shuffle=True)


@needs("PIL")
def workers_1(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Another process decodes while this one waits: no gain without a training step beside it.

    DL-05, DL-02.
    """
    return Forked(_Files(folder, labels), batch_size, 1)


@needs("PIL")
def workers_2(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Two processes share the decoding; what they deliver is copied once more.

    DL-05, DL-02.
    """
    return Forked(_Files(folder, labels), batch_size, 2)


@needs("PIL")
def workers_4(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Four processes: worth it where there are four cores.

    DL-05, DL-02.
    """
    return Forked(_Files(folder, labels), batch_size, 4)


@prepared
@needs("PIL")
def persistent_2(folder: Path, labels: torch.Tensor, batch_size: int):
    """Two workers that stay: the start and the joining are paid once, not in each epoch.

    DL-05, DL-02.
    """
    return Persistent((labels,), partial(_Files, folder), batch_size, 2)


@needs("PIL")
def threads_2(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """Two threads: PIL lets go of the interpreter's lock while it decodes, and nothing has to be sent.

    DL-05.
    """
    images = _Files(folder, labels)
    with ThreadPoolExecutor(2) as pool:
        batches = torch.randperm(len(images)).split(batch_size)
        yield from pool.map(lambda batch: default_collate([images[i] for i in batch.tolist()]), batches)


@needs("cv2")
def opencv(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """The source's decoder: another wrapping of the same library, with one more pass to turn the colours round.

    DL-05.
    """
    return DataLoader(_OpenCV(folder, labels), batch_size, shuffle=True)


@needs("torchvision")
def torchvision_io(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """The decoder of torchvision: a tensor at once, without an image object and its copy. Deprecated since 0.29.

    DL-05.
    """
    return DataLoader(_Torchvision(folder, labels), batch_size, shuffle=True)


def array_file(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """Decode once and for all, and keep the pixels in a file that is mapped: ten times the bytes, no decoder.

    DL-05.
    """
    pixels = np.load(Path(folder, "pixels.npy"), mmap_mode="r")
    for index in torch.randperm(len(labels)).split(batch_size):
        yield torch.from_numpy(pixels[index.numpy()]), labels[index]


@prepared
@needs("PIL")
def decoded_first(folder: Path, labels: torch.Tensor, batch_size: int):
    """Decode everything before the first epoch and keep the bytes: what is left is the gathering.

    DL-05.
    """
    images = _Files(folder, labels)
    pixels = torch.stack([images[at][0] for at in range(len(images))])

    def epoch() -> Iterator[Batch]:
        for index in torch.randperm(len(pixels)).split(batch_size):
            yield pixels.index_select(0, index), labels.index_select(0, index)

    return epoch
