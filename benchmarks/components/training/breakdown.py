"""TR-10: where the time of an epoch goes, part by part, eager and compiled."""

from __future__ import annotations

from typing import Any

from benchmarks.components.training import epoch
from perfsuite.model.component import Case, Component


def canonical(case: Case, told: Any) -> Any:
    """The result, which comes after the last name: the mean loss and the parameters."""
    *names, answer = told
    if isinstance(answer, str) or not all(isinstance(name, str) for name in names):
        raise ValueError("a timeline must be names followed by the result")
    mean, *parameters = answer
    return mean, parameters


COMPONENT = Component(
    name="training.breakdown",
    title="Where the time of an epoch goes",
    question="How long does each part of an epoch take, and what does compiling the network change?",
    rows=("TR-10",),
    cases=(epoch.wide(64), epoch.wide(512, only=("loader", "loader_compiled"))),
    inputs=epoch.inputs,
    reference=epoch.reference,
    tolerance=epoch.tolerance,
    flops=epoch.flops,
    bytes=epoch.bytes,
    baseline="loader",
    canonical=canonical,
    stream=True,
    timeline=True,
    left_out={
        "waiting for the device after each part": "It would change the measurement. On a GPU the parts are read from "
        "events in its own stream: a part that only prepares work for it takes no time.",
    },
)
