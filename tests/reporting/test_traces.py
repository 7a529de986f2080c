"""What `profile` ends with: the paths, the costliest operators, how to open them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import made
import pytest

from perfsuite.instruments.tracing import OPERATORS
from perfsuite.model.record import Run
from perfsuite.reporting.text import traces

ROWS = [
    {"name": "aten::mul", "calls": 15, "self_cpu_us": 198.487, "cpu_us": 198.487},
    {"name": "aten::sum", "calls": 15, "self_cpu_us": 56.415, "cpu_us": 65.306},
    *({"name": f"op{at}", "calls": 3, "self_cpu_us": 9.0, "cpu_us": 9.0} for at in range(5)),
    {"name": "nothing", "calls": 3, "self_cpu_us": 0.0, "cpu_us": 9.0},
]
TABLE = """\
Traces  operators by self time in one call; the profiler makes it longer

matmul.ladder/loop/eager/cpu/5x784x10/1
results/profile/0/trace.json.gz
! no stacks: they would make the trace too large
operator   self CPU  share  calls
aten::mul   66.2 µs   66 %      5
aten::sum   18.8 µs   19 %      5
op0         3.00 µs  3.0 %      1
op1         3.00 µs  3.0 %      1
op2         3.00 µs  3.0 %      1
2 more

open one     https://ui.perfetto.dev, Open trace file: the browser reads it, nothing is uploaded
open all     nox -s tensorboard, then the tab PYTORCH_PROFILER
"""


def traced(results: Path, count: int, rows: list[dict] = ROWS) -> Run:
    """A run of which so many cells were profiled, with what that leaves below ``results``."""
    run = made.small()
    records = []
    for at, record in enumerate(run.records[:count]):
        folder = results / "profile" / str(at)
        folder.mkdir(parents=True)
        table = {"steps": 3, "notes": ["no stacks: they would make the trace too large"], "operators": rows}
        (folder / OPERATORS).write_text(json.dumps(table), encoding="utf-8")
        records.append(dataclasses.replace(record, trace=f"profile/{at}/trace.json.gz"))
    rest = (dataclasses.replace(record, trace="") for record in run.records[count:])
    return dataclasses.replace(run, records=(*records, *rest))


def told(run: Run, here: Path, viewer: str = "nox -s tensorboard") -> str:
    return traces.text(traces.profiles(run, here / "results"), False, 120, viewer, here)


def test_one_trace_as_it_stands_on_the_screen(tmp_path: Path):
    assert told(traced(tmp_path / "results", 1), tmp_path) == TABLE


def test_a_device_has_a_column_and_counts(tmp_path: Path):
    rows = [
        {"name": "mm", "calls": 3, "self_cpu_us": 3.0, "cpu_us": 3.0, "self_device_us": 27.0, "device_us": 27.0},
        {"name": "launch", "calls": 3, "self_cpu_us": 30.0, "cpu_us": 30.0, "self_device_us": 0.0, "device_us": 0.0},
    ]
    lines = told(traced(tmp_path / "results", 1, rows), tmp_path).splitlines()
    assert lines[5:8] == [
        "operator  self CPU  self device  share  calls",
        "mm         1.00 µs      9.00 µs   50 %      1",
        "launch     10.0 µs         0 ns   50 %      1",
    ]


def test_many_traces_are_a_line_each_and_the_rest_is_counted(tmp_path: Path):
    text = told(traced(tmp_path / "results", 12), tmp_path)
    assert text.count("trace.json.gz") == 12 and "op0 3.0 %" in text and "operator " not in text
    run = made.realistic()
    records = tuple(dataclasses.replace(one, trace=f"profile/r/{at}/t.gz") for at, one in enumerate(run.records))
    text = told(dataclasses.replace(run, records=records), tmp_path)
    assert f"and {len(records) - traces.SHOWN} more below results/profile/r" in text
    assert len(text.splitlines()) < 40


def test_a_path_outside_the_working_folder_is_whole_and_without_tensorboard_nothing_is_said_of_it(tmp_path: Path):
    found = traces.profiles(traced(tmp_path / "results", 1), tmp_path / "results")
    text = traces.text(found, False, 120, "", tmp_path / "elsewhere")
    assert str(tmp_path / "results" / "profile" / "0" / "trace.json.gz") in text
    assert "open one" in text and "open all" not in text


@pytest.mark.parametrize(
    "content", ["", "[]", '{"steps": 0}', '{"steps": "x", "operators": [{}], "notes": []}', "\udc80"]
)
def test_a_damaged_table_costs_only_itself(tmp_path: Path, content: str):
    run = traced(tmp_path / "results", 1)
    (tmp_path / "results/profile/0" / OPERATORS).write_bytes(content.encode("utf-8", "surrogateescape"))
    assert "trace.json.gz" in told(run, tmp_path)


def test_names_are_harmless(tmp_path: Path):
    rows = [{"name": "\x1b[31m\x07" + "n" * 10**6, "calls": 3, "self_cpu_us": 3.0, "cpu_us": 3.0}]
    for count in (1, 6):
        text = told(traced(tmp_path / str(count) / "results", count, rows), tmp_path / str(count))
        assert "\x1b" not in text and "\x07" not in text and len(text) < 10_000
