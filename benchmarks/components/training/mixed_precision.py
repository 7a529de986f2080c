"""TR-04: steps of a network of 1x1 convolutions in float32, TF32, float16 and bfloat16."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

RATE, STEPS, SQUARES = 1e-3, 2, 4
SMALL = ("float32", "tf32", "float16_scaled", "bfloat16", "bfloat16_fused")


def inputs(case: Case, generator: Any) -> Inputs:
    """``grid`` of coordinates from -1 to 1, ``board`` a checkerboard moved at random, four weights, and the steps."""
    import torch

    side, width = case.shape["side"], case.shape["width"]
    line = torch.linspace(-1, 1, side)
    grid = torch.stack(torch.meshgrid(line, line, indexing="xy")).unsqueeze(0)
    moved = (grid + 2 * torch.rand(1, 2, 1, 1, generator=generator)) * SQUARES
    board = moved.floor().sum(1, keepdim=True).remainder(2)
    shapes = ((width, 2), (width, width), (width, width), (1, width))
    start = [torch.randn(*shape, 1, 1, generator=generator) / shape[1] ** 0.5 for shape in shapes]
    return grid, board, start, case.shape["steps"]


def reference(case: Case, grid: Any, board: Any, start: Any, steps: int) -> Any:
    """The steps in float64: a 1x1 convolution is a product over the channels, and Adam is four lines."""
    import torch

    pixels, target = grid.double()[0].flatten(1), board.double().flatten()
    own = [w.double().flatten(1) for w in start]
    own += [part for w in own[:-1] for part in (torch.ones(len(w)).double(), torch.zeros(len(w)).double())]
    mean, square = [torch.zeros_like(p) for p in own], [torch.zeros_like(p) for p in own]
    losses = []
    for step in range(1, steps + 1):
        own = [p.detach().requires_grad_() for p in own]
        weights, norms = own[:4], own[4:]
        x = pixels
        for at, w in enumerate(weights[:-1]):
            x = w @ x
            x = (x - x.mean(1, keepdim=True)) / (x.var(1, unbiased=False, keepdim=True) + 1e-5).sqrt()
            x = (x * norms[2 * at].unsqueeze(1) + norms[2 * at + 1].unsqueeze(1)).relu()
        output = (weights[-1] @ x).squeeze(0)
        loss = (output - target).square().mean()
        for at, slope in enumerate(torch.autograd.grad(loss, own)):
            mean[at] = 0.9 * mean[at] + 0.1 * slope
            square[at] = 0.999 * square[at] + 0.001 * slope * slope
            move = mean[at] / (1 - 0.9**step) / ((square[at] / (1 - 0.999**step)).sqrt() + 1e-8)
            own[at] = own[at].detach() - RATE * move
        losses.append(loss.detach())
    return torch.stack(losses), output.detach().reshape(board.shape)


def tolerance(case: Case, expected: Any, grid: Any, board: Any, start: Any, steps: int) -> Any:
    """A tenth of each loss, because training in fewer bits is the task; the output within half of its spread.

    Factors of 8 bits are off by 0.4 %, which adds up over four layers. Adam's first steps are 0.001 in each weight,
    whatever the gradient: if a gradient is within rounding of 0, its weight may move the other way.
    """
    losses, output = expected
    return losses / 10, output.std() / 2


def flops(case: Case) -> int:
    """Four products per pixel in forward, and twice that in backward, except for the gradient of the coordinates."""
    pixels, width, steps = (int(case.shape[name]) for name in ("side", "width", "steps"))
    pixels *= pixels
    return 2 * pixels * steps * (2 * 2 * width + 3 * (2 * width * width + width))


def bytes(case: Case) -> int:
    """Coordinates and board read once, the weights read once, losses and output written."""
    side, width, steps = (int(case.shape[name]) for name in ("side", "width", "steps"))
    return 4 * (4 * side * side + 2 * width + 2 * width * width + width + steps)


def board(side: int, steps: int = STEPS, **more: Any) -> Case:
    """A board of ``side`` x ``side`` pixels."""
    shape = {"side": side, "width": 256, "steps": steps}
    return Case(f"{side}x{side}", shape, series="side", size=side, **more)


COMPONENT = Component(
    name="training.mixed_precision",
    title="Training in fewer bits",
    question="How much faster is training in 16 bits, from what size, and does it still learn the same?",
    rows=("TR-04",),
    cases=(
        board(32, only=SMALL),
        board(16, only=SMALL[:-1]),
        board(512, opt_in="three seconds per call on a CPU"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="float32",
    accepts={"bf16 arithmetic": "Computing in bfloat16 is the point of this component."},
    work={
        "tf32": "Multiplies with 10-bit mantissas.",
        "float16_scaled": "Multiplies in float16.",
        "bfloat16": "Multiplies in bfloat16.",
        "bfloat16_channels_last": "Multiplies in bfloat16.",
        "bfloat16_fused": "Multiplies in bfloat16.",
    },
    left_out={
        "500 steps": "Each step is like the previous one; a test runs a longer training to its end.",
        "the source's script module": "torch.jit is deprecated.",
        "torch.compile": "training.compiled_step measures the gain of compiling a step.",
        "float8": "It needs scales for each tensor, and a GPU of 2023 or later.",
        "bfloat16 parameters": "An update of a thousandth is below their resolution: a different training.",
    },
)
