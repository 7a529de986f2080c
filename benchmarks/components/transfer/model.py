"""TX-03: a network's parameters to a GPU."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from benchmarks.components.transfer import _arrays as arrays
from perfsuite.model.component import Case, Component, Inputs


def sizes(case: Case) -> tuple[int, ...]:
    """The width of the input and of each layer's output."""
    return tuple(case.shape["sizes"])


def shapes(case: Case) -> list[tuple[int, ...]]:
    """The shapes of weights and biases in turns."""
    return [shape for before, after in pairwise(sizes(case)) for shape in ((after, before), (after,))]


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of numpy arrays, normal float32, in the host's memory; ``like``, one number on the device."""
    import torch

    return [torch.randn(shape, generator=generator).numpy() for shape in shapes(case)], torch.zeros(())


def reference(case: Case, arrays: Any, like: Any) -> Any:
    """The same numbers."""
    import torch

    return [torch.from_numpy(array).double() for array in arrays]


def bytes(case: Case) -> int:
    """Every parameter read once and written once."""
    return 2 * 4 * sum((before + 1) * after for before, after in pairwise(sizes(case)))


COMPONENT = Component(
    name="transfer.model",
    title="A network to a GPU",
    question="What is expensive about moving a network to a device: the copies, or building it?",
    rows=("TX-03",),
    cases=(
        Case("mlp", {"sizes": (784, 512, 512, 10)}),
        Case("mlp-deep", {"sizes": (100,) * 200}),
        Case("mlp-wide", {"sizes": (4096,) * 5}, opt_in="0.3 GB", memory=2_000_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=arrays.exact,
    flops=arrays.nothing,
    bytes=bytes,
    baseline="build_then_to",
    devices=("cuda",),
    work={
        "build_then_to": "Draws random weights and overwrites them.",
        "built_there": "Draws random weights and overwrites them.",
    },
    left_out={"load_file(device=)": "It reads a file: see checkpoint.to_device."},
)
