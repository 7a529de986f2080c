"""The table that every report reads, checked against figures worked out by hand; and what is read off it."""

from __future__ import annotations

import dataclasses
import math

import made
import pandas as pd
import pytest

from perfsuite.model.cell import Cell
from perfsuite.model.record import Compiling, Cost, Launch, Problem, Proof, Record, Roof, Run, ShapeCall, Variant
from perfsuite.records.store import read, write
from perfsuite.reporting import evidence, frame, published
from perfsuite.reporting.commands import launcher
from perfsuite.reporting.html.code import tokens
from perfsuite.reporting.missing import gaps
from perfsuite.reporting.view import View, anchor, command, folder_of, page_of, safe, trace_of

TIMES = [
    *("seconds", "low", "high", "confidence", "launches", "samples", "times_best", "ratio", "ratio_low", "ratio_high"),
    *("flop_rate", "byte_rate", "times_hardware", "times_floor", "first", "compile", "break_even"),
    *("first_item", "per_item", "device_seconds", "host_seconds"),
]
ROOFS = (
    Roof("fp32", "1", "cpu", 1e9, 1e9, "FLOP/s", ""),
    Roof("DRAM", "1", "cpu", 1e8, 1e8, "B/s", ""),
    Roof("L2", "1", "cpu", 1e8, 1e8, "B/s", ""),
    Roof("L2 size", "1", "cpu", 1e6, 1e6, "B", ""),
    Roof("dispatch", "", "cpu", 1e-6, 1e-6, "s", ""),
)


def launches(*medians: float, first: float = 0.5) -> tuple[Launch, ...]:
    """One launch for each of ``medians``; its samples lie evenly around it."""
    return tuple(
        Launch(at, 1, 0.1, first + at, (0.0, 1.0, 2.0), (median * 0.9, median, median * 1.1))
        for at, median in enumerate(medians)
    )


def record(cell: str, *medians: float, **changes: object) -> Record:
    facts = Record(
        cell,
        "ok",
        dtype="float32",
        flops=20_000,
        bytes=1000,
        proof=Proof(1e-6, 0.25, 3, 9.0, 1e-3),
        launches=launches(*medians),
        cost=Cost(4096, "exact", 2, 30, 5, 5000),
    )
    return dataclasses.replace(facts, **changes)  # type: ignore[arg-type]


def problem(*names: str, baseline: str = "slow", **changes: object) -> Problem:
    variants = tuple(Variant(name, f"Lesson of {name}.", "", "", "") for name in names)
    made_up = Problem("a.b", "Title", "Question?", ("XX-01",), baseline, "1", variants, ("c", "d"))
    return dataclasses.replace(made_up, **changes)  # type: ignore[arg-type]


def run(*records: Record, told: Problem | None = None) -> Run:
    return made.run((told or problem("slow", "fast"),), records, roofs=ROOFS)


SLOW = record("a.b/slow/eager/cpu/c/1", 8e-3, 9e-3, 10e-3)
FAST = record("a.b/fast/eager/cpu/c/1", 2e-3, 3e-3, 2e-3)
COMPILED = record("a.b/slow/compile/cpu/c/1", 5e-3, 5e-3, 5e-3, cost=None)


def row(cell: Record, *others: Record) -> pd.Series:
    table = frame.build(run(cell, *others))
    return table[table["cell"] == cell.cell].iloc[0]


def test_times_and_their_interval():
    slow = row(SLOW, FAST)
    assert (slow["seconds"], slow["low"], slow["high"]) == (9e-3, 8e-3, 10e-3)
    assert (slow["launches"], slow["samples"], slow["confidence"]) == (3, 9, 0.75)
    assert slow["first"] == 1.5


def test_ratios_come_from_the_launches_and_ranks_from_the_medians():
    fast = row(FAST, SLOW)
    assert fast["best"] and not fast["tie"] and fast["times_best"] == 1
    assert fast["ratio"] == pytest.approx(0.25)  # of 2/8, 3/9, 2/10: not 2/9
    assert (fast["ratio_low"], fast["ratio_high"]) == pytest.approx((0.2, 1 / 3))
    assert row(SLOW, FAST)["times_best"] == pytest.approx(4.5)
    assert row(SLOW, FAST)["ratio"] == 1


def test_a_tie_is_a_ratio_whose_interval_covers_one():
    near = record("a.b/near/eager/cpu/c/1", 2.1e-3, 2.9e-3, 2.2e-3)
    assert row(near, FAST)["tie"] and row(near, FAST)["times_best"] > 1
    assert not row(SLOW, FAST)["tie"]
    same = [record(f"a.b/{name}/eager/cpu/c/1", 2e-3) for name in ("fast", "slow")]
    assert not frame.build(run(*same))["tie"].any()  # one launch says nothing


