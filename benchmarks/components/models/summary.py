"""MD-05: parameters and FLOPs of LeNet-5."""

from __future__ import annotations

from typing import Any

from benchmarks.components.models._networks import LENET, images
from perfsuite.model.component import Case, Component


def reference(case: Case, x: Any, parameters: Any) -> Any:
    """Computed from the shapes: parameters, and FLOPs of the convolutions and linear layers."""
    import torch

    return torch.tensor([LENET.parameters, LENET.flops(case)])


def tolerance(case: Case, expected: Any, x: Any, parameters: Any) -> float:
    """Counts are exact."""
    return 0.0


COMPONENT = Component(
    name="models.summary",
    title="Summary of LeNet-5",
    question="A summary runs a forward pass to find the shapes. What does that cost, and is there a cheaper way?",
    rows=("MD-05",),
    cases=(images(1, "images", dtype="int64"),),
    inputs=LENET.inputs,
    reference=reference,
    tolerance=tolerance,
    flops=lambda case: 0,
    bytes=lambda case: 0,
    baseline="hooks",
    devices=("cpu",),
    accepts={"cached output": "The counts depend only on the shapes, which do not change."},
    work={"hooks_on_meta": "Computes no numbers."},
    left_out={"torchinfo, torchsummary": "Separate packages; they do the same as `hooks`."},
)
