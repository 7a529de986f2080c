"""How parameters are distributed: a list ``tensors`` of float32, one histogram of each, tags "0", "1", ...

Each variant returns the bytes of the event file, uint8. The bins may differ: number, sum, sum of squares, least and
greatest value may not, and the bins hold every value once.
"""

import numpy as np
import torch

from ._log import logged

BINS = 64
Tensors = list[torch.Tensor]


def _with_bins(tensors: Tensors, bins) -> torch.Tensor:
    def write(writer) -> None:
        for tag, tensor in enumerate(tensors):
            writer.add_histogram(str(tag), tensor, bins=bins(tensor))

    return logged(write)


def auto(tensors: Tensors) -> torch.Tensor:
    """``bins="auto"``: numpy looks for a good width first, which on large tensors costs more than the histogram.

    TB-02.
    """
    return _with_bins(tensors, lambda tensor: "auto")


def freedman_diaconis(tensors: Tensors) -> torch.Tensor:
    """``bins="fd"``, the rule of the two that large arrays end up with: it asks for quartiles.

    TB-02.
    """
    return _with_bins(tensors, lambda tensor: "fd")


def add_histogram(tensors: Tensors) -> torch.Tensor:
    """The source's call: 1,548 bins, ten per cent wider each, for which numpy sorts all values, in float64.

    TB-02.
    """
    return _with_bins(tensors, lambda tensor: "tensorflow")


def fewer_bins(tensors: Tensors) -> torch.Tensor:
    """64 equal bins: numpy counts them without sorting, but in float64 all the same.

    TB-02.
    """
    return _with_bins(tensors, lambda tensor: BINS)


def histc(tensors: Tensors) -> torch.Tensor:
    """Counted by ``torch.histc`` where the tensor lies; only counts and sums go to the writer.

    TB-02.
    """

    def write(writer) -> None:
        for tag, tensor in enumerate(tensors):
            low, high = torch.aminmax(tensor)
            counts = torch.histc(tensor, BINS, low.item(), high.item())
            writer.add_histogram_raw(
                str(tag),
                min=low.item(),
                max=high.item(),
                num=tensor.numel(),
                sum=tensor.sum(dtype=torch.float64).item(),
                sum_squares=tensor.double().square().sum().item(),
                bucket_limits=np.linspace(low.item(), high.item(), BINS + 1)[1:].tolist(),
                bucket_counts=counts.tolist(),
            )

    return logged(write)
