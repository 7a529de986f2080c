"""The figures as SVG: the same bytes each time, harmless, readable on light and dark, and true to the table."""

from __future__ import annotations

import dataclasses
import itertools
import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import made
import matplotlib as mpl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from perfsuite.model.record import Run
from perfsuite.reporting import frame
from perfsuite.reporting.canvas.axes import bottom_axis, decades, panel
from perfsuite.reporting.canvas.choice import MOST, Palette, choose, palette
from perfsuite.reporting.canvas.drawing import (
    COLORS,
    DARK,
    FAINT,
    HUES,
    INK,
    SYMBOLS,
    TINTS,
    Drawing,
    Figure,
    Marks,
    Strokes,
    Words,
    short,
)
from perfsuite.reporting.canvas.labels import spread, width
from perfsuite.reporting.canvas.raster import png
from perfsuite.reporting.canvas.svg import address, svg
from perfsuite.reporting.plots.breakeven import breakeven, paybacks
from perfsuite.reporting.plots.curves import curves
from perfsuite.reporting.plots.ladder import ladder
from perfsuite.reporting.plots.memory import best, memory
from perfsuite.reporting.plots.roofline import roofline
from perfsuite.reporting.plots.scaling import scaling
from perfsuite.reporting.plots.strips import samples

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def at_sizes(run: Run) -> pd.DataFrame:
    """The first series on one CPU thread."""
    table = frame.build(run)
    table = frame.in_order(run.problems[0], table[table["component"] == run.problems[0].name])
    series = next(name for name in table["series"] if name)
    return table[(table["series"] == series) & (table["device"] == "cpu") & (table["threads"] == "1")]


def one_case(run: Run) -> pd.DataFrame:
    table = at_sizes(run)
    return table[table["case"] == table["case"].iloc[0]]


def draw_curves(run: Run) -> Drawing | None:
    return curves(at_sizes(run), run.problems[0].baseline, run.roofs)


def draw_ladder(run: Run) -> Drawing | None:
    return ladder(one_case(run), run.problems[0].baseline)


def draw_samples(run: Run) -> Drawing | None:
    cells = one_case(run)
    records = [record for record in run.records if record.cell in set(cells["cell"])]
    return samples(records, palette(frame.rows(cells), run.problems[0].baseline))


def draw_roofline(run: Run) -> Drawing | None:
    return roofline(at_sizes(run), run.problems[0].baseline, run.roofs)


def draw_memory(run: Run) -> Drawing | None:
    """Each variant holds twice as much as the one before."""
    cells = one_case(run)
    return memory(cells.assign(peak=[512.0 * 2**at for at in range(len(cells))]), run.problems[0].baseline)


def draw_scaling(run: Run) -> Drawing | None:
    """Half of the time on all cores, for every variant."""
    cells = one_case(run)
    faster = {name: cells[name] / 2 for name in ("seconds", "low", "high")}
    both = pd.concat([cells, cells.assign(threads="all", **faster)])
    return scaling(both, 4, palette(frame.rows(cells), run.problems[0].baseline))


def draw_breakeven(run: Run) -> Drawing | None:
    """Each variant compiled as well: a call takes half as long, and compiling takes a second."""
    cells = one_case(run)
    cells = cells[(cells["executor"] == "eager") & cells["seconds"].notna()]
    saved = cells["seconds"] / 2
    told = {
        "compile": 1.0,
        "saves": saved,
        "break_even": 1 / saved,
        "break_even_low": 0.5 / saved,
        "break_even_high": 3 / saved,
    }
    compiled = cells.assign(
        executor="compile", way=cells["way"] + ":compile", seconds=saved, low=saved, high=saved, **told
    )
    return breakeven(paybacks(pd.concat([cells, compiled])), palette(frame.rows(cells), run.problems[0].baseline))


DRAWN = (draw_curves, draw_ladder, draw_samples, draw_roofline, draw_memory, draw_scaling, draw_breakeven)
Draw = Callable[[Run], Drawing | None]


