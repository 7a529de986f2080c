"""A state written to a file: a list of float32 ``tensors`` becomes bytes from which they can be read again.

Each variant returns the bytes as a tensor (length,) of uint8. Those that write a file delete the one of the call before
first, and return the new one mapped, not read. A file is written when the system has taken it into memory; only the
variants named ``fsync`` wait for the disk.
"""

import io
import os
from pathlib import Path

import numpy as np
import torch

from .._contract import needs, prepared
from ._files import MEMORY, Tensors, Written, named


def _synced(path: str) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@prepared
def compressed(tensors: Tensors):
    """A compressed archive of numpy: weights are nearly noise, which takes long and saves little.

    CK-01.
    """

    def save(tensors: Tensors, path: str) -> None:
        with Path(path).open("wb") as opened:
            np.savez_compressed(opened, **{name: tensor.numpy() for name, tensor in named(tensors).items()})

    return Written(save, tensors)


@prepared
def torch_save_fsync(tensors: Tensors):
    """``torch.save``, and wait until the disk has it: what a checkpoint costs that survives a power cut.

    CK-01.
    """

    def save(tensors: Tensors, path: str) -> None:
        torch.save(named(tensors), path)
        _synced(path)

    return Written(save, tensors)


@prepared
@needs("safetensors")
def safetensors_fsync(tensors: Tensors):
    """``safetensors``, and wait until the disk has it: that is most of the cost, whatever the format.

    CK-03.
    """
    from safetensors.torch import save_file

    def save(tensors: Tensors, path: str) -> None:
        save_file(named(tensors), path)
        _synced(path)

    return Written(save, tensors)


@prepared
def numpy_archive(tensors: Tensors):
    """``numpy.savez``: a zip archive too, written in Python.

    CK-03.
    """

    def save(tensors: Tensors, path: str) -> None:
        with Path(path).open("wb") as opened:
            np.savez(opened, **{name: tensor.numpy() for name, tensor in named(tensors).items()})

    return Written(save, tensors)


@prepared
def torch_save(tensors: Tensors):
    """The source's ``torch.save(state, path)``: a zip archive of a pickle and a record for each tensor, with checksums.

    CK-01.
    """
    return Written(lambda tensors, path: torch.save(named(tensors), path), tensors)


@prepared
def torch_save_tmpfs(tensors: Tensors):
    """The same to a file system in memory: what is left of the cost is not the disk's.

    CK-01.
    """
    return Written(lambda tensors, path: torch.save(named(tensors), path), tensors, MEMORY)


@prepared
def legacy(tensors: Tensors):
    """The format before torch 1.6: pickles one after the other, no archive and no checksums.

    CK-01.
    """
    return Written(
        lambda tensors, path: torch.save(named(tensors), path, _use_new_zipfile_serialization=False), tensors
    )


@prepared
@needs("safetensors")
def safetensors(tensors: Tensors):
    """``safetensors``: a header of JSON and the numbers behind it.

    CK-03.
    """
    from safetensors.torch import save_file

    return Written(lambda tensors, path: save_file(named(tensors), path), tensors)


@prepared
def raw(tensors: Tensors):
    """The numbers alone, one tensor after the other: what any file of them costs here.

    CK-01. Names and shapes must be known to the reader.
    """

    def save(tensors: Tensors, path: str) -> None:
        with Path(path).open("wb") as opened:
            for tensor in tensors:
                opened.write(tensor.numpy())

    return Written(save, tensors)


@needs("safetensors")
def safetensors_in_memory(tensors: Tensors) -> torch.Tensor:
    """The format without a file: ``safetensors.torch.save`` gives bytes.

    CK-03.
    """
    from safetensors.torch import save

    return torch.frombuffer(bytearray(save(named(tensors))), dtype=torch.uint8)


def torch_save_in_memory(tensors: Tensors) -> torch.Tensor:
    """``torch.save`` into a buffer: pickle, archive and checksums, no file.

    CK-01.
    """
    buffer = io.BytesIO()
    torch.save(named(tensors), buffer)
    return torch.frombuffer(buffer.getbuffer(), dtype=torch.uint8)


def one_block(tensors: Tensors) -> torch.Tensor:
    """One copy of all numbers, in memory: all that training has to wait for when another thread writes.

    CK-01. This is the blocking part of an asynchronous checkpoint.
    """
    return torch.cat([tensor.flatten() for tensor in tensors]).view(torch.uint8)
