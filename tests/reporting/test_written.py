"""What is written of a run whose texts others chose: no control character, no half character, no formula, no flood."""

from __future__ import annotations

import csv
import dataclasses
import html
import io
import re
from collections.abc import Callable
from pathlib import Path

import made
import pytest

from perfsuite.judging.record import Comparison, Options, Row
from perfsuite.model import record
from perfsuite.model.printable import cut, legible, visible
from perfsuite.model.record import Fact, Roof, Run, Variant
from perfsuite.records import store
from perfsuite.reporting import frame, tables
from perfsuite.reporting.comparison import markdown, output
from perfsuite.reporting.comparison import terminal as compared_terminal
from perfsuite.reporting.html import page
from perfsuite.reporting.html.sections.machine import _inputs, flat
from perfsuite.reporting.logs import tensorboard
from perfsuite.reporting.plots import parts
from perfsuite.reporting.text import grid

RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
BAD = "a\ud800\x1b[31m\x07\x9bz"
SEEN = r"a\ud800\x1b[31m\x07\x9bz"
LONG = "lo" * 500_000
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1")


def filled(text: str) -> Run:
    """A run with ``text`` in every place that holds a text which no other place must agree with."""
    run = made.tiny()

    def problem(one: record.Problem) -> record.Problem:
        variants = tuple(
            dataclasses.replace(
                variant, lesson=text, doc=text, source=f"def f():\n    {text}\n\treturn\n", needs=(text,)
            )
            for variant in one.variants
        )
        told = dict.fromkeys(("title", "question", "version"), text)
        work = {variant.name: text for variant in variants}
        return dataclasses.replace(one, **told, rows=(text,), variants=variants, work=work, left_out={text: text})

    def cell(one: record.Record) -> record.Record:
        launches = tuple(
            dataclasses.replace(launch, parts={f"{name}{text}": values for name, values in launch.parts.items()})
            if one.key.component == "training.steps"
            else launch
            for launch in one.launches
        )
        cost = one.cost and dataclasses.replace(one.cost, peak_is=text)
        series = f"{text}{one.dtype}" if one.series else ""
        return dataclasses.replace(one, reason=text, dtype=text, series=series, launches=launches, cost=cost)

    told = dict.fromkeys(("selection", "command", "left_out", "tree"), text)
    return dataclasses.replace(
        run,
        **told,
        machine={text: text, "cpu": text, "caches": {text: [text, {text: text}]}},
        environment={"packages": {text: text, "torch": text}},
        facts=(Fact(text, False, text),),
        roofs=(*run.roofs, Roof(text, text, text, 1.0, 1.0, text, text)),
        problems=tuple(map(problem, run.problems)),
        records=tuple(map(cell, run.records)),
    )


def named(text: str) -> Run:
    """A run with ``text`` in the names of its component, its variant and its case."""
    run = made.tiny()
    problem = dataclasses.replace(
        run.problems[0], name=f"a.{text}", variants=(Variant(text, "l", "d", "s", "h"),), cases=(text,), baseline=text
    )
    first = dataclasses.replace(run.records[0], cell=f"a.{text}/{text}/eager/cpu/{text}/1")
    other = dataclasses.replace(run.records[1], cell=f"a.{text}/{text}x/eager/cpu/{text}/1")
    return dataclasses.replace(run, problems=(problem,), records=(first, other))


def files(run: Run, folder: Path) -> dict[str, str]:
    """All text that a report and a log of ``run`` hold, by file; what a log holds is read as the bytes it is."""
    page.write(run, folder / "report")
    tensorboard.write(run, folder)
    found = {path.name: path.read_text(encoding="utf-8") for path in (folder / "report").iterdir()}
    for at, path in enumerate(sorted(folder.rglob("*tfevents*"))):
        found[f"log {at}"] = path.read_bytes().decode("latin-1")
    return found


