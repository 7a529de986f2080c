"""A linear layer of which most weights are 0: ``x w^T + b``.

Each variant takes ``x`` of shape (tokens, into), ``w`` (out, into) and ``b`` (out,), all float32, and returns (tokens,
out). Where ``w`` is 0 stays the same from call to call, and so do its values.
"""

import warnings

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune

from .._contract import prepared


@prepared
def masked(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor):
    """As ``torch.nn.utils.prune`` leaves a layer: the weights are multiplied by a mask before each product.

    HF-07.
    """
    layer = nn.utils.skip_init(nn.Linear, w.shape[1], w.shape[0], device=w.device)
    layer.load_state_dict({"weight": w, "bias": b}, assign=True)
    prune.custom_from_mask(layer, "weight", w != 0)

    def run() -> torch.Tensor:
        with torch.no_grad():
            return layer(x)

    return run


def permanent(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The zeros written into the weights, as ``prune.remove`` does: a product takes as long as before.

    HF-07.
    """
    return functional.linear(x, w, b)


@prepared
def compressed_rows(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor):
    """Only what is not 0 is kept, with its column: less to multiply, and no neighbours to multiply it with.

    HF-07.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls itself beta
        sparse = w.to_sparse_csr()
    return lambda: (sparse @ x.T).T + b
