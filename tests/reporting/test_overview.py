"""The page that a run of very many cells is shown as: short whatever the run, and true to its table."""

from __future__ import annotations

import dataclasses
import re

import made
import pandas as pd
import pytest

from perfsuite.model.record import REFUSED, Run
from perfsuite.records import archive
from perfsuite.records.store import read
from perfsuite.reporting import frame
from perfsuite.reporting.text import ink, overview, terminal

PAGE = 80  # lines, with what is printed below it
BELOW = 3


@pytest.fixture(scope="module")
def whole() -> tuple[Run, pd.DataFrame]:
    """The largest run that the project keeps, and its table, which takes seconds to build."""
    run = read(max(archive.FOLDER.glob("*/*.gz"), key=lambda path: path.stat().st_size))
    return run, frame.build(run)


@pytest.fixture
def run(whole: tuple[Run, pd.DataFrame], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(terminal.frames, "build", lambda run: whole[1])
    return whole[0]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_kept_full_run_is_a_page(run: Run, width: int):
    assert len(run.records) > 1000
    lines = terminal.show(run, color=False, width=width).splitlines()
    assert len(lines) + BELOW <= PAGE
    assert lines[-1] == "Every ladder, claim and reason is in the report; `--all` prints them here"


def test_the_page_of_a_kept_run_is_what_its_table_says(run: Run, whole: tuple[Run, pd.DataFrame]):
    table = whole[1]
    text = terminal.show(run, color=False, width=120)
    found = overview.extremes(run, table)
    assert {one.problem.name for one in found} == set(table.loc[table["seconds"].notna(), "component"])
    for one in found:
        group = table[(table["component"] == one.problem.name) & (table["case"] == one.where.split()[0])]
        cell = group[(group["way"] == one.fastest) & (group["seconds"] == one.seconds)].iloc[0]
        assert cell["best"] and (not one.slowest or one.times >= 1)
    shown = overview.chosen(found)
    assert {one.family for one in shown} == {one.family for one in found}
    for one in shown:
        (line,) = re.findall(rf"^{re.escape(one.problem.name)}  .*$", text, re.MULTILINE)
        assert one.fastest in line and one.slowest in line
    assert max(found, key=lambda one: one.times) in shown
    failed = [record.cell for record in run.records if record.status in REFUSED]
    assert all(cell in text for cell in failed[: overview.FAILURES])


def test_what_failed_in_a_large_run_is_named(run: Run):
    first, *rest = run.records
    wrong = dataclasses.replace(first, status="wrong", reason="returns zeros", launches=())
    text = terminal.show(dataclasses.replace(run, records=(wrong, *rest)), color=False, width=120)
    assert "Failed  1 cell" in text and first.cell in text and "returns zeros" in text


def test_what_fits_is_shown_whole():
    found = [overview.Extremes(made.small().problems[0], "c", 2, "a", 1e-6, "b", 1.0 + at) for at in range(5)]
    assert overview.chosen(found, 5) == found and overview.chosen(found, 2) == found[3:]


def test_very_many_failures_of_any_length_stay_a_page():
    run = made.large(20)
    records = tuple(
        dataclasses.replace(record, status="error", reason=f"{at} \x1b[31m\n" + "z" * 10**5, launches=())
        if at % 7 == 0
        else record
        for at, record in enumerate(run.records)
    )
    lines = terminal.show(dataclasses.replace(run, records=records), color=False, width=100).splitlines()
    assert len(lines) + BELOW <= PAGE and all(len(line) < 700 for line in lines)
    assert not any("\x1b" in line for line in lines)
    total = sum(record.status == "error" for record in records)
    assert f"and {total - overview.FAILURES} more" in lines


def test_a_run_without_any_time_has_no_extremes():
    run = made.large(20)
    records = tuple(dataclasses.replace(record, status="skipped", launches=()) for record in run.records)
    assert [*overview.blocks(dataclasses.replace(run, records=records), frame.build(run).head(0), 80, ink.ink(False))]
