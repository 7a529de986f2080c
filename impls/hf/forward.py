"""DistilBERT from numbers of words to the states of its last layer, without padding.

Each variant takes ``ids`` of shape (batch, tokens) in int64, ``weights``, the list of the model's parameters in the
library's order, and the number of ``heads``. It returns the states of shape (batch, tokens, width) in their dtype.
"""

import torch

from .._contract import needs, prepared
from ._distilbert import hidden, library

Weights = list[torch.Tensor]


@prepared
@needs("transformers")
def eager_attention(ids: torch.Tensor, weights: Weights, heads: int):
    """The library's model with attention in operators: the scores of all pairs of tokens are written and read.

    HF-02.
    """
    model = library(weights, heads, attention="eager")
    return lambda: model(input_ids=ids).last_hidden_state


@prepared
@needs("transformers")
def sdpa(ids: torch.Tensor, weights: Weights, heads: int):
    """The model as it comes: attention is one fused call.

    HF-02.
    """
    model = library(weights, heads)
    return lambda: model(input_ids=ids).last_hidden_state


@prepared
@needs("transformers")
def inference_mode(ids: torch.Tensor, weights: Weights, heads: int):
    """Without a graph for gradients: nothing is recorded, and what is no longer needed is freed at once.

    HF-02.
    """
    model = library(weights, heads)

    def run() -> torch.Tensor:
        with torch.inference_mode():
            return model(input_ids=ids).last_hidden_state

    return run


def functions(ids: torch.Tensor, weights: Weights, heads: int) -> torch.Tensor:
    """The same operators without modules: what is left is the kernels and their dispatch.

    HF-02.
    """
    with torch.no_grad():
        return hidden(weights, heads, ids)
