"""The section on compile cost, and the same in the terminal: what is shown where it was, or was not, measured apart."""

from __future__ import annotations

import dataclasses

import made
import pytest

from perfsuite.model.record import Compiling, Launch, Record, Run
from perfsuite.reporting import frame
from perfsuite.reporting.html.blocks import Code, Prose, Section, Table
from perfsuite.reporting.html.sections import compiling
from perfsuite.reporting.text import terminal
from perfsuite.reporting.view import View


def section(run: Run) -> Section | None:
    return compiling.render(View(run, frame.build(run), run.problems, start=True).of(run.problems[0]))


def table(found: Section | None) -> dict[str, list[tuple[str, str]]]:
    assert found is not None
    (drawn,) = [block for block in found.blocks if isinstance(block, Table)]
    return {row.cells[0].text: [(cell.text, cell.small) for cell in row.cells[1:]] for row in drawn.rows}


def words(found: Section | None) -> str:
    assert found is not None
    return " ".join(str(part) for block in found.blocks if isinstance(block, Prose) for part in block.parts)


def changed(run: Run, way: str, **changes: object) -> Run:
    def change(record: Record) -> Record:
        return dataclasses.replace(record, **changes) if record.key.way == way else record  # type: ignore[arg-type]

    return dataclasses.replace(run, records=tuple(map(change, run.records)))


def test_first_calls_with_a_process_each():
    rows = table(section(made.small()))
    assert list(rows) == [f"{name}:compile" for name in ("row_broadcast", "full_broadcast", "einsum", "mm")]
    assert rows["row_broadcast:compile"] == [
        ("2.20 s", "2.10 to 2.40 s"),
        ("300 ms", "290 to 310 ms"),
        ("12.5 µs", ""),
        ("34.4 µs", "33.8 to 34.8 µs"),
        ("64,000", "60,300 to 71,000"),
        ("8,730", "8,320 to 9,170"),
        ("1 of 1", "1.90 s"),
    ]
    assert [cell[0] for cell in rows["mm:compile"][4:]] == ["never", "never", "1 of 1"]
    told = words(section(made.small()))
    assert "takes each process 3.30 s, and 19.6 s where no C++ header has been compiled yet" in told
    assert "own process" not in told.replace("a process of its own", "") and "may have compiled" not in told


def test_a_gain_that_may_be_none_is_unclear():
    run = made.small()
    eager = next(record for record in run.records if record.key.way == "einsum")
    signs = (-1e-6, 1e-6, 1e-6, 2e-6, 3e-6, 4e-6)
    near = tuple(
        Launch(one.launch, 1, 0.1, 0.1, one.at[:1], (sorted(one.wall)[15] + sign,))
        for one, sign in zip(eager.launches, signs, strict=True)
    )
    row = table(section(changed(run, "einsum:compile", launches=near)))["einsum:compile"]
    assert row[4][0] == "unclear" and row[4][1].startswith("from ")


def test_a_run_that_was_not_asked_shows_what_it_saw_and_how_to_ask():
    run = dataclasses.replace(made.small(), compiler=())
    for record in made.small().records:
        run = changed(run, record.key.way, compiling=None)
    found = section(run)
    assert table(found)["mm:compile"][0][1] == "", "one value has no interval"
    assert table(found)["mm:compile"][-1] == ("–", "")
    assert "may have compiled other cells before" in words(found) and "was not measured in this run" in words(found)
    assert found is not None
    (command,) = [block.source for block in found.blocks if isinstance(block, Code)]
    assert command.endswith("run -k matmul.ladder/ --compile-cost")
    assert "compile cost" not in terminal.show(run, False, 120)


def test_a_recompile_that_did_not_happen():
    shapes = tuple(dataclasses.replace(one, graphs=at == 0) for at, one in enumerate(made.COMPILING.shapes))
    run = changed(made.small(), "mm:compile", compiling=Compiling((2.0,), (0.2,), shapes))
    assert table(section(run))["mm:compile"][-1] == ("0 of 1", "")


@pytest.mark.parametrize("way", ["loop", "numpy"])
def test_what_is_not_compiled_has_no_row(way: str):
    assert way not in table(section(made.small()))
    run = made.small()
    eager = tuple(record for record in run.records if not record.key.compiles)
    assert section(dataclasses.replace(run, records=eager)) is None