def text_of(drawing: Drawing) -> list[str]:
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg(drawing.figure)).iter(f"{SVG}text")]


@pytest.mark.parametrize("draw", DRAWN)
@pytest.mark.parametrize("run", [made.realistic, made.hostile])
def test_a_figure_is_harmless_xml_that_follows_the_scheme(draw: Draw, run: Callable[[], Run]):
    drawing = draw(run())
    assert drawing and drawing.alt.endswith(".")
    text = svg(drawing.figure)
    tree = ElementTree.fromstring(text)
    names = {node.tag.removeprefix(SVG) for node in tree.iter() if isinstance(node.tag, str)}
    assert names == {"svg", "style", "path", "text"}
    attributes = {name for node in tree.iter() for name in node.attrib}
    allowed = {"width", "height", "viewBox", "class", "d", "x", "y", "style", "transform", "opacity"}
    assert attributes <= allowed | {"stroke-width", "stroke-dasharray", "text-anchor"}
    style, rest = re.split(r"</style>", text, maxsplit=1)
    assert not re.findall(r"#[0-9a-f]{6}\b", rest)  # every colour is one of ours, and ours follow the scheme
    night = style.partition("@media (prefers-color-scheme:dark)")[2]
    assert all(f"color:{COLORS[item.color]}" in night for item in drawing.figure.items)
    assert "prefers-color-scheme" not in svg(drawing.figure, dark=False)
    known = run is made.realistic or draw in (draw_roofline, draw_breakeven)  # which show other names
    assert known or any(word.startswith("$x$y_{") for word in text_of(drawing))  # not as mathematics


