"""The claims ledger: every outcome of every part a rule is made of, every claim both ways, every name looked up."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping

import made
import pytest

from benchmarks import facts, rows
from benchmarks.claims import CLAIMS, decide, seen
from benchmarks.claims.evidence import Evidence
from benchmarks.claims.rules import (
    SIZES,
    VERDICTS,
    Arm,
    At,
    Every,
    Faster,
    Over,
    PerCore,
    Rule,
    Ruling,
    Seen,
    about,
    arms,
    ladder,
)
from perfsuite.model.cell import Cell
from perfsuite.model.component import Case
from perfsuite.model.record import STATUSES, Fact, Launch, Record, Run
from perfsuite.project import catalogue, selecting
from reports import ledger

C = Case("c", {})


def record(cell: Cell, case: Case, *medians: float, status: str = "ok", reason: str = "", first: int = 0) -> Record:
    """A cell with one median for each launch, numbered from ``first``."""
    launches = tuple(Launch(first + at, 1, 0.0, 0.0, (0.0,), (median,)) for at, median in enumerate(medians))
    return Record(str(cell), status, reason, series=case.series, size=case.size, launches=launches)


def cell(way: str, *medians: float, case: Case = C, device: str = "cpu", **more) -> Record:
    """A cell of the made-up component x.y; one time stands for six launches."""
    medians = medians * 6 if len(medians) == 1 else medians
    return record(Arm(way, device).cell("x.y", case.name), case, *medians, **more)


def run(*records: Record, cores: int = 2) -> Run:
    return made.run((), records, machine={"cores": cores})


def rule_on(rule: Rule, *records: Record, cores: int = 2) -> Ruling:
    return rule.decide(Evidence.of(run(*records, cores=cores)))


def pair(fast: str = "quick", slow: str = "slow", times: float = 2.0) -> Faster:
    return Faster("x.y", arms(fast), arms(slow), times)


# One comparison at one case


@pytest.mark.parametrize(
    ("quick", "verdict", "figure"),
    [
        ((4.0,), "verified", 2.5),
        ((8.0,), "refuted", 1.25),
        ((4.0, 4.0, 4.0, 8.0, 8.0, 8.0), "undecided", None),
        ((4.0, 4.0, 4.0, 4.0, 4.0, 5.1), "undecided", 2.5),
        ((8.0, 8.0, 8.0, 8.0, 8.0, 4.9), "undecided", 1.25),
        ((4.9, 4.0, 4.0, 4.0, 4.0, 2.0), "verified", 2.5),
    ],
)
def test_the_whole_interval_must_lie_on_one_side_of_the_line(quick: tuple[float, ...], verdict: str, figure: float):
    found = rule_on(At(pair(), "c"), cell("quick", *quick), cell("slow", 10.0))
    assert found.verdict == verdict
    assert figure is None or (found.figure is not None and found.figure.value == pytest.approx(figure))


def test_the_detail_tells_case_figure_interval_and_line():
    quick = cell("quick", 0.003, 0.003, 0.002, 0.004, 0.003, 0.003)
    found = rule_on(At(pair(times=50), "c"), quick, cell("slow", 12.0))
    assert found.detail == "at c quick is 4,000x as fast as slow (3,000x to 6,000x); threshold 50x"


def test_ratios_are_taken_launch_by_launch():
    quick, slow = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0), (3.0, 6.0, 12.0, 24.0, 48.0, 96.0)
    assert rule_on(At(pair(), "c"), cell("quick", *quick), cell("slow", *slow)).verdict == "verified"
    assert rule_on(At(pair(), "c"), cell("quick", *quick), cell("slow", *slow[::-1])).verdict == "undecided"


@pytest.mark.parametrize(("launches", "verdict"), [(1, "undecided"), (4, "undecided"), (5, "verified")])
def test_too_few_launches_decide_nothing(launches: int, verdict: str):
    quick = [1.0] * launches if launches > 1 else [1.0]
    records = record(Arm("quick").cell("x.y", "c"), C, *quick), cell("slow", 10.0)
    found = rule_on(At(pair(), "c"), *records)
    assert found.verdict == verdict and found.figure is not None and found.figure.launches == launches
    assert ("too few to decide" in found.detail) == (verdict == "undecided")


def test_times_of_different_launches_are_not_compared():
    found = rule_on(At(pair(), "c"), cell("quick", 1.0), cell("slow", 10.0, first=6))
    assert (found.verdict, found.figure) == ("not testable here", None)
    assert "share no launch" in found.detail


@pytest.mark.parametrize("side", ["quick", "slow"])
@pytest.mark.parametrize("status", [status for status in STATUSES if status not in ("ok", "skipped")])
def test_a_cell_that_failed_never_counts(status: str, side: str):
    bad = cell(side, 1.0 if side == "quick" else 10.0, status=status, reason="so it is")
    good = cell("slow", 10.0) if side == "quick" else cell("quick", 1.0)
    found = rule_on(At(pair(), "c"), bad, good)
    assert found == Ruling("undecided", None, f"x.y/{side}/eager/cpu/c/1 is {status}: so it is")


@pytest.mark.parametrize("side", ["quick", "slow"])
def test_what_was_not_measured_says_how_to_measure_it(side: str):
    found = rule_on(At(pair(), "c"), cell("slow" if side == "quick" else "quick", 1.0))
    assert (found.verdict, found.figure) == ("not testable here", None)
    assert found.detail == "not measured in this run: python -m benchmarks run -k 'x.y/ and /c/'"


def test_a_cell_that_was_skipped_says_why():
    slow = cell("slow", 10.0)
    found = rule_on(At(pair(), "c"), cell("quick", 1.0, status="skipped", reason="needs numba"), slow)
    assert found == Ruling("not testable here", None, "needs numba")
    found = rule_on(At(pair(), "c"), cell("quick", 1.0, status="skipped", reason="would take 95 s"), slow)
    assert found.verdict == "not testable here" and found.figure is None
    assert found.detail.startswith("not measured in this run: ") and "is skipped: would take 95 s" in found.detail


def test_other_axes_are_other_cells():
    rule = At(Faster("x.y", (Arm("quick:compile", threads="all"),), arms("slow"), 2.0), "c")
    compiled = record(Cell("x.y", "quick", "compile", "cpu", "c", "all"), C, *[1.0] * 6)
    assert rule_on(rule, compiled, cell("slow", 10.0)).verdict == "verified"
    for other in (
        Cell("x.y", "quick", "eager", "cpu", "c", "all"),
        Cell("x.y", "quick", "compile", "cpu", "c", "1"),
        Cell("x.y", "quick", "compile", "cpu", "d", "all"),
        Cell("x.y", "quick", "compile", "cpu", "c", "all", cold=True),
        Cell("x.z", "quick", "compile", "cpu", "c", "all"),
    ):
        assert rule_on(rule, record(other, C, *[1.0] * 6), cell("slow", 10.0)).verdict == "not testable here"


def test_a_device_that_ran_nothing_is_needed():
    rule = At(Faster("x.y", (Arm("mm", "cuda"),), (Arm("mm"),), 2.0), "c")
    cpu, elsewhere = cell("mm", 10.0), Case("d", {})
    skipped = cell("mm", case=elsewhere, device="cuda", status="skipped", reason="needs cuda")
    assert rule_on(rule) == rule_on(rule, cpu) == Ruling("not testable here", None, "needs cuda")
    assert rule_on(rule, cpu, skipped) == Ruling("not testable here", None, "needs cuda")
    assert rule_on(rule, skipped) == Ruling("not testable here", None, "needs cuda")
    found = rule_on(rule, cpu, cell("mm", 1.0, case=elsewhere, device="cuda"))
    assert found.verdict == "not testable here" and found.detail.startswith("not measured in this run")
    found = rule_on(rule, cpu, cell("mm", 1.0, device="cuda"))
    assert found.verdict == "verified" and "mm (cuda) is 10x as fast as mm (10x to 10x)" in found.detail


# Several ways on a side


@pytest.mark.parametrize(
    ("a", "b", "verdict", "figure"),
    [
        ((1.0,), (9.0,), "verified", 10),
        ((1.0,), (2.0,), "verified", 10),
        ((9.0,), (8.0,), "refuted", 1.25),
        ((9.0,), (4.0, 4.0, 4.0, 9.0, 4.0, 4.0), "undecided", 2.5),
    ],
)
def test_the_best_of_the_fast_ways_counts(a: tuple[float, ...], b: tuple[float, ...], verdict: str, figure: float):
    rule = At(Faster("x.y", arms("a", "b"), arms("slow"), 2.0), "c")
    found = rule_on(rule, cell("a", *a), cell("b", *b), cell("slow", 10.0))
    assert found.verdict == verdict and found.figure is not None
    assert found.figure.value == pytest.approx(figure)


@pytest.mark.parametrize("status", ["wrong", "timeout", "skipped"])
def test_a_fast_way_without_a_time_is_passed_over_and_named(status: str):
    rule = At(Faster("x.y", arms("a", "b"), arms("slow"), 2.0), "c")
    bad = cell("a", 0.001, status=status, reason="needs a b" if status == "skipped" else "")
    found = rule_on(rule, bad, cell("b", 8.0), cell("slow", 10.0))
    assert found.verdict == "refuted" and ", not counting a" in found.detail
    found = rule_on(rule, bad, cell("b", 1.0), cell("slow", 10.0))
    assert found.verdict == "verified" and "not counting" not in found.detail
    assert rule_on(rule, bad, cell("slow", 10.0)).figure is None


def test_every_slow_way_must_be_beaten():
    rule = At(Faster("x.y", arms("quick"), arms("a", "b"), 2.0), "c")
    quick = cell("quick", 1.0)
    assert rule_on(rule, quick, cell("a", 9.0), cell("b", 3.0)).verdict == "verified"
    found = rule_on(rule, quick, cell("a", 9.0), cell("b", 1.5))
    assert found.verdict == "refuted" and found.figure is not None and found.figure.value == pytest.approx(1.5)
    assert rule_on(rule, quick, cell("a", 9.0), cell("b", 1.0, 3.0, 3.0, 3.0, 3.0, 3.0)).verdict == "undecided"
    assert rule_on(rule, quick, cell("a", 9.0)).verdict == "not testable here"
    assert rule_on(rule, quick, cell("a", 1.5)).verdict == "refuted"


# A comparison along a series

LOOKS: Mapping[str, tuple[float, ...]] = {
    "y": (4.0,),
    "n": (8.0,),
    "?": (4.0, 4.0, 4.0, 4.0, 8.0, 8.0),
    "f": (4.0, 4.0, 4.0),  # too few launches
    "w": (4.0,),
}


def series(looks: str) -> list[Record]:
    """A cell pair for each letter of ``looks``, at sizes 1, 2, ...; ``-`` was not run, ``w`` is wrong."""
    records = []
    for size, look in enumerate(looks, start=1):
        case = Case(f"n{size}", {}, series="s", size=size)
        records.append(cell("slow", 10.0, case=case))
        if look != "-":
            records.append(cell("quick", *LOOKS[look], case=case, status="wrong" if look == "w" else "ok"))
    return records


@pytest.mark.parametrize(
    ("looks", "verdict", "detail"),
    [
        ("yyyy", "verified", "the same at all 4 sizes from 1 to 4: at 4 quick is 2.5x"),
        ("nnnnn", "refuted", "the same at all 5 sizes from 1 to 5: at 5 quick is 1.25x"),
        ("yynn", "size-dependent", "changes between 2 (2.5x) and 3 (1.25x): at 4 quick is 1.25x"),
        ("nyyy", "size-dependent", "changes between 1 (1.25x) and 2 (2.5x): at 4"),
        ("y??n", "size-dependent", "changes between 1 (2.5x) and 4 (1.25x)"),
        ("yn?y", "size-dependent", "changes between 1 (2.5x) and 2 (1.25x), between 2 (1.25x) and 4 (2.5x)"),
        ("?yyn", "size-dependent", "changes between 3 (2.5x) and 4 (1.25x)"),
        ("yynn?", "size-dependent", "changes between 2 (2.5x) and 3 (1.25x): at 5 quick is"),
        ("yy-nn", "size-dependent", "changes between 2 (2.5x) and 4 (1.25x)"),
        ("yyy?", "undecided", "unclear: at 4 quick is"),
        ("?nnnn", "undecided", "unclear: at 1 quick is"),
        ("????", "undecided", "unclear: at 1"),
        ("yyyf", "undecided", "3 launches: too few to decide"),
        ("ffff", "undecided", "3 launches: too few to decide"),
        ("yyn", "undecided", "3 of at least 4 sizes timed (python -m benchmarks run -k 'x.y/'): at 3 quick is 1.25x"),
        ("yyy", "undecided", "3 of at least 4 sizes timed"),
        ("nnn-", "undecided", "3 of at least 4 sizes timed"),
        ("yyyw", "undecided", "3 of at least 4 sizes timed (x.y/quick/eager/cpu/n4/1 is wrong: )"),
        ("ynww", "undecided", "2 of at least 4 sizes timed"),
        ("yyyyw", "verified", "the same at all 4 sizes from 1 to 4"),
        ("wwww", "undecided", "x.y/quick/eager/cpu/n1/1 is wrong"),
        ("----", "not testable here", "not measured in this run: python -m benchmarks run -k 'x.y/'"),
        ("", "not testable here", "not measured in this run: python -m benchmarks run -k 'x.y/'"),
    ],
)
def test_a_series_is_read_size_by_size(looks: str, verdict: str, detail: str):
    found = rule_on(Over(pair(), "s"), *series(looks))
    assert (found.verdict, detail in found.detail) == (verdict, True), found.detail
    assert (found.figure is None) == (not set(looks) & set("yn?f"))


def test_a_series_shows_the_sources_own_case():
    records = series("yynn")
    for case, figure in (("n1", 2.5), ("n3", 1.25), ("", 1.25), ("n9", 1.25)):
        found = rule_on(Over(pair(), "s", case), *records)
        assert found.figure is not None and found.figure.value == pytest.approx(figure)


def test_a_series_holds_its_own_cases_alone():
    other = [dataclasses.replace(record, series="t") for record in series("nnnn")]
    elsewhere = [
        dataclasses.replace(record, cell=record.cell.replace("x.y", "x.z").replace("/n", "/m"))
        for record in series("nnnn")
    ]
    for strangers in (other, elsewhere):
        assert rule_on(Over(pair(), "s"), *strangers).verdict == "not testable here"
    assert rule_on(Over(pair(), "s"), *series("yyyy"), *elsewhere).verdict == "verified"


def test_sizes_stand_in_order_whatever_the_order_of_the_records():
    assert "changes between 2 (2.5x) and 3 (1.25x)" in rule_on(Over(pair(), "s"), *reversed(series("yynn"))).detail


# Rules of which all must hold


@dataclasses.dataclass(frozen=True)
class Said:
    verdict: str

    def decide(self, evidence: Evidence) -> Ruling:
        return Ruling(self.verdict, None, f"it is {self.verdict}")

    def asks(self) -> Iterator[At | Over]:
        return iter(())


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ("verified verified", "verified"),
        ("verified refuted", "refuted"),
        ("not-testable-here refuted", "refuted"),
        ("undecided refuted", "refuted"),
        ("size-dependent refuted", "refuted"),
        ("verified not-testable-here", "not testable here"),
        ("undecided not-testable-here", "not testable here"),
        ("size-dependent not-testable-here", "not testable here"),
        ("verified undecided", "undecided"),
        ("size-dependent undecided", "undecided"),
        ("verified size-dependent verified", "size-dependent"),
    ],
)
def test_a_claim_of_several_parts_is_as_good_as_its_worst(parts: str, verdict: str):
    said = [Said(part.replace("-", " ") if part.startswith("not") else part) for part in parts.split()]
    found = rule_on(Every(tuple(said)))
    assert found.verdict == verdict
    others = [part.verdict for part in said if part.verdict != verdict]
    assert found.detail.startswith(f"it is {verdict}")
    assert all(f"\n{other}: it is {other}" in found.detail for other in others)


def test_the_figure_is_that_of_the_decisive_part():
    parts = Every((At(pair(), "c"), At(pair("poor"), "c")))
    found = rule_on(parts, cell("quick", 1.0), cell("poor", 8.0), cell("slow", 10.0))
    assert found.verdict == "refuted" and found.figure is not None and found.figure.value == pytest.approx(1.25)
    assert found.detail.count("as fast as slow") == 2


@pytest.mark.parametrize(
    ("times", "verdict"),
    [
        ((100.0, 10.0, 1.0), "verified"),
        ((100.0, 10.0, 2.5), "refuted"),  # 40 times in all
        ((100.0, 0.9, 1.0), "refuted"),  # the last rung is slower
        ((100.0, 101.0, 1.0), "refuted"),  # the second is
    ],
)
def test_a_ladder_holds_in_all_and_rung_by_rung(times: tuple[float, float, float], verdict: str):
    rungs = [cell(way, time) for way, time in zip("abc", times, strict=True)]
    assert rule_on(ladder("x.y", "c", "a", "b", "c", total=50), *rungs).verdict == verdict


# Numbers of workers

COUNTS = PerCore("x.y", "c", {0: "none", 1: "one", 2: "two", 4: "four"})


@pytest.mark.parametrize(
    ("cores", "times", "verdict"),
    [
        (2, (4.0, 4.0, 1.0, 2.0), "verified"),  # as many as cores
        (2, (4.0, 4.0, 2.0, 1.0), "verified"),  # twice as many
        (2, (1.0, 4.0, 1.04, 4.0), "verified"),  # a tie
        (2, (1.0, 4.0, 1.07, 4.0), "refuted"),  # no workers are better
        (2, (4.0, 1.0, 2.0, 2.0), "refuted"),  # one worker is
        (1, (4.0, 4.0, 1.0, 2.0), "verified"),
        (1, (4.0, 4.0, 2.0, 1.0), "refuted"),
        (4, (4.0, 4.0, 2.0, 1.0), "verified"),  # eight are not on offer
        (4, (4.0, 4.0, 1.0, 2.0), "refuted"),
        (16, (4.0, 4.0, 2.0, 1.0), "not testable here"),
        (0, (1.0, 4.0, 4.0, 4.0), "not testable here"),
    ],
)
def test_the_best_number_of_workers_is_held_against_the_cores(cores: int, times: tuple[float, ...], verdict: str):
    records = [cell(way, time) for way, time in zip(COUNTS.ways.values(), times, strict=True)]
    found = rule_on(COUNTS, *records, cores=cores)
    assert found.verdict == verdict
    assert found.detail.startswith("needs") == (verdict == "not testable here")


def test_workers_that_swing_are_undecided():
    swings = cell("two", 1.0, 5.0, 1.0, 5.0, 1.0, 5.0)
    found = rule_on(COUNTS, cell("none", 2.0), cell("one", 9.0), swings, cell("four", 9.0))
    assert found.verdict == "undecided"


# The ledger


def problems(question: At | Over) -> list[str]:
    """What a single question names that does not exist."""
    what, components = question.what, catalogue.components()
    if what.component not in components:
        return [f"no component {what.component}"]
    cells, cases = set(catalogue.all_cells()), components[what.component].cases
    if isinstance(question, At):
        missing = [arm.cell(what.component, question.case) for arm in (*what.fast, *what.slow)]
        return [f"no cell {cell}" for cell in missing if cell not in cells]
    series = [case for case in cases if case.series == question.series and not case.opt_in]

    def there(arm: Arm) -> set[str]:
        return {case.name for case in series if arm.cell(what.component, case.name) in cells}

    found = [f"{arm} is in no case of {question.series}" for arm in (*what.fast, *what.slow) if not there(arm)]
    fit = set.union(*map(there, what.fast)).intersection(*map(there, what.slow))
    found += [f"{question.series} has {len(fit)} cases for both sides"] if len(fit) < SIZES else []
    return found + ([f"no case {question.case} in it"] if question.case and question.case not in fit else [])


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_every_name_in_a_rule_exists(claim):
    questions = list(claim.rule.asks())
    assert set(claim.rows) <= {row.id for row in rows.rows()}
    if isinstance(claim.rule, Seen):
        assert set(claim.rule.says) <= set(facts.LOOKS)
        return
    assert questions and not [problem for question in questions for problem in problems(question)]
    assert set(claim.rows) <= {row for ask in questions for row in catalogue.component(ask.what.component).rows}


GOOD = Faster("smallops.row_sum", arms("torch_sum"), arms("slice_loop"), 2.0)


@pytest.mark.parametrize(
    "question",
    [
        At(dataclasses.replace(GOOD, component="smallops.row_summ"), "500x10"),
        At(dataclasses.replace(GOOD, fast=arms("torch_summ")), "500x10"),
        At(dataclasses.replace(GOOD, slow=arms("slice_loop", "loop")), "500x10"),
        At(dataclasses.replace(GOOD, fast=arms("unbind_loop:compile")), "500x10"),
        At(dataclasses.replace(GOOD, fast=(Arm("torch_sum", threads="all"),)), "500x10"),
        At(dataclasses.replace(GOOD, fast=(Arm("torch_sum", device="tpu"),)), "500x10"),
        At(GOOD, "500x11"),
        Over(GOOD, "rows of 11"),
        Over(dataclasses.replace(GOOD, fast=arms("torch_sum", "summ")), "rows of 10"),
        Over(dataclasses.replace(GOOD, slow=arms("loop")), "rows of 10"),
        Over(GOOD, "rows of 10", "500x1000"),
    ],
    ids=str,
)
def test_a_name_that_does_not_exist_is_noticed(question: At | Over):
    assert problems(question)


def test_the_ledger_is_in_order_and_every_claim_is_told_in_full():
    ids = [claim.id for claim in CLAIMS]
    assert ids == sorted(set(ids)) and all(re.fullmatch(r"K\d\d", each) for each in ids)
    for claim in CLAIMS:
        assert all(text.endswith(".") for text in (claim.text, claim.reason)) and claim.source and claim.rows


@pytest.mark.parametrize("make", [made.realistic, made.hostile, made.small, made.large, run])
def test_any_run_gives_one_finding_for_each_claim(make: Callable[[], Run]):
    findings = decide(make(), CLAIMS)
    assert [finding.claim for finding in findings] == list(CLAIMS)
    assert all(finding.verdict in VERDICTS and finding.detail for finding in findings)


def test_an_empty_run_says_how_each_claim_is_measured():
    for finding in decide(run(), CLAIMS):
        assert (finding.verdict, finding.figure) == ("not testable here", None)
        unmeasured = (
            "needs cuda",
            "not checked in this run",
            "not measured in this run: python -m benchmarks run -k '",
        )
        assert finding.detail.startswith(unmeasured)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_commands_that_a_detail_gives_select_what_the_rule_asks_for(claim):
    # On a machine without CUDA the answer to K01 is that it needs one, not a command.
    texts = re.findall(r"-k '([^']*)'", rule_on(claim.rule, cell("x", device="cuda", status="error")).detail)
    every = catalogue.all_cells()
    for question in claim.rule.asks():
        what, cases = question.what, catalogue.component(question.what.component).cases
        names = [question.case] if isinstance(question, At) else [case.name for case in cases if not case.opt_in]
        asked = {arm.cell(what.component, name) for arm in (*what.fast, *what.slow) for name in names}.intersection(
            every
        )
        enough = [text for text in texts if asked <= set(selecting.select(every, text))]
        assert any(isinstance(question, Over) or question.case in text for text in enough)  # opt-in cases are named


def selected(expression: str, selection: str = "") -> Run:
    """A run of the cells that match, none of them timed."""
    cells = selecting.select(catalogue.all_cells(), expression)
    cases = {(one.name, case.name): case for one in catalogue.components().values() for case in one.cases}
    names = dict.fromkeys(cell.component for cell in cells)
    return made.run(
        tuple(catalogue.problem(catalogue.component(name)) for name in names),
        tuple(record(cell, cases[cell.component, cell.case], status="skipped") for cell in cells),
        selection=selection or f"-k {expression}",
        facts=tuple(Fact(says, True, "") for says in facts.LOOKS),
    )


@pytest.mark.parametrize(
    ("expression", "concerned"),
    [
        ("row_sum", ["K16", "K17"]),
        ("smallops.row_sum and (/torch_sum/ or /slice_loop/)", ["K17"]),
        ("smallops.row_sum/torch_sum/eager/cpu/500x10/1", []),  # one side of K17 alone says nothing of it
        ("matmul.ladder and /eager/cpu/5x784x10/1 and not @cold", ["K22"]),
        ("dataload.decode/workers_1/", []),  # a number of workers is compared with others
        ("dataload.tar", ["K19"]),  # its facts are of the row that the component is of
        ("checkpoint.load/kept/eager/cpu/mlp/1", ["K10"]),  # a fact is one of its parts
        ("einsum.chain and /cpu/", ["K03"]),
        ("matmul.large and /all", ["K01", "K13"]),  # whether this machine has a GPU or not
    ],
)
def test_a_selection_is_told_the_claims_on_its_cells_alone(expression: str, concerned: list[str]):
    run = selected(expression)
    assert [finding.claim.id for finding in decide(run)] == concerned
    assert {fact.says for fact in ledger.facts(run)} == {
        says for claim in CLAIMS if claim.id in concerned for says in seen(claim.rule)
    }


def test_a_full_run_is_told_every_claim_even_when_it_was_interrupted_early():
    run = selected("smallops.row_sum/torch_sum/eager/cpu/500x10/1", "full")
    assert [finding.claim for finding in decide(run)] == list(CLAIMS)
    assert ledger.facts(run) == run.facts


def test_about_is_half_of_the_gain():
    assert [about(times) for times in (1.3, 100, 1.1)] == pytest.approx([1.15, 50.5, 1.05])


# What is looked at

SAYS = ("water is wet", "fire is cold")


@pytest.mark.parametrize(
    ("holds", "verdict", "told"),
    [
        ((True, True), "verified", "true here: fire is cold: 3 K"),
        ((True, False), "refuted", "not true here: fire is cold: 3 K"),
        ((False, None), "undecided", "not tested: fire is cold: 3 K"),
        ((True,), "not testable here", "not checked in this run"),
        ((), "not testable here", "not checked in this run"),
    ],
)
def test_facts_decide_a_claim(holds: tuple[bool | None, ...], verdict: str, told: str):
    seen = tuple(Fact(says, one, "3 K") for says, one in zip(SAYS, holds, strict=False))
    ruling = Seen(SAYS).decide(Evidence.of(dataclasses.replace(run(), facts=seen)))
    assert (ruling.verdict, ruling.figure) == (verdict, None) and told in ruling.detail
    assert not list(Seen(SAYS).asks())


@pytest.mark.parametrize(
    "claim", [claim for claim in CLAIMS if isinstance(claim.rule, Seen)], ids=lambda claim: claim.id
)
def test_each_claim_about_facts_goes_both_ways(claim):
    def decided(holds: bool) -> str:
        first, *others = claim.rule.says
        seen = (Fact(first, holds, ""), *(Fact(says, True, "") for says in others))
        return claim.rule.decide(Evidence.of(dataclasses.replace(run(), facts=seen))).verdict

    assert (decided(True), decided(False)) == ("verified", "refuted")


# Each claim, both ways, close to its line

Times = Mapping[str, float | Callable[[int], float]]


def component(name: str, times: Times, only: str = "", **axes: str) -> list[Record]:
    """Cells of a real component, at all its cases or at ``only``: seconds for each way, or a function of the size."""
    records = []
    for case in catalogue.component(name).cases:
        if only and case.name != only:
            continue
        for way, time in times.items():
            seconds = time(case.size) if callable(time) else time
            records.append(record(Arm(way, **axes).cell(name, case.name), case, *[seconds] * 6))
    return records


def gpu(cpu: float, cuda: float) -> list[Record]:
    times = {"same_operand": cpu}, {"same_operand": cuda}
    return [
        record
        for time, device in zip(times, ("cpu", "cuda"), strict=True)
        for record in component("matmul.large", time, "10000", device=device, threads="all")
    ]


def workers(small: float, decode: float, images: float) -> list[Record]:
    """``small``: one process against the best number of workers; the others: two workers against one process."""
    poor = {"workers_1": 20.0, "workers_4": 20.0}
    return [
        *component("dataload.dirichlet", {"per_sample": 1.0, "workers_1": 9.0, "workers_2": 9.0, "workers_4": small}),
        *component("dataload.decode", {"per_sample": decode, "workers_2": 1.0, **poor}),
        *component("dataload.images", {"per_sample": images, "workers_2": 1.0, **poor}),
    ]


def rungs(*times: float) -> list[Record]:
    names = "loop", "row_times_column", "row_broadcast", "einsum", "matmul"
    return component("matmul.ladder", dict(zip(names, times, strict=True)), "5x784x10")


def row_sum(**times: float | Callable[[int], float]) -> list[Record]:
    return component("smallops.row_sum", times)


def gather(script: float, flat: float) -> list[Record]:
    return component("smallops.batch_gather", {"loop": 1.0, "script_loop": 1 / script, "flat_index": 1 / flat})


def compiled(**speed: float | Callable[[int], float]) -> list[Record]:
    every: dict[str, float | Callable[[int], float]] = dict.fromkeys(
        ("numba_loops", "c_loops", "numba_rows", "c_rows"), 99.0
    )
    return component("matmul.ladder", {**every, "mm": 1.0, "c_kernel": 0.1, **speed})


def dirichlet(in_fours: float, in_64s: float | Callable[[int], float]) -> list[Record]:
    return [
        record
        for case in catalogue.component("dataload.dirichlet").cases
        for record in component(
            "dataload.dirichlet",
            {"getitems": 1.0, "per_sample": in_fours if case.name.endswith("-b4") else in_64s},
            case.name,
        )
    ]


def chain(in_order: float, planned: float | Callable[[int], float]) -> list[Record]:
    return component("einsum.chain", {"left_to_right": 1.0, "einsum_in_order": in_order, "einsum_planned": planned})


def weight_gradient(outer: float = 30.0, einsum: float = 1.0) -> list[Record]:
    return component("backprop.weight_gradient", {"matmul": 1.0, "outer_sum": outer, "einsum": einsum})


def backward(source: float, equal: float) -> list[Record]:
    times = {"module_matmul": 1.0, "autograd": 1 / source, "autograd_inputs": 1 / equal}
    return component("backprop.backward", times, "50000x784")


def lone(compiled: float | Callable[[int], float]) -> list[Record]:
    return component("einsum.lone", {"einsum": 1.0, "einsum:compile": compiled})


def merge(small: float, long: float | Callable[[int], float]) -> list[Record]:
    return [
        record
        for case in catalogue.component("broadcast.merge").cases
        for record in component(
            "broadcast.merge",
            {"tile_concat": 1.0, "merge_tied_bias": long if case.series else small},
            case.name,
        )
    ]


def loading(hot: float, cold: float) -> list[Record]:
    return [
        *component("checkpoint.load", {"torch_load": 1.0, "safetensors": hot}),
        *component("checkpoint.load_cold", {"torch_load": 1.0, "safetensors": cold}),
    ]


def batches(rate: float, large: float, whole: float) -> list[Record]:
    """Larger batches' time over smaller ones': of as many samples, and until the loss is low, twice."""
    return [
        *component("training.batch_size", {"batch_32": 1.0, "batch_128": rate}, "128"),
        *component("training.time_to_loss", {"batch_32": 1.0, "batch_256": large, "whole": large * whole}, "digits"),
    ]


def copies(times: float) -> list[Record]:
    return [
        *component("matmul.large", {"same_operand": 1.0}, "1024", device="cuda", threads="all"),
        *component("matmul.large", {"through_cuda": times}, "1024", threads="all"),
    ]


def precision(times: float) -> list[Record]:
    ways = {"float32": times, "float16_scaled": 1.0}
    return component("training.mixed_precision", ways, "512x512", device="cuda")


def modes(something: float, nothing: float) -> list[Record]:
    """Evaluate's time over train's, where there is something to turn off and where there is nothing."""
    return [
        record
        for kind in ("both", "dropout", "batch-norm", "neither")
        for record in component(
            "models.modes", {"train": 1.0, "evaluate": nothing if kind == "neither" else something}, f"64x28x28-{kind}"
        )
    ]


@pytest.mark.parametrize(
    ("claim", "records", "verdict", "words"),
    [
        ("K06", modes(0.98, 0.98), "verified", "at 64x28x28-both evaluate is 1.02x as fast as train"),
        ("K06", modes(1.02, 1.0), "refuted", "at 64x28x28-both evaluate is 0.98x as fast as train"),
        ("K06", modes(0.98, 0.8), "refuted", "at 64x28x28-neither train is 0.8x as fast as evaluate"),
        ("K10", loading(0.98, 0.98), "verified", "at mlp safetensors is 1.02x as fast as torch_load"),
        ("K10", loading(1.02, 0.98), "refuted", "safetensors is 0.98x as fast as torch_load"),
        ("K10", loading(0.98, 1.02), "refuted", "at mlp safetensors is 0.98x as fast as torch_load"),
        ("K12", batches(0.98, 0.98, 0.98), "verified", "at 128 batch_128 is 1.02x as fast as batch_32"),
        ("K12", batches(1.02, 0.98, 0.98), "refuted", "at 128 batch_128 is 0.98x as fast as batch_32"),
        ("K12", batches(0.98, 1.02, 0.98), "refuted", "at digits batch_256 is 0.98x as fast as batch_32"),
        ("K12", batches(0.98, 0.98, 1.02), "refuted", "at digits whole is 0.98x as fast as batch_256"),
        ("K13", copies(2.1), "verified", "at 1024 same_operand (cuda, all threads) is 2.1x as fast as through_cuda"),
        ("K13", copies(1.9), "refuted", "at 1024 same_operand (cuda, all threads) is 1.9x as fast as through_cuda"),
        ("K20", precision(1.6), "verified", "at 512x512 float16_scaled (cuda) is 1.6x as fast as float32 (cuda)"),
        ("K20", precision(1.4), "refuted", "at 512x512 float16_scaled (cuda) is 1.4x as fast as float32 (cuda)"),
        ("K03", chain(0.98, 0.98), "verified", "at 1024 einsum_in_order is 1.02x as fast as left_to_right"),
        ("K03", chain(1.02, 0.98), "refuted", "at 1024 einsum_in_order is 0.98x as fast as left_to_right"),
        ("K03", chain(0.98, lambda n: 2.0 if n < 500 else 0.5), "size-dependent", "changes between"),
        ("K04", lone(0.98), "verified", "at 10 einsum:compile is 1.02x as fast as einsum"),
        ("K04", lone(1.02), "refuted", "at 10 einsum:compile is 0.98x as fast as einsum"),
        (
            "K14",
            component("broadcast.add", {"broadcast": 0.98, "repeat": 1.0}),
            "verified",
            "at 2 broadcast is 1.02x as fast as repeat",
        ),
        ("K14", component("broadcast.add", {"broadcast": 1.02, "repeat": 1.0}), "refuted", "broadcast is 0.98x"),
        (
            "K23",
            component("layers.relu", {"clamp_min": 0.98, "mask": 1.0}),
            "verified",
            "at 10000 clamp_min is 1.02x as fast as mask",
        ),
        ("K23", component("layers.relu", {"clamp_min": 1.02, "mask": 1.0}), "refuted", "clamp_min is 0.98x"),
        (
            "K24",
            component("layers.linear", {"addmm": 0.98, "matmul_then_add": 1.0}),
            "verified",
            "at 10000 addmm is 1.02x as fast as matmul_then_add",
        ),
        ("K24", component("layers.linear", {"addmm": 1.02, "matmul_then_add": 1.0}), "refuted", "addmm is 0.98x"),
        (
            "K05",
            component("autograd.tracking", {"no_grad": 0.98, "tracked": 1.0}),
            "verified",
            "at 128 no_grad is 1.02x as fast as tracked",
        ),
        ("K05", component("autograd.tracking", {"no_grad": 1.02, "tracked": 1.0}), "refuted", "no_grad is 0.98x"),
        ("K25", weight_gradient(outer=9.6), "verified", "at 1000 matmul is 9.6x as fast as outer_sum"),
        ("K25", weight_gradient(outer=9.4), "refuted", "at 1000 matmul is 9.4x as fast as outer_sum"),
        ("K26", weight_gradient(einsum=1.08), "verified", "at 50000x784x50 einsum is 0.926x as fast as matmul"),
        ("K26", weight_gradient(einsum=1.12), "refuted", "at 50000x784x50 einsum is 0.893x as fast as matmul"),
        ("K26", weight_gradient(einsum=0.88), "refuted", "at 50000x784x50 matmul is 0.88x as fast as einsum"),
        ("K27", backward(2.9, 2.9), "verified", "at 50000x784 autograd is 2.9x as fast as module_matmul"),
        ("K27", backward(2.8, 2.9), "refuted", "at 50000x784 autograd is 2.8x as fast as module_matmul"),
        ("K27", backward(2.9, 1.1), "refuted", "at 50000x784 autograd_inputs is 1.1x as fast as module_matmul"),
        ("K15", merge(0.98, 0.98), "verified", "at 5x3x5-6-10 merge_tied_bias is 1.02x as fast as tile_concat"),
        ("K15", merge(1.02, 0.98), "refuted", "at 5x3x5-6-10 merge_tied_bias is 0.98x as fast as tile_concat"),
        ("K15", merge(0.98, 1.02), "refuted", "merge_tied_bias is 0.98x as fast as tile_concat"),
        ("K15", merge(0.98, lambda steps: 1.5 if steps < 20 else 0.5), "size-dependent", "changes between 8"),
        ("K01", gpu(8.7, 1.0), "verified", "same_operand (cuda, all threads) is 8.7x as fast as same_operand (all"),
        ("K01", gpu(8.5, 1.0), "refuted", "at 10000"),
        ("K01", gpu(8.7, 1.0)[:1], "not testable here", "needs cuda"),
        ("K07", workers(1.02, 0.97, 0.97), "verified", "at 100-b4 per_sample is 1.02x as fast as workers_4"),
        ("K07", workers(0.98, 0.97, 0.97), "refuted", "at 100-b4 per_sample is 0.98x as fast as workers_4"),
        ("K07", workers(1.02, 0.93, 0.97), "refuted", "at 128-b8 workers_2 is 0.93x as fast as per_sample"),
        ("K07", workers(1.02, 0.97, 0.93), "refuted", "at 1000-b32 workers_2 is 0.93x as fast as per_sample"),
        ("K16", row_sum(unbind_loop=1.0, slice_loop=1.17), "verified", "at 500 unbind_loop is 1.17x"),
        ("K16", row_sum(unbind_loop=1.0, slice_loop=1.13), "refuted", "at 500 unbind_loop is 1.13x"),
        ("K17", row_sum(torch_sum=1.0, slice_loop=52.0), "verified", "at 500 torch_sum is 52x as fast as slice_loop"),
        ("K17", row_sum(torch_sum=1.0, slice_loop=49.0), "refuted", "at 500 torch_sum is 49x as fast as slice_loop"),
        (
            "K17",
            row_sum(torch_sum=3e-6, slice_loop=lambda rows: 2e-6 * max(rows, 1)),
            "size-dependent",
            "changes between 50 (33.3x) and 500 (333x)",
        ),
        ("K18", gather(1.06, 52), "verified", "at 64 script_loop is 1.06x as fast as loop"),
        ("K18", gather(1.04, 52), "refuted", "at 64 script_loop is 1.04x as fast as loop"),
        ("K18", gather(1.06, 49), "refuted", "at 64 flat_index is 49x as fast as loop"),
        ("K22", rungs(0.26, 9e-5, 5e-5, 2e-5, 1e-5), "verified", "matmul is 26,000x as fast as loop"),
        ("K22", rungs(0.24, 9e-5, 5e-5, 2e-5, 1e-5), "refuted", "matmul is 24,000x as fast as loop"),
        ("K22", rungs(0.26, 0.27, 5e-5, 2e-5, 1e-5), "refuted", "row_times_column is 0.963x as fast as loop"),
        (
            "K22",
            rungs(0.26, 9e-5, 9.2e-5, 2e-5, 1e-5),
            "refuted",
            "row_broadcast is 0.978x as fast as row_times_column",
        ),
        ("K22", rungs(0.26, 9e-5, 5e-5, 6e-5, 1e-5), "refuted", "einsum is 0.833x as fast as row_broadcast"),
        ("K22", rungs(0.52, 9e-5, 5e-5, 1e-5, 2e-5), "refuted", "matmul is 0.5x as fast as einsum"),
        *(("K28", compiled(**{way: 1.95}), "verified", "0.513x") for way in ("numba_loops", "c_loops")),
        *(("K28", compiled(**{way: 1.95}), "verified", "0.513x") for way in ("numba_rows", "c_rows")),
        ("K28", compiled(c_rows=2.05), "refuted", "c_rows is 0.488x as fast as mm"),
        (
            "K28",
            compiled(c_rows=lambda n: 1e-9 * n**3, mm=lambda n: 2e-6 + 1e-11 * n**3),
            "size-dependent",
            "changes between 8 (3.92x) and 16 (0.498x)",
        ),
        ("K30", dirichlet(1.95, 1.95), "verified", "at 100-b4 per_sample is 0.513x as fast as getitems"),
        ("K30", dirichlet(2.05, 1.95), "refuted", "at 100-b4 per_sample is 0.488x as fast as getitems"),
        ("K30", dirichlet(1.95, 2.05), "refuted", "per_sample is 0.488x as fast as getitems"),
        ("K30", dirichlet(1.95, lambda rows: 1.5 if rows < 2000 else 3.0), "size-dependent", "changes between "),
    ],
)
def test_each_claim_is_decided_close_to_its_line(claim: str, records: list[Record], verdict: str, words: str):
    everything_seen = tuple(Fact(says, True, "") for says in facts.LOOKS)
    told = decide(dataclasses.replace(run(*records), facts=everything_seen), CLAIMS)
    found = {finding.claim.id: finding for finding in told}[claim]
    assert (found.verdict, words in found.detail) == (verdict, True), found.detail
    assert (found.figure is None) == (verdict == "not testable here")
