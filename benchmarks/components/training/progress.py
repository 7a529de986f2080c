"""TR-08: the cost of a progress bar per step."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

FEW = ("rich_track", "tqdm_default", "silent")  # the source's five epochs: the cost of a bar that hardly moves


def inputs(case: Case, generator: Any) -> Inputs:
    """``losses`` (steps,) in float64, falling like a training's."""
    import torch

    steps = torch.arange(1, case.shape["steps"] + 1, dtype=torch.float64)
    return ((2.3 + 0.1 * torch.rand(len(steps), generator=generator, dtype=torch.float64)) / steps.sqrt(),)


def reference(case: Case, losses: Any) -> Any:
    """Their sum."""
    return losses.sum()


def tolerance(case: Case, expected: Any, losses: Any) -> Any:
    """One rounding per loss."""
    return expected * len(losses) * 2.0**-53


def flops(case: Case) -> int:
    """One addition per loss."""
    return int(case.shape["steps"])


def bytes(case: Case) -> int:
    """Each loss read once."""
    return 8 * int(case.shape["steps"]) + 8


COMPONENT = Component(
    name="training.progress",
    title="Progress bars",
    question="What does a progress bar cost per step, and what makes it expensive?",
    rows=("TR-08",),
    cases=(
        Case("1000", {"steps": 1000}, dtype="float64", series="steps", size=1000),
        Case("5", {"steps": 5}, dtype="float64", series="steps", size=5, only=FEW),
        Case("100000", {"steps": 100_000}, dtype="float64", series="steps", size=100_000, opt_in="seconds per call"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="silent",
    devices=("cpu",),
    left_out={
        "a terminal, a notebook": "Drawing time is not included: everything is written to a null stream.",
        "set_postfix(loss.item())": "It adds the wait for a GPU: training.running_loss.",
        "a million steps": "Each is like the previous one.",
    },
)
