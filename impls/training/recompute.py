"""The gradients of a deep network with few activations in memory: those that are missing are computed once more.

``x`` (n, width) float32 and ``start``, a list of square weights, a layer each: product, then GELU. Each variant returns
the gradients of the mean of the squared output with respect to the weights, a list like ``start``.
"""

import math
from collections.abc import Callable

import torch
from torch.nn.functional import gelu
from torch.utils.checkpoint import CheckpointPolicy, checkpoint, create_selective_checkpoint_contexts

from .._contract import needs, prepared

Tensors = list[torch.Tensor]
Forward = Callable[[torch.Tensor, Tensors], torch.Tensor]


def _layer(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return gelu(x @ w)


def _layers(x: torch.Tensor, weights: Tensors) -> torch.Tensor:
    for w in weights:
        x = _layer(x, w)
    return x


def _gradients(forward: Forward, x: torch.Tensor, start: Tensors) -> Tensors:
    weights = [w.detach().requires_grad_() for w in start]
    loss = forward(x, weights).square().mean()
    loss.backward()
    return [w.grad for w in weights]


def reentrant(x: torch.Tensor, start: Tensors) -> Tensors:
    """The old way: each layer's forward runs without a graph, and again with one inside its backward.

    TR-06.
    """

    def forward(x: torch.Tensor, weights: Tensors) -> torch.Tensor:
        for w in weights:
            x = checkpoint(_layer, x, w, use_reentrant=True)
        return x

    return _gradients(forward, x, start)


def each_layer(x: torch.Tensor, start: Tensors) -> Tensors:
    """Only each layer's input is kept, through hooks on what autograd saves; the rest is computed again when needed.

    TR-06.
    """

    def forward(x: torch.Tensor, weights: Tensors) -> torch.Tensor:
        for w in weights:
            x = checkpoint(_layer, x, w, use_reentrant=False)
        return x

    return _gradients(forward, x, start)


def segments(x: torch.Tensor, start: Tensors) -> Tensors:
    """As many segments as each has layers: what is kept and what comes back together grow with the root of the depth.

    TR-06. A segment is computed again as a whole, when backward reaches its end.
    """
    return _gradients(_in_segments(), x, start)


def _in_segments(**options) -> Forward:
    def forward(x: torch.Tensor, weights: Tensors) -> torch.Tensor:
        size = math.isqrt(len(weights))
        for first in range(0, len(weights), size):
            x = checkpoint(_layers, x, weights[first : first + size], use_reentrant=False, **options)
        return x

    return forward


def _products_stay(context, operator, *args, **kwargs) -> CheckpointPolicy:
    dear = operator == torch.ops.aten.mm.default
    return CheckpointPolicy.MUST_SAVE if dear else CheckpointPolicy.PREFER_RECOMPUTE


def selective(x: torch.Tensor, start: Tensors) -> Tensors:
    """Segments whose products are kept, so that only GELU is computed again: less saved, hardly more arithmetic.

    TR-06. Each operator is looked at by Python, in forward and again in backward.
    """
    return _gradients(_in_segments(context_fn=lambda: create_selective_checkpoint_contexts(_products_stay)), x, start)


@needs("cuda")
def offloaded(x: torch.Tensor, start: Tensors) -> Tensors:
    """Nothing is computed twice: what autograd saves goes to the host's memory and comes back.

    TR-06.
    """

    def forward(x: torch.Tensor, weights: Tensors) -> torch.Tensor:
        with torch.autograd.graph.save_on_cpu(pin_memory=True):
            return _layers(x, weights)

    return _gradients(forward, x, start)


def stored(x: torch.Tensor, start: Tensors) -> Tensors:
    """Autograd as it is: of each layer the input and the product stay until backward.

    TR-06.
    """
    return _gradients(_layers, x, start)


@prepared
@needs("c++")
def compiled(x: torch.Tensor, start: Tensors):
    """``torch.compile`` sees forward and backward at once, and keeps what a product in backward will ask for.

    TR-06. It gains time and no memory: all that it could compute again lies between two products.
    """
    run = torch.compile(_layers, dynamic=False)
    return lambda: _gradients(run, x, start)


@prepared
@needs("c++")
def compiled_half(x: torch.Tensor, start: Tensors):
    """The compiler allowed half of the activations: it chooses itself what is cheapest to compute again.

    TR-06.
    """

    def layers(x: torch.Tensor, weights: Tensors) -> torch.Tensor:
        return _layers(x, weights)  # in a function of its own: what `compiled` has made of _layers would be used again

    run = torch.compile(layers, dynamic=False)
    with torch._functorch.config.patch(activation_memory_budget=0.5):
        _gradients(run, x, start)
    return lambda: _gradients(run, x, start)
