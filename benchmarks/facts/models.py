"""What calling a model does that its ``forward`` does not, and what the initial weights decide."""

from __future__ import annotations

from typing import Any

DRAWS = 20  # seeds with which a statement about random weights is checked


def _perceptron() -> tuple[Any, Any]:
    """A network of three linear layers and eight inputs for it, from their own generator."""
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(0)
    network = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 30), nn.ReLU(), nn.Linear(30, 10))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(generator=generator)
    return network, torch.randn(8, 20, generator=generator)


def gradients_of_forward() -> tuple[bool, str]:
    """The gradients of ``network(x)`` and of ``network.forward(x)``, compared bit by bit."""
    import torch

    network, x = _perceptron()
    called, direct = (
        torch.autograd.grad(run(x).square().sum(), list(network.parameters())) for run in (network, network.forward)
    )
    equal = sum(torch.equal(one, other) for one, other in zip(called, direct, strict=True))
    return equal < len(called), f"{equal} of {len(called)} gradients are equal"


def hooks_of_forward() -> tuple[bool, str]:
    """How often a forward hook runs in ``network(x)`` and in ``network.forward(x)``."""
    network, x = _perceptron()
    seen: list[int] = []
    network.register_forward_hook(lambda *_: seen.append(1))
    network(x)
    called = len(seen)
    network.forward(x)
    return (called, len(seen)) == (1, 1), f"{called} by network(x), {len(seen) - called} by network.forward(x)"


def hundred_products() -> tuple[bool, str]:
    """A vector of 512 after a hundred products with one random matrix, for three standard deviations."""
    import torch

    generator = torch.Generator().manual_seed(0)
    lost, gone = 0, 0
    kept: list[float] = []
    for _ in range(DRAWS):
        a, x = torch.randn(512, 512, generator=generator), torch.randn(512, generator=generator)
        ends = []
        for matrix in (a, 0.01 * a, a / 512**0.5):
            y = x
            for _ in range(100):
                y = matrix @ y
            ends.append(y)
        large, small, right = ends
        lost += not bool(large.isfinite().any())
        gone += not bool(small.any())
        kept.append(right.std().item())
    scaled = f"{min(kept):.2f} to {max(kept):.2f}"
    seen = f"of {DRAWS} draws {lost} nan or infinite and {gone} zero; scaled, standard deviations {scaled}"
    return lost == gone == DRAWS and min(kept) > 0.01 and max(kept) < 100, seen


def relu_of_scaled_weights() -> tuple[bool, str]:
    """The mean square after a linear layer of 784 inputs and a ReLU, with weights of variance 1 / 784 and 2 / 784."""
    import torch

    generator = torch.Generator().manual_seed(0)
    plain, kaiming = [], []
    for _ in range(DRAWS):
        x, w = torch.randn(1000, 784, generator=generator), torch.randn(784, 50, generator=generator)
        square = (x @ w).relu().square().mean().item() / 784
        plain.append(square)
        kaiming.append(2 * square)
    seen = f"{min(plain):.2f} to {max(plain):.2f}, and {min(kaiming):.2f} to {max(kaiming):.2f}, in {DRAWS} draws"
    return all(abs(one - 0.5) < 0.1 for one in plain) and all(abs(one - 1) < 0.2 for one in kaiming), seen


def four_convolutions() -> tuple[bool, str]:
    """The standard deviation after four convolutions with ReLU, with default weights and with a = 0."""
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(100, 1, 28, 28, generator=generator)
    shapes = ((8, 1, 5, 5), (16, 8, 3, 3), (32, 16, 3, 3), (1, 32, 3, 3))
    found: dict[float, list[float]] = {5**0.5: [], 0.0: []}
    for a, deviations in found.items():
        for _ in range(DRAWS):
            y = x
            for place, shape in enumerate(shapes):
                w = nn.init.kaiming_uniform_(torch.empty(shape), a=a, generator=generator)
                y = nn.functional.conv2d(y if place == 0 else y.relu(), w, stride=2, padding=shape[-1] // 2)
            deviations.append(y.std().item())
    (default, kaiming) = (sorted(deviations)[DRAWS // 2] for deviations in found.values())
    seen = f"{default:.3f} with a = sqrt(5) and {kaiming:.3f} with a = 0, medians of {DRAWS} draws"
    return 10 * default < kaiming, seen


LOOKS = {
    "network.forward(x) gives other gradients than network(x)": gradients_of_forward,
    "a hook runs in network(x) and not in network.forward(x)": hooks_of_forward,
    "a hundred products explode or vanish, but with randn / sqrt(512) they do neither": hundred_products,
    "weights of variance 2 / inputs keep the mean square through a ReLU, 1 / inputs halve it": relu_of_scaled_weights,
    "behind four convolutions a = 0 keeps more than ten times the spread that a = sqrt(5) does": four_convolutions,
}
