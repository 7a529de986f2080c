"""TB-01, TB-08: logging a loss, from the source's few per epoch to one per step."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tblog import _events as log
from perfsuite.model.component import Case, Component, Inputs

FEW = ("add_scalar", "add_summary", "records_compiled", "json_lines")


def inputs(case: Case, generator: Any) -> Inputs:
    """``values`` (n,), normal float32."""
    import torch

    return (torch.randn(case.shape["n"], generator=generator),)


def canonical(case: Case, output: Any) -> Any:
    """The values in the order of their steps, and the steps, from an event file, JSON lines, or a table."""
    import csv
    import json

    import torch

    content = log.content(output)
    if content[:2] == b'{"':
        found = [(line["step"], line["loss"]) for line in map(json.loads, content.decode().splitlines())]
    elif content[:4] == b"step":
        found = [(int(step), float(value)) for step, value in list(csv.reader(content.decode().splitlines()))[1:]]
    else:
        found = [(each.step, each.value) for each in log.events(output).Scalars("loss")]
    steps, values = zip(*sorted(found), strict=True)
    return torch.tensor(values, dtype=torch.float32), torch.tensor(steps)


def reference(case: Case, values: Any) -> Any:
    """The values and the numbers of their steps."""
    import torch

    return values.double(), torch.arange(len(values))


def bytes(case: Case) -> int:
    """A number and a step of eight bytes, read and written; entries with tags and times are larger."""
    return 2 * (4 + 8) * int(case.shape["n"])


COMPONENT = Component(
    name="tblog.scalars",
    title="Scalars in a log",
    question="What does it cost to log a number, including opening and closing, and where does the time go?",
    rows=("TB-01", "TB-08"),
    cases=(
        Case("1000", {"n": 1000}, series="scalars", size=1000),
        *(Case(str(n), {"n": n}, series="scalars", size=n, only=FEW) for n in (4, 200)),
        Case("10000", {"n": 10000}, series="scalars", size=10000, only=FEW, opt_in="a second per call"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=log.exact,
    flops=log.nothing,
    bytes=bytes,
    baseline="add_scalar",
    devices=("cpu",),
    canonical=canonical,
    work={
        "flush_each": "Flushes each entry before the next.",
        "add_scalars": "Writes two files.",
        "tmpfs": "Writes to memory.",
        "json_lines": "Stores no time and no checksum.",
        "comma_separated": "Stores no time and no checksum.",
    },
    left_out={
        "a writer that writes nothing": "There is nothing to read back; tblog.training has a loop without a log.",
        "every k steps": "It is another point on the curve over the number of steps.",
        "six tags": "They are six calls; only the length of the tags differs.",
        "new_style": "A different field of the same entry, with a different reader.",
        "flush_secs": "A call here ends long before its default of 120 seconds.",
    },
)
