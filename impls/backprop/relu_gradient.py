"""Chain rule through a ReLU: the gradient passes where the input was positive, and is 0 elsewhere, at 0 too.

Each variant takes ``inp`` and ``g``, both (n, 50) in float32, and returns (n, 50) in float32.
"""

import torch


def where(inp: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """Choose in place of multiplying: on a CPU each element is a branch, and a mask that is random is mispredicted.

    BP-09. A mask that is true everywhere takes a half to a third of the time.
    """
    return torch.where(inp > 0, g, 0.0)


def written_out(inp: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """As in the source: compare, turn the mask into floats, multiply.

    BP-09.
    """
    return (inp > 0).float() * g


def bool_multiply(inp: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """Multiply by the mask itself: the operator turns it into floats, which costs what doing so by hand costs.

    BP-09.
    """
    return g * (inp > 0)


def autograd(inp: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """Run ``relu`` forward and let autograd go back: the forward is paid as well.

    BP-09. At 0 autograd of ``relu`` gives 0; that of ``clamp_min(0)`` gave 1 before torch 2.15 made it 0 as well.
    """
    inp = inp.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(inp.relu(), inp, g)
    return gradient


def native(inp: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """The operator that autograd calls: one pass, no mask in memory.

    BP-09.
    """
    return torch.ops.aten.threshold_backward(g, inp, 0)
