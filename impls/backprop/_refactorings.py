"""One network, lin - (ReLU - 0.5) - lin - MSE, in the five forms that the lesson gives it, each shorter to extend.

Shapes: ``x`` (n, 784), ``target`` (n,), ``w1`` (784, 50), ``b1`` (50,), ``w2`` (50, 1), ``b2`` (1,), all float32. By
hand, the gradient of a tensor is kept in its attribute ``.g``; :func:`aliases` makes tensors that may carry one.
"""

import torch
from torch import nn


def aliases(*tensors: torch.Tensor) -> list[torch.Tensor]:
    """Other tensor objects over the same memory: the inputs themselves stay free of attributes."""
    return [tensor.detach() for tensor in tensors]


def gradients(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """What the backward left on each of them."""
    return tuple(tensor.g for tensor in tensors)


# -- 1. functions: the formulas (BP-02) --------------------------------------------------------------------------------


def lin(inp, w, b):
    """A linear layer."""
    return inp @ w + b


def relu(inp):
    """ReLU, shifted to keep the mean near zero."""
    return inp.clamp_min(0.0) - 0.5


def mse(output, target):
    """Mean squared error of ``output`` (n, 1) against ``target`` (n,)."""
    return (output.squeeze(-1) - target).pow(2).mean()


def mse_grad(output, target):
    """Gradient of the loss with respect to the network's output."""
    output.g = 2.0 * (output.squeeze(-1) - target).unsqueeze(-1) / target.shape[0]


def relu_grad(inp, out):
    """Chain rule: pass the gradient on where the input was positive."""
    inp.g = (inp > 0).float() * out.g


def lin_grad(inp, out, w, b):
    """Gradients of a linear layer; that of the weights through an outer product of n x inputs x outputs elements."""
    inp.g = out.g @ w.t()
    w.g = (inp.unsqueeze(-1) * out.g.unsqueeze(1)).sum(0)
    b.g = out.g.sum(0)


def forward_and_backward(x, target, w1, b1, w2, b2):
    """All of it; returns the output and the loss."""
    l1 = lin(x, w1, b1)
    l2 = relu(l1)
    out = lin(l2, w2, b2)
    loss = mse(out, target)
    mse_grad(out, target)
    lin_grad(l2, out, w2, b2)
    relu_grad(l1, l2)
    lin_grad(x, l1, w1, b1)
    return out, loss


# -- 2. layers: a class for each, which remembers what its backward needs (BP-03) --------------------------------------


class Relu:
    """ReLU with a memory."""

    def __call__(self, inp):
        """Forward."""
        self.inp = inp
        self.out = relu(inp)
        return self.out

    def backward(self):
        """Gradient of the input."""
        relu_grad(self.inp, self.out)


class Lin:
    """A linear layer with its parameters and a memory."""

    def __init__(self, w, b):
        self.w, self.b = w, b

    def __call__(self, inp):
        """Forward."""
        self.inp = inp
        self.out = lin(inp, self.w, self.b)
        return self.out

    def backward(self):
        """Gradients of the input and the parameters, by the outer product."""
        lin_grad(self.inp, self.out, self.w, self.b)


class Mse:
    """The loss with a memory."""

    def __call__(self, inp, target):
        """Forward."""
        self.inp, self.target = inp, target
        self.out = mse(inp, target)
        return self.out

    def backward(self):
        """Gradient of the network's output."""
        mse_grad(self.inp, self.target)


class Network:
    """The layers in a row and the loss: forward is a loop, backward is the loop the other way round."""

    def __init__(self, first, relu, second, loss):
        self.layers = [first, relu, second]
        self.loss = loss

    def __call__(self, x, target):
        """The output and the loss."""
        for layer in self.layers:
            x = layer(x)
        return x, self.loss(x, target)

    def backward(self):
        """Gradients of everything, in ``.g``."""
        self.loss.backward()
        for layer in reversed(self.layers):
            layer.backward()


def layers(w1, b1, w2, b2) -> Network:
    """The network of these classes."""
    return Network(Lin(w1, b1), Relu(), Lin(w2, b2), Mse())


# -- 3. modules: the memory moves to a base class (BP-04 with einsum, BP-05 with a product) ----------------------------


class Module:
    """Remembers arguments and output; a subclass says ``forward`` and ``bwd`` and nothing else."""

    def __call__(self, *args):
        """Forward."""
        self.args = args
        self.out = self.forward(*args)
        return self.out

    def backward(self):
        """Backward, with what was remembered."""
        self.bwd(self.out, *self.args)


class ReluModule(Module):
    """ReLU as a module."""

    def forward(self, inp):
        """The output."""
        return relu(inp)

    def bwd(self, out, inp):
        """Gradient of the input."""
        relu_grad(inp, out)


class MseModule(Module):
    """The loss as a module."""

    def forward(self, inp, target):
        """The loss."""
        return mse(inp, target)

    def bwd(self, out, inp, target):
        """Gradient of the network's output."""
        mse_grad(inp, target)


class LinEinsum(Module):
    """A linear layer as a module; the outer product is summed while it is made."""

    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, inp):
        """The output."""
        return lin(inp, self.w, self.b)

    def bwd(self, out, inp):
        """Gradients of the input and the parameters, that of the weights by einsum."""
        inp.g = out.g @ self.w.t()
        self.w.g = torch.einsum("bi,bj->ij", inp, out.g)
        self.b.g = out.g.sum(0)


class LinMatmul(LinEinsum):
    """The same with a matrix product."""

    def bwd(self, out, inp):
        """Gradients of the input and the parameters, that of the weights by a product."""
        inp.g = out.g @ self.w.t()
        self.w.g = inp.t() @ out.g
        self.b.g = out.g.sum(0)


class LinParameters(LinEinsum):
    """The same without the gradient of its input: enough for a first layer."""

    def bwd(self, out, inp):
        """Gradients of the parameters alone."""
        self.w.g = inp.t() @ out.g
        self.b.g = out.g.sum(0)


def modules_einsum(w1, b1, w2, b2) -> Network:
    """The network of modules, with einsum."""
    return Network(LinEinsum(w1, b1), ReluModule(), LinEinsum(w2, b2), MseModule())


def modules_matmul(w1, b1, w2, b2) -> Network:
    """The network of modules, with products."""
    return Network(LinMatmul(w1, b1), ReluModule(), LinMatmul(w2, b2), MseModule())


def modules_parameters(w1, b1, w2, b2) -> Network:
    """The network of modules, with products and without the gradient of ``x``."""
    return Network(LinParameters(w1, b1), ReluModule(), LinMatmul(w2, b2), MseModule())


# -- 4. torch.nn and autograd: no backward is written (BP-06) ----------------------------------------------------------


class Linears(nn.Module):
    """The network of ``nn.Linear``. Its layers lie in a ``ModuleList``: in a plain list they would not be found."""

    def __init__(self, w1, b1, w2, b2):
        super().__init__()
        sizes = (w1.shape, w2.shape)
        self.layers = nn.ModuleList(nn.utils.skip_init(nn.Linear, *size, device=w1.device) for size in sizes)

    @torch.no_grad()
    def take(self, w1, b1, w2, b2):
        """Copy parameters given as (inputs, outputs): ``nn.Linear`` keeps (outputs, inputs)."""
        for layer, w, b in zip(self.layers, (w1, w2), (b1, b2), strict=True):
            layer.weight.copy_(w.t())
            layer.bias.copy_(b)

    def forward(self, x):
        """The output (n, 1)."""
        first, second = self.layers
        return second(first(x).relu() - 0.5)
