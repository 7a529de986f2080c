"""An array in the host's memory copied to a device: ``x`` (n,) of numpy, float32, to where ``like`` lies.

``like`` is a tensor of one number that says which device is meant, and ``again`` is a second copy of the array, for
variants that pin it, because pinning would affect all of them. Each variant returns a tensor (n,) there, and the copy
is complete.
"""

import numpy as np
import torch

from .._contract import needs, prepared

PIECE = 25088  # a batch of 32 x 28 x 28
CHUNK = 1 << 20  # numbers in one of the two buffers of the ring: 4 MiB


def in_pieces(x: np.ndarray, again: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    """Batch by batch: each small copy is a call of its own, and the device waits between them.

    TX-01.
    """
    return torch.cat([piece.to(like.device) for piece in torch.from_numpy(x).split(PIECE)])


@needs("cuda")
def pin_then_to(x: np.ndarray, again: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    """Pinned in the call: getting pinned memory and copying into it costs more than it saves.

    TX-01.
    """
    moved = torch.from_numpy(x).pin_memory().to(like.device, non_blocking=True)
    torch.cuda.synchronize()
    return moved


def to(x: np.ndarray, again: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    """The source's ``.to(device)``: the driver copies through pinned memory of its own.

    TX-01.
    """
    return torch.from_numpy(x).to(like.device)


@prepared
def into(x: np.ndarray, again: np.ndarray, like: torch.Tensor):
    """The same into a tensor that is there already: no memory is asked for.

    TX-01.
    """
    moved = torch.empty(x.shape, dtype=torch.float32, device=like.device)
    return lambda: moved.copy_(torch.from_numpy(x))


@prepared
@needs("cuda")
def staged(x: np.ndarray, again: np.ndarray, like: torch.Tensor):
    """Through a pinned buffer that is kept: a copy in the host's memory, then one over the bus.

    TX-01.
    """
    moved = torch.empty(x.shape, dtype=torch.float32, device=like.device)
    pinned = torch.empty(x.shape, dtype=torch.float32, pin_memory=True)

    def run() -> torch.Tensor:
        pinned.copy_(torch.from_numpy(x))
        moved.copy_(pinned, non_blocking=True)
        torch.cuda.synchronize()
        return moved

    return run


@prepared
@needs("cuda")
def ring(x: np.ndarray, again: np.ndarray, like: torch.Tensor):
    """Two pinned buffers and a stream of their own: one is filled while the other is on the bus.

    TX-01.
    """
    moved = torch.empty(x.shape, dtype=torch.float32, device=like.device)
    buffers = [torch.empty(CHUNK, dtype=torch.float32, pin_memory=True) for _ in range(2)]
    free = [torch.cuda.Event() for _ in buffers]
    stream = torch.cuda.Stream()

    def run() -> torch.Tensor:
        source = torch.from_numpy(x)
        stream.wait_stream(torch.cuda.current_stream())
        for number, start in enumerate(range(0, len(x), CHUNK)):
            part, target = source[start : start + CHUNK], moved[start : start + CHUNK]
            buffer, done = buffers[number % 2][: len(part)], free[number % 2]
            done.synchronize()
            buffer.copy_(part)
            with torch.cuda.stream(stream):
                target.copy_(buffer, non_blocking=True)
                done.record()
        stream.synchronize()
        return moved

    return run


class _Registered:
    """Copies from an array whose pages were pinned where they are; ``close`` lets them go."""

    def __init__(self, x: np.ndarray, like: torch.Tensor):
        self._x = x
        torch.cuda.check_error(torch.cuda.cudart().cudaHostRegister(x.ctypes.data, x.nbytes, 0))
        self._moved = torch.empty(x.shape, dtype=torch.float32, device=like.device)

    def __call__(self) -> torch.Tensor:
        self._moved.copy_(torch.from_numpy(self._x), non_blocking=True)
        torch.cuda.synchronize()
        return self._moved

    def close(self) -> None:
        torch.cuda.synchronize()
        torch.cuda.check_error(torch.cuda.cudart().cudaHostUnregister(self._x.ctypes.data))


@prepared
@needs("cuda")
def pinned(x: np.ndarray, again: np.ndarray, like: torch.Tensor):
    """The array itself lies in pinned memory: one copy over the bus and nothing else.

    TX-01. A loader that fills pinned batches gets there.
    """
    return _Registered(again, like)
