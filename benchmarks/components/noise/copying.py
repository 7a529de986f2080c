"""A copy of 40 kB and one of 4 MB: pure memory traffic, at two levels of the hierarchy."""

from __future__ import annotations

from benchmarks.components._exact import exact, nothing
from benchmarks.components.noise import _copied
from perfsuite.model.component import Case, Component

COMPONENT = Component(
    name="noise.copying",
    title="A copy of a tensor",
    question="How small a slowdown of a copy can be detected?",
    rows=(),
    cases=tuple(Case(str(n), {"n": n}, series="n", size=n) for n in (10_000, 1_000_000)),
    inputs=_copied.inputs,
    reference=_copied.reference,
    tolerance=exact,
    flops=nothing,
    bytes=_copied.moved,
    baseline="clone",
    accepts={"copy of an input": "A copy is the task."},
)
