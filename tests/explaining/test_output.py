"""The page, the flame graphs, the document and the terminal show the same explanation."""

from __future__ import annotations

import dataclasses
import html
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import invented
import made
import pytest

from perfsuite.model.estimates import Estimate
from perfsuite.model.printable import visible
from perfsuite.reporting import view
from perfsuite.reporting.explanation import drawing, output, terminal, wording

SVG = "{http://www.w3.org/2000/svg}"


def texts(page: str) -> set[str]:
    """The texts of a page, without markup."""
    return {html.unescape(text).strip() for text in re.split(r"<[^<>]*>", page)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    output.write(invented.explained(), tmp_path)
    return tmp_path


def test_the_page_has_the_ratio_the_paragraph_and_every_figure(folder: Path):
    text = (folder / "index.html").read_text()
    found = invented.explained()
    assert "10.0×" in text
    assert found.verdict.text.split(".")[1] in text
    for line in wording.figures(found):
        assert {line.name, line.a, line.b} <= texts(text)
    assert found.question.a in text
    assert "explain matmul.ladder/mm/eager" in text


def test_the_terminal_uses_the_same_names_and_figures(folder: Path):
    found = invented.explained()
    text, page = terminal.text(found, False, 120), (folder / "index.html").read_text()
    for line in wording.notable(found):
        assert re.search(rf"^{line.name} +{line.a} +{line.b} +{re.escape(line.difference)}$", text, re.MULTILINE), line
        assert line.difference in texts(page)
    assert "B takes 10.0× (9.70 to 10.4) the time of A" in text
    assert "\x1b" not in text


def test_instructions_are_shown_in_all_and_by_function(folder: Path):
    text, page = terminal.text(invented.explained(), False, 120), (folder / "index.html").read_text()
    rows = {"all functions": ("9,070", "9,071", "+1"), "gemm": ("9,000", "9,001", "+1"), "main": ("70", "70", "+0")}
    for name, figures in rows.items():
        assert re.search(rf"^{name} +{' +'.join(map(re.escape, figures))}$", text, re.MULTILINE), name
        assert {name, *figures} <= texts(page)
    assert "instructions of a call" in text


@pytest.mark.parametrize("side", ["a", "b"])
def test_instructions_of_one_side_alone_are_not_compared(side: str, tmp_path: Path):
    found = invented.explained()
    taken = dataclasses.replace(getattr(found, side), functions={})
    without = dataclasses.replace(found, **{side: taken})
    assert "instructions of a call" not in terminal.text(without, False, 120)
    assert "all functions" not in output.write(without, tmp_path).read_text()


def test_the_processors_counters_are_shown_where_there_are_any():
    counted = {"cpu_instructions": 5e6, "cycles": 2e6, "cache_misses": 300.0, "branch_misses": 40.0}
    more = {name: 10 * value for name, value in counted.items()}
    a, b = dataclasses.replace(invented.ONE, **counted), dataclasses.replace(invented.MANY, **more)
    text = terminal.text(invented.explained(a, b), False, 120)
    assert re.search(r"^CPU instructions +5,000,000 +50,000,000 +\+45,000,000$", text, re.MULTILINE)
    assert re.search(r"^branch misses +40 +400 +\+360$", text, re.MULTILINE)
    assert "CPU cycles" not in terminal.text(invented.explained(), False, 120)


def test_links_of_the_page_lead_to_files(folder: Path):
    for href in re.findall(r'href="([^"#]+)(?:#[^"]*)?"', (folder / "index.html").read_text()):
        assert href == "data:," or (folder / href).is_file(), href


def test_the_flame_graph_is_a_whole_file_without_scripts_or_addresses(folder: Path):
    for name in output.DRAWN:
        text = (folder / name).read_text()
        root = ElementTree.fromstring(text)
        assert root.tag == f"{SVG}svg"
        assert "script" not in text
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)
        assert len(root.findall(f".//{SVG}title")) == len(root.findall(f".//{SVG}rect")) > 3


def test_what_only_the_slower_side_does_is_red_and_only_the_faster_side_blue(folder: Path):
    slower, faster = (ElementTree.fromstring((folder / name).read_text()) for name in output.DRAWN)
    assert {group.get("class")[:4] for group in slower.iter(f"{SVG}g")} <= {"more", "same"}
    (gemm,) = [one for one in faster.iter(f"{SVG}g") if one.find(f"{SVG}title").text.startswith("gemm: ")]
    assert gemm.get("class").startswith("less")
    assert gemm.find(f"{SVG}title").text == "gemm: mm 1.86 µs, full_broadcast 0 ns, −1.86 µs a call"


