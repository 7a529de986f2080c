"""Forward of a multi-layer perceptron whose parameters want gradients, or do not.

Each variant takes ``x`` (n, inputs) and ``layers``, a list of pairs of weights (inputs, outputs) and biases (outputs,),
all float32, and returns the last layer's output; ReLU lies between layers. The parameters that want gradients are
made before the clock starts, over the inputs' own memory.
"""

from collections.abc import Callable

import torch

from .._contract import prepared

Layers = list[tuple[torch.Tensor, torch.Tensor]]
Output = Callable[[], torch.Tensor]


@prepared
def tracked(x: torch.Tensor, layers: Layers) -> Output:
    """The parameters want gradients: a node is recorded for each operator, and its inputs stay in memory.

    AG-01.
    """
    layers = _parameters(layers)
    return lambda: _forward(x, layers)


@prepared
def detached(x: torch.Tensor, layers: Layers) -> Output:
    """``detach`` the result: the graph was recorded all the same, only to be thrown away.

    AG-01.
    """
    layers = _parameters(layers)
    return lambda: _forward(x, layers).detach()


def frozen(x: torch.Tensor, layers: Layers) -> torch.Tensor:
    """No parameter wants a gradient, so nothing is recorded: the source's own example, whatever mode it runs in.

    AG-01.
    """
    return _forward(x, layers)


@prepared
def no_grad(x: torch.Tensor, layers: Layers) -> Output:
    """Nothing is recorded although the parameters want gradients.

    AG-01.
    """
    layers = _parameters(layers)

    def run() -> torch.Tensor:
        with torch.no_grad():
            return _forward(x, layers)

    return run


@prepared
def inference_mode(x: torch.Tensor, layers: Layers) -> Output:
    """Not even the bookkeeping of views and versions: the result can never take part in a graph.

    AG-01.
    """
    layers = _parameters(layers)

    def run() -> torch.Tensor:
        with torch.inference_mode():
            return _forward(x, layers)

    return run


def _parameters(layers: Layers) -> Layers:
    return [(w.detach().requires_grad_(), b.detach().requires_grad_()) for w, b in layers]


def _forward(x: torch.Tensor, layers: Layers) -> torch.Tensor:
    *hidden, (w, b) = layers
    for weights, bias in hidden:
        x = torch.addmm(bias, x, weights).relu()
    return torch.addmm(b, x, w)
