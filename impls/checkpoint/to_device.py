"""A state read from a file to the device on which ``which`` lies: checkpoint ``which`` (a number, int64) in ``folder``.

Each variant returns the state's tensors as a list, in the order in which they were saved, float32, on that device. The
device writes every number, so nothing can stay unread. Reading ``which`` costs the same small copy in all of them.
"""

import torch

from .._contract import needs
from ._files import Tensors, path_of


def load_then_to(folder: str, which: torch.Tensor) -> Tensors:
    """The source's way: load into the host's memory, then move tensor after tensor.

    CK-04.
    """
    state = torch.load(path_of(folder, which, ".pt"), map_location="cpu")
    return [tensor.to(which.device) for tensor in state.values()]


def map_location(folder: str, which: torch.Tensor) -> Tensors:
    """``map_location``: each tensor is moved as soon as it is read; the host never holds all of them.

    CK-04.
    """
    return list(torch.load(path_of(folder, which, ".pt"), map_location=which.device).values())


@needs("cuda")
def pinned(folder: str, which: torch.Tensor) -> Tensors:
    """Load, copy to pinned memory, then copies that need not wait: pinning costs more than they save, once.

    CK-04.
    """
    state = torch.load(path_of(folder, which, ".pt"), map_location="cpu")
    moved = [tensor.pin_memory().to(which.device, non_blocking=True) for tensor in state.values()]
    torch.cuda.synchronize()
    return moved


def mapped_then_to(folder: str, which: torch.Tensor) -> Tensors:
    """Map the file, then move: the pages go to the device without a copy in between.

    CK-04.
    """
    state = torch.load(path_of(folder, which, ".pt"), map_location="cpu", mmap=True)
    return [tensor.to(which.device) for tensor in state.values()]


@needs("safetensors")
def safetensors_then_to(folder: str, which: torch.Tensor) -> Tensors:
    """``safetensors`` to the host, then move.

    CK-04.
    """
    from safetensors.torch import load_file

    state = load_file(path_of(folder, which, ".safetensors"))
    return [state[name].to(which.device) for name in sorted(state)]


@needs("safetensors")
def safetensors_device(folder: str, which: torch.Tensor) -> Tensors:
    """``load_file(device=)``, as the source has it: the library moves each tensor from the mapped file.

    CK-04.
    """
    from safetensors.torch import load_file

    state = load_file(path_of(folder, which, ".safetensors"), device=str(which.device))
    return [state[name] for name in sorted(state)]


def one_copy(folder: str, which: torch.Tensor) -> Tensors:
    """All numbers in one block and one copy, then views of it: how many tensors there are no longer matters.

    CK-04.
    """
    state = torch.load(path_of(folder, which, ".pt"), map_location="cpu", mmap=True)
    tensors = list(state.values())
    block = torch.cat([tensor.flatten() for tensor in tensors]).to(which.device)
    sizes = [tensor.numel() for tensor in tensors]
    return [part.view(tensor.shape) for part, tensor in zip(block.split(sizes), tensors, strict=True)]
