"""Forward of a perceptron, 784-512-512-10 with ReLU between its layers: a class, its parts, and what runs them.

Each variant takes ``x`` (n, 28, 28) and ``parameters``, weights (outputs, inputs) and biases (outputs,) of the three
layers in turn, all float32, and returns the logits (n, 10). The modules are made before the clock starts, over the
parameters' own memory.
"""

from collections.abc import Callable

import torch
from torch.nn import functional

from .._contract import needs, prepared
from ._networks import Parameters, SimpleNetwork, over

Logits = Callable[[], torch.Tensor]


@prepared
def module(x: torch.Tensor, parameters: Parameters) -> Logits:
    """The book's class as it stands: its parameters want gradients, so a graph is recorded and the layers' inputs kept.

    MD-01.
    """
    network = over(SimpleNetwork, parameters)
    return lambda: network(x)


@prepared
def inference(x: torch.Tensor, parameters: Parameters) -> Logits:
    """The same under ``inference_mode``: no graph; what is left beside the operators is the modules' own Python.

    MD-01.
    """
    network = over(SimpleNetwork, parameters)

    def run() -> torch.Tensor:
        with torch.inference_mode():
            return network(x)

    return run


def functional_linear(x: torch.Tensor, parameters: Parameters) -> torch.Tensor:
    """The six operators and no module; tensors that want no gradient leave no graph.

    MD-01.
    """
    w1, b1, w2, b2, w3, b3 = parameters
    x = functional.linear(x.flatten(1), w1, b1).relu()
    x = functional.linear(x, w2, b2).relu()
    return functional.linear(x, w3, b3)


@prepared
def out(x: torch.Tensor, parameters: Parameters) -> Logits:
    """Products into memory allocated before, ReLU in place: four operators and no new tensor for the hidden units.

    MD-01.
    """
    rows = x.flatten(1)
    w1, b1, w2, b2, w3, b3 = parameters
    t1, t2, t3 = w1.t(), w2.t(), w3.t()
    h1, h2, logits = (torch.empty(len(x), len(b), device=x.device) for b in (b1, b2, b3))

    def run() -> torch.Tensor:
        functional.relu_(torch.addmm(b1, rows, t1, out=h1))
        functional.relu_(torch.addmm(b2, h1, t2, out=h2))
        return torch.addmm(b3, h2, t3, out=logits)

    return run


@prepared
@needs("cpu")
def numpy(x: torch.Tensor, parameters: Parameters) -> Logits:
    """The formula in numpy, arrays made before over the tensors' memory: a bias is an addition of its own.

    MD-01.
    """
    import numpy as np

    rows = x.flatten(1).numpy()
    (t1, b1), (t2, b2), (t3, b3) = ((w.numpy().T, b.numpy()) for w, b in zip(*[iter(parameters)] * 2, strict=True))

    def run() -> torch.Tensor:
        hidden = np.maximum(rows @ t1 + b1, 0)
        hidden = np.maximum(hidden @ t2 + b2, 0)
        return torch.from_numpy(hidden @ t3 + b3)

    return run
