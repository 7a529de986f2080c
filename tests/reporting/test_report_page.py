"""The pages as files: complete, harmless whatever the names are, the same each time, readable by everyone."""

from __future__ import annotations

import base64
import csv
import dataclasses
import hashlib
import html
import importlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import made
import pytest
from test_report_figures import contrast

from perfsuite.reporting import frame, glossary, tables
from perfsuite.reporting import ledger as beside
from perfsuite.reporting.html import page
from perfsuite.reporting.html import sections as engine
from perfsuite.reporting.html.blocks import Mono, Section, marked, prose
from perfsuite.reporting.view import View, anchor, command, page_of
from reports import ledger, sections

VOID = {"meta", "link", "input", "img", "br", "wbr"}
CELLS = {"th", "td"}
ROWS = {*CELLS, "tr"}
BODIES = {*ROWS, "tbody"}
IMPLIED = {  # tag -> what its start tag may end
    "th": CELLS,
    "td": CELLS,
    "tr": ROWS,
    "tbody": BODIES,
    "tfoot": BODIES,
    "option": {"option"},
}
LEFT = {  # tag -> what its end tag may end too
    "thead": ROWS,
    "tbody": ROWS,
    "tfoot": ROWS,
    "table": {*BODIES, "tfoot"},
    "select": {"option"},
}


@pytest.fixture(autouse=True)
def claims(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ledger, "decide", lambda run: made.findings())


