"""Shared by the components that use a network: parameters, the output in float64, its error bound, the work."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from perfsuite.model.component import Case, Inputs

SIDE = 28  # of the images
CLASSES = 10
UNIT = 2.0**-24


@dataclass(frozen=True)
class Network:
    """A classifier of 28 x 28 images: convolutions with ReLU and 2 x 2 pooling, then linear layers and ReLU."""

    weights: tuple[tuple[int, ...], ...]  # shapes: (out, in, a, a) of a convolution, (out, in) of a linear layer
    padding: tuple[int, ...] = ()  # of each convolution
    pool: str = ""  # the function in torch.nn.functional after each convolution

    @property
    def parameters(self) -> int:
        """How many numbers the weights and biases have."""
        return sum(math.prod(shape) + shape[0] for shape in self.weights)

    def inputs(self, case: Case, generator: Any) -> Inputs:
        """``x`` in [0, 1], as the source has it, and a list of the weights and biases in turn."""
        import torch

        channels = (1,) if self.padding else ()
        x = torch.rand(case.shape["n"], *channels, SIDE, SIDE, generator=generator)
        return x, drawn(self.weights, generator)

    def last(self, x: Any, parameters: Sequence[Any]) -> tuple[Any, Any, Any]:
        """The input of the last layer, its weights and its bias, in the dtype of ``x``."""
        from torch.nn import functional

        *layers, (w, b) = pairs([each.to(x.dtype) for each in parameters])
        for place, (weight, bias) in enumerate(layers):
            if weight.dim() == 4:
                maps = functional.conv2d(x, weight, bias, padding=self.padding[place]).relu()
                x = getattr(functional, self.pool)(maps, 2)
            else:
                x = functional.linear(x.flatten(1), weight, bias).relu()
        return x.flatten(1), w, b

    def reference(self, case: Case, x: Any, parameters: Sequence[Any]) -> Any:
        """The logits in float64."""
        hidden, w, b = self.last(x.double(), parameters)
        return hidden @ w.T + b

    def scale(self, x: Any, parameters: Sequence[Any]) -> Any:
        """The root of the sum of squares of the last layer's terms."""
        hidden, w, b = self.last(x, parameters)
        return (hidden.square() @ w.square().T + b.square()).sqrt()

    def tolerance(self, case: Case, expected: Any, x: Any, parameters: Sequence[Any]) -> Any:
        """``8 u sqrt(k)`` of :meth:`scale` for each layer that adds up k products, u = 2^-24.

        The roundings of a sum add up like a random walk (Higham and Mary, 2019). ReLU and pooling increase no error,
        and each layer passes its relative error on, so the bounds of the layers add up.
        """
        roots = sum(math.sqrt(math.prod(shape[1:])) for shape in self.weights)
        return 8 * UNIT * roots * self.scale(x, parameters)

    def flops(self, case: Case) -> int:
        """A product and a sum for each use of a weight; ReLU and pooling are about 1 % of that."""
        found, side = 0, SIDE
        for shape, padding in zip(self.weights, self.padding, strict=False):
            side += 2 * padding - shape[-1] + 1
            found += 2 * math.prod(shape) * side * side
            side //= 2
        found += sum(2 * math.prod(shape) for shape in self.weights[len(self.padding) :])
        return int(case.shape["n"]) * found

    def bytes(self, case: Case) -> int:
        """Images and parameters read once, logits written once; intermediate results need not leave the cache."""
        return 4 * (int(case.shape["n"]) * (SIDE * SIDE + CLASSES) + self.parameters)


PERCEPTRON = Network(((512, SIDE * SIDE), (512, 512), (CLASSES, 512)))
LENET = Network(((6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (CLASSES, 84)), (2, 0), "avg_pool2d")
CONVNET = Network(((16, 1, 3, 3), (32, 16, 3, 3), (32, 800), (CLASSES, 32)), (0, 0), "max_pool2d")


def drawn(shapes: Sequence[Sequence[int]], generator: Any) -> list[Any]:
    """Weights of variance 2 / inputs, which keep the spread through a ReLU, and small biases, in turn."""
    import torch

    found = []
    for shape in shapes:
        deviation = math.sqrt(2 / math.prod(shape[1:]))
        found.append(torch.randn(*shape, generator=generator) * deviation)
        found.append(0.1 * torch.randn(shape[0], generator=generator))
    return found


def pairs(parameters: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Weights and bias of each layer."""
    return list(zip(parameters[::2], parameters[1::2], strict=True))


def images(n: int, series: str, **more: Any) -> Case:
    """``n`` images through a network."""
    return Case(f"{n}x28x28", {"n": n}, series=series, size=n, **more)


def counted(case: Case, output: Any) -> Any:
    """A number as a tensor; anything else unchanged."""
    import torch

    return torch.tensor(output) if type(output) is int else output
