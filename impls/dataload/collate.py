"""A batch from its samples: the last thing that a loader does with them.

Each variant takes ``samples``, a list of tensors of one shape in float32, and returns them as one tensor with a new
first axis.
"""

import numpy as np
import torch
from torch.utils.data import default_collate

from .._contract import needs, prepared


def shared(samples: list[torch.Tensor]) -> torch.Tensor:
    """What a worker does: its batch is a file in memory that another process can map, with untouched pages.

    DL-03.
    """
    batch = torch.empty(len(samples), *samples[0].shape).share_memory_()
    return torch.stack(samples, out=batch)


def loop(samples: list[torch.Tensor]) -> torch.Tensor:
    """Allocate the batch and copy sample after sample into its row: two operators for each.

    DL-03.
    """
    batch = torch.empty(len(samples), *samples[0].shape)
    for row, sample in zip(batch, samples, strict=True):
        row.copy_(sample)
    return batch


@needs("cpu")
def numpy_stack(samples: list[torch.Tensor]) -> torch.Tensor:
    """``np.stack`` on the tensors' own memory: it makes an array of each sample, then joins them.

    DL-03.
    """
    return torch.from_numpy(np.stack([sample.numpy() for sample in samples]))


def library(samples: list[torch.Tensor]) -> torch.Tensor:
    """``default_collate``: it looks at what kind of samples these are, then stacks them.

    DL-03.
    """
    return default_collate(samples)


def stack(samples: list[torch.Tensor]) -> torch.Tensor:
    """One operator for all samples.

    DL-03.
    """
    return torch.stack(samples)


@prepared
def stack_out(samples: list[torch.Tensor]):
    """The same into memory that is there already: a large batch saves the first touch of its pages.

    DL-03.
    """
    batch = torch.stack(samples)
    return lambda: torch.stack(samples, out=batch)