def test_turned_sides_keep_the_colours_of_b_against_a():
    turned = invented.explained(invented.MANY, invented.ONE, ("full_broadcast", "mm"))
    turned = dataclasses.replace(
        turned,
        a=dataclasses.replace(turned.a, folded=invented.FOLDED_B),
        b=dataclasses.replace(turned.b, folded=invented.FOLDED_A),
    )
    ratio = Estimate(0.1, 0.097, 0.103, 0.969, 6)
    turned = dataclasses.replace(turned, times=dataclasses.replace(turned.times, ratio=ratio))
    turned = dataclasses.replace(turned, question=dataclasses.replace(turned.question, a=invented.B, b=invented.A))
    first, _ = drawing.flames(turned)  # in the widths of A, which is slower
    assert drawing.order(turned) == ("full_broadcast", "mm")
    assert {frame.tone[:4] for frame in first.frames} <= {"less", "same"}


def test_texts_fit_into_their_boxes():
    for flame in drawing.flames(invented.explained()):
        for frame in flame.frames:
            assert 6.1 * len(frame.text) + 4 <= max(frame.width, 4)


def test_without_stacks_there_is_no_flame_graph_and_the_rest_is_shown(tmp_path: Path):
    output.write(invented.explained(folded=False), tmp_path)
    assert "<svg" not in (tmp_path / "index.html").read_text()
    assert not (tmp_path / output.DRAWN[0]).exists()
    assert "aten::mul" in (tmp_path / "index.html").read_text()


def test_stacks_of_different_kinds_are_not_compared():
    found = invented.explained()
    other = dataclasses.replace(found, b=dataclasses.replace(found.b, by="the profiler's trace"))
    assert drawing.flames(other) == []


@pytest.mark.parametrize("name", made.HOSTILE)
def test_names_may_come_from_anywhere(tmp_path: Path, name: str):
    frame = name.replace(";", "").replace("\n", " ").replace("\u2028", " ")
    found = invented.explained(names=("mm", name))
    folded = f"{invented.HEAD};{frame} (x.py:1) 9\n"
    found = dataclasses.replace(found, b=dataclasses.replace(found.b, folded=folded))
    output.write(found, tmp_path)
    text = (tmp_path / "index.html").read_text()
    assert "<img src=x" not in text
    assert "<script>alert" not in text
    ElementTree.fromstring((tmp_path / output.DRAWN[0]).read_text())
    told = terminal.text(found, False, 120)
    assert visible(told.replace("\n", "")) == told.replace("\n", "")


def test_the_document_is_json_without_nan(folder: Path):
    told = json.loads((folder / "explanation.json").read_text(), parse_constant=lambda text: pytest.fail(text))
    assert told["kind"] == "unexplained"
    assert told["evidence"][1]["operators"] == 2
    assert told["evidence"][0]["rows"][0]["name"] == "aten::mm"


def test_an_explanation_is_found_whichever_cell_is_named_first(tmp_path: Path):
    assert view.explanation_of(tmp_path, invented.A, invented.B) is None
    page = output.write(invented.explained(), tmp_path / view.explained_in(invented.A, invented.B))
    assert view.explanation_of(tmp_path, invented.A, invented.B) == page
    assert view.explanation_of(tmp_path, invented.B, invented.A) == page
    other = invented.B.replace("full_broadcast", "einsum")
    assert view.explanation_of(tmp_path, invented.A, other) is None
    cold, compiled = f"{invented.A}@cold", invented.A.replace("eager", "compile")
    folders = {view.explained_in(invented.A, one) for one in (cold, compiled, other, invented.B)}
    assert len(folders) == 4


def test_the_command_repeats_the_explanation():
    assert view.explain_command(invented.A, invented.B).endswith(f"explain {invented.A} {invented.B}")
    commits = dataclasses.replace(invented.explained().question, b=invented.A, base="main", instructions=True)
    told = output.command(dataclasses.replace(invented.explained(), question=commits))
    assert told.endswith(f"explain {invented.A} --base main --instructions")
