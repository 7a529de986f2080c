"""TR-08: what a progress bar costs a step."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

FEW = ("rich_track", "tqdm_default", "silent")  # the source's five epochs: what a bar costs that is hardly moved


def inputs(case: Case, generator: Any) -> Inputs:
    """``losses`` (steps,) in float64, falling like a training's."""
    import torch

    steps = torch.arange(1, case.shape["steps"] + 1, dtype=torch.float64)
    return ((2.3 + 0.1 * torch.rand(len(steps), generator=generator, dtype=torch.float64)) / steps.sqrt(),)


def reference(case: Case, losses: Any) -> Any:
    """Their sum."""
    return losses.sum()


def tolerance(case: Case, expected: Any, losses: Any) -> Any:
    """As many roundings as there are losses."""
    return expected * len(losses) * 2.0**-53


def flops(case: Case) -> int:
    """An addition for each."""
    return int(case.shape["steps"])


def bytes(case: Case) -> int:
    """Each read once."""
    return 8 * int(case.shape["steps"]) + 8


COMPONENT = Component(
    name="training.progress",
    title="Progress bars",
    question="What does a progress bar take from each step, and what makes it dear?",
    rows=("TR-08",),
    cases=(
        Case("1000", {"steps": 1000}, dtype="float64", series="steps", size=1000),
        Case("5", {"steps": 5}, dtype="float64", series="steps", size=5, only=FEW),
        Case("100000", {"steps": 100_000}, dtype="float64", series="steps", size=100_000, opt_in="seconds a call"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="silent",
    devices=("cpu",),
    left_out={
        "a terminal, a notebook": "What they take to draw is theirs: everything is written to a null stream.",
        "set_postfix(loss.item())": "The wait for a GPU is what it adds: training.running_loss.",
        "a million steps": "Each is like the one before.",
    },
)
