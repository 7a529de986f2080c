"""Convolution as the networks mean it, a sum of products with the filter not turned around (a cross-correlation).

Each variant takes ``x`` (batch, channels, height, width), padded already, and ``filters`` (out, channels, a, b), in
float32, and returns (batch, out, height - a + 1, width - b + 1).
"""

import torch
from torch.nn import functional


def loops(x: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """The formula with an index loop for each place and filter: all that Python costs.

    LY-02.
    """
    count, _, a, b = filters.shape
    high, wide = x.shape[2] - a + 1, x.shape[3] - b + 1
    out = torch.empty(len(x), count, high, wide, dtype=x.dtype, device=x.device)
    for n in range(len(x)):
        for o in range(count):
            for i in range(high):
                for j in range(wide):
                    out[n, o, i, j] = (x[n, :, i : i + a, j : j + b] * filters[o]).sum()
    return out


def shifts(x: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """A loop over the places of the filter only: each is a product of a shifted image with one column of weights.

    LY-02.
    """
    a, b = filters.shape[2:]
    high, wide = x.shape[2] - a + 1, x.shape[3] - b + 1
    out = torch.zeros(len(x), len(filters), high, wide, dtype=x.dtype, device=x.device)
    for i in range(a):
        for j in range(b):
            out += torch.einsum("bchw,oc->bohw", x[:, :, i : i + high, j : j + wide], filters[:, :, i, j])
    return out


def strided(x: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """All windows as a view that costs nothing, until the product has to lay them out in memory.

    LY-02.
    """
    windows = x.unfold(2, filters.shape[2], 1).unfold(3, filters.shape[3], 1)
    return torch.einsum("bchwij,ocij->bohw", windows, filters)


def fft(x: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """A product of spectra: pays for filters as large as the image, not for five by five.

    LY-02.
    """
    size = x.shape[2:]
    high, wide = size[0] - filters.shape[2] + 1, size[1] - filters.shape[3] + 1
    spectrum = torch.einsum("bchw,ochw->bohw", torch.fft.rfft2(x), torch.fft.rfft2(filters, s=size).conj())
    return torch.fft.irfft2(spectrum, s=size)[:, :, :high, :wide]


def unfold(x: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """Copy the windows into columns and multiply once (im2col): a matrix as many times larger as the filter has places.

    LY-02.
    """
    count, _, a, b = filters.shape
    high, wide = x.shape[2] - a + 1, x.shape[3] - b + 1
    columns = functional.unfold(x, (a, b))
    return (filters.view(count, -1) @ columns).view(len(x), count, high, wide)


def channels_last(x: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """The layout that oneDNN and tensor cores like, the copying into it included: a network copies once, not per layer.

    LY-02.
    """
    layout = torch.channels_last
    return functional.conv2d(x.to(memory_format=layout), filters.to(memory_format=layout))


def conv2d(x: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """One call: blocked layouts and a kernel made for this shape.

    LY-02.
    """
    return functional.conv2d(x, filters)
