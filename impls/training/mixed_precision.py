"""Steps of a network of 1x1 convolutions that learns a checkerboard from coordinates, in fewer bits where that is safe.

``grid`` (1, 2, side, side) holds the coordinates, ``board`` (1, 1, side, side) the target, ``start`` the weights of
four convolutions; between them lie batch norm and ReLU. Each variant makes ``steps`` steps of Adam at rate 0.001 on the
mean squared error, and returns the loss of each step, (steps,), and what the network said in the last, both float32.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import nn
from torch.nn.functional import mse_loss

from .._contract import needs, prepared

RATE = 1e-3
SCALE = 2.0**10  # of the loss in float16: enough for gradients of 2^-34, and far from its largest number
Tensors = list[torch.Tensor]
Run = Callable[[], tuple[torch.Tensor, torch.Tensor]]


def _network(start: Tensors) -> nn.Sequential:
    layers: list[nn.Module] = []
    for w in start:
        convolution = nn.utils.skip_init(nn.Conv2d, w.shape[1], w.shape[0], 1, bias=False, device=w.device)
        layers += [convolution, nn.BatchNorm2d(w.shape[0], device=w.device), nn.ReLU()]
    return nn.Sequential(*layers[:-2])


def _put_back(model: nn.Sequential, start: Tensors) -> None:
    with torch.no_grad():
        torch._foreach_copy_([convolution.weight for convolution in model[::3]], start)
    for norm in model[1::3]:
        norm.reset_parameters()


def _training(
    grid: torch.Tensor,
    board: torch.Tensor,
    start: Tensors,
    steps: int,
    cast: Callable = nullcontext,
    scaled: bool = False,
    layout: torch.memory_format = torch.contiguous_format,
    fused: bool = False,
) -> Run:
    """What trains: ``cast()`` surrounds each forward; ``scaled`` keeps small gradients above what float16 can hold."""
    model = _network(start).to(memory_format=layout)

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        _put_back(model, start)
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=fused)
        scaler = torch.amp.GradScaler(grid.device.type, init_scale=SCALE, enabled=scaled)
        pixels, losses = grid.contiguous(memory_format=layout), []
        for _ in range(steps):
            with cast():
                output = model(pixels)
                loss = mse_loss(output, board)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
            losses.append(loss.detach())
        return torch.stack(losses).float(), output.detach().float()

    return run


@contextmanager
def _rounded_convolutions(rounded: bool) -> Iterator[None]:
    """Whether convolutions on a GPU may round factors to TF32's 10 bits, which cuDNN does unless it is told otherwise.

    The older of torch's two interfaces: the newer one would make it unreadable, and torch's compiler reads it.
    """
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = rounded
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


@prepared
def float32(grid: torch.Tensor, board: torch.Tensor, start: Tensors, steps: int):
    """Everything in float32, convolutions on a GPU too.

    TR-04.
    """
    run = _training(grid, board, start, steps)

    def exact():
        with _rounded_convolutions(False):
            return run()

    return exact


@prepared
@needs("cuda")
def tf32(grid: torch.Tensor, board: torch.Tensor, start: Tensors, steps: int):
    """Factors are rounded to 10 bits on their way into the tensor cores: what cuDNN does with float32 unasked.

    TR-04.
    """
    run = _training(grid, board, start, steps)

    def rounded():
        with _rounded_convolutions(True):
            return run()

    return rounded


@prepared
@needs("cuda")
def float16_scaled(grid: torch.Tensor, board: torch.Tensor, start: Tensors, steps: int):
    """The source's: ``autocast`` to float16, and a ``GradScaler`` so that small gradients do not vanish.

    TR-04. Parameters, their gradients and Adam's averages stay float32. A CPU has no such kernels: there it takes ten
    times as long.
    """
    return _training(grid, board, start, steps, lambda: _autocast(grid, torch.float16), scaled=True)


@prepared
def bfloat16(grid: torch.Tensor, board: torch.Tensor, start: Tensors, steps: int):
    """``autocast`` to bfloat16: it reaches as far as float32, so nothing has to be scaled.

    TR-04.
    """
    return _training(grid, board, start, steps, lambda: _autocast(grid, torch.bfloat16))


@prepared
def bfloat16_channels_last(grid: torch.Tensor, board: torch.Tensor, start: Tensors, steps: int):
    """The channels of a pixel side by side, so that a 1x1 convolution is a matrix product as the data lie.

    TR-04.
    """
    cast = lambda: _autocast(grid, torch.bfloat16)  # noqa: E731
    return _training(grid, board, start, steps, cast, layout=torch.channels_last)


@prepared
def bfloat16_fused(grid: torch.Tensor, board: torch.Tensor, start: Tensors, steps: int):
    """And Adam in one kernel.

    TR-04.
    """
    cast = lambda: _autocast(grid, torch.bfloat16)  # noqa: E731
    return _training(grid, board, start, steps, cast, layout=torch.channels_last, fused=True)


def _autocast(grid: torch.Tensor, dtype: torch.dtype) -> torch.autocast:
    return torch.autocast(grid.device.type, dtype)
