"""Metrics as they are logged in each step of a validation loop."""

import torch
from perfsuite import component
from torchmetrics.functional import mean_squared_error, pearson_corrcoef
from torchmetrics.functional.image import structural_similarity_index_measure
from torchmetrics.functional.text import perplexity


@component(variants=[perplexity])
def language(case, generator):
    """How long does the perplexity of a batch of sentences take?"""
    words = torch.randint(100, (4, 128), generator=generator)
    return torch.randn(4, 128, 100, generator=generator), words


@component(variants=[pearson_corrcoef])
def correlation(case, generator):
    """How long does the correlation of two columns take?"""
    return torch.randn(1000, generator=generator), torch.randn(1000, generator=generator)


@component(variants=[mean_squared_error])
def error(case, generator):
    """How long does their mean squared error take?"""
    return torch.randn(1000, generator=generator), torch.randn(1000, generator=generator)


@component(variants=[structural_similarity_index_measure])
def similarity(case, generator):
    """How long does it take to compare images?"""
    return torch.rand(4, 3, 64, 64, generator=generator), torch.rand(4, 3, 64, 64, generator=generator)
