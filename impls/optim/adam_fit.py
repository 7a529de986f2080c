"""A parabola by Adam: ``xs`` and ``ys`` of shape (steps, 100), fresh points for each step, and ``start`` (3,).

Each variant makes one step with learning rate 0.1 for each row and returns the coefficients ``[a, b, c]``, (3,).
"""

import torch

from .._contract import needs, prepared

RATE, BETA1, BETA2, EPS = 0.1, 0.9, 0.999, 1e-8


def _features(x: torch.Tensor) -> torch.Tensor:
    return torch.stack([x * x, x, torch.ones_like(x)], 1)


def _fit(xs: torch.Tensor, ys: torch.Tensor, start: torch.Tensor, **options: bool) -> torch.Tensor:
    w = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([w], lr=RATE, **options)
    for x, y in zip(xs, ys, strict=True):
        loss = (_features(x) @ w - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return w.detach()


def adam(xs: torch.Tensor, ys: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """The source's loop: forward, backward, step; on the CPU the step is a loop in Python over the parameters.

    OP-01.
    """
    return _fit(xs, ys, start)


def adam_foreach(xs: torch.Tensor, ys: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """The step over lists of tensors: with a list of one there is nothing to gain.

    OP-01.
    """
    return _fit(xs, ys, start, foreach=True)


def adam_fused(xs: torch.Tensor, ys: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """The whole step is one kernel.

    OP-01.
    """
    return _fit(xs, ys, start, fused=True)


def by_hand(xs: torch.Tensor, ys: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """Adam's four lines written out, the gradient from autograd.

    OP-01.
    """
    w = start.clone()
    mean, square = torch.zeros_like(w), torch.zeros_like(w)
    for step, (x, y) in enumerate(zip(xs, ys, strict=True), start=1):
        w.requires_grad_()
        (gradient,) = torch.autograd.grad((_features(x) @ w - y).square().mean(), w)
        w = w.detach()
        mean.lerp_(gradient, 1 - BETA1)
        square.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
        denominator = (square / (1 - BETA2**step)).sqrt_().add_(EPS)
        w = w - RATE / (1 - BETA1**step) * mean / denominator
    return w


def analytic(xs: torch.Tensor, ys: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """The gradient too by hand: a sum of squares needs no autograd.

    OP-01.
    """
    w = start.clone()
    mean, square = torch.zeros_like(w), torch.zeros_like(w)
    for step, (x, y) in enumerate(zip(xs, ys, strict=True), start=1):
        features = _features(x)
        gradient = features.T @ (features @ w - y) * (2 / len(x))
        mean.lerp_(gradient, 1 - BETA1)
        square.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
        denominator = (square / (1 - BETA2**step)).sqrt_().add_(EPS)
        w = w - RATE / (1 - BETA1**step) * mean / denominator
    return w


def features_first(xs: torch.Tensor, ys: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """What does not depend on ``w`` is computed for all steps at once: 3 x 3 matrices are left for the loop.

    OP-01.
    """
    features = torch.stack([xs * xs, xs, torch.ones_like(xs)], 2)
    scale = 2 / xs.shape[1]
    matrices = (features.mT @ features * scale).unbind()
    sides = ((features.mT @ ys.unsqueeze(2)).squeeze(2) * scale).unbind()
    w = start.clone()
    mean, square = torch.zeros_like(w), torch.zeros_like(w)
    for step, (matrix, side) in enumerate(zip(matrices, sides, strict=True), start=1):
        gradient = matrix @ w - side
        mean.lerp_(gradient, 1 - BETA1)
        square.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
        denominator = (square / (1 - BETA2**step)).sqrt_().add_(EPS)
        w = w - RATE / (1 - BETA1**step) * mean / denominator
    return w


@prepared
@needs("numba", "cpu")
def numba(xs: torch.Tensor, ys: torch.Tensor, start: torch.Tensor):
    """Loops over numbers, compiled: no operator is left, so nothing has to be dispatched.

    OP-01.
    """
    import numpy as np
    from numba import njit

    @njit(cache=True)
    def fit(xs, ys, start):  # pragma: no cover
        w, mean, square = start.copy(), np.zeros(3, np.float32), np.zeros(3, np.float32)
        for step in range(len(xs)):
            gradient = np.zeros(3, np.float32)
            for i in range(xs.shape[1]):
                x = xs[step, i]
                slope = w[0] * x * x + w[1] * x + w[2] - ys[step, i]
                gradient[0] += slope * x * x
                gradient[1] += slope * x
                gradient[2] += slope
            for k in range(3):
                g = gradient[k] * 2 / xs.shape[1]
                mean[k] += (g - mean[k]) * (1 - BETA1)
                square[k] = square[k] * BETA2 + g * g * (1 - BETA2)
                denominator = np.sqrt(square[k] / (1 - BETA2 ** (step + 1))) + EPS
                w[k] -= RATE / (1 - BETA1 ** (step + 1)) * mean[k] / denominator
        return w

    fit(xs[:1].numpy(), ys[:1].numpy(), start.numpy())
    return lambda: torch.from_numpy(fit(xs.numpy(), ys.numpy(), start.numpy()))
