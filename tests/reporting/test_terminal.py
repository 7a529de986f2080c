"""What the terminal shows, as text: whole tables, and what must never be in them."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import unicodedata

import made
import pytest

from perfsuite.model.printable import visible
from perfsuite.model.record import Run
from perfsuite.reporting.text import ink, terminal
from perfsuite.reporting.text.grid import Column, draw, wide
from reports import ledger

LADDER = """\
5x784x10 · float32 · cpu · 1 thread  median of 6 launches, ± covers it with 97 % confidence
   variant                 time µs       ±  × best  speed-up     × hw  bound         peak  error  note
   loop                    245,000  0.83 %  79,500      1.00  515,000  overhead     200 B   13 %
   row_times_column            267   1.6 %    86.7       914      561  overhead     200 B   50 %
   row_broadcast              46.9   1.4 %    15.2     5,220     98.7  overhead   169 KiB   20 %
   row_broadcast:compile      12.5   1.4 %    4.05    19,600     26.2  compute   15.4 KiB   40 %
   full_broadcast             29.0  0.90 %    9.42     8,420     61.0  overhead   169 KiB   20 %  unexplained
   full_broadcast:compile     12.6   1.1 %    4.08    19,300     26.5  compute   15.4 KiB   46 %
   einsum                     15.6   2.5 %    5.07    15,600     32.8  overhead     200 B   27 %
   einsum:compile             12.6   2.8 %    4.09    19,500     26.5  compute      200 B   32 %
   mm                         3.70   2.3 %    1.20    65,700     7.80  overhead     200 B   21 %
   mm:compile                 12.5   1.1 %    4.05    19,600     26.2  compute      200 B   25 %
*  mm_out                     3.08   1.1 %    best    79,200     6.48  overhead       0 B   40 %
   numpy                      6.13   3.0 %    1.99    39,700     12.9  overhead     200 B   23 %"""
NARROW = """\
   variant                 time µs       ±  × best     × hw
   loop                    245,000  0.83 %  79,500  515,000
   row_times_column            267   1.6 %    86.7      561"""
COMPILING = """\
compile cost  first calls in processes of their own
variant                 case        cold    warm     saves  break-even            interval  recompiles
row_broadcast:compile   5x784x10  2.20 s  300 ms   34.4 µs      64,000    60,300 to 71,000      1 of 1
full_broadcast:compile  5x784x10  2.20 s  300 ms   16.4 µs     134,000  125,000 to 149,000      1 of 1
einsum:compile          5x784x10  2.20 s  300 ms   2.80 µs     785,000  591,000 to 883,000      1 of 1
mm:compile              5x784x10  2.20 s  300 ms  -8.73 µs       never                          1 of 1"""
PUBLISHED = """\
matmul.ladder  speed-up over loop at 5x784x10, published and measured
variant                published     here        interval
row_times_column        386–651×     914×        898–932×  more than published
row_broadcast       1,140–3,450×   5,220×    5,130–5,310×  more than published
einsum            12,700–19,900×  15,600×  15,500–16,100×  as published
mm                43,300–85,500×  65,700×  65,200–67,700×  as published"""
CLAIMS = """\
Claims of the sources  1 verified, 1 refuted, 1 size-dependent, 1 undecided, 1 not testable here
≶ K10  size-dependent  1.40×  einsum can be faster.
    turns at 128
? K17  undecided  71.0×  A sum is 100 times as fast.
    too few launches
✓ K22  verified  66,000×  50,000 times in all.
    at 5x784x10 mm is 66,000x as fast as loop
✗ K28  refuted  0.0400×  Compiled loops rival a BLAS.
    at no size
○ not testable here: K01"""
FAULTS = """\
1000 · float32 · cpu · 1 thread  median of 6 launches, ± covers it with 97 % confidence
   variant  time µs      ±  × best  speed-up  × hw  bound         peak  error
