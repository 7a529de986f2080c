"""A state read from a file in the page cache: checkpoint ``which`` (a number, int64) in ``folder``.

Each variant returns the state's tensors as a list, in the order in which they were saved, float32, and has read every
number of them once: a mapped file is not read before somebody asks. ``kept`` says what that reading costs.
"""

from pathlib import Path

import numpy as np
import torch

from .._contract import needs, prepared
from ._files import Tensors, path_of, touched


def compressed(folder: str, which: torch.Tensor) -> Tensors:
    """A compressed archive of numpy: a few per cent less to read, and all of it to unpack.

    CK-01.
    """
    with np.load(path_of(folder, which, ".compressed.npz")) as arrays:
        return touched(torch.from_numpy(arrays[name]) for name in arrays.files)


def numpy_archive(folder: str, which: torch.Tensor) -> Tensors:
    """``numpy.load`` of an archive: Python's zip reader checks each record and copies it.

    CK-03.
    """
    with np.load(path_of(folder, which, ".npz")) as arrays:
        return touched(torch.from_numpy(arrays[name]) for name in arrays.files)


def legacy(folder: str, which: torch.Tensor) -> Tensors:
    """The format before torch 1.6: pickles one after the other.

    CK-01.
    """
    return touched(torch.load(path_of(folder, which, ".legacy.pt")).values())


def torch_load(folder: str, which: torch.Tensor) -> Tensors:
    """The source's ``torch.load(path)``: an unpickler in Python that builds tensors and nothing else, and one copy.

    CK-01.
    """
    return touched(torch.load(path_of(folder, which, ".pt")).values())


def unrestricted(folder: str, which: torch.Tensor) -> Tensors:
    """``weights_only=False``: Python's own unpickler, which runs whatever the file asks for.

    CK-01. Only for files that one has written oneself.
    """
    return touched(torch.load(path_of(folder, which, ".pt"), weights_only=False).values())


def mapped(folder: str, which: torch.Tensor) -> Tensors:
    """``mmap=True``: the tensors are pages of the file; nothing is copied, but each page is a fault.

    CK-01.
    """
    return touched(torch.load(path_of(folder, which, ".pt"), mmap=True).values())


@needs("safetensors")
def safetensors_read(folder: str, which: torch.Tensor) -> Tensors:
    """``safetensors`` from bytes that were read: what the format costs without mapping its file.

    CK-03.
    """
    from safetensors.torch import load

    state = load(Path(path_of(folder, which, ".safetensors")).read_bytes())
    return touched(state[name] for name in sorted(state))


@needs("safetensors")
def safe_open(folder: str, which: torch.Tensor) -> Tensors:
    """``safetensors`` tensor by tensor, as one reads a part of a file: each is a call of its own.

    CK-03.
    """
    from safetensors import safe_open

    with safe_open(path_of(folder, which, ".safetensors"), framework="pt") as opened:
        return touched([opened.get_tensor(name) for name in sorted(opened.keys())])


@needs("safetensors")
def safetensors(folder: str, which: torch.Tensor) -> Tensors:
    """``safetensors.torch.load_file``: a header of JSON, and the file mapped.

    CK-03. Mapping is most of what its documentation's 76 times are made of: there, nobody reads the pages.
    """
    from safetensors.torch import load_file

    state = load_file(path_of(folder, which, ".safetensors"))
    return touched(state[name] for name in sorted(state))


@prepared
def raw(folder: str, which: torch.Tensor):
    """The numbers alone, read in one go and cut: what any reading of them costs here.

    CK-01. The shapes are known from before.
    """
    shapes = [tensor.shape for tensor in torch.load(path_of(folder, which, ".pt")).values()]
    sizes = [shape.numel() for shape in shapes]

    def load() -> Tensors:
        numbers = torch.from_numpy(np.fromfile(path_of(folder, which, ".raw"), np.float32))
        return touched(part.view(shape) for part, shape in zip(numbers.split(sizes), shapes, strict=True))

    return load


@prepared
def kept(folder: str, which: torch.Tensor):
    """Nothing is loaded: tensors in memory, read once. So much of all the others' times is not theirs.

    CK-01.
    """
    states = {
        int(path.stem): list(torch.load(path).values()) for path in Path(folder).glob("*.pt") if path.stem.isdigit()
    }
    return lambda: touched(states[int(which)])
