"""A data set out of its file: the whole of it, or a few rows.

Each variant takes ``folder``, in which the same table lies in many formats, and ``rows`` of shape (count,) in int64. It
returns these rows: the images as (count, 784) in float32, a pixel's byte divided by 256, and the labels as (count,) in
int64. All is in the system's page cache: no time is a disk's.
"""

import gzip
import pickle
from pathlib import Path

import numpy as np
import torch

from .._contract import needs

Table = tuple[torch.Tensor, torch.Tensor]


def npz_packed(folder: Path, rows: torch.Tensor) -> Table:
    """``np.savez_compressed``: the numbers in float32 unpacked, with a checksum, whole.

    DL-09.
    """
    with np.load(folder / "packed.npz") as arrays:
        return torch.from_numpy(arrays["x"])[rows], torch.from_numpy(arrays["y"])[rows]


def pickle_gzip(folder: Path, rows: torch.Tensor) -> Table:
    """``mnist.pkl.gz``, as in the source: unpack, unpickle. The author of the file can run any code here.

    DL-09.
    """
    with gzip.open(folder / "table.pkl.gz") as file:
        x, y = map(torch.from_numpy, pickle.load(file))
    return x[rows], y[rows]


def idx_gzip(folder: Path, rows: torch.Tensor) -> Table:
    """The original files, packed: a quarter of the bytes to unpack, and the chosen rows to convert.

    DL-09.
    """
    images, labels = (gzip.decompress((folder / f"{name}-ubyte.gz").read_bytes()) for name in ("images", "labels"))
    x = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 784)[rows.numpy()]
    y = np.frombuffer(labels, np.uint8, offset=8)[rows.numpy()]
    return torch.from_numpy(x).float() / 256, torch.from_numpy(y).long()


def npz(folder: Path, rows: torch.Tensor) -> Table:
    """``np.savez``: a zip file that packs nothing, but looks at the checksum of everything.

    DL-09.
    """
    with np.load(folder / "plain.npz") as arrays:
        return torch.from_numpy(arrays["x"])[rows], torch.from_numpy(arrays["y"])[rows]


def torch_load(folder: Path, rows: torch.Tensor) -> Table:
    """``torch.load`` reads all tensors; ``weights_only``, the default, runs no foreign code.

    DL-09.
    """
    table = torch.load(folder / "table.pt")
    return table["x"][rows], table["y"][rows]


def npy(folder: Path, rows: torch.Tensor) -> Table:
    """``np.load``: a short header, then the bytes as they are.

    DL-09.
    """
    x, y = (torch.from_numpy(np.load(folder / f"{name}.npy")) for name in "xy")
    return x[rows], y[rows]


@needs("safetensors")
def safetensors(folder: Path, rows: torch.Tensor) -> Table:
    """``load_file`` maps the file: tensors that are not used are not read.

    DL-09.
    """
    from safetensors.torch import load_file

    table = load_file(folder / "table.safetensors")
    return table["x"][rows], table["y"][rows]


def torch_mapped(folder: Path, rows: torch.Tensor) -> Table:
    """``torch.load`` with ``mmap``: the tensors lie in the file until they are looked at.

    DL-09.
    """
    table = torch.load(folder / "table.pt", mmap=True)
    return table["x"][rows], table["y"][rows]


def npy_mapped(folder: Path, rows: torch.Tensor) -> Table:
    """``np.load`` with ``mmap_mode``: only the pages of the chosen rows are read.

    DL-09.
    """
    x, y = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in "xy")
    return torch.from_numpy(x[rows.numpy()]), torch.from_numpy(y[rows.numpy()])


def idx(folder: Path, rows: torch.Tensor) -> Table:
    """The original files, read whole as bytes, and the chosen rows converted.

    DL-09.
    """
    x = np.fromfile(folder / "images-ubyte", np.uint8, offset=16).reshape(-1, 784)[rows.numpy()]
    y = np.fromfile(folder / "labels-ubyte", np.uint8, offset=8)[rows.numpy()]
    return torch.from_numpy(x).float() / 256, torch.from_numpy(y).long()


def idx_mapped(folder: Path, rows: torch.Tensor) -> Table:
    """The original files, mapped: a quarter of the bytes, and only where the chosen rows are.

    DL-09.
    """
    x = np.memmap(folder / "images-ubyte", np.uint8, "r", offset=16).reshape(-1, 784)[rows.numpy()]
    y = np.memmap(folder / "labels-ubyte", np.uint8, "r", offset=8)[rows.numpy()]
    return torch.from_numpy(x).float() / 256, torch.from_numpy(y).long()
