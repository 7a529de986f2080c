"""A state read from the disk: checkpoint ``which`` (a number, int64) in ``folder``, none of it in the page cache.

The variants are those of ``checkpoint.load``, each after the file's pages were dropped. That is inside the clock, for
nothing runs between two calls; ``dropped`` says what it costs.
"""

from collections.abc import Callable
from pathlib import Path

import torch

from .._contract import needs, prepared
from . import load
from ._files import Tensors, drop, droppable, path_of


def _cold(function: Callable[[str, torch.Tensor], Tensors], suffix: str, folder: str, which: torch.Tensor):
    """``function`` after the pages of its file were dropped."""
    for path in Path(folder).glob(f"*{suffix}"):
        droppable(str(path))

    def run() -> Tensors:
        drop(path_of(folder, which, suffix))
        return function(folder, which)

    return run


@prepared
def mapped(folder: str, which: torch.Tensor):
    """``torch.load`` with ``mmap=True``: the first number of each page that is asked for waits for the disk.

    CK-01.
    """
    return _cold(load.mapped, ".pt", folder, which)


@prepared
def torch_load(folder: str, which: torch.Tensor):
    """``torch.load``: records read one after the other, so the system can read ahead.

    CK-01.
    """
    return _cold(load.torch_load, ".pt", folder, which)


@prepared
@needs("safetensors")
def safetensors(folder: str, which: torch.Tensor):
    """``safetensors``, mapped: lazy as it is, every page has to come from the disk all the same.

    CK-03.
    """
    return _cold(load.safetensors, ".safetensors", folder, which)


@prepared
@needs("safetensors")
def safetensors_read(folder: str, which: torch.Tensor):
    """``safetensors`` from bytes: one long read, which the system can foresee, and a copy.

    CK-03.
    """
    return _cold(load.safetensors_read, ".safetensors", folder, which)


@prepared
def dropped(folder: str, which: torch.Tensor):
    """The pages are dropped, and nothing is loaded: so much of all the others' times is neither disk nor format.

    CK-01.
    """
    kept = load.kept(folder, which)
    return _cold(lambda folder, which: kept(), ".pt", folder, which)
