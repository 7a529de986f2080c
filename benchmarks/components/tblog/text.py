"""TB-07: a table as text."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tblog import _events as log
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``rows`` (n, 3), normal float32."""
    import torch

    return (torch.randn(case.shape["n"], 3, generator=generator),)


def canonical(case: Case, output: Any) -> Any:
    """The numbers of all lines, in the order of their steps."""
    import torch

    entries = log.events(output).Tensors("table/text_summary")
    texts = [each.tensor_proto.string_val[0].decode() for each in sorted(entries, key=lambda each: each.step)]
    lines = "\n".join(texts).splitlines()
    return torch.tensor([[float(number) for number in line.strip("|").split("|")] for line in lines])


def reference(case: Case, rows: Any) -> Any:
    """The numbers."""
    return rows.double()


def bytes(case: Case) -> int:
    """Three numbers of each row read and written; the text is longer."""
    return 2 * 3 * 4 * int(case.shape["n"])


COMPONENT = Component(
    name="tblog.text",
    title="A table as text in a log",
    question="What do one long text and many short ones cost?",
    rows=("TB-07",),
    cases=(Case("100", {"n": 100}),),
    inputs=inputs,
    reference=reference,
    tolerance=log.exact,
    flops=log.nothing,
    bytes=bytes,
    baseline="line_by_line",
    devices=("cpu",),
    canonical=canonical,
    work={"line_by_line": "Each line can be viewed by its step."},
)
