"""The figures as SVG: the same bytes each time, harmless, readable on light and dark, and true to the table."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import made
import matplotlib as mpl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfsuite.model.record import Run
from perfsuite.reporting import frame
from perfsuite.reporting.plots import figures
from perfsuite.reporting.plots.choice import MOST, choose, paint
from perfsuite.reporting.plots.drawing import DARK, HUES, Drawing, decades, short, spread, svg
from perfsuite.reporting.plots.strips import samples, thin

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
    return figures.curves(at_sizes(run), run.problems[0].baseline, run.roofs)


def draw_ladder(run: Run) -> Drawing | None:
    return figures.ladder(one_case(run), run.problems[0].baseline)


def draw_samples(run: Run) -> Drawing | None:
    cells = one_case(run)
    records = [record for record in run.records if record.cell in set(cells["cell"])]
    return samples(records, choose(cells, run.problems[0].baseline), list(cells["way"]))


def draw_roofline(run: Run) -> Drawing | None:
    return figures.roofline(at_sizes(run), run.problems[0].baseline, run.roofs)


DRAWN = (draw_curves, draw_ladder, draw_samples, draw_roofline)
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
    assert not names & {"script", "foreignObject", "image", "a"}
    links = [value for node in tree.iter() for name, value in node.attrib.items() if name.endswith("href")]
    assert all(link.startswith("#") for link in links)
    assert not [name for node in tree.iter() for name in node.attrib if name.startswith("on")]
    style, rest = re.split(r"</style>", text, maxsplit=1)
    assert not re.findall(r"#[0-9a-f]{6}\b", rest)  # every colour is one of ours, and ours follow the scheme
    assert "prefers-color-scheme:dark" in style
    assert run is made.realistic or draw is draw_roofline or "$x$y_{" in text_of(drawing)  # not as mathematics
    assert "20" not in "".join(re.findall(r"<dc:date>.*?</dc:date>", text))


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


def test_the_curves_carry_their_names_and_say_what_is_left_out():
    run = made.realistic()
    drawing = draw_curves(run)
    cells = at_sizes(run)
    words = text_of(drawing)
    drawn = [way for way in dict.fromkeys(cells["way"]) if way in words]
    timed = set(cells[cells["seconds"].notna()]["way"])
    assert len(drawn) == MOST
    assert all(way in drawing.caption for way in timed - set(drawn))
    assert "faster than this machine can" in words
    assert drawing.alt == (
        "Time per call against size: at size 8 mm_out is fastest with 1.68 µs, "
        "at size 2,048 numpy is fastest with 111 ms."
    )


def test_a_time_stands_beside_its_bar_where_the_bar_does_not_strike_it_through():
    cells = one_case(made.realistic())
    (axes,) = figures.ladder(cells, "loop").figure.axes
    ends = {f"{max(row.seconds, row.high):.6g}" for row in cells[cells["seconds"].notna()].itertuples()}
    assert ends <= {f"{word.xy[0]:.6g}" for word in axes.texts}


def test_the_ladder_states_its_times():
    words = text_of(draw_ladder(made.realistic()))
    table = one_case(made.realistic())
    assert len([word for word in words if word.endswith("µs")]) >= table["seconds"].notna().sum() - 2
    assert any(word.startswith("floor ") for word in words)


def test_without_enough_to_draw_there_is_no_figure():
    run = made.small()
    table = frame.build(run)
    assert figures.curves(table, "loop", run.roofs) is None
    failed = table.assign(seconds=float("nan"))
    assert figures.ladder(failed, "loop") is None
    assert figures.roofline(at_sizes(made.realistic()), "loop", ()) is None
    _, records = made.faults()
    assert (
        samples([record for record in records if record.status != "ok"], [record.key.way for record in records], [])
        is None
    )


def test_a_cell_that_is_not_ok_is_in_no_figure():
    told, records = made.faults()
    run = made.run((told,), tuple(records))
    cells = frame.build(run)
    assert [word for word in text_of(figures.ladder(cells, "good")) if word in {r.key.way for r in records}] == ["good"]
    ways = [record.key.way for record in records]
    assert [word for word in text_of(samples(records, ways, ways)) if word in ways] == ["good"]


def test_the_chosen_ways_hold_the_winners_and_the_baseline():
    cells = at_sizes(made.realistic())
    chosen = choose(cells, "loop")
    best = cells[cells["best"] | cells["tie"]].drop_duplicates("case")["way"]
    assert {"loop", *best} <= {*chosen} and len(chosen) == MOST
    assert chosen == [way for way in dict.fromkeys(cells["way"]) if way in chosen]
    assert len(choose(cells, "not there", most=3)) == 3
    assert "einsum:compile" not in choose(cells, "loop", most=5)
    assert "einsum:compile" in choose(cells, "einsum:compile", most=5)


def test_no_two_ways_share_a_colour_or_a_mark():
    ways = [f"way{at}" for at in range(MOST)]
    painted = paint(ways, [f"way{at // 2}" for at in range(20)])
    assert len(set(painted.values())) == len({mark for _, mark in painted.values()}) == MOST
    assert len(HUES) == MOST


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


def test_thinning_loses_no_outlier():
    y = [1.0] * 1000
    y[777], y[3] = 50.0, 0.1
    x, kept = thin(range(1000), y, 20)
    assert len(kept) <= 100 and {50.0, 0.1} <= {*kept}
    assert x[kept.index(50.0)] == 777 and list(x) == sorted(x)


def test_many_samples_stay_small():
    run = made.small()
    cells = frame.build(run)
    records = [record for record in run.records if record.launches]
    for record in records:
        for launch in record.launches:
            object.__setattr__(launch, "wall", launch.wall * 100)
            object.__setattr__(launch, "at", tuple(range(len(launch.wall))))
    drawing = samples(records, choose(cells, "loop"), [])
    assert "Only the fastest and the slowest of every" in drawing.caption
    assert len(svg(drawing.figure)) < 250_000


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=12), st.floats(0.1, 5))
def test_labels_are_pushed_apart_and_keep_their_order(wanted: list[float], gap: float):
    placed = spread(wanted, gap)
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    for low, high in itertools.pairwise(order):
        assert placed[high] - placed[low] >= gap * 0.999
    if all(abs(wanted[a] - wanted[b]) >= gap for a, b in itertools.pairwise(order)):
        assert placed == pytest.approx(wanted)


@given(st.floats(1e-9, 1e3), st.floats(1.5, 1e9))
def test_decades_lie_inside(low: float, factor: float):
    ticks = decades(low, low * factor)
    assert all(low * 0.999 <= tick <= low * factor * 1.001 for tick in ticks) and len(ticks) <= 9


@pytest.mark.parametrize("name", made.HOSTILE)
def test_names_are_short_in_figures(name: str):
    assert len(short(name)) <= 28 and "\n" not in short(name)
