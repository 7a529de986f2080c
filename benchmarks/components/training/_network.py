"""The perceptrons of the training components: initial parameters, steps in float64, and the work of a step."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

UNIT = 2.0**-24
KINK = 5e-6  # a hidden unit this close to 0 may be active in one arithmetic and not in another
NEAR = 1e-6  # the same with few inputs: ten times the error that was measured over 40 steps


def start(sizes: tuple[int, ...], generator: Any) -> list[Any]:
    """``[w1, b1, w2, b2, ...]`` of linear layers between ``sizes``, uniform within ``1 / sqrt(inputs)`` as torch's."""
    import torch

    found = []
    for inputs, outputs in pairwise(sizes):
        for shape in ((outputs, inputs), (outputs,)):
            found.append((2 * torch.rand(shape, generator=generator) - 1) / inputs**0.5)
    return found


def output(x: Any, parameters: list[Any]) -> Any:
    """Linear layers with ReLU between them."""
    import torch

    x = x.flatten(1)
    for at in range(0, len(parameters), 2):
        x = torch.nn.functional.linear(x, *parameters[at : at + 2])
        x = x.relu() if at + 2 < len(parameters) else x
    return x


def clear(x: Any, parameters: list[Any], kink: float = KINK) -> Any:
    """Which of the samples ``x`` have no hidden unit near 0, where the slope of ReLU changes."""
    import torch

    x = x.double().flatten(1)
    found = torch.ones(len(x), dtype=torch.bool)
    for at in range(0, len(parameters) - 2, 2):
        x = torch.nn.functional.linear(x, *(p.double() for p in parameters[at : at + 2]))
        found &= x.abs().min(1).values > kink
        x = x.relu()
    return found


def smooth(batches: Any, parameters: list[Any], rate: float) -> bool:
    """Whether no hidden unit comes near 0 in these steps, so that float32 takes the same ones.

    A unit on the other side of 0 would move its weights another way, far more than rounding does.
    """
    own = [p.double() for p in parameters]
    for x, y in batches:
        if not bool(clear(x, own, NEAR).all()):
            return False
        _, slopes = gradients(x, y, own)
        own = [p - rate * slope for p, slope in zip(own, slopes, strict=True)]
    return True


def gradients(x: Any, y: Any, parameters: list[Any], forward: Any = output) -> tuple[Any, list[Any]]:
    """The mean cross entropy and its gradients, in the precision of ``parameters``."""
    import torch

    wanted = [p.detach().requires_grad_() for p in parameters]
    loss = torch.nn.functional.cross_entropy(forward(x.to(wanted[0].dtype), wanted), y)
    return loss.detach(), list(torch.autograd.grad(loss, wanted))


def descent(batches: Any, parameters: list[Any], rate: float, forward: Any = output) -> tuple[Any, list[Any]]:
    """Steps of gradient descent in float64, one for each ``(x, y)``: the losses, and the final parameters."""
    import torch

    own, losses = [p.double() for p in parameters], []
    for x, y in batches:
        loss, slopes = gradients(x, y, own, forward)
        losses.append(loss)
        own = [p - rate * slope for p, slope in zip(own, slopes, strict=True)]
    return torch.stack(losses), own


def numbers(sizes: tuple[int, ...]) -> int:
    """How many numbers the parameters have."""
    return sum(inputs * outputs + outputs for inputs, outputs in pairwise(sizes))


def products(sizes: tuple[int, ...], samples: int) -> int:
    """FLOP of forward and backward: two products per layer, and one more for its input's gradient, except the first."""
    layers = [inputs * outputs for inputs, outputs in pairwise(sizes)]
    return 2 * samples * (3 * sum(layers) - layers[0])
