"""Steps of a training, more and more of each compiled: ``xs`` (steps, batch, 28, 28) float32, ``ys`` (steps, batch).

``start`` are the parameters: weights and biases of linear layers, or of LeNet-5 where the first weight has four
dimensions. SGD at rate 0.1 on cross entropy. Each variant returns ``[losses (steps,), *new parameters]``.
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from .._contract import needs, prepared

RATE = 0.1
Tensors = list[torch.Tensor]


def _output(x: torch.Tensor, parameters: Tensors) -> torch.Tensor:
    if parameters[0].ndim == 4:
        w1, b1, w2, b2, *parameters = parameters
        x = functional.avg_pool2d(functional.conv2d(x.unsqueeze(1), w1, b1, padding=2).relu(), 2)
        x = functional.avg_pool2d(functional.conv2d(x, w2, b2).relu(), 2)
    x = x.flatten(1)
    *hidden, (w, b) = zip(parameters[::2], parameters[1::2], strict=True)
    for weight, bias in hidden:
        x = functional.linear(x, weight, bias).relu()
    return functional.linear(x, w, b)


def _loss(parameters: Tensors, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(_output(x, parameters), y)


def _training(xs: torch.Tensor, ys: torch.Tensor, start: Tensors, loss_of: Callable, compiled_step: bool = False):
    """Steps of ``optim.SGD`` on ``loss_of(parameters, x, y)``."""
    own = [nn.Parameter(torch.empty_like(p)) for p in start]
    optimizer = torch.optim.SGD(own, lr=RATE)
    step = torch.compile(optimizer.step, dynamic=False) if compiled_step else optimizer.step

    def run() -> Tensors:
        with torch.no_grad():
            torch._foreach_copy_(own, start)
        losses = []
        for x, y in zip(xs, ys, strict=True):
            loss = loss_of(own, x, y)
            loss.backward()
            step()
            optimizer.zero_grad()
            losses.append(loss.detach())
        return [torch.stack(losses), *(p.detach() for p in own)]

    return run


@prepared
def eager(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """Every operator of forward, backward and step is called by itself.

    TR-07.
    """
    return _training(xs, ys, start, _loss)


@prepared
@needs("c++")
def forward_compiled(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """The network compiled, and with it its backward; loss and step are called as before.

    TR-07.
    """
    output = torch.compile(_output, dynamic=False)
    return _training(xs, ys, start, lambda own, x, y: functional.cross_entropy(output(x, own), y))


@prepared
@needs("c++")
def loss_compiled(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """The loss belongs to the graph: one call forward, one call backward.

    TR-07.
    """
    return _training(xs, ys, start, torch.compile(_loss, dynamic=False))


@prepared
@needs("c++")
def optimizer_compiled(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """The optimizer's step as a graph of its own.

    TR-07.
    """
    return _training(xs, ys, start, torch.compile(_loss, dynamic=False), compiled_step=True)


def _step(own: Tensors, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """One step, in place on ``own``, without a graph of autograd's that outlives it."""
    gradients, loss = torch.func.grad_and_value(_loss)(own, x, y)
    for p, gradient in zip(own, gradients, strict=True):
        p.sub_(gradient, alpha=RATE)
    return loss


def _whole(xs: torch.Tensor, ys: torch.Tensor, start: Tensors, step: Callable):
    own = [torch.empty_like(p) for p in start]
    for p in own:
        torch._dynamo.mark_static_address(p)  # so that a CUDA graph may change them where they lie

    def run() -> Tensors:
        torch._foreach_copy_(own, start)
        losses = [step(own, x, y) for x, y in zip(xs, ys, strict=True)]
        return [torch.stack(losses), *own]

    return run


@prepared
@needs("c++")
def step_compiled(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """Forward, backward and step as one graph, which a gradient that is a function makes possible: one call.

    TR-07. ``backward()`` would break the graph.
    """
    return _whole(xs, ys, start, torch.compile(_step, dynamic=False))


@prepared
@needs("cuda")
def reduce_overhead(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """The whole step compiled, its kernels recorded as a CUDA graph by the compiler.

    TR-07. The loss lies in the graph's own memory, which the next step overwrites: it is copied.
    """
    step = torch.compile(_step, dynamic=False, mode="reduce-overhead")
    return _whole(xs, ys, start, lambda *inputs: step(*inputs).clone())


@prepared
@needs("cuda")
def graphed_callables(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """Forward and backward of the uncompiled loss as two CUDA graphs that autograd calls.

    TR-07.
    """
    samples = [p.detach().clone().requires_grad_() for p in start]
    graphed = torch.cuda.make_graphed_callables(
        lambda x, y, *parameters: _loss(list(parameters), x, y),
        (xs[0].clone(), ys[0].clone(), *samples),  # the graphs keep them, and copy each batch there
    )
    return _training(xs, ys, start, lambda own, x, y: graphed(x, y, *own))


@prepared
@needs("cuda")
def cuda_graph(xs: torch.Tensor, ys: torch.Tensor, start: Tensors):
    """The whole uncompiled step as one CUDA graph, replayed on inputs that are copied to where it reads them.

    TR-07.
    """
    own, x, y = [p.clone() for p in start], xs[0].clone(), ys[0].clone()
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            _step(own, x, y)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = _step(own, x, y)

    def run() -> Tensors:
        torch._foreach_copy_(own, start)
        losses = []
        for images, labels in zip(xs, ys, strict=True):
            x.copy_(images)
            y.copy_(labels)
            graph.replay()
            losses.append(loss.clone())
        return [torch.stack(losses), *own]

    return run