def test_only_what_took_turns_is_compared():
    others = [
        record(f"a.b/{name}", 1e-6, 1e-6, 1e-6)
        for name in ("fast/eager/cuda/c/1", "fast/eager/cpu/d/1", "fast/eager/cpu/c/all", "fast/eager/cpu/c/1@cold")
    ]
    slow = row(SLOW, *others)
    assert slow["best"] and slow["times_best"] == 1
    assert math.isnan(row(others[0], SLOW)["ratio"])  # no baseline there


def test_floor_and_distance():
    slow = row(SLOW)
    assert slow["floor_compute"] == pytest.approx(20e-6)
    assert slow["floor_memory"] == pytest.approx(10e-6)
    assert slow["floor_overhead"] == pytest.approx(30e-6)
    assert slow["floor_hardware"] == pytest.approx(20e-6)
    assert slow["times_hardware"] == pytest.approx(450)
    assert slow["times_floor"] == pytest.approx(300)
    assert (slow["bound"], slow["level"]) == ("overhead", "L2")
    assert slow["flop_rate"] == pytest.approx(20_000 / 9e-3)
    assert slow["byte_rate"] == pytest.approx(1000 / 9e-3)


def test_the_own_floor_needs_counted_operators():
    compiled = row(COMPILED, SLOW)
    assert math.isnan(compiled["times_floor"])
    assert compiled["times_hardware"] == pytest.approx(250)


def test_cost_and_proof():
    slow = row(SLOW)
    assert (slow["peak"], slow["peak_is"], slow["ops"], slow["times_bytes"]) == (4096, "exact", 30, 5)
    assert (slow["error"], slow["error_share"]) == (1e-6, 0.25)


def test_compiling_pays_after_so_many_calls_or_never():
    assert row(COMPILED, SLOW)["compile"] == 9.0
    assert row(COMPILED, SLOW)["break_even"] == pytest.approx(9.0 / 4e-3)
    slower = dataclasses.replace(COMPILED, launches=launches(0.1, 0.1, 0.1))
    assert row(slower, SLOW)["break_even"] == math.inf
    assert math.isnan(row(COMPILED)["break_even"])  # nothing to compare with
    assert math.isnan(row(SLOW)["compile"])


def test_break_even_has_an_interval_and_a_verdict():
    compiled = row(COMPILED, SLOW)  # a call saves 3 to 5 ms; cold 9 s, warm 0.6 to 2.6 s
    assert (compiled["saves_low"], compiled["saves_high"]) == pytest.approx((3e-3, 5e-3))
    assert (compiled["break_even_low"], compiled["break_even_high"]) == pytest.approx((9 / 5e-3, 9 / 3e-3))
    assert (compiled["compile_warm"], compiled["compile_warm_high"]) == pytest.approx((1.6, 2.6))
    assert compiled["break_even_warm_low"] == pytest.approx(0.6 / 5e-3)
    assert compiled["pays_off"] == "yes" and math.isnan(compiled["compile_low"]), "one value has no interval"
    tied = dataclasses.replace(COMPILED, launches=launches(7e-3, 8e-3, 11e-3))
    assert row(tied, SLOW)["pays_off"] == "unclear" and row(tied, SLOW)["break_even_high"] == math.inf
    slower = dataclasses.replace(COMPILED, launches=launches(0.1, 0.1, 0.1))
    assert row(slower, SLOW)["pays_off"] == "never"
    assert row(COMPILED)["pays_off"] == row(SLOW)["pays_off"] == ""
    once = [dataclasses.replace(one, launches=one.launches[:1]) for one in (COMPILED, SLOW)]
    assert row(*once)["break_even"] == pytest.approx(9 / 3e-3) and math.isnan(row(*once)["break_even_low"])
    assert row(*once)["pays_off"] == ""


def test_first_calls_in_processes_of_their_own_replace_what_other_passes_saw():
    shapes = tuple(
        ShapeCall(name, *values) for name, *values in (("c", 9.0, 1.0, 2), ("d", 3.0, 0.5, 1), ("e", 1, 1, 0))
    )
    alone = row(dataclasses.replace(COMPILED, compiling=Compiling((4.0, 5.0), (0.5, 0.7), shapes)), SLOW)
    assert (alone["compile"], alone["compile_low"], alone["compile_high"]) == (4.5, 4.0, 5.0)
    assert (alone["compile_processes"], alone["compile_in"]) == (2, "own processes")
    assert row(COMPILED)["compile_in"] == "shared processes"
    assert alone["break_even_low"] == pytest.approx(4 / 5e-3) and alone["compile_warm_high"] == 0.7
    assert (alone["new_shapes"], alone["recompiles"], alone["recompile"]) == (2, 1, 2.5)
    assert math.isnan(row(COMPILED)["new_shapes"])


