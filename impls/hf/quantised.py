"""A feed-forward part of an encoder in fewer bits: ``w2 gelu(w1 x + b1) + b2``.

Each variant takes ``x`` of shape (tokens, width), ``w1`` (inner, width), ``b1``, ``w2`` (width, inner) and ``b2``, all
float32, and returns (tokens, width) in float32. The weights are a trained model's, so to speak: they stay, and are
brought to fewer bits before the clock starts. The answers differ from float32's by what the bits leave out.
"""

import warnings

import torch
from torch.nn import functional

from .._contract import needs, prepared

STEPS = 127  # of int8 on each side of 0


def _rows(weight: torch.Tensor) -> torch.Tensor:
    """What a step of int8 is worth in each row, whose largest number is 127 of them."""
    return weight.abs().amax(1, keepdim=True) / STEPS


@prepared
def dequantised(x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor):
    """Weights lie in int8 and become float32 in each call: a quarter of the memory, and more work than before.

    HF-07.
    """
    kept = [((w / _rows(w)).round().to(torch.int8), _rows(w)) for w in (w1, w2)]

    def run() -> torch.Tensor:
        first, second = (whole.float() * step for whole, step in kept)
        return functional.linear(functional.gelu(functional.linear(x, first, b1)), second, b2)

    return run


def float32(x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor) -> torch.Tensor:
    """Nothing left out: four bytes for each weight.

    HF-07.
    """
    return functional.linear(functional.gelu(functional.linear(x, w1, b1)), w2, b2)


@prepared
def bfloat16(x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor):
    """Half the bytes, and the range of float32; as fast as the machine has products for it.

    HF-07.
    """
    first, bias1, second, bias2 = (tensor.bfloat16() for tensor in (w1, b1, w2, b2))

    def run() -> torch.Tensor:
        wide = functional.gelu(functional.linear(x.bfloat16(), first, bias1))
        return functional.linear(wide, second, bias2).float()

    return run


@prepared
@needs("cpu")
def whole_numbers(x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor):
    """Weights and inputs in int8, a step for each row, found anew for the inputs: products of whole numbers.

    HF-07. Around them it is five operators in float32.
    """
    kept = [((w / _rows(w)).round().to(torch.int8).T, _rows(w).T) for w in (w1, w2)]

    def linear(x: torch.Tensor, whole: torch.Tensor, step: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        own = _rows(x)
        return torch._int_mm((x / own).round().to(torch.int8), whole) * (own * step) + bias

    return lambda: linear(functional.gelu(linear(x, *kept[0], b1)), *kept[1], b2)


@prepared
@needs("cpu")
def dynamic_int8(x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor):
    """The same with one step for all inputs, and all of it in one operator for each layer.

    HF-07. It is what ``torch.ao.quantization.quantize_dynamic`` puts in the place of a linear layer.
    """
    packed = []
    for w, b in ((w1, b1), (w2, b2)):
        zeros = torch.zeros(len(w), dtype=torch.int64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such tensors are to be removed
            whole = torch.quantize_per_channel(w, _rows(w)[:, 0], zeros, 0, torch.qint8)
        packed.append(torch.ops.quantized.linear_prepack(whole, b))
    linear = torch.ops.quantized.linear_dynamic
    return lambda: linear(functional.gelu(linear(x, packed[0], True)), packed[1], True)
