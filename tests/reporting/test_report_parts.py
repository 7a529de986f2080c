"""What timelines tell, shown: shares that add up, the distance from the whole, and a figure like the others."""

from __future__ import annotations

import dataclasses
import html
import random
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import made
import pytest
from test_report_figures import SVG, text_of

from perfsuite.model.record import Problem, Record, Run
from perfsuite.reporting import frame, units
from perfsuite.reporting.canvas.drawing import Area
from perfsuite.reporting.canvas.svg import svg
from perfsuite.reporting.html import page
from perfsuite.reporting.html.sections import parts as section
from perfsuite.reporting.plots import parts
from perfsuite.reporting.view import View

EPOCH = {"data": 30e-3, "forward": 20e-3, "backward": 40e-3, "rest": 10e-3}


def told(way: str, whole: float = 0.1, status: str = "ok", case: str = "15x32", **seconds: float) -> Record:
    launches = made.launches(whole, random.Random(1), **seconds)
    return Record(f"training.x/{way}/eager/cpu/{case}/1", status, launches=launches, dtype="float32")


def run(*records: Record) -> Run:
    ways = dict.fromkeys(record.key.variant for record in records)
    problem = Problem(
        name="training.x",
        title="Where an epoch goes",
        question="Where?",
        rows=("TR-10",),
        baseline=next(iter(ways)),
        version="1",
        variants=tuple(made.variant(name, "An epoch.", "    yield 1\n") for name in ways),
        cases=("15x32",),
    )
    return made.run((problem,), records)


def view(measured: Run) -> View:
    return View(measured, frame.build(measured), measured.problems)


def test_the_parts_of_a_cell_are_medians_in_the_order_of_the_work_and_the_rest_is_last():
    found = parts.split(told("eager", rest=0.01, data=0.03, forward=0.02, backward=0.04))
    assert found and list(found.parts) == ["data", "forward", "backward", "rest"]
    assert found.together == pytest.approx(found.whole, rel=0.01) and abs(found.gap) < 0.01
    assert found.share("data") == pytest.approx(0.3) and found.share("nothing") == 0
    assert found.without("backward") == pytest.approx(1 / 0.6)


def test_what_a_stream_or_a_device_tells_is_no_part():
    assert parts.split(told("stream", first_item=0.01, per_item=0.001, device=0.05, host=0.05)) is None
    assert parts.split(told("plain")) is None
    assert parts.split(told("failed", status="wrong", **EPOCH)) is None


def test_a_part_that_is_all_there_is_could_be_made_as_fast_as_one_likes():
    found = parts.Split("one", 1.0, {"all": 1.0}, 0.0)
    assert found.without("all") == float("inf")
    assert section._part(found, "all").small == f"100 %, {units.NONE} without"


def test_the_table_says_what_each_part_takes_and_that_all_add_up():
    drawn = section.render(view(run(told("eager", **EPOCH), told("compiled", 0.08, data=0.03, forward=0.048))))
    assert drawn is not None
    _, picture, table = drawn.blocks
    assert picture.drawing.alt.startswith("Where the time of 2 variants goes: eager spends 40 % on backward")
    rows = {row.cells[0].text: row.cells[1:] for row in table.rows}
    assert list(rows) == ["data", "forward", "backward", "rest"]
    eager, compiled = rows["data"]
    assert (eager.small, compiled.small) == ("30 %, 1.43× without", "38 %, 1.62× without")
    assert rows["backward"][1].text == ""
    name, *sums = table.last.cells
    assert name.text == "All parts"
    for cell in sums:
        assert "than the whole" in cell.small and not cell.tone and not cell.text.startswith("!")


@pytest.mark.parametrize(("scale", "told_apart"), [(1.0, False), (1.04, False), (1.06, True), (0.9, True)])
def test_parts_that_do_not_add_up_are_called_that(scale: float, told_apart: bool):
    split = parts.split(told("eager", 1.0, data=0.4 * scale, forward=0.6 * scale))
    assert split and split.gap == pytest.approx(scale - 1)
    found = section._sum(split)
    assert found.text.startswith("!") == told_apart == (found.tone == "bad") == ("do not add up" in found.small)
    assert ("more than" in found.small) == (scale > 1)


def test_a_run_without_timelines_has_no_such_section():
    assert section.render(view(made.small())) is None
    assert "Where the time goes" not in "".join(text for _, text in page.pages(made.small(), frame.build(made.small())))


def test_the_figure_names_every_part_and_draws_them_as_long_as_they_are():
    splits = [parts.split(told("eager", **EPOCH)), parts.split(told("compiled", 0.05, data=0.03, forward=0.02))]
    drawing = parts.bars([one for one in splits if one])
    assert drawing
    areas = [item.points for item in drawing.figure.items if isinstance(item, Area)]
    lengths = [corners[1][0] - corners[0][0] for corners in areas if corners[2][1] - corners[0][1] == pytest.approx(22)]
    assert len(lengths) == 6
    second = 0.1 * lengths[0] / splits[0].parts["data"]  # points for a tenth of a second
    assert sum(lengths[:4]) == pytest.approx(second * splits[0].together / 0.1)
    assert lengths[4:] == pytest.approx([0.3 * second, 0.2 * second], rel=0.02)
    words = text_of(drawing)
    assert {"eager", "compiled", *EPOCH} <= {*words}
    assert words.count("data") == 3 and "ms per call" in words  # in the legend and in both bars
    text = svg(drawing.figure)
    assert not re.findall(r"#[0-9a-f]{6}\b", text.split("</style>", 1)[1])
    assert not {node.tag for node in ElementTree.fromstring(text).iter()} & {f"{SVG}script", f"{SVG}image"}
    assert parts.bars([]) is None


def test_hostile_names_of_parts_are_text(tmp_path: Path):
    record = told("eager", **EPOCH)
    bad = dict(zip(made.HOSTILE, [0.01] * 12, strict=False))
    launches = tuple(
        dataclasses.replace(launch, parts={name: (value,) * len(launch.wall) for name, value in bad.items()})
        for launch in record.launches
    )
    page.write(run(dataclasses.replace(record, launches=launches)), tmp_path)
    text = (tmp_path / "training.x.html").read_text(encoding="utf-8")
    assert "<img src=x" not in text and "Where the time goes" in text
    assert "$x$y_{" in html.unescape(text) and "%3Ctext" in text
