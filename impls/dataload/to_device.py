"""Batches on their way to the device: from ordinary memory, from pinned memory, and while the last one is worked on.

Each variant takes ``images`` of shape (length, height, width), a numpy array in uint8 that stays on the host;
``again``, a second copy for variants that pin it, because pinning would affect all of them; ``like``, a tensor on the
device; and ``batch_size``. It returns an iterable of the images in float32 between 0 and 1, on the device of ``like``,
in order, ``batch_size`` at a time (the last may be fewer).
"""

from collections.abc import Iterator

import numpy as np
import torch

from .._contract import needs, prepared


def pageable_floats(
    images: np.ndarray, again: np.ndarray, like: torch.Tensor, batch_size: int
) -> Iterator[torch.Tensor]:
    """As in the source: convert on the host, then ``to``. Four bytes for each pixel travel, and the host waits.

    DL-10.
    """
    for batch in torch.from_numpy(images).split(batch_size):
        yield (batch.float() / 255).to(like.device)


def pageable_bytes(
    images: np.ndarray, again: np.ndarray, like: torch.Tensor, batch_size: int
) -> Iterator[torch.Tensor]:
    """Send bytes and convert on the device: a quarter of the traffic, and the arithmetic where it is cheap.

    DL-10.
    """
    for batch in torch.from_numpy(images).split(batch_size):
        yield batch.to(like.device).float() / 255


@needs("cuda")
def pin_each(images: np.ndarray, again: np.ndarray, like: torch.Tensor, batch_size: int) -> Iterator[torch.Tensor]:
    """Pin each batch before it is sent: a copy on the host, so that the sending does not wait.

    DL-10.
    """
    for batch in torch.from_numpy(images).split(batch_size):
        yield batch.pin_memory().to(like.device, non_blocking=True).float() / 255


class _Pinned:
    """The images where they are, their pages held in place: the device reads them itself, and nothing is copied."""

    def __init__(self, images: np.ndarray):
        self.images = torch.from_numpy(images)
        self.first = not self.images.is_pinned()
        if self.first:
            runtime = torch.cuda.cudart()
            torch.cuda.check_error(runtime.cudaHostRegister(self.images.data_ptr(), self.images.nbytes, 0))

    def close(self) -> None:
        """Let the pages go, if they were taken here."""
        torch.cuda.synchronize()
        if self.first:
            torch.cuda.check_error(torch.cuda.cudart().cudaHostUnregister(self.images.data_ptr()))


class _Sending(_Pinned):
    """Send a batch, and convert it."""

    def __init__(self, images: np.ndarray, like: torch.Tensor, batch_size: int):
        super().__init__(images)
        self.device, self.batch_size = like.device, batch_size

    def __call__(self) -> Iterator[torch.Tensor]:
        for batch in self.images.split(self.batch_size):
            yield batch.to(self.device, non_blocking=True).float() / 255


class _Ahead(_Sending):
    """Send the next batch on a stream of its own while this one is in use."""

    def __call__(self) -> Iterator[torch.Tensor]:
        copying, working = torch.cuda.Stream(), torch.cuda.current_stream()
        copying.wait_stream(working)
        sent = None
        for batch in self.images.split(self.batch_size):
            with torch.cuda.stream(copying):
                coming = batch.to(self.device, non_blocking=True)
                arrived = copying.record_event()
            if sent is not None:
                yield self._used(*sent, working)
            sent = coming, arrived
        yield self._used(*sent, working)

    @staticmethod
    def _used(batch: torch.Tensor, arrived: torch.cuda.Event, working: torch.cuda.Stream) -> torch.Tensor:
        working.wait_event(arrived)
        batch.record_stream(working)  # its memory must not be given away while this stream reads it
        return batch.float() / 255


@prepared
@needs("cuda")
def pinned(images: np.ndarray, again: np.ndarray, like: torch.Tensor, batch_size: int):
    """Pinned once, before the clock: what is left is the sending, and the host goes on at once.

    DL-10.
    """
    return _Sending(again, like, batch_size)


@prepared
@needs("cuda")
def pinned_ahead(images: np.ndarray, again: np.ndarray, like: torch.Tensor, batch_size: int):
    """The same with the next batch under way on another stream.

    DL-10.
    """
    return _Ahead(again, like, batch_size)
