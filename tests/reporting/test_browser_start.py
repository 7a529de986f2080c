"""The start page, the index and other pages in a real browser: for the keyboard, for the eye, and without scripts.

axe-core, which is no dependency of this project, checks the pages too where AXE names its ``axe.min.js``.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made
import pytest
from chromium import Browser

from perfsuite.judging.record import Comparison, Row
from perfsuite.model.record import Record
from perfsuite.reporting import glossary
from perfsuite.reporting.changes import output as changes
from perfsuite.reporting.changes.found import Changes, between
from perfsuite.reporting.comparison import output as compared
from perfsuite.reporting.explanation import output as explained

pytestmark = pytest.mark.slow

AXE = os.environ.get("AXE", "")
INVENTED = Path(__file__).parent.parent / "explaining" / "invented.py"
CHANGED = "[...document.querySelectorAll('[data-table=changes] tbody tr')]"
ROWS = "[...document.querySelectorAll('[data-table=cells] tbody tr')]"


@pytest.fixture(autouse=True)
def usual(browser: Browser) -> None:
    """Each test begins with a wide, light page and with scripts."""
    browser.size(1400, 900)
    browser.scheme("light")
    browser.scripts(True)


@pytest.fixture(scope="module")
def pages(reports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One page of each kind."""
    folder, real = tmp_path_factory.mktemp("others"), reports["realistic"]
    spec = importlib.util.spec_from_file_location("invented", INVENTED)
    assert spec and spec.loader
    invented = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(invented)
    explained.write(invented.explained(), folder / "explained")
    return {
        "start": real / "index.html",
        "cells": real / "cells.html",
        "component": real / "matmul.ladder.html",
        "faults": real / "losses.softmax.html",
        "glossary": real / "glossary.html",
        "compare": compared.write(comparison(), folder),
        "explain": folder / "explained" / "index.html",
        "changes": changes.write(changed(), real),
    }


def changed() -> Changes:
    """Between a run and a later one: cells slower, faster, broken, gone, and new; other packages and limits."""
    old = made.realistic()

    def later(at: int, record: Record) -> Record:
        if at % 11 == 3 and record.status == "ok":
            return dataclasses.replace(record, status="wrong", reason="64 of 64 elements differ", launches=())
        factor = (1.0, 1.0, 1.4, 1.0, 0.7)[at % 5]
        launches = (dataclasses.replace(one, wall=tuple(factor * wall for wall in one.wall)) for one in record.launches)
        return dataclasses.replace(record, launches=tuple(launches))

    records = tuple(later(at, record) for at, record in enumerate(old.records))
    new = dataclasses.replace(
        old,
        run="20261122-235000-aaaa",
        started="2026-11-22T23:50:00Z",
        tree="other",
        dirty=False,
        records=records[7:],
        roofs=tuple(dataclasses.replace(one, value=0.8 * one.value, typical=0.8 * one.typical) for one in old.roofs),
        environment={**old.environment, "torch": "2.99.0"},
    )
    old = dataclasses.replace(old, dirty=False, records=(*old.records[:40], *old.records[44:]))
    return between(old, new)


def comparison() -> Comparison:
    from perfsuite.judging.comparisons import Options

    side = {"label": "1234567 Before", "commit": "1234567", "path": "", "hash": "h"}
    cell = "matmul.ladder/{}/eager/cpu/64/1"
    rows = (
        Row(cell.format("mm"), "SLOWER", "", 1.1, 1.05, 1.2, 9, 1.0, base=1e-6),
        Row(cell.format("einsum"), "SAME", "", 1.0, 0.99, 1.01, 9, 1.0, base=2e-6),
        Row(cell.format("renamed"), "INCOMPARABLE", "only in HEAD"),
        Row(cell.format("broken"), "ERROR", "HEAD wrong: 64 of 64 elements are outside the tolerance"),
    )
    asked = Options(cells=(), selection="", command="python -m benchmarks compare HEAD")
    return Comparison(
        "20261122-120000-abcd", "2026-11-22", 1.0, False, side, side, asked, None, {}, "m", 9, {}, rows, {}
    )


def each(browser: Browser, pages: dict[str, Path]) -> Iterator[str]:
    """Each page, wide and light, and narrow and dark, everything unfolded."""
    for name, path in pages.items():
        for width, scheme in ((1400, "light"), (400, "dark")):
            browser.size(width, 900)
            browser.scheme(scheme)
            browser.open(path)
            browser.js("document.querySelectorAll('details').forEach((details) => { details.open = true })")
            yield f"{name}, {width}, {scheme}"


