"""DL-01, DL-02: epochs over a small Dirichlet table, from 100 rows in batches of 4 to 100000 in batches of 256."""

from __future__ import annotations

from typing import Any

from benchmarks.components.dataload._epoch import joined, lengths
from perfsuite.model.component import Case, Component, Inputs

FEATURES = 10


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (length, 10), each row uniform on the simplex; ``y`` marks its largest feature; and the batch size.

    float64 and int64, as in the source. Exponentially distributed numbers, divided by their sum, have the Dirichlet
    distribution with all parameters 1.
    """
    import torch

    x = -torch.rand(case.shape["length"], FEATURES, generator=generator, dtype=torch.float64).clamp_min(1e-300).log()
    x /= x.sum(dim=1, keepdim=True)
    y = torch.zeros(x.shape, dtype=torch.int64).scatter_(1, x.argmax(dim=1, keepdim=True), 1)
    return x, y, case.shape["batch"]


def canonical(case: Case, batches: Any) -> Any:
    """``(lengths of the batches, x, y)`` with the rows sorted by their values."""
    counts, x, y = joined(batches, case.shape["length"])
    order = by_value(x)
    return counts, x[order], y[order]


def reference(case: Case, x: Any, y: Any, batch: int) -> Any:
    """All rows, sorted by their values in float32, with the numbers in float64."""
    order = by_value(x)
    return lengths(len(x), batch), x[order], y[order]


def by_value(x: Any) -> Any:
    """The order of the rows by their first three features in float32. One feature has ties from about 1000 rows."""
    import numpy
    import torch

    return torch.from_numpy(numpy.lexsort(x[:, :3].float().numpy().T))


def tolerance(case: Case, expected: Any, x: Any, y: Any, batch: int) -> Any:
    """One rounding to float32, ``2^-24 x``; lengths and labels are exact."""
    return 0.0, 2.0**-24 * expected[1], 0.0


def flops(case: Case) -> int:
    """No arithmetic: samples are converted and moved."""
    return 0


def bytes(case: Case) -> int:
    """``x`` read in float64 and written in float32, once; labels may be returned as views."""
    return int(case.shape["length"]) * FEATURES * (8 + 4)


def table(length: int, batch: int, **more: Any) -> Case:
    """``length`` rows in batches of ``batch``; those of 64 form the series."""
    series = "batches of 64" if batch == 64 else ""
    return Case(f"{length}-b{batch}", {"length": length, "batch": batch}, series=series, size=length, **more)


COMPONENT = Component(
    name="dataload.dirichlet",
    title="Epochs over a small table",
    question="What does it cost to make samples one by one, and from what length do worker processes pay off?",
    rows=("DL-01", "DL-02"),
    cases=(
        table(100, 4),
        table(100, 64),
        table(250, 64),
        table(1_000, 64),
        table(4_000, 64),
        table(100_000, 256, opt_in="10 s for all variants"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="per_sample",
    aliases="A slice of the table is a view; the component compares how loaders deliver rows.",
    devices=("cpu",),
    canonical=canonical,
    stream=True,
    work={
        "slicing": "Keeps the order; its labels are views.",
        "persistent_2": "Copies the data into shared memory before each epoch; starts its workers only in the first.",
    },
    left_out={
        "10000 rows and more in batches of 4": "Each batch from a worker keeps two files open until it is compared.",
        "8 workers": "Four workers on two cores show the cost of more.",
        "spawn, forkserver": "Each worker imports torch again: two seconds before the first batch.",
        "StackDataset": "Like TensorDataset, it returns samples one by one.",
        "numpy memmap": "A table of a few kilobytes is in the page cache: it would time the array again.",
        "pin_memory": "It needs CUDA.",
        "in_order=False": "All samples cost the same, so no batch waits for another.",
    },
)
