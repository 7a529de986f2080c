"""ES-02: the transpose as a view, small and large."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import LARGE, exact, normal
from perfsuite.model.component import Case, Component


def reference(case: Case, m: Any) -> Any:
    """The transpose, element by element."""
    return m.double().T


COMPONENT = Component(
    name="einsum.transpose",
    title="Transpose as a view: ij->ji",
    question="What does a transpose cost that moves no data? It only changes metadata, whatever the size.",
    rows=("ES-02",),
    cases=(Case("2x3", {"i": 2, "j": 3}), Case(f"{LARGE}x{LARGE}", {"i": LARGE, "j": LARGE})),
    inputs=normal("ij"),
    reference=reference,
    tolerance=exact,
    flops=lambda case: 0,
    bytes=lambda case: 0,  # no element is read or written
    baseline="einsum",
    aliases="The transpose is a view, which is the point of this component.",
    left_out={
        ".T, .t(), permute": "the same view under other names",
        "the transpose in its own memory": "a different result: einsum.transpose_copy",
    },
)