def press(browser: Browser, key: str, code: int, **more: Any) -> None:
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **more)


def choose(browser: Browser, name: str, value: str) -> None:
    browser.js(
        f"(() => {{ const field = document.querySelector('[data-table=cells] [data-facet={name}]');"
        f"field.value = {json.dumps(value)}; field.dispatchEvent(new Event('input', {{bubbles: true}})); }})()"
    )


# -- what axe-core and everyone needs ---------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.skipif(not AXE, reason="needs axe-core: npm install axe-core, and AXE=node_modules/axe-core/axe.min.js")
def test_axe_finds_nothing(browser: Browser, pages: dict[str, Path]):
    source = Path(AXE).read_text(encoding="utf-8")
    for where in each(browser, pages):
        browser.call("Runtime.evaluate", expression=source)
        found = browser.js(
            "axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations.map((one) =>"
            " [one.id, one.impact, one.nodes.length, one.nodes[0].target.join(' '), one.nodes[0].failureSummary]))"
        )
        assert not found, (where, found)


CONTRAST = """(() => {
  const number = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const luminance = (rgb) => {
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = number(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("svg")) continue;
    const style = getComputedStyle(element);
    const [high, low] = [luminance(number(style.color)), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) bad.push([walker.currentNode.data.trim().slice(0, 40), ratio]);
  }
  return bad.slice(0, 5);
})()"""


def test_every_text_has_contrast(browser: Browser, pages: dict[str, Path]):
    for where in each(browser, pages):
        assert browser.js(CONTRAST) == [], where


def test_the_check_of_contrast_can_fail(browser: Browser, tmp_path: Path):
    pale = tmp_path / "pale.html"
    pale.write_text("<!doctype html><p style='color: #aaa'>pale<p>dark")
    browser.open(pale)
    assert [text for text, _ in browser.js(CONTRAST)] == ["pale"]


def test_the_structure_can_be_heard(browser: Browser, pages: dict[str, Path]):
    for where in each(browser, pages):
        levels = browser.js("[...document.querySelectorAll('h1, h2, h3, h4')].map((head) => Number(head.tagName[1]))")
        assert levels[0] == 1 and levels.count(1) == 1, where
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), where
        for kind in ("main", "header", "footer"):
            assert browser.js(f"document.querySelectorAll('body > {kind}').length") == 1, where
        labels = browser.js(
            "[...document.querySelectorAll('[role=region], nav, section')].map("
            "(part) => part.getAttribute('aria-label')"
            " || document.getElementById(part.getAttribute('aria-labelledby'))?.firstChild.textContent)"
        )
        assert all(labels) and len(set(labels)) == len(labels), (where, labels)
        assert browser.js("[...document.querySelectorAll('input, select')].every((field) => field.labels.length === 1)")
        stuck = browser.js(
            "[...document.querySelectorAll('body *')].filter((box) => box.scrollWidth > box.clientWidth + 1"
            " && ['auto', 'scroll'].includes(getComputedStyle(box).overflowX) && box.tabIndex < 0).length"
        )
        assert stuck == 0, where  # whatever scrolls can be scrolled by keys


def test_the_first_cell_of_a_row_is_its_head(browser: Browser, pages: dict[str, Path]):
    """Without marks on each row, as in the index, and with them."""
    for name, number in (("cells", 11), ("component", 12)):
        browser.open(pages[name])
        row = "[data-table=cells] tbody tr:first-child"
        assert role(browser, f"{row} > :first-child") == "rowheader", name
        assert role(browser, f"{row} > :nth-child(2)") == "cell", name
        assert browser.js(f"document.querySelector('{row}').cells.length") == number


