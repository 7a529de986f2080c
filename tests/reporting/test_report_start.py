"""The start page answers: what it shows first, the index of all cells, the ranking, and the meaning of each heading."""

from __future__ import annotations

import dataclasses
import html
import re
from pathlib import Path

import made
import pytest

from perfsuite.reporting import frame, glossary, tables
from perfsuite.reporting.html import page
from perfsuite.reporting.html import sections as engine
from perfsuite.reporting.html.sections import index, ranking
from perfsuite.reporting.leading.ranking import ranked
from perfsuite.reporting.logs import tensorboard
from perfsuite.reporting.text import overview, terminal
from perfsuite.reporting.view import View, anchor, page_of
from reports import ledger, sections

OWN = re.compile(r"data-table=.workers")  # its headings count workers


@pytest.fixture(autouse=True)
def claims(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ledger, "decide", lambda run: made.findings())


def start(run) -> View:
    return View(run, frame.build(run), run.problems, start=True)


def plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


class TestStart:
    def test_begins_with_the_findings_and_ends_with_the_machine(self):
        for listed in (sections.START, engine.START):
            assert listed[0] == "findings" and listed[-1] == "machine"
            order = [listed.index(name) for name in ("findings", "ranking", "components", "published", "machine")]
            assert order == sorted(order)
        assert sections.START.index("components") < sections.START.index("claims")

    def test_leads_to_all_cells_and_shows_each_finding(self):
        run = made.realistic()
        text = page.rendered(page._start(start(run)))
        assert text.count('<article class="card">') == 3
        assert f">All {len(run.records):,} cells</a>" in text and 'href="cells.html"' in text
        assert text.index('id="findings"') < text.index('id="ranking"') < text.index('id="components"')


class TestRanking:
    def test_is_by_distance_and_keeps_overhead_apart(self):
        run = made.realistic()
        rows = frame.rows(frame.build(run))
        order = ranked(rows)
        assert order.hardware and order.overhead and order.unknown
        assert {row["bound"] for row in order.overhead} == {"overhead"}
        assert "overhead" not in {row["bound"] for row in order.hardware}
        for part in (order.hardware, order.overhead):
            far = [row["times_hardware"] for row in part]
            assert far == sorted(far, reverse=True) and len(far) > 5
        timed = {row["cell"] for row in rows if row["status"] == "ok"}
        every = [row["cell"] for part in dataclasses.astuple(order) for row in part]
        assert sorted(every) == sorted(timed)

    def test_of_the_start_page_shows_the_fastest_variants(self):
        run = made.realistic()
        told = ranking.render(start(run))
        assert told is not None
        shown = frame.build(run)
        best = {page_of(row["component"]) + "#" + anchor(row["cell"]) for row in frame.rows(shown[shown["best"]])}
        tables_ = [block for block in told.blocks if hasattr(block, "rows")]
        assert [table.name for table in tables_] == ["farthest", "overhead"]
        assert {row.cells[0].href for table in tables_ for row in table.rows} <= best


