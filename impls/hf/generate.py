"""GPT-2 continues a prompt, always with the likeliest word.

Each variant takes ``prompt`` of shape (batch, tokens) in int64, ``weights``, the list of the model's parameters in the
library's order, the number of ``heads``, and how many words are ``new``. It returns the prompt and its continuation,
(batch, tokens + new), int64.
"""

from inspect import signature

import torch

from .._contract import needs, prepared
from ._gpt2 import Decoder, library

Weights = list[torch.Tensor]


def _generate(prompt: torch.Tensor, weights: Weights, heads: int, new: int, **options: object):
    from transformers import GenerationConfig

    model = library(weights, heads)
    how = GenerationConfig(max_new_tokens=new, do_sample=False, pad_token_id=0, **options)
    seen = torch.ones_like(prompt)
    return lambda: model.generate(prompt, attention_mask=seen, generation_config=how)


@prepared
@needs("transformers")
def no_cache(prompt: torch.Tensor, weights: Weights, heads: int, new: int):
    """For each new word the whole text goes through the model again.

    HF-04.
    """
    return _generate(prompt, weights, heads, new, use_cache=False)


@prepared
@needs("transformers")
def static_cache(prompt: torch.Tensor, weights: Weights, heads: int, new: int):
    """Keys and values are kept in a block of fixed size: what compiling and graphs need costs a mask without them.

    HF-04.
    """
    return _generate(prompt, weights, heads, new, cache_implementation="static", disable_compile=True)


@prepared
@needs("transformers")
def generate(prompt: torch.Tensor, weights: Weights, heads: int, new: int):
    """As it comes: keys and values are kept and grow, and a step is a single word.

    HF-04.
    """
    return _generate(prompt, weights, heads, new)


@prepared
@needs("transformers")
def loop(prompt: torch.Tensor, weights: Weights, heads: int, new: int):
    """The library's model and cache in a loop of one's own: what ``generate`` prepares and asks in each step is gone.

    HF-04.
    """
    from transformers import DynamicCache

    model = library(weights, heads)
    word = "cache" if "cache" in signature(model.forward).parameters else "past_key_values"  # its name until 5.24

    @torch.inference_mode()
    def run() -> torch.Tensor:
        cache = DynamicCache(config=model.config)
        text = [prompt]
        for _ in range(new):
            out = model(input_ids=text[-1], use_cache=True, logits_to_keep=1, **{word: cache})
            text.append(out.logits.argmax(-1))
        return torch.cat(text, 1)

    return run


def functions(prompt: torch.Tensor, weights: Weights, heads: int, new: int) -> torch.Tensor:
    """The same in functions, keys and values written into place: some thirty operators for a word and a layer.

    HF-04.
    """
    length = prompt.shape[1]
    with torch.no_grad():
        model = Decoder(weights, heads, len(prompt), length + new - 1)
        text = [prompt]
        for start in (0, *range(length, length + new - 1)):
            text.append(model.next(text[-1], start))
        return torch.cat(text, 1)
