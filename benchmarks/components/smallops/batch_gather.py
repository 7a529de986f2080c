"""RD-04: one row from each matrix of a batch, for 64 x 100 x 128 and for batches from 16 to 1024."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (batch, length, width) and ``index`` (batch,) with values below ``length``."""
    import torch

    batch, length, width = (case.shape[axis] for axis in ("batch", "length", "width"))
    return (
        torch.randn(batch, length, width, generator=generator),
        torch.randint(length, (batch,), generator=generator),
    )


def reference(case: Case, x: Any, index: Any) -> Any:
    """The chosen rows, one by one."""
    import torch

    return torch.stack([matrix[row] for matrix, row in zip(x.double(), index.tolist(), strict=True)])


def tolerance(case: Case, expected: Any, x: Any, index: Any) -> Any:
    """Nothing is computed: the rows must be equal, bit by bit."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic."""
    return 0


def bytes(case: Case) -> int:
    """The index and the chosen rows read once, the rows written once; the rest of ``x`` is never touched."""
    return int(case.shape["batch"]) * (8 + 2 * 4 * int(case.shape["width"]))


def batch(size: int) -> Case:
    """``size`` matrices of 100 x 128: 51 kB each."""
    return Case(
        f"{size}x100x128",
        {"batch": size, "length": 100, "width": 128},
        series="batch of 100x128",
        size=size,
        compiled=("flat_index",) if size == 64 else (),
    )


COMPONENT = Component(
    name="smallops.batch_gather",
    title="One row from each matrix of a batch",
    question="Does TorchScript help a loop of small operators, and what is gained by writing it without a loop?",
    rows=("RD-04",),
    cases=(batch(64), batch(16), batch(256), batch(1024)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="loop",
    graphed=("gather", "index_select"),
    work={
        "take_along_dim": "Also computes every index modulo the length, expanded to one for each element.",
        "one_hot_bmm": "Reads the whole of x and multiplies every element of it.",
        "list_loop": "Copies the whole index to the host; on CUDA the other loops wait for the device at every row.",
        "index_select_out": "Gets precomputed offsets, the flat view and a preallocated output.",
    },
    left_out={
        "index of shape (64, 10)": "Ten rows from each matrix: the same operators with one more axis in the index.",
        "torch.compile of the loop": "It unrolls one step for each matrix; the compile time grows with the batch.",
    },
)
