"""The parabola through points: ``x`` and ``y`` of shape (n,) in float32 become its coefficients ``[a, b, c]``, (3,).

The source fits it by a thousand steps of Adam (``optim.adam_fit``); a sum of squares has its minimum in closed form.
"""

import torch

from .._contract import needs


def _features(x: torch.Tensor) -> torch.Tensor:
    return torch.stack([x * x, x, torch.ones_like(x)], 1)


def lbfgs(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """L-BFGS: some twenty evaluations in place of a thousand steps; it still asks autograd for each of them.

    OP-01. Features of equal size make the valley round.
    """
    features = _features(x)
    scale = features.abs().amax(0)
    features = features / scale
    w = torch.zeros(3, device=x.device, requires_grad=True)
    optimizer = torch.optim.LBFGS([w], max_iter=50, tolerance_grad=1e-9, tolerance_change=1e-12)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = (features @ w - y).square().mean()
        value.backward()
        return value

    optimizer.step(loss)
    return w.detach() / scale


def pinv(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The pseudo-inverse: a singular value decomposition, of which only a product is wanted.

    OP-01. Its usual cut-off grows with the number of points and takes the constant for noise from about 100,000 on;
    this one does not.
    """
    return torch.linalg.pinv(_features(x), rtol=1e-6) @ y


@needs("cpu")
def numpy_polyfit(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """``numpy.polyfit``: scaled features and a singular value decomposition in float64.

    OP-01.
    """
    import numpy as np

    return torch.from_numpy(np.polyfit(x.numpy().astype(np.float64), y.numpy(), 2)).float()


def lstsq(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """``torch.linalg.lstsq``: the call for the purpose, a QR decomposition inside.

    OP-01. The usual driver judges the rank with a cut-off that grows with the number of points, and is wrong where
    ``pinv`` is; "gels" takes the rank for granted.
    """
    return torch.linalg.lstsq(_features(x), y.unsqueeze(1), driver="gels").solution.squeeze(1)


def qr(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The same by hand: decompose, rotate, solve a triangle.

    OP-01.
    """
    q, r = torch.linalg.qr(_features(x))
    return torch.linalg.solve_triangular(r, (q.T @ y).unsqueeze(1), upper=True).squeeze(1)


def normal_equations(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Three equations with three unknowns: fastest, and it squares the condition, so it adds up in float64.

    OP-01.
    """
    features = _features(x).double()
    return torch.linalg.solve(features.T @ features, features.T @ y.double()).float()
