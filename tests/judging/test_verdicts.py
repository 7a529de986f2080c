"""A comparison as people read it: what was found comes first, and nothing undecided looks like a pass."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest

from perfsuite.judging import record
from perfsuite.judging.comparisons import Found, load
from perfsuite.judging.record import Comparison, Options, Row
from perfsuite.judging.verdicts import fold
from perfsuite.pairing.sequential import Rule
from perfsuite.reporting.comparison import markdown, output, terminal, wording

CELL = "matmul.ladder/{}/eager/cpu/64/1"
COUNTS = {"base": {"operators": 1, "allocations": 1}, "head": {"operators": 2, "allocations": 1}}
EQUAL = {"base": {"operators": 1}, "head": {"operators": 1}}
ROWS = (
    Row(CELL.format("mm"), "SLOWER", "", 1.103, 1.096, 1.111, 11, 4.1, 3.2, -9, 0.01, 0.003, 8.2e-6, None, COUNTS),
    Row(CELL.format("einsum"), "FASTER", "", 0.5, 0.49, 0.51, 11, 4.0, -9, 3.4, 0.01, 0.003, 3e-5, None, EQUAL),
    Row(CELL.format("numpy"), "SAME", "", 1.001, 0.995, 1.006, 6, 2.0, -1, -1, 0.02, 0.003, 1e-5, None, EQUAL),
    Row(CELL.format("aoti"), "UNDECIDED", "", 1.01, None, None, 4, 2.0, 0.1, -1, None, 0.05, 1e-5),
    Row(CELL.format("renamed"), "INCOMPARABLE", "only in HEAD"),
    Row(CELL.format("broken"), "ERROR", "HEAD wrong: 64 of 64 elements are outside the tolerance"),
)
MADE = Comparison(
    run="20261122-120000-abcd",
    started="2026-11-22T12:00:00+00:00",
    seconds=40.0,
    partial=False,
    base={"label": "1234567 Before", "commit": "1234567", "hash": "b"},
    head={"label": "the working tree", "commit": "", "hash": "h"},
    options=Options(cells=(), selection="", command="python -m benchmarks compare HEAD", budget=40.0),
    rule=Rule(cells=4),
    machine={"cpu": "A CPU"},
    machine_class="a-cpu",
    epochs=11,
    control={"slower": -0.3, "faster": -0.2},
    rows=ROWS,
    skipped={"matmul.ladder/loop/eager/cpu/64/1": "takes 0.7 s a call"},
)


def only(*names: str) -> Comparison:
    return dataclasses.replace(MADE, rows=tuple(row for row in ROWS if row.verdict in names))


def test_the_terminal_leads_with_what_was_found():
    assert terminal.text(MADE, every=False, color=False, width=200) == (
        "BASE  1234567 Before\n"
        "HEAD  the working tree\n"
        "\n"
        "1 slower, 1 faster, 1 failed, 1 not comparable, 1 the same within 2 %, 1 undecided\n"
        "6 cells, 11 epochs in fresh processes, 40.0 s\n"
        "\n"
        "               change           interval  cell                                     BASE  epochs    cost\n"
        "SLOWER        +10.3 %   +9.6 % … +11.1 %  matmul.ladder/mm/eager/cpu/64/1       8.20 µs      11  4.10 s\n"
        "    operators 1 → 2\n"
        "FASTER        -50.0 %  -51.0 % … -49.0 %  matmul.ladder/einsum/eager/cpu/64/1   30.0 µs      11  4.00 s\n"
        "    counts equal but faster: layout or cache; confirm by comparing again\n"
        "ERROR                                     matmul.ladder/broken/eager/cpu/64/1\n"
        "    HEAD wrong: 64 of 64 elements are outside the tolerance\n"
        "INCOMPARABLE                              matmul.ladder/renamed/eager/cpu/64/1\n"
        "    only in HEAD\n"
        "\n"
        "not shown: 1 undecided, 1 the same; `--all` shows them\n"
        "\n"
        "left out: matmul.ladder/loop/eager/cpu/64/1: takes 0.7 s a call\n"
        "\n"
        "SLOWER: by more than 0.3 %; at most 1 % of comparisons of 4 unchanged cells report a false one."
        " Intervals: each end is wrong in at most 5 % of cases, whenever the comparison stopped.\n"
    )


def test_all_rows_are_shown_when_asked_for():
    shown = terminal.text(MADE, every=True, color=False, width=200)
    assert "UNDECIDED      +1.0 %             −∞ … ∞  matmul.ladder/aoti" in shown
    assert "4 epochs are too few for a verdict" in shown
    assert "SAME           +0.1 %    -0.5 % … +0.6 %  matmul.ladder/numpy" in shown
    assert "not shown" not in shown


def test_colour_is_only_added():
    plain = terminal.text(MADE, every=True, color=False, width=200)
    painted = terminal.text(MADE, every=True, color=True, width=200)
    assert "\x1b[31mSLOWER" in painted and "\x1b[32mFASTER" in painted
    for code in ("0", "1", "2", "31", "32", "33"):
        painted = painted.replace(f"\x1b[{code}m", "")
    assert painted == plain


def test_a_row_that_could_not_be_decided_says_what_it_would_have_seen():
    row = dataclasses.replace(ROWS[3], visible=0.034, epochs=20)
    assert wording.why(row) == "would have detected +3.4 %"
    counted = dataclasses.replace(row, counts=ROWS[0].counts)
    assert wording.why(counted) == "operators 1 → 2; would have detected +3.4 %"


def test_a_slower_row_with_equal_counts_asks_for_a_confirmation():
    assert wording.why(dataclasses.replace(ROWS[0], counts=EQUAL)) == (
        "counts equal but slower: layout or cache; confirm by comparing again"
    )
    assert wording.why(dataclasses.replace(ROWS[0], counts={})) == "nothing to count"


def test_other_packages_are_told():
    assert wording.other_packages(MADE) == []
    found = dataclasses.replace(
        MADE,
        base={**MADE.base, "requirements": ["numpy", "torch>=2.11"]},
        head={**MADE.head, "requirements": ["numpy"]},
    )
    assert wording.other_packages(found) == [
        "! the trees require different packages (only BASE: torch>=2.11); both ran with those installed here"
    ]
    assert "the trees require different packages" in terminal.text(found, every=False, color=False, width=100)
    assert "the trees require different packages" in markdown.text(found)
    apart = dataclasses.replace(
        found,
        base={**found.base, "packages": ["torch==2.13.0"]},
        head={**found.head, "packages": ["torch==2.14.0", "x==1"]},
    )
    assert wording.other_packages(apart) == [
        "! the packages differ too (torch==2.13.0 against torch==2.14.0, x==1): "
        "each side ran with its own, in its own process"
    ]
    alike = dataclasses.replace(found, base={**found.base, "packages": []}, head={**found.head, "packages": []})
    assert "resolve to the same ones" in wording.other_packages(alike)[0]


CODE = Row(CELL.format("c_rows"), "SAME", "the code is the same")


def test_what_was_not_timed_is_not_called_the_same_within_something():
    found = dataclasses.replace(MADE, rows=(*ROWS, CODE, dataclasses.replace(CODE, cell="another")))
    assert found.untimed == 2 and found.count("SAME") == 3
    assert wording.headline(found).endswith("1 the same within 2 %, 1 undecided, 2 with the same code, not timed")
    assert "8 cells, 11 epochs" in wording.effort(found)
    shown = terminal.text(found, every=True, color=False, width=200)
    assert shown.count("    the code is the same\n") == 2


def test_where_no_code_differs_one_line_says_so():
    found = dataclasses.replace(MADE, rows=(CODE,), rule=None, epochs=0, skipped={})
    assert found.exit_code == 0
    assert terminal.text(found, every=False, color=False, width=200) == (
        "BASE  1234567 Before\n"
        "HEAD  the working tree\n"
        "\n"
        "no code differs, apart from comments, docstrings and line numbers: nothing was timed\n"
        "1 cell\n"
        "\n"
        "not shown: 1 the same; `--all` shows them\n"
    )
    assert markdown.text(found).startswith("**no code differs, apart from comments")


def test_creep_is_told_commit_by_commit():
    def against(ratio: float, verdict: str) -> Comparison:
        return dataclasses.replace(MADE, rows=(dataclasses.replace(ROWS[0], ratio=ratio, verdict=verdict),))

    steps = [against(1.008, "SAME"), against(1.017, "SAME"), against(1.031, "SLOWER")]
    assert terminal.creep(steps[-1], steps) == (
        f"{ROWS[0].cell} against 1234567 Before, commit by commit: +0.8 %, +1.7 %, +3.1 %\n\n"
    )
    assert terminal.creep(steps[0], steps[:1]) == ""


def test_markdown_folds_what_was_not_found():
    shown = markdown.text(MADE)
    above, _, folded = shown.partition("<details>")
    assert shown.startswith("**1 slower, 1 faster, 1 failed, 1 not comparable, 1 the same within 2 %, 1 undecided**\n")
    assert "| SLOWER | +10.3 % | +9.6 % … +11.1 % | matmul.ladder/mm/eager/cpu/64/1 | 8.20 µs | 11 |" in above
    assert "UNDECIDED" not in above.split("\n", 1)[1] and "| UNDECIDED |" in folded and "| SAME |" in folded


def test_names_of_others_are_no_markup():
    hostile = "x|y`*_[<script>\x1b[31m"
    found = dataclasses.replace(
        MADE,
        head={**MADE.head, "label": hostile},
        rows=(dataclasses.replace(ROWS[5], cell=hostile, reason=hostile),),
    )
    shown = markdown.text(found)
    assert "<script>" not in shown and "\x1b" not in shown and "x\\|y\\`\\*\\_\\[&lt;script&gt;" in shown
    assert "\x1b" not in terminal.text(found, every=True, color=False, width=100)

    assert "<script>\x1b" not in output.page(found) and "&lt;script&gt;" in output.page(found)


def test_the_document_is_json_and_holds_every_row(tmp_path: Path):
    path = output.write(MADE, tmp_path)
    document = json.loads((tmp_path / f"{MADE.run}.json").read_text())
    assert document["counts"]["SLOWER"] == 1 and document["exit_code"] == 1
    assert [row["verdict"] for row in document["rows"]] == [row.verdict for row in ROWS]
    assert "operators 1 → 2" in path.read_text() and path.suffix == ".html"
    assert (tmp_path / f"{MADE.run}.md").read_text() == markdown.text(MADE)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (MADE, 1),
        (only("SAME"), 0),
        (only("UNDECIDED", "SAME"), 0),
        (only("FASTER"), 0),
        (only("FASTER", "ERROR"), 3),
        (only("SAME", "INCOMPARABLE"), 4),
        (only(), 4),
        (dataclasses.replace(MADE, partial=True), 130),
        (dataclasses.replace(MADE, options=dataclasses.replace(MADE.options, gate="none")), 3),
        (dataclasses.replace(only("FASTER"), options=dataclasses.replace(MADE.options, gate="any")), 1),
        (dataclasses.replace(MADE, rows=(Row("c", "UNTRUSTED"), *ROWS)), 5),
    ],
)
def test_exit_codes(found: Comparison, code: int):
    assert found.exit_code == code


def test_no_verdict_is_without_a_place():
    assert {*wording.FOUND, *wording.QUIET} == set(record.VERDICTS) == set(wording.NAMES)


# -- from a journal ----------------------------------------------------------------------------------------------------


def journal(xs: dict[str, list[float]], control: list[float] | None = None, **options: Any) -> Found:
    """A journal in which these cells gave these X."""
    side = {"label": "b", "commit": "", "path": "", "hash": ""}
    asked = dataclasses.asdict(Options(cells=tuple(xs), selection="", command="", **options))
    found = Found(
        {"run": "r", "started": "s", "options": asked, "base": side, "head": side, "machine": {}, "machine_class": "m"}
    )
    for cell in xs:
        found.add({"kind": "proof", "cell": cell, "verdict": "", "reason": "", "seconds": 1.0, "call": 1e-5})
    found.add({"kind": "rule", "rule": dataclasses.asdict(Rule(len(xs), asked["alpha"], asked["delta"]))})
    for cell, values in xs.items():
        for x in values:
            found.add({"kind": "x", "cell": cell, "x": x, "base": 1e-5, "truth": 0.0, "seconds": 0.1})
    for x in control or []:
        found.add({"kind": "control", "x": x})
    found.add({"kind": "sitting", "seconds": 9.0, "ended": True})
    return found


def test_a_journal_becomes_rows():
    found = fold(journal({"a": [0.05] * 12, "b": [0.0] * 6, "c": [-0.05] * 12, "d": [0.0] * 3}))
    assert [row.verdict for row in found.rows] == ["SLOWER", "SAME", "FASTER", "UNDECIDED"]
    slow = found.rows[0]
    assert slow.ratio == pytest.approx(math.exp(0.05)) and slow.low is not None and 1.045 < slow.low < slow.ratio
    assert slow.seconds == pytest.approx(1.0 + 12 * 0.1) and slow.epochs == 12
    assert (found.rows[3].low, found.rows[3].high, found.rows[3].visible) == (None, None, None)


def test_cells_that_alone_miss_the_bar_are_listed_together():
    alone, together = [0.05] * 9, {"a": [0.05] * 9, "b": [0.05] * 9, "c": [0.0] * 6, "d": [0.0] * 6}
    found = fold(journal(together))
    assert [row.verdict for row in found.rows] == ["SLOWER", "SLOWER", "SAME", "SAME"]
    assert "e-BH" in found.rows[0].reason
    assert fold(journal({**together, "b": [0.0] * 6, "a": alone})).rows[0].verdict == "UNDECIDED"


def test_a_control_that_fires_takes_all_verdicts_back():
    xs = {"a": [0.05] * 12, "b": [0.0] * 6}
    assert fold(journal(xs, [0.0, 0.001, -0.001] * 4)).count("UNTRUSTED") == 0
    found = fold(journal(xs, [0.02] * 12))
    assert [row.verdict for row in found.rows] == ["UNTRUSTED", "UNTRUSTED"] and found.exit_code == 5


def test_what_was_not_timed_needs_no_control():
    found = journal({"a": [0.05] * 12}, [0.02] * 12)
    found.add({"kind": "proof", "cell": "b", "verdict": "SAME", "reason": "the code is the same"})
    assert [row.verdict for row in fold(found).rows] == ["UNTRUSTED", "SAME"]
    assert found.comparable() == ["a"], "and no part in the correction for many cells"


def test_a_cell_that_fails_later_is_an_error_and_the_others_are_not():
    found = journal({"a": [0.0] * 6, "b": [0.0] * 3})
    found.add({"kind": "fault", "cell": "b", "status": "crashed", "reason": "killed by SIGSEGV"})
    rows = fold(found).rows
    assert [row.verdict for row in rows] == ["SAME", "ERROR"] and rows[1].reason == "crashed: killed by SIGSEGV"


def test_a_damaged_journal_is_named(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"kind": "compare", "schema": 99}\n')
    with pytest.raises(ValueError, match="schema 99"):
        load(path)
    path.write_text("no json\n")
    with pytest.raises(ValueError, match="is damaged"):
        load(path)
