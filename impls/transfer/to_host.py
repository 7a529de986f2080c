"""A tensor copied to the host's memory: ``x`` (n,), float32, on any device.

Each variant returns ``(copy, x)``, the copy a tensor in the host's memory that has arrived.
"""

import torch

from .._contract import needs, prepared

PIECE = 25088
Answer = tuple[torch.Tensor, torch.Tensor]


def in_pieces(x: torch.Tensor) -> Answer:
    """Piece by piece: each copy waits for the device.

    TX-02.
    """
    return torch.cat([piece.to("cpu", copy=True) for piece in x.split(PIECE)]), x


def cpu(x: torch.Tensor) -> Answer:
    """The source's ``.cpu()``: new memory in the host, a copy, and the host waits.

    TX-02. On the CPU it would be no copy at all, so ``copy=True`` says that one is meant.
    """
    return x.to("cpu", copy=True), x


@prepared
def into(x: torch.Tensor):
    """Into memory that is there already.

    TX-02.
    """
    copy = torch.empty(x.shape)
    return lambda: (copy.copy_(x), x)


@prepared
@needs("cuda")
def into_pinned(x: torch.Tensor):
    """Into pinned memory, without waiting, and then an event that is waited for: without it one reads what was there.

    TX-02.
    """
    copy = torch.empty(x.shape, pin_memory=True)
    arrived = torch.cuda.Event()

    def run() -> Answer:
        copy.copy_(x, non_blocking=True)
        arrived.record()
        arrived.synchronize()
        return copy, x

    return run