*  good        5.00  1.1 %    best      1.00   165  overhead  3.91 KiB   40 %
! naive  wrong: largest error 3.1e+38 is 4.0e+44 times the allowed one at seed 2
! raises  error: RuntimeError: expected scalar type Float but found Double
! hangs  timeout: no answer for 60 s
! dies  crashed: the worker ended with signal 11 (SIGSEGV)
! greedy  oom: wanted 7.84 GB, 3.1 GB were free
! cheats  impossible: 8.00 ns a call would be 1.00 TB/s, and memory up to L2 gives 60.0 GB/s at most here
! wobbles  unstable: launch medians lie 4.1 times apart
! crowded  contended: waited for a core 61 % of the time"""
STREAM = """\
   variant       time µs      ±  first item µs  per item µs  × best  speed-up   × hw  bound        error
   in_process        204  4.4 %            185         20.4    8.66      1.00    140  memory (L2)    0 %
   workers_2       2,500  3.0 %          1,980         49.9     106    0.0824  1,700  memory (L2)    0 %
*  whole_tensor     23.6  5.0 %           19.7         1.08    best      8.75   16.1  memory (L2)    0 %"""
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def claims(monkeypatch: pytest.MonkeyPatch):
    """The claims of the sources have their own tests; here each verdict occurs once."""
    monkeypatch.setattr(ledger, "decide", lambda run: made.findings())


def shown(run: Run, width: int = 120) -> str:
    return terminal.show(run, color=False, width=width)


def of(part: tuple[made.Problem, list[made.Record]], **changes: object) -> Run:
    return made.run((part[0],), tuple(part[1]), **changes)


@pytest.mark.parametrize(
    "block", [LADDER, COMPILING, PUBLISHED, CLAIMS], ids=["ladder", "compiling", "published", "claims"]
)
def test_a_block_as_it_stands_on_the_screen(block: str):
    assert block in shown(made.small()).split("\n\n")


def test_the_order_of_the_blocks():
    heads = [block.splitlines()[0].split("  ")[0] for block in shown(made.small()).split("\n\n")]
    assert heads == [
        "run 20261121-235000-3f2a · quick · 0123456789+changes · xeon-8581c-2c · 12 of 22 cells timed",
        "matmul.ladder",
        "5x784x10 · float32 · cpu · 1 thread",
        "compile cost",
        "matmul.ladder",
        "Claims of the sources",
        "10 cells skipped: needs cuda",
        "Left out: cells above 2 s and opt-in cases: python -m benchmarks run --full",
    ]


def test_faults_stand_below_the_times_with_their_reason():
    assert FAULTS in shown(of(made.faults())).split("\n\n")


def test_a_stream_has_its_parts():
    assert STREAM in shown(of(made.loader()))


def test_a_short_width_costs_columns_never_names():
    text = shown(made.small(), 60)
    assert NARROW in text
    assert all(len(line) <= 60 for line in text.split("\n\n")[2].splitlines()[1:])
    names = shown(made.small(), 10)
    assert all(name in names for name in ("full_broadcast:compile", "row_times_column"))


def test_a_cell_that_is_not_ok_has_no_time():
    text = shown(of(made.faults()))
    document = terminal.document(of(made.faults()))
    assert "87.6" not in text and "87.7" not in text  # what their samples and first calls say
    told = {"seconds", "low", "high", "first", "times_best", "ratio", "times_floor", "flop_rate", "trace", "error"}
    assert [cell["status"] for cell in document["cells"] if told & {*cell}] == ["ok"]
    assert "87.6" not in json.dumps(document)


def test_skipped_cells_are_counted_by_reason():
    lines = shown(made.realistic()).splitlines()
    assert "191 cells skipped: needs cuda" in lines
    assert "18 cells skipped: one call would take about … s" in lines
    assert not any("needs cuda" in line for line in lines if line.startswith("!"))


def test_ties_keep_the_digits_in_line():
    text = shown(made.realistic())
    lines = [line for line in text.splitlines() if line[:1] in " *" and "×" not in line and len(line.split()) > 5]
    ties = [line for line in lines if " tie " in line]
    assert ties
    group = text[text.index("2048 · float32") :].split("\n\n")[0].splitlines()[2:]
    ends = {line.index(" tie") if " tie" in line else None for line in group} - {None}
    assert len(ends) == 1
    dots = {line.index(".", line.index("%")) for line in group if "best" not in line}
    assert len(dots) == 1


def test_one_launch_has_no_interval():
    run = made.small()
    records = tuple(dataclasses.replace(record, launches=record.launches[:1]) for record in run.records)
    text = shown(dataclasses.replace(run, records=records))
    block = next(block for block in text.split("\n\n") if block.startswith("5x784x10"))
    assert "1 launch: no interval" in block
    assert "±" not in block


def test_an_interrupted_run_says_so():
    assert "! interrupted" in shown(dataclasses.replace(made.small(), partial=True))
    assert "interrupted" not in shown(made.small())


def test_colour_adds_nothing_but_colour():
    plain, painted = shown(made.realistic()), terminal.show(made.realistic(), color=True, width=120)
    assert "\x1b" not in plain
    assert painted != plain
    assert ESCAPE.sub("", painted) == plain
    best = next(line for line in painted.splitlines() if "mm_out" in line and "best" in line)
    assert best.startswith("\x1b[32;1m*")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (Terminal(), {}, True),
        (io.StringIO(), {}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (Terminal(), {"FORCE_COLOR": "0"}, False),
        (Terminal(), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_who_gets_colour(stream: io.StringIO, environment: dict[str, str], wanted: bool):
    assert ink.wants_color(stream, environment) is wanted


def test_hostile_names_stay_whole_and_harmless():
    run = made.hostile()
    text = shown(run, 80)
    for variant in run.problems[0].variants:
        assert visible(variant.name) in text
    bad = {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp")} - {"\n", "\u200d"}
    assert not bad


def test_the_document_is_json_without_nan():
    run = made.realistic()
    document = json.loads(json.dumps(terminal.document(run), allow_nan=False))
    assert [cell["cell"] for cell in document["cells"]] == [record.cell for record in run.records]
    assert document["run"] == run.run and document["machine"]["cores"] == 2
    best = next(cell for cell in document["cells"] if cell["cell"] == "matmul.ladder/mm_out/eager/cpu/5x784x10/1")
    assert best["best"] is True and best["times_best"] == 1.0 and best["seconds"] == pytest.approx(3.08e-6, rel=1e-2)
    assert {*best} - {"why"} <= {*document["columns"]}
    assert [claim["verdict"] for claim in document["claims"]].count("verified") == 1
    json.dumps(terminal.document(made.hostile()), allow_nan=False)


def test_wide_letters_line_up():
    lines = draw((Column("name", right=False), Column("n")), [["漢字", "1"], ["abcd", "22"]], 80)
    assert lines == ["name   n", "漢字   1", "abcd  22"]
    assert wide("漢字e\u0301") == 5


def test_the_highest_rank_goes_first():
    columns = (Column("name", right=False), Column("b", rank=2), Column("c", rank=1))
    rows = [["x" * 8, "1" * 8, "2" * 8]]
    assert draw(columns, rows, 30)[1] == "xxxxxxxx  11111111  22222222"
    assert draw(columns, rows, 20)[1] == "xxxxxxxx  22222222"
    assert draw(columns, rows, 3)[1] == "xxxxxxxx"


def test_an_empty_run_is_shown():
    text = shown(made.run((), ()))
    assert "0 of 0 cells timed" in text


def test_very_many_cells_are_one_page_unless_everything_is_asked_for():
    run = made.large(20)
    page, whole = shown(run), terminal.show(run, color=False, width=120, every=True)
    assert "median of" not in page and "The fastest and the slowest variant" in page and "`--all` prints them" in page
    ladders = [block for block in whole.split("\n\n") if "median of" in block.split("\n")[0]]
    assert len(ladders) == len({(record.key.group) for record in run.records if record.status != "skipped"})
    slowest = next(block for block in whole.split("\n\n") if block.startswith("Where the time of the run went"))
    assert len(slowest.split("\n")) == 11
    assert slowest.split("\n")[1].split()[-1].split("/")[1] == "loop"  # 700 ms a call, the others microseconds
    few = made.small()
    assert shown(few) == terminal.show(few, color=False, width=120, every=True)
    assert "Where the time" not in shown(few)


def test_a_reason_of_any_length_is_cut_and_harmless():
    run = made.small()
    long = dataclasses.replace(run.records[0], status="error", reason="\x1b]0;x\x07\r" + "y" * 10**6, launches=())
    text = shown(dataclasses.replace(run, records=(long, *run.records[1:])))
    assert "\x1b" not in text and "\r" not in text and "\x07" not in text
    assert len(text) < 10_000