def test_a_stream_has_its_parts():
    told, records = made.loader()
    table = frame.build(made.run((told,), tuple(records))).set_index("variant")
    assert table.loc["workers_2", "first_item"] == pytest.approx(1.9e-3, rel=0.1)
    assert table.loc["workers_2", "per_item"] == pytest.approx(48e-6, rel=0.1)


def test_a_cell_that_is_not_ok_has_no_time():
    told, records = made.faults()
    table = frame.build(made.run((told,), tuple(records)))
    failed = table[table["status"] != "ok"]
    assert len(failed) == len(table) - 1 and all(record.launches for record in records)
    assert failed[TIMES].isna().all(axis=None)
    assert not failed["best"].any() and not (failed["trace"] != "").any()
    assert failed[["error", "error_share", "peak", "ops"]].isna().all(axis=None)
    assert table[table["status"] == "ok"]["seconds"].notna().all()


def test_an_ok_cell_without_samples_has_no_time_either():
    assert math.isnan(row(dataclasses.replace(SLOW, launches=()))["seconds"])


@pytest.mark.parametrize("made_up", [made.realistic, made.hostile])
def test_the_table_is_tidy(made_up):
    told = made_up()
    table = frame.build(told)
    assert list(table.columns) == list(frame.WHAT)
    assert list(table["cell"]) == [record.cell for record in told.records]
    kinds = {name: table[name].map(type).unique().tolist() for name in table.columns}
    assert all(kinds[name] == [str] for name in frame.TEXTS)
    assert all(kinds[name] == [bool] for name in frame.FLAGS)
    assert all(kinds[name] == [float] for name in kinds if name not in frame.TEXTS + frame.FLAGS)


def test_an_empty_run_has_an_empty_table():
    assert list(frame.build(made.run((), ())).columns) == list(frame.WHAT)


def test_reading_order_is_cases_then_ladder_then_executors():
    told = problem("slow", "fast")
    cells = ["fast/eager/cpu/d/1", "slow/compile/cpu/c/1", "fast/eager/cpu/c/1", "slow/eager/cpu/c/1"]
    table = frame.build(run(*(record(f"a.b/{cell}", 1e-3) for cell in cells), told=told))
    assert [cell.removeprefix("a.b/") for cell in frame.in_order(told, table)["cell"]] == [
        "slow/eager/cpu/c/1",
        "slow/compile/cpu/c/1",
        "fast/eager/cpu/c/1",
        "fast/eager/cpu/d/1",
    ]


# -- what is left out -------------------------------------------------------------------------------------------------


def test_gaps_are_counted_by_reason_with_differing_numbers_left_open():
    found = gaps(frame.build(made.realistic()))
    told = {str(gap): len(gap.cells) for gap in found}
    assert told["191 cells skipped: needs cuda"] == 191
    assert told["18 cells skipped: one call would take about … s"] == 18
    assert told["1 cell oom: wanted 7.84 GB, 3.1 GB were free"] == 1  # one reason keeps its numbers
    assert [gap.status == "skipped" for gap in found] == sorted(gap.status == "skipped" for gap in found)


# -- the published figures --------------------------------------------------------------------------------------------


def ladder(*records: Record, **figures: tuple[float, ...]) -> published.Ladder | None:
    return published.ladder(problem(*figures, published=figures, published_case="c"), run(*records))


def test_figures_of_one_source_stand_at_one_place():
    told = ladder(SLOW, FAST, slow=(100.0, 40.0, 90.0), fast=(10.0, math.nan, 5.0))
    assert told and told.rungs[0].published == (10.0, 18.0)
    assert told.rungs[0].here and told.rungs[0].here.value == pytest.approx(4.0)  # of 8/2, 9/3, 10/2
    assert told.rungs[0].verdict == "less than published"


def test_a_gap_survives_the_record_file(tmp_path):
    told = made.small()
    again = read(write(told, tmp_path))
    assert again.problems[0].published["mm"] == pytest.approx((14e-6, math.nan, 18.2e-6, 13.1e-6), nan_ok=True)
    assert published.ladder(again.problems[0], again) is not None
    kept = [rung.published for rung in published.ladder(again.problems[0], again).rungs]
    assert kept == [rung.published for rung in published.ladder(told.problems[0], told).rungs]