class TestIndex:
    def test_has_every_cell_that_ran_once_and_the_skipped_ones_counted(self):
        run = made.realistic()
        told = index.render(start(run))
        assert told is not None
        (table,) = [block for block in told.blocks if block.kind == "index"]
        ran = {page_of(one.key.component) + "#" + anchor(one.cell) for one in run.records if one.status != "skipped"}
        links = [line.href for line in table.lines if line.texts[-1] != "skipped"]
        assert sorted(links) == sorted(ran)
        counted = sum(int(line.texts[0].split()[0]) for line in table.lines if line.texts[-1] == "skipped")
        assert counted == sum(one.status == "skipped" for one in run.records)

    def test_begins_with_the_farthest_and_ends_with_what_did_not_run(self):
        told = index.render(start(made.realistic()))
        assert told is not None
        (table,) = [block for block in told.blocks if block.kind == "index"]
        groups = [
            "skipped" if line.texts[-1] == "skipped" else "ok" if line.texts[-1] == "ok" else "failed"
            for line in table.lines
        ]
        assert groups == sorted(groups, key=["ok", "failed", "skipped"].index)
        bounds = [line.texts[9] for line in table.lines if line.texts[-1] == "ok"]
        assert "overhead" not in bounds[: bounds.index("overhead")] and bounds[0] != "overhead"

    def test_can_be_filtered_by_every_axis(self):
        told = index.render(start(made.realistic()))
        assert told is not None
        (table,) = [block for block in told.blocks if block.kind == "index"]
        names = {table.columns[at].title: values for at, values in table.facets.items()}
        assert set(names) == {"Component", "Case", "Dtype", "Device", "Executor", "Threads", "Bound", "Status"}
        assert names["Case"][:4] == ("5x784x10", "8", "8-bf16", "16") or names["Case"].index("8") < names["Case"].index(
            "16"
        )
        assert {"compute", "overhead"} <= {*names["Bound"]}

    def test_of_a_full_run_stays_small(self):
        """2,100 cells that ran: a page of thousands of rows must not grow beyond what a browser draws at once."""
        run = made.large(28)
        view = start(run)
        text = page.rendered(page._cells(view))
        ran = sum(one.status != "skipped" for one in run.records)
        body = text[text.index("<tbody>") : text.index("</tbody>")]
        assert body.count("<tr>") >= ran > 1500
        assert len(body.encode()) / body.count("<tr>") < 230  # 2,100 rows, the style and the script: below 500 kB
        assert len(text.encode()) - len(body.encode()) < 45_000


def test_the_start_page_of_a_full_run_stays_small():
    assert len(page.rendered(page._start(start(made.large(20)))).encode()) < 500_000


class TestHeadings:
    """Every heading is a word of the glossary, or says itself what it means."""

    @pytest.mark.parametrize("make", [made.realistic, made.hostile])
    def test_of_every_page_are_explained(self, make, tmp_path: Path):
        page.write(make(), tmp_path)
        for path in tmp_path.glob("*.html"):
            if path.name == glossary.PAGE:
                continue
            text = path.read_text(encoding="utf-8")
            for heading in re.findall(r"<h2[^>]*>.*?</h2>|<h3[^>]*>.*?</h3>", text, re.DOTALL):
                assert 'title="' in heading, (path.name, plain(heading))
            for table in re.split(r'(?=<div class="table")', text)[1:]:
                if OWN.match(table[len('<div class="table" ') :]):
                    continue
                for heading in re.findall(r'<th scope="col".*?</th>', table, re.DOTALL):
                    assert 'title="' in heading, (path.name, plain(heading))

    def test_of_the_terminal_the_logs_and_the_tables_are_the_same_words(self):
        titles = [column.title for column in terminal.LADDER if column.title]
        titles += [*tensorboard.COLUMNS, *tensorboard.SCALARS.values(), *tables.MARKDOWN]
        titles += [column.title for column in overview.COLUMNS]
        unknown = [title for title in titles if not glossary.word(title)]
        assert not unknown, unknown

    def test_of_one_measure_are_one_word(self):
        """The columns of a ladder, in the terminal, on the page and in the logs."""
        from perfsuite.reporting import units
        from perfsuite.reporting.html.sections import ladder

        here = {glossary.word(column.title) for column in ladder.columns(units.SECONDS[1], stream=True)}
        printed = {glossary.word(column.title) for column in terminal.LADDER if column.title}
        logged = {glossary.word(title) for title in (*tensorboard.COLUMNS, *tensorboard.SCALARS.values())}
        assert here <= printed and printed - here == {"note"}
        assert logged - here == {"note", "operators"}

    def test_mean_something(self):
        assert all(glossary.word(alias) for alias in glossary.ALIASES)
        assert not set(glossary.ALIASES) & set(glossary.WORDS)
        assert len({glossary.anchor(word) for word in glossary.WORDS}) == len(glossary.WORDS)
