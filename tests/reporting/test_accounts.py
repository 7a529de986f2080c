"""What a reader sees of the parts of a time: the column, the reason, the bound, and the counts by component."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import made
import pytest

from perfsuite.model.record import Cost, Launch, Part, Parts, Problem, Record, Roof, Run, Variant
from perfsuite.records.store import write
from perfsuite.reporting import evidence, frame
from perfsuite.reporting.text import accounts
from perfsuite.runners import cli

ROOFS = (Roof("instruction", "", "cpu", 1e-8, 1e-8, "s", ""),)
NOTHING = Parts({}, 0, 0, 0, 0, {})


def record(name: str, seconds: float, parts: Parts | None, **changes: Any) -> Record:
    launches = tuple(Launch(at, 1, 0.1, 0.1, (0.0,), (seconds,)) for at in range(6))
    cost = Cost(0, "exact", 0, 0, 0, 0, parts=parts)
    made_up = Record(f"a.b/{name}/eager/cpu/c/1", "ok", dtype="float32", launches=launches, cost=cost)
    return dataclasses.replace(made_up, **changes)


def run(*records: Record) -> Run:
    variants = tuple(Variant(one.key.variant, "Lesson.", "", "", "") for one in records)
    told = Problem("a.b", "Title", "Question?", ("XX-01",), records[0].key.variant, "1", variants, ("c",))
    return made.run((told,), records, roofs=ROOFS)


def loop(instructions: int) -> Parts:
    return dataclasses.replace(NOTHING, instructions=instructions)


LOOP = record("loop", 1e-3, loop(90_000))
NATIVE = record("native", 1e-3, dataclasses.replace(NOTHING, native={"zlib.crc32": Part(3, 8e-4)}))
LOST = record("lost", 1e-3, loop(10_000))
OLD = record("old", 1e-3, None)


def row(cell: Record) -> dict[str, Any]:
    return frame.rows(frame.build(run(cell)))[0]


@pytest.mark.parametrize(
    ("cell", "remark", "bound", "account"),
    [
        (LOOP, "", "Python", "Python 90 % (90,000 instructions)"),
        (NATIVE, "", "native code", "native code 80 % (zlib.crc32)"),
        (LOST, "unexplained", "Python", "Python 10 % (10,000 instructions)"),
        (OLD, "", "", ""),
    ],
)
def test_a_row_says_where_its_time_goes(cell: Record, remark: str, bound: str, account: str):
    found = row(cell)
    assert (found["remark"], found["bound"], found["account"]) == (remark, bound, account)


def test_the_reason_names_the_parts():
    assert evidence.why(row(LOOP)) == "of the time: Python 90 % (90,000 instructions)"
    assert evidence.why(row(LOST)) == (
        "unexplained: more than 2× its measured parts together; of the time: Python 10 % (10,000 instructions)"
    )
    assert "of the time" not in evidence.why(row(OLD))


def test_parts_estimated_at_more_than_the_time_are_shares_of_their_sum():
    assert row(record("loop", 1e-3, loop(400_000)))["account"] == "Python 100 % (400,000 instructions)"


def test_unexplained_rows_are_counted_by_component():
    told = accounts.document(run(LOOP, NATIVE, LOST, OLD))
    assert (told["timed"], told["unexplained"], told["no parts counted"]) == (4, 1, 1)
    assert told["accounted"] == {"below half": 1, "within a factor of two": 2, "above twice": 0}
    assert told["components"] == {
        "a.b": {"timed": 4, "unexplained": 1, "accounted": pytest.approx(0.8), "largest part": "Python"}
    }
    assert [cell["cell"] for cell in told["cells"]] == [LOST.cell]
    assert accounts.text(told).splitlines() == [
        "1 of 4 timed cells are unexplained, 25 %; parts not counted: 1",
        "the parts together, over the time: below half 1, within a factor of two 2, above twice 0",
        "",
        "component  timed  unexplained  accounted  largest part",
        "a.b        4      1            80 %       Python",
        "",
        "a.b/lost/eager/cpu/c/1  1.00 ms  Python 10 % (10,000 instructions)",
    ]


def test_many_unexplained_rows_are_cut_short():
    many = [record(f"lost{at}", 1e-3, loop(10)) for at in range(accounts.MOST + 2)]
    assert accounts.text(accounts.document(run(*many))).endswith("and 2 more; --json lists them")


def test_the_command_reads_a_record_with_its_parts(tmp_path, capsys: pytest.CaptureFixture[str]):
    path = write(run(LOOP, LOST, NATIVE), tmp_path)
    assert cli.main(["unexplained", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["timed"], told["unexplained"], told["no parts counted"]) == (3, 1, 0)
    assert cli.main(["unexplained", str(path)]) == 0
    assert "1 of 3 timed cells are unexplained, 33 %" in capsys.readouterr().out


def test_a_damaged_part_is_reported(tmp_path, capsys: pytest.CaptureFixture[str]):
    parts = dataclasses.replace(NOTHING, native={"zlib.crc32": Part(3, -1.0)})
    path = write(run(record("bad", 1e-3, parts)), tmp_path)
    assert cli.main(["unexplained", str(path)]) == 2
    assert "cost.parts.native.zlib.crc32.seconds: must be not below 0, is -1" in capsys.readouterr().err
