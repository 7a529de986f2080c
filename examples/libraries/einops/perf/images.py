"""What it costs to name the axes of images."""

import torch
from einops import rearrange, reduce
from perfsuite import component


def patched(x):
    """Cut images into patches of 16 x 16 pixels, as a vision transformer does."""
    return rearrange(x, "b c (h p) (w q) -> b (h w) (p q c)", p=16, q=16)


@component(variants=[patched], cases={"b4": {"b": 4}})
def patches(case, generator):
    """How long does it take to cut images into patches?"""
    return torch.randn(case.b, 3, 224, 224, generator=generator)


def pooled(x):
    """The mean of each channel."""
    return reduce(x, "b c h w -> b c", "mean")


@component(variants={"einops": pooled, "torch": lambda x: x.mean((2, 3))})
def pooling(case, generator):
    """What does a name add to a small reduction?"""
    return torch.randn(8, 64, 7, 7, generator=generator)
