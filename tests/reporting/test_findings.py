"""What a run teaches first: each rule on runs whose answer is known, and on runs that have none."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import made
import pytest

from perfsuite.model.record import Cost, Launch, Problem, Proof, Record, Run
from perfsuite.reporting import frame
from perfsuite.reporting.html.blocks import Link
from perfsuite.reporting.html.sections import findings as section
from perfsuite.reporting.leading.findings import Finding, distances, findings, ladders, surprises
from perfsuite.reporting.plots.bars import bars
from perfsuite.reporting.view import View

LAUNCHES = 6
WOBBLE = (0.98, 0.99, 1.0, 1.0, 1.01, 1.02)  # of the launches, so that every interval is a few percent wide


def record(cell: str, seconds: float, **facts: object) -> Record:
    """A proved and timed cell that takes ``seconds``; its launches differ by a few percent."""
    known = {
        "dtype": "float32",
        "flops": 1000,
        "bytes": 2**20,
        "proof": Proof(0.0, 0.0, 1, seconds, seconds),
        "cost": Cost(0, "exact", 1, 1, 0, 2**20),
        "launches": tuple(Launch(at, 1, 0.0, seconds, (0.0,), (seconds * wobble,)) for at, wobble in enumerate(WOBBLE)),
    }
    return Record(cell, "ok", **{**known, **facts})  # type: ignore[arg-type]


def problem(name: str, variants: Sequence[str], **facts: object) -> Problem:
    told = tuple(made.variant(variant, "A way.", "    return x\n") for variant in variants)
    known = {"title": name, "question": "", "rows": (), "baseline": variants[0], "version": "1", "variants": told}
    return Problem(name, **{**known, **facts})  # type: ignore[arg-type]


def view(problems: Sequence[Problem], records: Sequence[Record]) -> View:
    run: Run = made.run(tuple(problems), tuple(records))
    return View(run, frame.build(run), run.problems, start=True)


def largest(candidates: Sequence[Finding]) -> Finding:
    return max(candidates, key=lambda one: one.size)


class TestLargestLadder:
    def test_is_the_largest_ratio_of_a_group(self):
        told = view(
            [problem("a.one", ("slow", "fast")), problem("b.two", ("slow", "middle", "fast"))],
            [
                record("a.one/slow/eager/cpu/1/1", 1e-3),
                record("a.one/fast/eager/cpu/1/1", 1e-5),
                record("b.two/slow/eager/cpu/1/1", 1.0),
                record("b.two/middle/eager/cpu/1/1", 1e-2),
                record("b.two/fast/eager/cpu/1/1", 1e-4),
                record("b.two/fast/eager/cpu/2/1", 1e-6),  # another case: not compared with the others
            ],
        )
        found = largest([*ladders(told)])
        assert found.cells == ("b.two/slow/eager/cpu/1/1", "b.two/fast/eager/cpu/1/1")
        assert found.says == "`slow` takes 1.00 s where `fast` takes 100 µs: 10,000× as long for the same result."
        assert [bar.name for bar in found.bars] == ["slow", "middle", "fast"]
        assert found.where == "1 · float32 · cpu · 1 thread"

    def test_leaves_out_a_variant_that_does_other_work(self):
        told = view(
            [problem("a.one", ("slow", "fast", "less"), work={"less": "writes into a tensor"})],
            [
                record(f"a.one/{name}/eager/cpu/1/1", took)
                for name, took in (("slow", 1), ("fast", 0.1), ("less", 1e-4))
            ],
        )
        (found,) = ladders(told)
        assert found.cells[1] == "a.one/fast/eager/cpu/1/1" and found.size == pytest.approx(10)

    def test_is_no_tie_and_needs_several_launches(self):
        slow, fast = record("a.one/slow/eager/cpu/1/1", 1.01), record("a.one/fast/eager/cpu/1/1", 1.0)
        crossed = tuple(dataclasses.replace(one, launch=LAUNCHES - 1 - one.launch) for one in slow.launches)
        tie = dataclasses.replace(slow, launches=crossed)  # slower in most launches, not in all
        assert not [*ladders(view([problem("a.one", ("slow", "fast"))], [tie, fast]))]
        once = [dataclasses.replace(one, launches=one.launches[:1]) for one in (slow, fast)]
        assert not [*ladders(view([problem("a.one", ("slow", "fast"))], once))]


class TestLargestSurprise:
    def test_is_a_compiled_variant_that_is_slower(self):
        told = view(
            [problem("a.one", ("plain", "other"))],
            [
                record("a.one/plain/eager/cpu/1/1", 1e-6),
                record("a.one/plain/compile/cpu/1/1", 8e-6),
                record("a.one/other/eager/cpu/1/1", 9e-6),
                record("a.one/other/compile/cpu/1/1", 3e-6),  # faster, as expected
            ],
        )
        (found,) = surprises(told)
        assert found.cells == ("a.one/plain/compile/cpu/1/1", "a.one/plain/eager/cpu/1/1")
        assert found.says == "`torch.compile` makes `plain` slower: 8.00 µs instead of 1.00 µs, 8.00× as long."
        assert found.why.startswith("A surprise, because it is meant to make code faster. The whole interval")
        assert found.size == pytest.approx(8)

    def test_needs_an_interval_above_one(self):
        eager = record("a.one/plain/eager/cpu/1/1", 1.0)
        compiled = record("a.one/plain/compile/cpu/1/1", 1.01)
        crossed = tuple(dataclasses.replace(one, launch=LAUNCHES - 1 - one.launch) for one in compiled.launches)
        unsure = dataclasses.replace(compiled, launches=crossed)
        assert [*surprises(view([problem("a.one", ("plain",))], [eager, compiled]))]
        assert not [*surprises(view([problem("a.one", ("plain",))], [eager, unsure]))]

    def test_is_a_speed_up_unlike_the_published_one(self):
        told = problem(
            "a.one",
            ("loop", "near", "far"),
            published={"loop": (1.0, 1.0), "near": (0.1, 0.2), "far": (0.01, 0.02)},
            published_case="1",
        )
        took = {"loop": 1.0, "near": 0.15, "far": 0.5}  # published: 5 to 10 and 50 to 100 times as fast
        (found,) = surprises(view([told], [record(f"a.one/{name}/eager/cpu/1/1", one) for name, one in took.items()]))
        assert found.says == "`far` is 2.00× as fast as `loop`; published: 50.0–100×."
        assert "is below theirs" in found.why and found.cells[0] == "a.one/loop/eager/cpu/1/1"
        assert [bar.name for bar in found.bars] == ["published", "here"] and not found.seconds
        assert found.size == pytest.approx(25)  # the nearer end of the published range over the interval

    def test_is_a_variant_that_more_threads_make_slower(self):
        one, every = record("a.one/way/eager/cpu/1/1", 1.0), record("a.one/way/eager/cpu/1/all", 4.0)
        (found,) = surprises(view([problem("a.one", ("way",))], [one, every]))
        assert found.says == "All threads make `way` slower: 4.00 s instead of 1.00 s, 4.00× as long."
        assert [bar.name for bar in found.bars] == ["all threads", "1 thread"]
        close = record("a.one/way/eager/cpu/1/all", 1.03)  # its interval overlaps that of one thread
        assert not [*surprises(view([problem("a.one", ("way",))], [one, close]))]


class TestFarthest:
    def cells(self, took: float, ops: int = 1) -> list[Record]:
        cost = Cost(0, "exact", 1, ops, 0, 40 * 2**20)
        return [
            record(f"a.one/{name}/eager/cpu/1/1", at, cost=cost) for name, at in (("best", took), ("slow", 9 * took))
        ]

    def test_is_the_fastest_variant_of_the_farthest_group(self):
        near, far = (
            self.cells(1e-4),
            [dataclasses.replace(one, cell=one.cell.replace("a.one", "b.two")) for one in self.cells(3e-4)],
        )
        told = view([problem("a.one", ("best", "slow")), problem("b.two", ("best", "slow"))], [*near, *far])
        found = largest([*distances(told)])
        assert found.cells == ("b.two/best/eager/cpu/1/1",)
        assert found.says.startswith("`best`, the fastest of 2 variants, takes 300 µs: ")
        row = told.frame[told.frame["cell"] == found.cells[0]].iloc[0]
        assert found.size == row["times_hardware"] and found.floor == row["floor_hardware"]

    def test_is_not_bound_by_overhead(self):
        assert [*distances(view([problem("a.one", ("best", "slow"))], self.cells(1e-4)))]
        many = self.cells(1e-3, ops=400)  # 400 dispatches take longer than the bytes
        assert not [*distances(view([problem("a.one", ("best", "slow"))], many))]

    def test_needs_every_term_of_the_floor(self):
        uncounted = [
            dataclasses.replace(one, cost=dataclasses.replace(one.cost, ops=0)) for one in self.cells(1e-4) if one.cost
        ]
        assert not [*distances(view([problem("a.one", ("best", "slow"))], uncounted))]

    def test_is_not_near_the_hardware(self):
        assert not [*distances(view([problem("a.one", ("best", "slow"))], self.cells(1.2e-5)))]

    def test_is_explained_if_any_is(self):
        unexplained = [
            dataclasses.replace(one, cell=one.cell.replace("a.one", "b.two"), cost=Cost(0, "exact", 1, 1, 0, 2**20))
            for one in self.cells(0.5)
        ]
        problems = [problem("a.one", ("best", "slow")), problem("b.two", ("best", "slow"))]
        told = view(problems, [*self.cells(3e-4), *unexplained])
        remarks = dict(zip(told.frame["cell"], told.frame["remark"], strict=True))
        assert remarks["b.two/best/eager/cpu/1/1"] == "unexplained"
        assert remarks["a.one/best/eager/cpu/1/1"] != "unexplained"
        assert [one.problem.name for one in distances(told)] == ["a.one"]
        assert [one.problem.name for one in distances(view(problems, unexplained))] == ["b.two"]


def test_findings_are_about_different_components_where_there_is_a_choice():
    run = made.realistic()
    found = findings(View(run, frame.build(run), run.problems, start=True))
    assert [one.kind for one in found] == ["largest ladder", "largest surprise", "farthest from the hardware"]
    assert found[0].problem.name == "matmul.ladder" and "/loop/" in found[0].cells[0]
    two = [problem("a.one", ("plain", "slow")), problem("b.two", ("plain",))]
    records = [
        record("a.one/plain/eager/cpu/1/1", 1e-6),
        record("a.one/plain/compile/cpu/1/1", 90e-6),
        record("a.one/slow/eager/cpu/1/1", 1.0),
        record("b.two/plain/eager/cpu/1/1", 1e-6),
        record("b.two/plain/compile/cpu/1/1", 2e-6),
    ]
    assert [one.problem.name for one in findings(view(two, records))][:2] == ["a.one", "b.two"]
    assert [one.problem.name for one in findings(view(two, records[:3]))][:2] == ["a.one", "a.one"]


def test_a_run_without_a_candidate_has_no_section():
    one = record("a.one/way/eager/cpu/1/1", 1e-6)
    assert findings(view([problem("a.one", ("way",))], [one])) == ()
    assert section.render(view([problem("a.one", ("way",))], [one])) is None
    assert section.render(view([], [])) is None


def test_a_card_leads_to_its_component_and_explains_the_difference():
    run = made.realistic()
    told = section.render(View(run, frame.build(run), run.problems, start=True))
    assert told is not None
    (cards,) = told.blocks
    card = cards.cards[0]
    assert card.about == Link("Matrix product, rung by rung", "matmul.ladder.html")
    assert card.command is not None and " explain matmul.ladder/loop/eager/cpu/" in card.command.source
    assert cards.cards[2].command is None


@pytest.mark.parametrize("make", [made.realistic, made.hostile])
def test_no_word_of_a_figure_is_outside_it_or_on_another(make):
    from perfsuite.reporting.canvas.labels import width

    run = make()
    told = View(run, frame.build(run), run.problems, start=True)
    for found in findings(told):
        figure = bars(found, told.of(found.problem).colors).figure
        boxes = []
        for word in figure.words:
            left, right = word.at[0], word.at[0] + width(word.text, word.size, word.mono)
            assert left >= 0 and right <= figure.width + 1, (word.text, right)
            assert 0 < word.at[1] <= figure.height
            boxes.append((left, right, word.at[1] - 0.75 * word.size, word.at[1]))
        for at, one in enumerate(boxes):
            for other in boxes[at + 1 :]:
                apart = one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
                assert apart, (one, other)