class Parsed(HTMLParser):
    """The elements of a page: ``(tag, attributes, text inside)``, and whether each was closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], list[str]]] = []
        self.open: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), (tag, attrs)
        while self.open and self.open[-1][0] in IMPLIED.get(tag, ()):
            self.open.pop()
        element = (tag, {name: value or "" for name, value in attrs}, [])
        self.found.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self.open[-1][0] in LEFT.get(tag, ()):
            self.open.pop()
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element[2].append(data)

    def all(self, *tags: str) -> Iterator[tuple[dict[str, str], str]]:
        for tag, attributes, text in self.found:
            if tag in tags:
                yield attributes, "".join(text)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, str]]:
    """The pages of a made-up run by file name, written once."""
    seen: dict[str, dict[str, str]] = {}

    def read(name: str) -> dict[str, str]:
        if name not in seen:
            folder = tmp_path_factory.mktemp(name) / "report"
            start = page.write(getattr(made, name)(), folder)
            assert start == folder / "index.html"
            seen[name] = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}
        return seen[name]

    return read


def pages(files: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in files.items() if name.endswith(".html")}


Written = Callable[[str], dict[str, str]]
BOTH = pytest.mark.parametrize("name", ["realistic", "hostile"])


def test_a_report_is_a_start_page_a_page_per_component_and_two_tables(written: Written):
    assert sorted(written("realistic")) == [
        "cells.csv",
        "cells.html",
        "cells.md",
        "dataload.workers.html",
        "glossary.html",
        "index.html",
        "losses.softmax.html",
        "matmul.ladder.html",
    ]


def test_the_start_page_links_every_component(written: Written):
    links = [attributes["href"] for attributes, _ in Parsed(written("realistic")["index.html"]).all("a")]
    assert {"matmul.ladder.html", "dataload.workers.html", "losses.softmax.html"} <= {*links}


def test_a_component_page_holds_all_that_is_known(written: Written):
    run = made.realistic()
    text = written("realistic")["matmul.ladder.html"]
    plain = html.unescape(re.sub("<[^>]+>", "", text))
    problem = run.problems[0]
    for variant in problem.variants:
        if variant.name != "triton":  # skipped everywhere: it has no rung
            assert variant.lesson in plain and variant.source in plain, variant.name
    parsed = Parsed(text)
    ids = {attributes["id"] for attributes, _ in parsed.all("tr", "tbody") if "id" in attributes}
    for record in run.records:
        if record.key.component == problem.name:
            assert anchor(record.cell) in ids and command(record.cell) in plain
    assert "../traces/matmul.ladder-mm-eager-cpu-5x784x10-1.pt.trace.json.gz" in text
    for words in (
        "mm_out is the fastest of 12 variants: 3.08 µs, 79,200× as fast as loop, 6.48× the hardware’s floor.",
        "Does different work: writes into a tensor that was allocated before the clock.",
        "235,200 operators dispatched, which takes nearly all of the time; moves 40.8× the compulsory bytes.",
        "paid back after",
        "Not built: cython",
        "needs cuda",
        "one call would take about … s",
        problem.question,
        *problem.rows,
    ):
        assert words in plain, words


def test_ladder_first(written: Written):
    heads = [text.removesuffix("?") for _, text in Parsed(written("realistic")["matmul.ladder.html"]).all("h2")]
    assert heads == [
        "The ladder",
        "Time against size",
        "Which variant wins where",
        "Against the published figures",
        "Memory against time",
        "Compile cost",
        "When compiling pays off",
        "Roofline",
        "Samples in time order",
        "Every cell",
        "Without a time",
        "About this component",
    ]


def test_a_cell_that_is_not_ok_has_no_time_anywhere(tmp_path: Path):
    told, records = made.faults()
    page.write(made.run((told,), tuple(records)), tmp_path)
    assert (tmp_path / "losses.softmax.html").read_text(encoding="utf-8").count("L2 gives 60.0 GB/s at most here") >= 2
    for path in tmp_path.iterdir():
        text = re.sub(r"data:image/svg[^\"]+", "", path.read_text(encoding="utf-8"))
        assert "87.6" not in text and "87.7" not in text, path
    row = next(line for line in (tmp_path / "cells.md").read_text().splitlines() if "/dies/" in line)
    assert row.count("|  ") == 8 and "SIGSEGV" in row


@BOTH
def test_nothing_in_a_page_runs_loads_or_leads_astray(written: Written, name: str):
    script, style = page._asset("page.js"), page._asset("style.css") + page._asset("flame.css")
    for file, text in pages(written(name)).items():
        parsed = Parsed(text)
        assert [inside for _, inside in parsed.all("script")] == [script], file
        assert [inside for _, inside in parsed.all("style")] == [style], file
        tags = {tag for tag, _, _ in parsed.found}
        assert not tags & {"iframe", "object", "embed", "base", "svg", "frame", "video", "audio", "source"}
        for tag, attributes, _ in parsed.found:
            assert not [attribute for attribute in attributes if attribute.startswith("on") or attribute == "style"]
            if "src" in attributes:
                assert tag == "img" and attributes["src"].startswith("data:image/svg+xml;charset=utf-8,%3Csvg ")
            if "href" in attributes:
                assert re.fullmatch(
                    r"data:,|#[\w.-]*|[\w.-]+\.html(#[\w.-]+|#cells[\w.=&%-]+)?|\.\./[\w./%~-]+", attributes["href"]
                )


def test_a_page_allows_exactly_its_own_script_and_style(written: Written):
    text = written("realistic")["index.html"]
    policy = next(a["content"] for a, _ in Parsed(text).all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        (inside,) = [inside for _, inside in Parsed(text).all(tag)]
        assert rules[rule] == f"'sha256-{base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'"


def test_hostile_names_are_there_as_text(written: Written):
    run = made.hostile()
    for problem in run.problems:
        parsed = Parsed(written("hostile")[page_of(problem.name)])
        (heading,) = [text for _, text in parsed.all("h1")]
        assert heading == problem.title
        shown = {text for tag in ("bdi", "code") for _, text in parsed.all(tag)}
        assert {variant.name for variant in problem.variants} <= shown


@BOTH
def test_a_report_is_the_same_each_time(written: Written, name: str, tmp_path: Path):
    page.write(getattr(made, name)(), tmp_path)
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == written(name)


@BOTH
def test_everyone_can_read_it(written: Written, name: str):
    for file, text in pages(written(name)).items():
        parsed = Parsed(text)
        ids = Counter(attributes["id"] for _, attributes, _ in parsed.found if "id" in attributes)
        assert max(ids.values()) == 1, (file, ids.most_common(2))
        scopes = {attributes.get("scope", "") for attributes, _ in parsed.all("th")}
        assert scopes <= ({"", "col"} if file == "cells.html" else {"row", "col"})  # a th before td is a row's head
        assert text.count("<table") == text.count("<caption>")
        assert all(attributes["alt"].endswith(".") for attributes, _ in parsed.all("img"))
        labels = [attributes["aria-labelledby"] for attributes, _ in parsed.all("section")]
        assert labels and all(label in ids for label in labels)
        assert "".join(tag[1] for tag, _, _ in parsed.found if tag in ("h1", "h2", "h3")).startswith("12")
        for attributes, words in parsed.all("label"):
            assert words.strip(), attributes
        assert all(
            attributes["tabindex"] == "0" for attributes, _ in parsed.all("div") if attributes.get("class") == "scroll"
        )
        for attributes, _ in parsed.all("a"):
            if attributes["href"].startswith("#"):
                assert attributes["href"][1:] in ids


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(scheme: str):
    style = page._asset("style.css")
    light, dark = (dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block)) for block in style.split("@media", 2)[:2])
    colors = light if scheme == "light" else dark
    assert light.keys() == dark.keys()
    for name in ("ink", "quiet", "link", "good", "bad", "keyword", "string", "comment", "number"):
        assert contrast(colors[name], colors["paper"]) >= 4.5, name
        assert contrast(colors[name], colors["tint"]) >= 4.5, name


def test_an_older_report_goes_and_other_files_stay(tmp_path: Path):
    page.write(made.realistic(), tmp_path)
    (tmp_path / "mine.html").write_text("<!doctype html><title>not ours</title>")
    page.write(made.small(), tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.html")) == [
        "cells.html",
        "glossary.html",
        "index.html",
        "matmul.ladder.html",
        "mine.html",
    ]


def test_headings_link_the_glossary_where_it_explains_them(written: Written):
    found = written("realistic")
    explained = {attributes.get("id") for _, attributes, _ in Parsed(found["glossary.html"]).found}
    links = [attributes["href"] for attributes, _ in Parsed(found["matmul.ladder.html"]).all("a")]
    words = {link.removeprefix("glossary.html#") for link in links if link.startswith("glossary.html#")}
    assert words <= explained
    headings = ("time", "± ", "× best", "× hw", "bound", "peak", "error")
    assert words >= {glossary.anchor(glossary.word(title.strip())) for title in headings}
    assert glossary.address("Way") == "" and glossary.meaning("Time, µs") == glossary.WORDS["time"]


def test_a_run_of_thousands_of_cells_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sections, "COMPONENT", ("cells",))  # figures have a budget of their own
    run = made.large(8)
    page.write(run, tmp_path)
    assert len(run.records) > 900
    assert (tmp_path / "index.html").stat().st_size < 150_000
    assert max(path.stat().st_size for path in tmp_path.glob("*.html")) < 1_500_000


def test_figures_stay_small(written: Written):
    for text in pages(written("realistic")).values():
        images = re.findall(r"data:image/svg[^\"]+", text)
        assert all(len(image) < 60_000 for image in images)
        assert sum(map(len, images)) < 150_000


def test_an_interrupted_run_says_so(tmp_path: Path):
    page.write(dataclasses.replace(made.small(), partial=True), tmp_path)
    assert "--resume" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_run_without_a_time_or_a_component_has_a_report(tmp_path: Path):
    page.write(made.run((), ()), tmp_path / "empty")
    run = made.small()
    failed = tuple(dataclasses.replace(record, status="error", reason="it broke") for record in run.records)
    page.write(dataclasses.replace(run, records=failed), tmp_path / "failed")
    assert "no cell has a time" in (tmp_path / "failed" / "index.html").read_text(encoding="utf-8")
    assert "it broke" in (tmp_path / "failed" / "matmul.ladder.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted({*sections.START, *sections.COMPONENT}))
def test_a_section_has_a_render(name: str):
    assert callable(engine.module(name).render)


def test_every_section_file_is_listed():
    folders = [Path(package.__file__).parent for package in (sections, engine)]
    files = {path.stem for folder in folders for path in folder.glob("*.py")} - {"__init__"}
    assert files == {*sections.START, *sections.COMPONENT, *engine.CELLS}


def test_a_project_without_sections_has_those_of_the_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    bare = dataclasses.replace(engine.PROJECT, sections="", ledger="")
    for module in (engine, beside):
        monkeypatch.setattr(module, "PROJECT", bare)
    page.write(made.small(), tmp_path)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "claims" not in text.lower() and 'id="limits"' in text


def test_what_a_section_says_is_escaped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def render(view: View) -> Section:
        return Section("x", "<b>title</b>", (prose("<i>words</i>", Mono("<u>code</u>")),))

    monkeypatch.setattr(importlib.import_module("perfsuite.reporting.html.sections.limits"), "render", render)
    page.write(made.small(), tmp_path)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;title&lt;/b&gt;" in text
    assert not re.search("<[biu]>", text)


def test_backquotes_mark_code():
    assert marked("Broadcast ``a`` over `b`, 2 ` 3") == ("Broadcast ", Mono("a"), " over ", Mono("b"), ", 2 ` 3")
    assert marked("") == ()


# -- the tables beside the pages --------------------------------------------------------------------------------------


def test_csv_holds_every_figure(written: Written):
    rows = list(csv.DictReader(io.StringIO(written("realistic")["cells.csv"])))
    table = frame.build(made.realistic())
    assert [row["cell"] for row in rows] == list(table["cell"])
    assert [float(row["seconds"]) for row in rows if row["seconds"]] == list(table["seconds"].dropna())
    assert list(rows[0]) == list(frame.WHAT)


def test_hostile_csv_reads_back(written: Written):
    rows = list(csv.DictReader(io.StringIO(written("hostile")["cells.csv"], newline="")))
    assert [row["cell"] for row in rows] == [record.cell for record in made.hostile().records]


def test_markdown_as_it_stands():
    told, records = made.faults()
    assert tables.markdown(frame.build(made.run((told,), tuple(records[:3])))) == (
        "| Cell | Time | ± | × best | Speed-up | × hw | Bound | Peak | Error | Status |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | --- |\n"
        "| losses.softmax/good/eager/cpu/1000/1 | 5.00 µs | ±1.1 % | best | 1.00× | 165× "
        "| overhead | 3.91 KiB | 40 % | ok |\n"
        "| losses.softmax/naive/eager/cpu/1000/1 |  |  |  |  |  |  |  |  "
        "| wrong: largest error 3.1e+38 is 4.0e+44 times the allowed one at seed 2 |\n"
        "| losses.softmax/on\\_cuda/eager/cpu/1000/1 |  |  |  |  |  |  |  |  | skipped: needs cuda |\n"
    )


def test_hostile_markdown_keeps_its_columns(written: Written):
    lines = written("hostile")["cells.md"].splitlines()
    assert len(lines) == len(made.hostile().records) + 2
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 11 for line in lines)
