"""How many workers: which sets were tried, the best number of each, the figure and the table."""

from __future__ import annotations

import dataclasses
import random

import made
import pytest
from test_report_figures import text_of

from perfsuite.model.record import Problem, Record, Run
from perfsuite.reporting import frame
from perfsuite.reporting.canvas.drawing import Drawing, Marks, Words
from perfsuite.reporting.canvas.svg import svg
from perfsuite.reporting.view import View
from reports import workers
from reports.sections import workers as section

NAMES = {0: "per_sample", 1: "workers_1", 2: "workers_2", 4: "workers_4", "stay": "persistent_2"}


def read(name: str, samples: int, seconds: dict[int | str, float], **changes: object) -> list[Record]:
    """The records of a data set whose epochs take ``seconds`` with each number of workers."""
    rng = random.Random(f"{name} {samples}")
    return [
        Record(
            f"dataload.{name}/{NAMES[number]}/eager/cpu/{samples}-b8/1",
            "ok",
            size=samples,
            launches=made.launches(epoch, rng, noise=0),
            **changes,
        )
        for number, epoch in seconds.items()
    ]


def run(*sets: list[Record]) -> Run:
    names = dict.fromkeys(record.key.component for records in sets for record in records)
    problems = tuple(
        Problem(
            name, name, "?", ("DL-02",), "per_sample", "1", tuple(made.variant(way, "x", "") for way in NAMES.values())
        )
        for name in names
    )
    return made.run(problems, tuple(record for records in sets for record in records))


SMALL = read("small", 100, {0: 2e-3, 1: 20e-3, 2: 25e-3, 4: 45e-3})
LARGE = read("large", 128, {0: 180e-3, 1: 200e-3, 2: 110e-3, 4: 120e-3, "stay": 100e-3})
TIED = read("tied", 1000, {0: 40e-3, 1: 39e-3, 2: 39.5e-3, 4: 50e-3})


def test_the_best_number_is_the_fewest_that_nobody_beats_by_a_twentieth():
    found = workers.tried(run(LARGE, SMALL, TIED))
    assert [(one.problem.name, one.best) for one in found] == [
        ("dataload.small", 0),
        ("dataload.tied", 0),
        ("dataload.large", 2),
    ]
    small, _, large = found
    assert small.samples == 100 and small.sample == pytest.approx(20e-6, rel=0.05)
    assert large.speeds[2].value == pytest.approx(180 / 110, rel=0.05) and set(large.speeds) == {1, 2, 4}


def test_the_rule_of_thumb_is_judged_as_the_claim_is():
    """Two cores: it asks for two workers or for four."""
    verdicts = {one.problem.name: one.verdict for one in workers.tried(run(LARGE, SMALL, TIED))}
    assert verdicts == {"dataload.small": "refuted", "dataload.tied": "verified", "dataload.large": "verified"}
    other = dataclasses.replace(run(LARGE), machine={**made.MACHINE, "cores": 7})
    assert [one.verdict for one in workers.tried(other)] == ["not testable here"]


@pytest.mark.parametrize(
    ("records", "why"),
    [
        (LARGE[:1], "no workers"),
        (LARGE[1:], "no single process"),
        ([dataclasses.replace(record, size=0) for record in LARGE], "no size is told"),
        ([dataclasses.replace(record, status="wrong") for record in LARGE], "no time"),
        ([dataclasses.replace(record, cell=record.cell.replace("/cpu/", "/cuda/")) for record in LARGE], "on a GPU"),
    ],
)
def test_what_cannot_be_compared_is_left_out(records: list[Record], why: str):
    assert workers.tried(run(records)) == [], why
    assert workers.figure(workers.tried(run(records))) is None


def test_one_failed_number_of_workers_leaves_the_others():
    records = [dataclasses.replace(r, status="crashed") if "workers_4" in r.cell else r for r in LARGE]
    (one,) = workers.tried(run(records))
    assert set(one.speeds) == {1, 2} and one.best == 2


def test_where_it_turns():
    turn = workers.turning(workers.tried(run(LARGE, SMALL)))
    assert turn == "Workers pay off for epochs from 180 ms, and not up to 2.00 ms."
    mixed = read("dear", 4, {0: 1e-3, 2: 0.6e-3})
    said = workers.turning(workers.tried(run(mixed, SMALL, LARGE)))
    assert said == (
        "Workers never pay off for epochs below 1.00 ms, and always above 2.00 ms; in between it depends on the cost "
        "of a sample."
    )
    assert workers.turning(workers.tried(run(SMALL))) == "Workers pay off for none of them."
    assert workers.turning(workers.tried(run(LARGE))) == "Workers pay off for all of them."


def test_the_figure_says_the_best_number_of_each_set():
    drawing = workers.figure(workers.tried(run(LARGE, SMALL, TIED)))
    words = text_of(drawing)
    assert {"fastest with", "one process", "2 workers", "0.100×", "1.03×", "1.64×"} <= {*words}
    assert "4 workers" not in words
    assert any(word.startswith("epoch ") for word in words)
    assert drawing.alt.startswith("Of 3 data sets, 2 are read fastest by one process. Workers pay off for epochs from")
    assert svg(drawing.figure) == svg(workers.figure(workers.tried(run(LARGE, SMALL, TIED))).figure)


def test_a_single_set_has_a_figure_too():
    assert "one process" in text_of(workers.figure(workers.tried(run(SMALL))))


def test_remarks_neither_meet_nor_cover_a_mark():
    """Of marks in one place two have a remark, above and below; the table holds the third."""
    alike = [one for one in workers.tried(run(SMALL)) for _ in range(3)]
    shown, marks = remarks(workers.figure(alike))
    assert sorted(word.at[1] - marks[0][1] for word in shown) == pytest.approx([-8, 14])
    beside = dataclasses.replace(alike[0], epoch=alike[0].epoch * 1.05)
    shown, marks = remarks(workers.figure([alike[0], beside]))
    places = sorted(word.at[1] for word in shown)
    above, below = sorted(y for _, y in marks)
    assert places == pytest.approx([above - 8, below + 14]), "each on the side where the other's mark is not"


def remarks(drawing: Drawing | None) -> tuple[list[Words], list[tuple[float, float]]]:
    """The speed-ups that a figure shows, and the places of its marks without the legend's."""
    assert drawing
    marks = [item for item in drawing.figure.items if isinstance(item, Marks)]
    return [word for word in drawing.figure.words if word.text == "0.100×"], list(marks[0].points)


def view_of(found: Run) -> View:
    return View(found, frame.build(found), found.problems, start=True)


def test_the_table_as_it_stands():
    told = section.render(view_of(run(LARGE, SMALL)))
    lead, _, table = told.blocks
    assert "".join(lead.parts) == (
        "The rule of thumb: as many workers as cores, or twice as many, here 2 or 4. It holds for 1 of 2 data sets. "
        "Workers pay off for epochs from 180 ms, and not up to 2.00 ms."
    )
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        [
            "dataload.small",
            "100",
            "20.0 µs",
            "2.00 ms",
            "0.100×",
            "0.0800×",
            "0.0444×",
            "–",
            "one process",
            "✗ refuted",
        ],
        ["dataload.large", "128", "1.41 ms", "180 ms", "0.900×", "1.64×", "1.50×", "1.80×", "2 workers", "✓ verified"],
    ]


def test_without_such_sets_there_is_no_section():
    assert section.render(view_of(made.realistic())) is None
