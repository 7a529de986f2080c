"""DL-07: epochs over rows of 784 numbers in memory, 250 to 50000 of them, by a home-made loader and the library's."""

from __future__ import annotations

from typing import Any

from benchmarks.components.dataload._epoch import by_label, lengths
from perfsuite.model.component import Case, Component, Inputs

WIDTH = 784


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (length, 784) in float32, ``y`` that numbers its rows, and the batch size."""
    import torch

    length = case.shape["length"]
    return (
        torch.randn(length, WIDTH, generator=generator),
        torch.randperm(length, generator=generator),
        case.shape["batch"],
    )


def canonical(case: Case, batches: Any) -> Any:
    """``(lengths of the batches, x, y)``, sorted by label."""
    return by_label(batches, case.shape["length"])


def reference(case: Case, x: Any, y: Any, batch: int) -> Any:
    """All rows in the order of their labels."""
    order = y.argsort()
    return lengths(len(x), batch), x[order].double(), y[order]


def tolerance(case: Case, expected: Any, x: Any, y: Any, batch: int) -> Any:
    """Nothing is computed: the rows must be equal, bit by bit."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic."""
    return 0


def bytes(case: Case) -> int:
    """Zero: a slice is a view, which moves nothing."""
    return 0


def rows(length: int, **more: Any) -> Case:
    """``length`` rows in batches of 64."""
    return Case(f"{length}x784-b64", {"length": length, "batch": 64}, series="batches of 64", size=length, **more)


COMPONENT = Component(
    name="dataload.home_made",
    title="A home-made loader",
    question="What does the library's loader cost on data already in memory, and which part of it costs most?",
    rows=("DL-07",),
    cases=(
        rows(4_000),
        rows(250),
        rows(1_000),
        rows(2_000),
        rows(50_000, opt_in="3 GB", memory=3_000_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="loader",
    aliases="A slice of the data is a view; the component compares how loaders deliver rows.",
    canonical=canonical,
    stream=True,
    work={
        "slicing": "Returns views: no byte is copied.",
        "shuffled_index": "Shuffles.",
        "shuffled_index_select": "Shuffles.",
        "shuffled_at_once": "Shuffles, and keeps a second copy of the data.",
    },
    left_out={"worker processes": "Sending rows that are already in memory only adds time: see dataload.dirichlet."},
)