@pytest.mark.parametrize("make", [filled, named])
def test_control_characters_and_half_ones_are_written_out(make: Callable[[str], Run], tmp_path: Path):
    run = make(BAD)
    found = files(run, tmp_path)
    for name, text in found.items():
        if not name.startswith("log"):
            assert not RAW.search(text), name
            assert SEEN in html.unescape(text) or name in ("cells.md", "glossary.html"), name
        assert "\x1b[31m" not in text, name
    assert SEEN.replace("\\", "\\\\").replace("[", "\\[") in found["cells.md"]
    assert any("&#92;ud800" in text or SEEN in text for name, text in found.items() if name.startswith("log"))


def test_a_record_keeps_them_as_they_are(tmp_path: Path):
    """The file holds what was there, escaped as JSON does it: showing it is a matter for those who show it."""
    run = filled(BAD)
    known = tuple(dataclasses.replace(problem, published={}) for problem in run.problems)  # nan is not equal to itself
    run = dataclasses.replace(run, problems=known)
    assert store.read(store.write(run, tmp_path)) == run


def test_code_keeps_its_lines(tmp_path: Path):
    page.write(filled(BAD), tmp_path)
    text = html.unescape(re.sub("<[^>]+>", "", (tmp_path / "matmul.ladder.html").read_text(encoding="utf-8")))
    assert f"def f():\n    {SEEN}\n\treturn\n" in text


@pytest.mark.parametrize("make", [filled, named])
def test_a_text_of_a_million_letters_is_cut_where_it_is_shown(make: Callable[[str], Run], tmp_path: Path):
    found = files(make(LONG), tmp_path)
    for name, text in found.items():
        text = re.sub(r"data:image/svg[^\"]+", "", text)
        longest = 110_000 if name.endswith(".html") else 100_000  # of code more is shown than of a sentence
        assert max(map(len, re.findall("(?:lo)+", text)), default=0) < longest, name
        assert len(text) < 1_500_000, name
    rows = list(csv.reader(io.StringIO(found["cells.csv"])))
    assert max(len(field) for row in rows for field in row) <= 32_767, "spreadsheets take no more"
    assert max(map(len, found["cells.md"].splitlines())) < 5000


def test_code_is_not_cut_before_it_is_much_longer_than_code_is(tmp_path: Path):
    line = "x" * 9000
    page.write(filled(line), tmp_path)
    text = (tmp_path / "matmul.ladder.html").read_text(encoding="utf-8")
    assert f"def f():\n    {line}\n" in html.unescape(re.sub("<[^>]+>", "", text))


def test_a_column_of_a_terminal_is_cut():
    lines = grid.draw((grid.Column("way", right=False), grid.Column("n")), [[LONG, "1"], ["mm", "2"]], 100)
    assert max(map(len, lines)) < 500 and lines[1].endswith("…  1")


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_field_of_a_table_is_a_formula(formula: str):
    run = filled(formula)
    table = frame.build(run)
    rows = list(csv.DictReader(io.StringIO(tables.csv(table), newline="")))
    for row in rows:
        for name in frame.TEXTS:
            assert not row[name].startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")), (
                name,
                row[name],
            )
    assert {row["dtype"] for row in rows} == {f"'{formula}" if formula[0] != "\r" else r"\r=1"}
    for line in tables.markdown(table.assign(cell=formula)).splitlines()[2:]:
        for field in re.split(r"(?<!\\)\|", line)[1:-1]:
            assert not field.strip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")), field


def test_numbers_stay_numbers():
    """A sign before a number is no formula: programs that read the table must find it as it was."""
    table = frame.build(made.tiny()).assign(seconds=-1.5)
    rows = list(csv.DictReader(io.StringIO(tables.csv(table))))
    assert {row["seconds"] for row in rows} == {"-1.5"}


