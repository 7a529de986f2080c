"""Saving and loading a tensor through memory: Python, zip records and copies."""

from __future__ import annotations

from benchmarks.components._exact import exact, nothing
from benchmarks.components.noise import _copied
from perfsuite.model.component import Case, Component

COMPONENT = Component(
    name="noise.save_load",
    title="A tensor saved and loaded",
    question="How small a slowdown of saving and loading can be detected?",
    rows=(),
    cases=(Case("100000", {"n": 100_000}),),
    inputs=_copied.inputs,
    reference=_copied.reference,
    tolerance=exact,
    flops=nothing,
    bytes=_copied.moved,
    baseline="in_memory",
    accepts={"copy of an input": "A round trip results in a copy."},
)