@pytest.mark.parametrize("draw", DRAWN)
@pytest.mark.parametrize("run", [made.realistic, made.hostile])
def test_no_words_overlap_or_leave_the_figure(draw: Draw, run: Callable[[], Run]):
    drawing = draw(run())
    assert drawing
    boxes = [(word, *around(word)) for word in drawing.figure.words if not word.angle]
    for word, left, top, right, bottom in boxes:
        inside = left >= -1 and top >= -1 and right <= drawing.figure.width + 1 and bottom <= drawing.figure.height + 1
        assert inside, word
    for (one, *a), (other, *b) in itertools.combinations(boxes, 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, (one, other)


@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize(
    "text", ["hardware limit 748 ns", "row_times_column:compile", "1,230 MMWW @ 50 %", "µs ± 2×", "漢字"]
)
def test_the_width_of_words_is_not_too_small(text: str, mono: bool):
    """Margins are made for it; DejaVu Sans is a wide font, and the reader's is hardly wider."""
    font = FontProperties(family="DejaVu Sans Mono" if mono else "DejaVu Sans", size=8.5)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        measured, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    assert 0.97 * measured <= width(text, 8.5, mono) <= 1.6 * measured + 10


def test_labels_of_an_axis_that_would_touch_are_left_out():
    inside = panel(200, (1, 1000), (1, 10), left=50, right=50)
    bottom_axis(inside, range(1, 1000), [f"{tick:,}" for tick in range(1, 1000)], "size")
    shown = [around(word) for word in inside.figure.words if word.text != "size"]
    assert 5 < len(shown) < 40
    assert all(after[0] >= before[2] for before, after in itertools.pairwise(shown))


def around(word: Words) -> tuple[float, float, float, float]:
    """The edges of a word's box: left, top, right, bottom; of most letters, as a reader sees them."""
    long = width(word.text, word.size, word.mono)
    x, y = word.at
    left = {"start": x, "middle": x - long / 2, "end": x - long}[word.anchor]
    return left, y - 0.75 * word.size, left + long, y + 0.15 * word.size


@pytest.mark.parametrize("draw", DRAWN)
def test_a_figure_as_png_is_the_same_each_time(draw: Draw):
    first, second = (draw(made.realistic()) for _ in range(2))
    assert first and second
    assert png(first.figure) == png(second.figure)
    assert png(first.figure)[:8] == b"\x89PNG\r\n\x1a\n"


def test_an_address_holds_the_whole_figure_and_nothing_that_ends_it():
    figure = Figure(20, items=[Words("50 %41 \"a\" & 'b' #1\n<c>", (0, 10))])
    told = address(figure)
    assert not set(told) & set('"<>#\n')
    head, _, rest = told.partition(",")
    assert head == "data:image/svg+xml;charset=utf-8" and unquote(rest) == svg(figure).strip()


@pytest.mark.parametrize("draw", DRAWN)
def test_a_figure_is_the_same_each_time_whatever_matplotlib_is_set_to(draw: Draw):
    first = svg(draw(made.realistic()).figure)
    with mpl.rc_context({"axes.grid": True, "font.size": 30, "xtick.direction": "in", "svg.fonttype": "path"}):
        assert svg(draw(made.realistic()).figure) == first


def test_a_figure_is_the_same_in_another_process():
    code = (
        "import hashlib, made, test_report_figures as t\n"
        "print(*(hashlib.sha256(t.svg(draw(made.realistic()).figure).encode()).hexdigest() for draw in t.DRAWN))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={
                "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}:{ROOT / 'tests' / 'reporting'}",
                "PYTHONHASHSEED": seed,
                "PATH": "",
                "HOME": "/nowhere",
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for seed in ("1", "2")
    ]
    assert told[0] == told[1] and len(told[0]) == len(DRAWN)


def test_the_curves_carry_their_names_and_count_what_is_grey():
    run = made.realistic()
    drawing = draw_curves(run)
    cells = at_sizes(run)
    words = text_of(drawing)
    timed = cells[cells["seconds"].notna()]
    drawn = [way for way in dict.fromkeys(timed["way"]) if way in words]
    assert timed[timed["way"].isin(drawn)]["variant"].nunique() == MOST
    assert set(timed["way"]) == set(drawn) and "Grey" not in drawing.caption
    few, none = curves(cells, "loop", (), Palette(("mm", "loop"))), curves(cells, "loop", (), Palette())
    grey = [way for way in dict.fromkeys(timed["way"]) if way.partition(":")[0] not in ("mm", "loop")]
    assert few and none and len(grey) > 6 and f"Grey: {len(grey)} other variants." in few.caption
    assert not set(grey) & {*text_of(few)}
    assert {"faster than this machine can", "hardware limit", "size", "time per call"} <= {*words}
    assert drawing.alt == (
        "Time per call against size: at size 8 mm_out is fastest with 1.68 µs, "
        "at size 2,048 numpy is fastest with 111 ms."
    )


def test_a_variant_has_one_colour_and_symbol_in_every_figure_of_a_page():
    run = made.realistic()
    cells = at_sizes(run)
    colors = palette(frame.rows(cells), run.problems[0].baseline)
    group = cells[cells["case"] == cells["case"].iloc[0]]
    drawn = [
        curves(cells, "loop", run.roofs, colors),
        ladder(group, "loop", colors),
        roofline(cells, "loop", run.roofs, colors),
        memory(group, "loop", colors),
    ]
    for drawing in drawn:
        assert drawing
        for item in drawing.figure.items:
            if isinstance(item, Marks) and item.color != FAINT and item.symbol != "*":
                variant = colors.chosen[[*HUES].index(item.color)]
                assert item.symbol == colors.symbol(variant)
        for word in drawing.figure.words:
            if word.mono and word.color not in (INK, FAINT):
                assert word.color == colors.color(word.text.partition(":")[0])


def test_the_ways_to_run_a_variant_differ_in_their_dashes():
    colors = Palette(("mm",))
    dashes = [colors.dash(one) for one in ("eager", "compile", "cudagraph", "channels_last", "channels_last+compile")]
    assert dashes[0] == () and len({*dashes[:4]}) == 4 and dashes[4] == dashes[1]
    assert colors.color("other") == FAINT


def test_a_time_stands_beside_its_bar_where_the_bar_does_not_strike_it_through():
    cells = one_case(made.realistic())
    figure = ladder(cells.assign(high=2 * cells["seconds"]), "loop").figure
    bars = [item for item in figure.items if isinstance(item, Strokes) and item.width == 4]
    beside = [word for word in figure.words if word.anchor == "start" and word.text[0].isdigit()]
    assert len(bars) == len(beside) > 8
    for bar, word in zip(bars, beside, strict=True):
        assert word.at[0] > bar.lines[0][-1][0] + 5


def test_the_ladder_states_its_times():
    words = text_of(draw_ladder(made.realistic()))
    table = one_case(made.realistic())
    assert len([word for word in words if "µs" in word]) >= table["seconds"].notna().sum() - 2
    assert any(word.startswith("hardware limit ") for word in words)
    assert len([word for word in words if word.endswith(", fastest")]) == 1


def test_memory_shows_what_no_other_beats():
    cells = one_case(made.realistic())
    known = [row for row in frame.rows(cells) if row["seconds"] == row["seconds"] and row["peak"] == row["peak"]]
    front = best(known)
    for row in known:
        beaten = any(one["seconds"] <= row["seconds"] and one["peak"] <= row["peak"] for one in known if one is not row)
        assert (row in front) != beaten, row["way"]
    words = text_of(draw_memory(made.realistic()))
    assert {short(row["way"]) for row in front} <= {*words}
    same = cells.assign(peak=100.0)
    assert memory(same, "loop") is None and memory(cells.head(2), "loop") is None


def test_scaling_shows_the_speedup_and_both_ends_of_what_is_possible():
    drawing = draw_scaling(made.realistic())
    words = text_of(drawing)
    assert {"no gain", "4 cores"} <= {*words} and all(word.startswith("2.00×, ") for word in words if "×," in word)
    run = made.realistic()
    assert scaling(one_case(run), 4, Palette()) is None  # one thread only
    assert scaling(at_sizes(run), 1, Palette()) is None


def test_breakeven_marks_where_the_lines_cross():
    drawing = draw_breakeven(made.realistic())
    figure = drawing.figure
    marks = [item for item in figure.items if isinstance(item, Marks)]
    assert 1 <= len(marks) <= 3
    told = [word.text for word in figure.words if "is paid back after" in word.text]
    assert len(told) == len(marks) and all(re.search(r"after [\d,.]+.* calls \(.* to .*\)$", text) for text in told)
    solid, dashed = (
        (item for item in figure.items if isinstance(item, Strokes) and item.width == 1.6 and True)
        if (len(marks) == 1)
        else [item for item in figure.items if isinstance(item, Strokes) and item.width == 1.6][:2]
    )
    x, y = marks[0].points[0]
    assert y == pytest.approx(at(solid.lines[0], x), abs=0.5) == pytest.approx(at(dashed.lines[0], x), abs=2.5)


def at(line: list[tuple[float, float]], x: float) -> float:
    """The height of a line at ``x``."""
    for (x0, y0), (x1, y1) in itertools.pairwise(line):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    raise AssertionError(x)


def test_what_never_pays_off_is_said_and_not_marked():
    cells = one_case(made.realistic())
    one = cells[cells["seconds"].notna() & (cells["executor"] == "eager")].head(1)
    told = {"compile": 1.0, "saves": -1e-9, "break_even": float("inf"), "break_even_low": float("inf")}
    compiled = one.assign(executor="compile", way="x:compile", break_even_high=float("inf"), **told)
    drawing = breakeven(paybacks(pd.concat([one, compiled])), Palette())
    assert drawing and not [item for item in drawing.figure.items if isinstance(item, Marks)]
    assert "x:compile never pays off" in text_of(drawing)


def test_without_enough_to_draw_there_is_no_figure():
    run = made.small()
    table = frame.build(run)
    assert curves(table, "loop", run.roofs) is None
    failed = table.assign(seconds=float("nan"))
    assert ladder(failed, "loop") is None
    assert roofline(at_sizes(made.realistic()), "loop", ()) is None
    _, records = made.faults()
    assert (
        samples([record for record in records if record.status != "ok"], Palette(tuple(r.key.variant for r in records)))
        is None
    )


def test_a_cell_that_is_not_ok_is_in_no_figure():
    told, records = made.faults()
    run = made.run((told,), tuple(records))
    cells = frame.build(run)
    assert [word for word in text_of(ladder(cells, "good")) if word in {r.key.way for r in records}] == ["good"]
    ways = [record.key.way for record in records]
    colors = Palette(tuple(record.key.variant for record in records[:MOST]))
    assert [word for word in text_of(samples(records, colors)) if word in ways] == ["good"]


def test_the_chosen_variants_hold_the_winners_and_the_baseline():
    cells = at_sizes(made.realistic())
    rows = frame.rows(cells)
    chosen = choose(rows, "loop")
    winners = cells[cells["best"] | cells["tie"]].drop_duplicates("case")["variant"]
    assert {"loop", *winners} <= {*chosen} and len(chosen) == MOST
    assert chosen == [name for name in dict.fromkeys(cells["variant"]) if name in chosen]
    assert len(choose(rows, "not there", most=3)) == 3


def test_no_two_variants_share_a_colour_or_a_symbol():
    ways = [f"way{at}" for at in range(MOST)]
    colors = Palette(tuple(ways))
    assert len({colors.color(way) for way in ways}) == len({colors.symbol(way) for way in ways}) == MOST
    assert len(HUES) == len(SYMBOLS) == MOST and FAINT not in HUES


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_on_every_tint(scheme: str):
    ink = INK if scheme == "light" else DARK[INK]
    for light, dark in TINTS.items():
        assert contrast(light if scheme == "light" else dark, ink) >= 4.5, light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_can_be_read(scheme: str):
    paper = "#fefefe" if scheme == "light" else DARK["#fefefe"]
    for light, dark in DARK.items():
        color = light if scheme == "light" else dark
        assert light == "#fefefe" or contrast(color, paper) >= 3, color


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours."""

    def luminance(color: str) -> float:
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_neighbours_drawn_together_lose_no_outlier():
    """The line of a group reaches to its fastest and its slowest sample, so each strip has the same reach."""
    run = made.small()
    record = next(one for one in run.records if one.launches)
    (launch, *_) = record.launches
    wall = [1.0 + 0.001 * (place % 7) for place in range(5000)]
    wall[777] = 0.9
    many = dataclasses.replace(launch, wall=tuple(wall), at=tuple(map(float, range(5000))))
    drawing = samples([dataclasses.replace(record, launches=(many,))], Palette((record.key.variant,)))
    lines = [line for item in drawing.figure.items if isinstance(item, Strokes) for line in item.lines]
    lowest = max(y for line in lines for _, y in line)
    assert lowest > 0 and "neighbours are one line" in drawing.caption
    (row,) = [word.at[1] - 3 for word in drawing.figure.words if word.mono]
    assert lowest - row == pytest.approx(0.42 * 26)  # beyond the edge of the strip, and drawn there


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=12), st.floats(0.1, 5))
def test_labels_are_pushed_apart_and_keep_their_order(wanted: list[float], gap: float):
    placed = spread(wanted, gap)
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    for low, high in itertools.pairwise(order):
        assert placed[high] - placed[low] >= gap * 0.999
    if all(abs(wanted[a] - wanted[b]) >= gap for a, b in itertools.pairwise(order)):
        assert placed == pytest.approx(wanted)
    room = gap * len(wanted)
    inside = spread(wanted, gap, -room, room)
    assert all(-room - 1e-6 <= place <= room + 1e-6 for place in inside)
    for low, high in itertools.pairwise(order):
        assert inside[high] - inside[low] >= gap * 0.999


@given(st.floats(1e-9, 1e3), st.floats(1.5, 1e9))
def test_decades_lie_inside(low: float, factor: float):
    ticks = decades(low, low * factor)
    assert all(low * 0.999 <= tick <= low * factor * 1.001 for tick in ticks) and len(ticks) <= 9


@pytest.mark.parametrize("name", made.HOSTILE)
def test_names_are_short_in_figures(name: str):
    assert len(short(name)) <= 28 and "\n" not in short(name)
