"""DL-03: the order of an epoch, with 10000 and 60000 images of 784 bytes in batches of 32."""

from __future__ import annotations

from typing import Any

from benchmarks.components.dataload._epoch import by_label, lengths
from perfsuite.model.component import Case, Component, Inputs

WIDTH = 784


def inputs(case: Case, generator: Any) -> Inputs:
    """``images`` (length, 784) in uint8, ``labels`` that number them, and the batch size."""
    import torch

    length = case.shape["length"]
    images = torch.randint(256, (length, WIDTH), generator=generator, dtype=torch.uint8)
    return images, torch.randperm(length, generator=generator), case.shape["batch"]


def canonical(case: Case, batches: Any) -> Any:
    """``(lengths of the batches, images, labels)``, sorted by label."""
    return by_label(batches, case.shape["length"])


def reference(case: Case, images: Any, labels: Any, batch: int) -> Any:
    """All images in the order of their labels: each exactly once."""
    order = labels.argsort()
    return lengths(len(images), batch), images[order], labels[order]


def tolerance(case: Case, expected: Any, images: Any, labels: Any, batch: int) -> Any:
    """Nothing is computed: bytes must be equal."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic."""
    return 0


def bytes(case: Case) -> int:
    """Images and labels read once and written once."""
    return 2 * int(case.shape["length"]) * (WIDTH + 8)


def epoch(length: int, **more: Any) -> Case:
    """``length`` images in batches of 32."""
    return Case(f"{length}-b32", {"length": length, "batch": 32}, "uint8", "batches of 32", length, **more)


COMPONENT = Component(
    name="dataload.order",
    title="The order of an epoch",
    question="What do the library's samplers cost, and what does it cost to read memory in random order?",
    rows=("DL-03",),
    cases=(
        epoch(10_000),
        epoch(60_000, opt_in="47 MB of images, compared one by one"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="random_sampler",
    devices=("cpu",),
    canonical=canonical,
    stream=True,
    work={
        "sequential": "Keeps the order.",
        "slices": "Keeps the order.",
        "blocks": "Shuffles less: eight neighbours always come together.",
        "sorted_batches": "Sorts each batch: the batches are random, the order within them is not.",
    },
    left_out={
        "drop_last": "It drops at most one batch.",
        "a generator of one's own": "It changes which permutation is drawn, not how.",
        "other batch sizes": "`dataload.dirichlet` has batches of 4 and 64; a sampler costs time per sample.",
    },
)