def role(browser: Browser, selector: str) -> str:
    """What an element is to a screen reader."""
    root = browser.call("DOM.getDocument", depth=0)["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
    (found,) = browser.call("Accessibility.getPartialAXTree", nodeId=node, fetchRelatives=False)["nodes"]
    return str(found["role"]["value"])


def test_what_scrolls_sideways_says_so(browser: Browser, pages: dict[str, Path]):
    said = 0
    for where in each(browser, pages):
        assert browser.js("document.documentElement.scrollWidth === innerWidth"), where
        browser.js("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        boxes = browser.js(
            "[...document.querySelectorAll('.scroll')].filter((box) => box.checkVisibility()).map((box) =>"
            " [box.scrollWidth > box.clientWidth + 1, box.previousElementSibling.checkVisibility()])"
        )
        assert all(wide == told for wide, told in boxes), where
        said += sum(told for _, told in boxes)
    assert said > 5


# -- the keyboard -----------------------------------------------------------------------------------------------------


def tabbed(browser: Browser, table: str, times: int) -> set[str]:
    """The links that the tabulator key reaches in so many strokes, from the filters of a table on."""
    browser.js(f"document.querySelector('[data-table={table}] button[type=reset]').focus()")
    reached: set[str] = set()
    for _ in range(times):
        press(browser, "Tab", 9)
        reached.add(browser.js("document.activeElement.href || ''"))
    return reached


def test_the_keyboard_reaches_every_cell(browser: Browser, pages: dict[str, Path]):
    browser.open(pages["cells"])
    links = browser.js(f"{ROWS}.map((row) => row.querySelector('a').href)")
    assert len(links) > 200 and set(links) <= tabbed(browser, "cells", len(links) + 60)


def test_a_cell_of_the_index_leads_to_its_row(browser: Browser, pages: dict[str, Path]):
    browser.open(pages["cells"])
    browser.js(f"{ROWS}[0].querySelector('a').focus()")
    browser.events.clear()
    press(browser, "Enter", 13, text="\r")
    while not any(event["method"] == "Page.loadEventFired" for event in browser.events):
        browser._next()
    assert browser.js("document.querySelector(':target').tagName") == "TBODY"


def test_a_heading_tells_its_meaning_to_the_keyboard_and_the_pointer(browser: Browser, pages: dict[str, Path]):
    tip = "(() => { const tip = document.getElementById('tip'); return tip.hidden ? '' : tip.textContent })()"
    still = [{"name": "prefers-reduced-motion", "value": "reduce"}]  # a scroll hides the meaning at the pointer
    browser.call("Emulation.setEmulatedMedia", features=still)
    browser.open(pages["component"])
    assert browser.js(tip) == ""
    browser.js("document.querySelector('.contents a:last-child').focus()")
    press(browser, "Tab", 9)
    assert browser.js("document.activeElement.closest('h2').id") == "ladder-title"
    assert browser.js(tip) == glossary.meaning("The ladder")
    assert browser.js("document.activeElement.getAttribute('aria-describedby')") == "tip"
    press(browser, "Escape", 27)
    assert browser.js(tip) == ""
    browser.js("document.activeElement.blur()")
    titles = browser.js("[...document.querySelectorAll('th[data-tip]')].map((head) => head.dataset.tip)")
    assert glossary.meaning("× hw") in titles
    for selector in ("[data-table=ladder] thead th:nth-child(2)", "#ladder-title"):
        browser.js(f"document.querySelector('{selector}').scrollIntoView({{block: 'center', behavior: 'instant'}})")
        browser.js("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        box = f"document.querySelector('{selector} > *').getBoundingClientRect()"
        x, y = browser.js(f"(({{left, top}}) => [left + 4, top + 8])({box})")
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        assert browser.js(tip) == browser.js(f"document.querySelector('{selector}').dataset.tip"), selector
        box = browser.js(
            "(({left, right, top}) => [left, right, top])(document.getElementById('tip').getBoundingClientRect())"
        )
        assert box[0] >= 0 and box[1] <= 1400 and box[2] >= 0
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=2, y=2)
        assert browser.js(tip) == ""


def test_each_heading_can_be_reached_and_each_command_copied(browser: Browser, pages: dict[str, Path]):
    for name, path in pages.items():
        browser.open(path)
        mute = browser.js(
            "[...document.querySelectorAll('[data-tip]')].filter("
            "(head) => !head.matches('[tabindex]') && !head.querySelector('a, button, [tabindex]')).length"
        )
        assert mute == 0, name
        commands = browser.js("document.querySelectorAll('.command').length")
        assert browser.js("document.querySelectorAll('button.copy').length") == commands, name
    assert browser.js("document.querySelectorAll('[data-tip]').length") > 3


def test_a_command_is_copied_or_selected(browser: Browser, pages: dict[str, Path]):
    browser.open(pages["component"])
    button = "document.querySelector('[data-table=cells] button.copy')"
    browser.js("navigator.clipboard.writeText = async (text) => { window.copied = text }")
    browser.js(f"{button}.click()")
    command = browser.js(f"{button}.nextElementSibling.textContent")
    assert " run -k matmul.ladder/" in command
    assert browser.js("window.copied") == command and browser.js(f"{button}.textContent") == "Copied"
    browser.open(pages["component"])
    browser.js("navigator.clipboard.writeText = async () => { throw new Error('not allowed') }")
    browser.js(f"{button}.click()")
    assert browser.js("getSelection().toString()") == command and browser.js(f"{button}.textContent") == "Selected"


def test_the_keyboard_reaches_every_changed_cell(browser: Browser, pages: dict[str, Path]):
    browser.open(pages["changes"])
    links = browser.js(f"{CHANGED}.map((row) => row.querySelector('a').href)")
    assert len(links) > 20 and set(links) <= tabbed(browser, "changes", len(links) + 40)


# -- the index --------------------------------------------------------------------------------------------------------


def test_the_index_filters_sorts_and_remembers(browser: Browser, pages: dict[str, Path]):
    browser.open(pages["cells"])
    shown = "document.querySelector('[data-table=cells] output').textContent.trim().replace(/\\s+/g, ' ')"
    visible = f"{ROWS}.filter((row) => !row.hidden)"
    every = browser.js(shown)
    assert every.split()[0] == every.split()[2]
    choose(browser, "bound", "overhead")
    choose(browser, "executor", "eager")
    assert set(browser.js(f"{visible}.map((row) => row.cells[9].textContent.trim())")) == {"overhead"}
    head = "document.querySelectorAll('[data-table=cells] thead th')[7].querySelector('button')"
    browser.js(f"{head}.click()")
    times = browser.js(f"{visible}.map((row) => row.cells[7].textContent.trim())")
    without = times.count("–")
    assert times[len(times) - without :] == ["–"] * without  # what has no time is last
    scale = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
    seconds = [float(one.split()[0].replace(",", "")) * scale[one.split()[1]] for one in times[: len(times) - without]]
    assert len(seconds) > 20 and seconds == sorted(seconds)
    address = browser.js("location.hash")
    browser.open(pages["cells"], address)
    assert browser.js(f"{visible}.map((row) => row.cells[7].textContent.trim())") == times


def test_skipped_cells_are_found_on_their_components_page(browser: Browser, pages: dict[str, Path]):
    browser.open(pages["cells"])
    choose(browser, "status", "skipped")
    first = f"{ROWS}.find((row) => !row.hidden)"
    link, told = browser.js(f"((row) => [row.querySelector('a').href, row.cells[0].textContent])({first})")
    path, _, fragment = link.partition("#")
    browser.open(Path(path.removeprefix("file://")), f"#{fragment}")
    chosen = "document.querySelector('[data-table=cells] [data-facet=status]').value"
    shown = "[...document.querySelectorAll('[data-table=cells] tbody')].filter((cell) => !cell.hidden).length"
    assert browser.js(chosen) == "skipped" and browser.js(shown) >= int(told.split()[0]) > 0


def test_without_scripts_the_changes_are_whole(browser: Browser, pages: dict[str, Path]):
    browser.open(pages["changes"])
    links = browser.js(f"{CHANGED}.map((row) => row.querySelector('a').href)")
    rows = browser.js("document.querySelectorAll('tbody tr').length")
    browser.scripts(False)
    browser.open(pages["changes"])
    assert browser.js(f"{CHANGED}.map((row) => row.querySelector('a').href)") == links
    seen = "[...document.querySelectorAll('tbody tr')].filter((row) => row.offsetHeight > 0 || row.closest('details'))"
    assert browser.js(f"{seen}.length") == rows > len(links) > 20
    assert browser.js("document.querySelectorAll('details > summary').length") == browser.js(
        "document.querySelectorAll('details').length"
    )


def test_without_scripts_the_index_and_the_findings_are_whole(browser: Browser, pages: dict[str, Path]):
    browser.scripts(False)
    browser.open(pages["cells"])
    assert browser.js(f"{ROWS}.every((row) => row.offsetHeight > 0 && row.cells.length === 11)")
    browser.open(pages["start"])
    assert browser.js("document.querySelectorAll('.card').length") == 3
    assert browser.js("document.querySelectorAll('button.copy, #tip, .sideways').length") == 0
    assert browser.js("[...document.querySelectorAll('.what')].every((link) => link.href.includes('glossary.html#'))")


def test_the_findings_are_on_the_first_screen(browser: Browser, pages: dict[str, Path]):
    browser.open(pages["start"])
    assert browser.js("[...document.querySelectorAll('.card')].every((card) => card.getBoundingClientRect().top < 500)")
    figures = browser.js(
        "[...document.querySelectorAll('.card img')].map((image) => image.getBoundingClientRect().bottom)"
    )
    assert len(figures) == 3 and max(figures) < 900