def test_a_comparison_in_markdown_holds_no_formula():
    side = {"label": BAD, "commit": "", "path": "", "hash": "h"}
    rows = tuple(
        Row(f"{formula}.a/v/eager/cpu/c/1", "ERROR", f"{formula}{BAD}") for formula in ("=1", "+1", "-1", "@1", "\t1")
    )
    slow = Row("a.b/v/eager/cpu/c/1", "SLOWER", LONG, 1.1, 1.05, 1.2, 9, 1.0, base=1e-6)
    asked = Options(cells=(), selection="", command=BAD)
    found = Comparison("r", "s", 1.0, False, side, side, asked, None, {}, "m", 9, {}, (*rows, slow), {BAD: LONG})
    text = markdown.text(found)
    assert not RAW.search(text) and max(map(len, text.splitlines())) < 5000
    lines = [re.split(r"(?<!\\)\| ", line) for line in text.splitlines() if line.startswith("| ERROR")]
    assert len(lines) == 5
    assert all(not line[at].startswith(("=", "+", "-", "@")) for line in lines for at in (4, 7))
    assert "| SLOWER | +10.0 % |" in text, "a number keeps its sign"
    for shown in (compared_terminal.text(found, every=True, color=False, width=100), output.page(found)):
        assert not RAW.search(shown) and max(map(len, re.findall("(?:lo)+", shown))) < 3000


def test_one_cell_of_another_type_has_a_report(tmp_path: Path):
    """The fastest of a case may be of a type of its own: the table of the others has a fastest time all the same."""
    run = made.tiny()
    table = frame.build(run)
    best = table[table["best"] & (table["case"] == "16")]["cell"].item()
    records = tuple(dataclasses.replace(one, dtype="float64") if one.cell == best else one for one in run.records)
    page.write(dataclasses.replace(run, records=records), tmp_path)
    assert "Fastest time" in (tmp_path / "matmul.ladder.html").read_text(encoding="utf-8")


def test_what_a_machine_tells_is_told_as_it_is():
    told = {"": 5, "cores": 1, "smt": True, "turbo": None, "memory": 2048, "caches": {"L1": 1024, "": [0]}}
    assert list(flat(told)) == [
        ("", "5"),
        ("cores", "1"),  # and not "yes", which 1 equals
        ("smt", "yes"),
        ("memory", "2.00 KiB"),
        ("caches L1", "1.00 KiB"),
        ("caches", "0"),
    ]


def test_what_inputs_were_drawn_from_is_told_and_how_many_timed_answers_were_proved():
    run = made.small()
    assert not list(_inputs(run)), "an older record tells nothing"
    launch = dataclasses.replace(next(one.launches[0] for one in run.records if one.launches), judged=(3, 7))
    records = (dataclasses.replace(run.records[0], launches=(launch, launch)),)
    told = dict(_inputs(dataclasses.replace(run, records=records, secrets=(5, 6))))
    assert told == {"Inputs": "drawn from --seed 5, --seed 6", "Results proved": "4 of timed calls"}


def test_a_trace_outside_the_results_is_not_copied_into_the_log(tmp_path: Path):
    run = made.tiny()
    (tmp_path / "secret").write_bytes(b"no trace: who reads it as one fails")
    first = dataclasses.replace(run.records[0], trace="../secret")
    tensorboard.write(dataclasses.replace(run, records=(first,)), tmp_path / "results")
    assert not list((tmp_path / "results").rglob("*trace*"))


def test_a_launch_that_tells_of_no_parts_is_passed_over():
    whole = next(one for one in made.tiny().records if one.key.component == "training.steps")
    first, second = whole.launches
    mixed = dataclasses.replace(whole, launches=(first, dataclasses.replace(second, parts={})))
    alone = dataclasses.replace(whole, launches=(first,))
    found, expected = parts.split(mixed), parts.split(alone)
    assert found and expected and (found.parts, found.gap) == (expected.parts, expected.gap)


def test_what_is_legible():
    assert legible("a\n\tb\u202e漢\U0001f525") == "a\n\tb\u202e漢\U0001f525"
    assert legible("\x00\x1b\x7f\x9b\r\ud800") == r"\x00\x1b\x7f\x9b\r\ud800"
    assert visible("a\n\u202e") == r"a\n\u202e" and cut("abcd", 3) == "ab…"