def test_sources_that_cannot_be_told_apart_give_the_whole_range():
    told = ladder(SLOW, FAST, slow=(100.0, 40.0), fast=(10.0,))
    assert told and told.rungs[0].published == (4.0, 10.0)


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [((45.0,), "less than published"), ((2.7, 4.5), "as published"), ((1.0,), "more than published")],
)
def test_the_verdict_asks_the_interval(figures: tuple[float, ...], verdict: str):
    told = ladder(SLOW, FAST, slow=tuple(9.0 * figure for figure in figures), fast=(9.0,) * len(figures))
    assert told and told.rungs[0].verdict == verdict


def test_one_launch_has_no_verdict():
    one = [dataclasses.replace(cell, launches=cell.launches[:1]) for cell in (SLOW, FAST)]
    told = ladder(*one, slow=(9.0,), fast=(9.0,))
    assert told and told.rungs[0].here and not told.rungs[0].verdict


def test_without_a_baseline_the_first_timed_rung_is_the_base():
    failed = dataclasses.replace(SLOW, status="unstable")
    mid = record("a.b/mid/eager/cpu/c/1", 4e-3, 6e-3, 4e-3)
    told = ladder(failed, mid, FAST, slow=(90.0,), mid=(20.0,), fast=(5.0,))
    assert told and told.base == "mid"
    assert [(rung.variant, rung.status, rung.here and rung.here.value) for rung in told.rungs] == [
        ("slow", "unstable", None),
        ("fast", "ok", pytest.approx(2.0)),
    ]
    assert told.rungs[1].published == (4.0,)


def test_what_is_measured_at_another_size_only_says_so_and_gets_no_verdict():
    large = record("a.b/slow/eager/cpu/small/1", 8e-3, 9e-3, 10e-3)
    small = record("a.b/fast/eager/cpu/small/1", 1e-3, 1e-3, 1e-3)
    figures = {"slow": (90.0,), "fast": (9.0,)}
    one = dataclasses.replace(problem(*figures, published=figures, published_case="c"), cases=("c", "small"))
    told = published.ladder(one, run(SLOW, large, small))
    assert told and told.rungs[0].here and told.rungs[0].here.value == pytest.approx(9.0)
    assert told.rungs[0].case == "small" and not told.rungs[0].verdict
    failed = dataclasses.replace(FAST, status="wrong")  # it was to be measured at c: a smaller size is no excuse
    told = published.ladder(one, run(SLOW, failed, large, small))
    assert told and (told.rungs[0].status, told.rungs[0].here, told.rungs[0].case) == ("wrong", None, "")


def test_nothing_published_or_nothing_measured_is_no_ladder():
    assert ladder(SLOW) is None
    assert ladder(SLOW, slow=(1.0,)) is None  # one figure has nothing to stand beside
    assert ladder(record("a.b/slow/eager/cuda/c/1", 1e-3), slow=(1.0,), fast=(1.0,)) is None


# -- why --------------------------------------------------------------------------------------------------------------


def why(**changes: object) -> str:
    return evidence.why({**row(SLOW), **changes})


def test_why_names_what_was_measured():
    usual = {"remark": "", "seconds": 60e-6, "times_hardware": 3.5}
    assert why(**usual) == "30 operators dispatched, at least 50 % of the time; moves 5.00× the compulsory bytes"
    assert why(**usual, times_bytes=1.0, ops=1.0).startswith("1 operator dispatched")
    assert (
        why(**usual, floor_overhead=59e-6, times_bytes=1.0)
        == "30 operators dispatched, which takes nearly all of the time"
    )
    near = {"floor_overhead": math.nan, "times_bytes": 1.0, "remark": ""}
    assert why(times_hardware=1.1, **near) == "compute bound, 1.10× the hardware's floor"
    assert why(times_hardware=1.1, **near, floor_memory=1.0) == "memory (L2) bound, 1.10× the hardware's floor"
    assert why(times_hardware=9.0, **near) == ""


def test_why_tells_of_compiling():
    plain = {"floor_overhead": math.nan, "times_bytes": math.nan, "remark": "", "times_hardware": 9.0}
    assert why(**plain, compile=2.0, break_even=1500.0) == "compiling takes 2.00 s, paid back after 1,500 calls"
    assert why(**plain, compile=2.0, break_even=math.inf) == "compiling takes 2.00 s and never pays off"
    ends = {"break_even": 1500.0, "break_even_low": 1200.0, "break_even_high": 2000.0}
    assert why(**plain, compile=2.0, **ends).endswith("paid back after 1,500 (1,200 to 2,000) calls")
    unclear = why(**plain, compile=2.0, **{**ends, "break_even_high": math.inf}, pays_off="unclear")
    assert unclear.endswith("whether it pays off is unclear: after 1,200 calls at the earliest")
    assert why(**plain, compile=2.0) == "compiling takes 2.00 s"


