"""A number and its gradient, ``y = mean((x - 1)^2 + 4)``: what autograd costs when there is nothing to compute.

Each variant takes ``x`` (n,) in float32 and returns ``y`` () and its gradient (n,).
"""

import torch

from .._contract import needs

Answer = tuple[torch.Tensor, torch.Tensor]


def forward_mode(x: torch.Tensor) -> Answer:
    """Forward mode: one direction for each call, so n calls for n numbers.

    AG-02.
    """
    slopes = []
    for direction in torch.eye(len(x), dtype=x.dtype, device=x.device):
        y, slope = torch.func.jvp(_function, (x,), (direction,))
        slopes.append(slope)
    return y, torch.stack(slopes)


def func_grad(x: torch.Tensor) -> Answer:
    """A function in, its gradient out: the wrapping is most of the time.

    AG-02.
    """
    gradient, y = torch.func.grad_and_value(_function)(x)
    return y, gradient


def backward(x: torch.Tensor) -> Answer:
    """``backward`` goes back through the graph and leaves the gradient in ``.grad``.

    AG-02.
    """
    x = x.detach().requires_grad_()
    y = _function(x)
    y.backward()
    return y.detach(), x.grad


def autograd_grad(x: torch.Tensor) -> Answer:
    """``torch.autograd.grad`` returns it instead.

    AG-02.
    """
    x = x.detach().requires_grad_()
    y = _function(x)
    (gradient,) = torch.autograd.grad(y, x)
    return y.detach(), gradient


@needs("cpu")
def numpy(x: torch.Tensor) -> Answer:
    """The closed form in numpy.

    AG-02.
    """
    shifted = x.numpy() - 1
    return torch.tensor((shifted * shifted + 4).mean()), torch.from_numpy(shifted * (2 / len(shifted)))


def written_out(x: torch.Tensor) -> Answer:
    """The derivative by hand: the same operators without a graph.

    AG-02.
    """
    shifted = x - 1
    return (shifted.square() + 4).mean(), shifted * (2 / len(x))


def _function(x: torch.Tensor) -> torch.Tensor:
    return ((x - 1).square() + 4).mean()
