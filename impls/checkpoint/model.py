"""A network from a file: checkpoint ``which`` (a number, int64) in ``folder`` becomes a module that can be called.

The network is 784-512-512-10 with ReLU. Each variant returns its parameters as a list, float32, every number of them
read once. What is called is tested: all of them give the same answers, bit by bit.
"""

import warnings

import torch
from torch import nn

from .._contract import needs
from ._files import Tensors, path_of, touched

CLASSES = (nn.Sequential, nn.Linear, nn.ReLU)


def _network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def _parameters(module: nn.Module) -> Tensors:
    return touched(parameter.detach() for parameter in module.parameters())


def exported(folder: str, which: torch.Tensor) -> Tensors:
    """``torch.export.load``: a graph that needs no class of ours, read from JSON, checked, and made a module.

    CK-02.
    """
    return _parameters(torch.export.load(path_of(folder, which, ".pt2")).module())


def build_then_copy(folder: str, which: torch.Tensor) -> Tensors:
    """The source's way: build the network, load the state, copy it in. Random numbers are drawn to be overwritten.

    CK-01.
    """
    network = _network()
    network.load_state_dict(torch.load(path_of(folder, which, ".pt")))
    return _parameters(network.eval())


@needs("safetensors")
def safetensors_load_model(folder: str, which: torch.Tensor) -> Tensors:
    """``safetensors.torch.load_model``: the same with the other format, and the same random numbers.

    CK-03.
    """
    from safetensors.torch import load_model

    network = _network()
    load_model(network, path_of(folder, which, ".safetensors"))
    return _parameters(network.eval())


def script(folder: str, which: torch.Tensor) -> Tensors:
    """``torch.jit.load``: the older format that needs no class of ours, read in C++.

    CK-02. It is deprecated; its warning is silenced here.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit", category=Warning)
        return _parameters(torch.jit.load(path_of(folder, which, ".script.pt")))


def whole_allowed(folder: str, which: torch.Tensor) -> Tensors:
    """The whole network from a pickle that may name three classes and no others: convenient, and no longer a risk.

    CK-02.
    """
    with torch.serialization.safe_globals(list(CLASSES)):
        return _parameters(torch.load(path_of(folder, which, ".model.pt")))


def meta_then_assign(folder: str, which: torch.Tensor) -> Tensors:
    """Build it without memory, then hand it the loaded tensors: nothing is drawn, nothing is copied twice.

    CK-01.
    """
    with torch.device("meta"):
        network = _network()
    network.load_state_dict(torch.load(path_of(folder, which, ".pt")), assign=True)
    return _parameters(network.eval())


def mapped_assign(folder: str, which: torch.Tensor) -> Tensors:
    """The same with the file mapped: the parameters are its pages.

    CK-01.
    """
    with torch.device("meta"):
        network = _network()
    network.load_state_dict(torch.load(path_of(folder, which, ".pt"), mmap=True), assign=True)
    return _parameters(network.eval())


def whole_model(folder: str, which: torch.Tensor) -> Tensors:
    """The source's ``torch.load`` of a whole network, which since torch 2.6 must be told to trust the file.

    CK-02. Only for files that one has written oneself.
    """
    return _parameters(torch.load(path_of(folder, which, ".model.pt"), weights_only=False))


@needs("safetensors")
def safetensors_assign(folder: str, which: torch.Tensor) -> Tensors:
    """The same with ``safetensors``: a header to read, and no unpickler.

    CK-03.
    """
    from safetensors.torch import load_file

    with torch.device("meta"):
        network = _network()
    network.load_state_dict(load_file(path_of(folder, which, ".safetensors")), assign=True)
    return _parameters(network.eval())