def test_why_flags_what_the_roofs_do_not_explain():
    assert why().startswith("unexplained: more than 2× all measured limits together; ")
    assert "the roof is too low or the declared work is too much" in why(remark="above the roof")
    assert "less" not in why(remark="")
    assert evidence.why({**row(dataclasses.replace(SLOW, status="error"))}) == ""


@pytest.mark.parametrize(
    ("host", "device", "overhead", "expected"),
    [
        (0.1, 0.99, 0.0, "device bound: the host is done after 10 % of the time"),
        (0.1, 0.2, 0.0, "sync bound: the host is done after 10 % of the time"),
        (0.95, 0.98, 0.5, "launch bound: the host is busy for 95 % of the time"),
        (0.95, 0.98, 0.1, "launch or sync bound: the host is busy for 95 % of the time"),
        (0.65, 0.98, 0.5, ""),
        (math.nan, math.nan, 0.5, ""),
    ],
)
def test_who_waits_for_whom_on_a_device(host: float, device: float, overhead: float, expected: str):
    said = why(seconds=1.0, host_seconds=host, device_seconds=device, floor_overhead=overhead)
    assert expected in said and ("the host" in said) is bool(expected)


# -- names and addresses ----------------------------------------------------------------------------------------------


def test_addresses_of_usual_names_are_the_names():
    assert page_of("matmul.ladder") == "matmul.ladder.html"
    assert anchor("a.b/slow/eager/cpu/c/1@cold") == "wwbl6asc"
    assert folder_of("a.b/slow/eager/cpu/c/1@cold") == "a.b-slow-eager-cpu-c-1-cold"
    assert command("a.b/slow/eager/cpu/c/1") == f"{launcher()} run -k a.b/slow/eager/cpu/c/1"
    assert trace_of("profile/x/y.json") == "../profile/x/y.json"
    assert trace_of("") == ""


@pytest.mark.parametrize("name", made.HOSTILE)
def test_addresses_of_hostile_names_are_safe(name: str):
    assert set(safe(name)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    assert len(safe(name)) < 140 and not safe(name).startswith(".")
    assert safe(name) != safe(name + " ") and safe("../" + name) != safe(name)
    address = trace_of(name)
    assert (address.startswith("../") or not address) and not {*address} & {*"\"'<> `"}


def test_the_page_links_no_trace_outside_the_results():
    for path in (
        "../../etc/passwd",
        "a/../../b",
        "/etc/passwd",
        "..\\x",
        "c:x",
        "javascript:alert(1)",
        "a\nb",
        "",
        ".",
    ):
        assert trace_of(path) == "", path
    assert trace_of("profile/a b/#1?.json.gz") == "../profile/a%20b/%231%3F.json.gz"


def test_hostile_names_get_pages_and_anchors_of_their_own():
    cells = [record.cell for record in made.hostile().records]
    assert len({(page_of(Cell.parse(cell).component), anchor(cell)) for cell in cells}) == len(set(cells))
    assert len({folder_of(cell) for cell in cells}) == len(set(cells))


def test_a_component_opens_with_the_sources_case():
    told = made.realistic()
    whole = View(told, frame.build(told), told.problems)
    lead = whole.of(told.problems[0]).lead()
    assert lead is not None and set(lead["case"]) == {"5x784x10"} and set(lead["device"]) == {"cpu"}
    nothing = made.run(told.problems[:1], tuple(dataclasses.replace(one, status="error") for one in told.records[:3]))
    assert View(nothing, frame.build(nothing), nothing.problems).lead() is None


# -- code -------------------------------------------------------------------------------------------------------------


def test_python_is_told_apart():
    source = 'def f(a):\n    """Doc\n    two."""\n    # why\n    return a @ 1.5  # and "this"\n'
    found = tokens(source)
    assert [piece for piece in found if piece[0]] == [
        ("keyword", "def"),
        ("name", "f"),
        ("string", '"""Doc\n    two."""'),
        ("comment", "# why"),
        ("keyword", "return"),
        ("number", "1.5"),
        ("comment", '# and "this"'),
    ]


@pytest.mark.parametrize("source", ["", "x", "def f(:\n  '", "\tif\n x", "f'{a}'\n", 'a = """\n\n', *made.HOSTILE])
def test_no_letter_of_a_source_is_lost(source: str):
    assert "".join(text for _, text in tokens(source)) == source
