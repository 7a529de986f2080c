"""The machine and environment of the run: results from another machine or environment are not comparable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from perfsuite.model.record import Run
from perfsuite.reporting import units
from perfsuite.reporting.commands import runnable
from perfsuite.reporting.html.blocks import Code, Facts, Section
from perfsuite.reporting.view import View

BYTES = ("memory", "caches")


def render(view: View) -> Section | None:
    """The run, the machine and the environment, as they were recorded."""
    run = view.run
    commit = (run.commit + " with changes" * run.dirty) if run.commit else "outside a repository"
    head = (
        ("Run", run.run),
        ("Started", run.started),
        ("Took", units.time(run.seconds)),
        ("Selection", run.selection),
        ("Commit", commit),
        ("Tree of impls", run.tree),
        ("Machine class", run.machine_class),
    )
    facts = (*head, *_inputs(run), *flat(run.machine), *flat(run.environment))
    return Section(
        "machine", "Machine and environment", (Facts(facts, wide=True), Code(runnable(run.command), python=False))
    )


def _inputs(run: Run) -> Iterator[tuple[str, str]]:
    """The seeds of the inputs, and how many results of timed calls were proved; older records have neither."""
    if run.secrets:
        yield "Inputs", "drawn from " + ", ".join(f"--seed {secret}" for secret in run.secrets)
    if judged := sum(len(launch.judged) for record in run.records for launch in record.launches):
        yield "Results proved", f"{judged:,} of timed calls"


def flat(told: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Nested facts as rows; empty values are left out."""
    for name, value in told.items():
        whole = f"{before} {name}".strip().replace("_", " ")
        if isinstance(value, Mapping):
            yield from flat(value, whole)
        elif isinstance(value, list | tuple):
            if value:
                yield whole, ", ".join(map(str, value))
        elif value not in ("", None):
            if isinstance(value, bool):
                yield whole, "yes" if value else "no"
            else:
                sized = isinstance(value, int) and whole.partition(" ")[0] in BYTES
                yield whole, units.size(value) if sized else str(value)
