"""Cut ``x`` into consecutive pieces of ten: shape (n,) or (n, 10), float32, into ``n / 10`` pieces.

Each variant returns the pieces as a list or tuple. All but the copies return views: nothing is read.
"""

import torch

from .._contract import needs, prepared

STEP = 10


def index_select(x: torch.Tensor) -> list[torch.Tensor]:
    """Indices instead of bounds: a copy of each piece, and a tensor of indices to make first.

    RD-02.
    """
    return [x.index_select(0, torch.arange(i, i + STEP, device=x.device)) for i in range(0, len(x), STEP)]


def clone(x: torch.Tensor) -> list[torch.Tensor]:
    """A slice and a copy of it: what a piece costs that may outlive ``x``.

    RD-02.
    """
    return [x[i : i + STEP].clone() for i in range(0, len(x), STEP)]


def slice_index(x: torch.Tensor) -> list[torch.Tensor]:
    """``x[b:e]``: Python makes a slice object, torch takes it apart again and makes the view.

    RD-02.
    """
    return [x[i : i + STEP] for i in range(0, len(x), STEP)]


def narrow(x: torch.Tensor) -> list[torch.Tensor]:
    """``x.narrow(0, b, e - b)``: the same view without a slice object. The source's call leaves out its ``x``.

    RD-02.
    """
    return [x.narrow(0, i, STEP) for i in range(0, len(x), STEP)]


def as_strided(x: torch.Tensor) -> list[torch.Tensor]:
    """Sizes, strides and offset given outright: nothing is left to work out, or to check.

    RD-02.
    """
    size, stride = (STEP, *x.shape[1:]), x.stride()
    return [x.as_strided(size, stride, i * stride[0]) for i in range(0, len(x), STEP)]


@needs("cpu")
def numpy_views(x: torch.Tensor) -> list[torch.Tensor]:
    """The array is cut, which is cheaper; turning each piece into a tensor again is not.

    RD-02.
    """
    array = x.numpy()
    return [torch.from_numpy(array[i : i + STEP]) for i in range(0, len(x), STEP)]


def split(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """All pieces from one call: the loop runs in C++.

    RD-02.
    """
    return x.split(STEP)


def chunk(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The same by the number of pieces.

    RD-02.
    """
    return x.chunk(len(x) // STEP)


def unbind(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """A view with one dimension more, taken apart along it.

    RD-02.
    """
    return x.view(-1, STEP, *x.shape[1:]).unbind()


@prepared
def kept(x: torch.Tensor):
    """The views made once and kept: they follow what is written into ``x``, so nothing has to be made again.

    RD-02.
    """
    views = x.split(STEP)
    return lambda: views
