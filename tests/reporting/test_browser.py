"""The report in a real browser: nothing leaves the page, the script does what it says, every reader can read it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import made
import pytest
from chromium import Browser
from matplotlib.image import imread

from perfsuite.reporting.canvas.drawing import DARK, INK, PAPER
from perfsuite.reporting.view import anchor, page_of

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def usual(browser: Browser) -> None:
    """Each test begins with a wide, light page and with scripts."""
    browser.size(1280)
    browser.scheme("light")
    browser.scripts(True)


@pytest.fixture(scope="module")
def ladder(reports: dict[str, Path]) -> Path:
    return reports["realistic"] / "matmul.ladder.html"


def every_page(reports: dict[str, Path]) -> list[Path]:
    return sorted(path for folder in reports.values() for path in folder.glob("*.html"))


CELLS = "[...document.querySelectorAll('[data-table=cells] tbody')]"  # figures, and a row below that says why
VISIBLE = f"{CELLS}.filter((cell) => !cell.hidden).map((cell) => cell.rows[0])"
NAMES_SHOWN = f"{VISIBLE}.map((row) => row.cells[0].textContent)"


def click(browser: Browser, selector: str) -> None:
    browser.js(f"document.querySelector({json.dumps(selector)}).click()")


def choose(browser: Browser, name: str, value: str) -> None:
    browser.js(
        f"(() => {{ const field = document.querySelector('[data-table=cells] [data-facet={name}]');"
        f"field.value = {json.dumps(value)}; field.dispatchEvent(new Event('input', {{bubbles: true}})); }})()"
    )


def search(browser: Browser, words: str) -> None:
    """Type like a person: focus, then keys."""
    browser.js("document.querySelector('[data-table=cells] [data-search]').focus()")
    browser.call("Input.insertText", text=words)


def head(browser: Browser, table: str, title: str) -> str:
    """A selector for the button in a column's head."""
    at = browser.js(
        f"[...document.querySelectorAll('[data-table={table}] thead th')]"
        f".findIndex((head) => head.querySelector('bdi').textContent.trim() === {json.dumps(title)})"
    )
    return f"[data-table={table}] thead th:nth-child({at + 1}) button"


def test_nothing_leaves_a_page_and_nothing_complains(browser: Browser, reports: dict[str, Path]):
    for path in every_page(reports):
        browser.open(path)
        assert [address for address in browser.requests() if not address.startswith("data:")] == [path.as_uri()]
        assert not browser.complaints(), path
        assert browser.js("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")


def test_the_watch_for_requests_and_complaints_can_see_them(browser: Browser, tmp_path: Path):
    leaky = tmp_path / "leaky.html"
    leaky.write_text("<!doctype html><img src='http://127.0.0.1:9/x.png'><script>console.log(1); nothing()</script>")
    browser.open(leaky)
    assert "http://127.0.0.1:9/x.png" in browser.requests()
    assert len(browser.complaints()) >= 2


def test_the_policy_holds_against_what_gets_in(browser: Browser, ladder: Path):
    browser.open(ladder)
    blocked = browser.js(
        """new Promise((done) => {
          const seen = [];
          addEventListener("securitypolicyviolation", (event) => {
            seen.push(event.effectiveDirective);
            if (seen.length === 4) done(seen.sort());
          });
          const script = document.createElement("script");
          script.textContent = "window.hacked = true";
          const image = new Image();
          image.src = "https://example.invalid/x.png";
          const style = document.createElement("style");
          style.textContent = "body { display: none }";
          document.body.append(script, image, style);
          fetch("https://example.invalid/").catch(() => {});
          setTimeout(() => done(seen.sort()), 20000);
        })"""
    )
    assert blocked == ["connect-src", "img-src", "script-src-elem", "style-src-elem"]
    assert browser.js("window.hacked === undefined")


def test_hostile_names_stay_text(browser: Browser, reports: dict[str, Path]):
    run = made.hostile()
    for problem in run.problems:
        browser.open(reports["hostile"] / page_of(problem.name))
        assert browser.js("document.querySelector('h1').textContent") == problem.title
        assert not browser.complaints()  # an alert or an error would be one
        assert browser.js("document.querySelectorAll('script').length") == 1
        assert browser.js("[...document.images].filter((image) => !image.src.startsWith('data:')).length") == 0
        search(browser, made.HOSTILE[0][:8])
        assert browser.js(f"{VISIBLE}.length") > 0
        browser.reload()
        assert not browser.complaints()


def test_a_column_sorts_both_ways_and_back(browser: Browser, ladder: Path):
    browser.open(ladder)
    before = browser.js(NAMES_SHOWN)
    button = head(browser, "cells", "Time")
    keys = f"{VISIBLE}.map((row) => Number(row.cells[3].dataset.sort ?? 'NaN'))"
    state = f"document.querySelector({json.dumps(button)}).parentElement.getAttribute('aria-sort')"
    assert browser.js(state) == "none"
    for wanted, down in (("ascending", False), ("descending", True)):
        click(browser, button)
        assert browser.js(state) == wanted
        times = browser.js(keys)
        numbers = [time for time in times if time is not None]  # NaN comes back as null
        assert numbers == sorted(numbers, reverse=down) and len(numbers) > 100
        assert times[len(numbers) :] == [None] * (len(times) - len(numbers))  # what has no time is last, either way
    click(browser, button)
    assert browser.js(NAMES_SHOWN) == before and browser.js(state) == "none"


def test_a_column_sorts_by_keyboard(browser: Browser, ladder: Path):
    browser.open(ladder)
    rungs = "[...document.querySelectorAll('[data-table=ladder] tbody')]"
    before = browser.js(f"{rungs}.map((rung) => rung.textContent)")
    browser.js(f"document.querySelector({json.dumps(head(browser, 'ladder', 'Time, µs'))}).focus()")
    for kind in ("keyDown", "keyUp"):
        browser.call(
            "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13
        )
    times = browser.js(f"{rungs}.map((rung) => Number(rung.rows[0].cells[1].dataset.sort))")
    assert times == sorted(times) and len(times) == 12
    after = browser.js(f"{rungs}.map((rung) => rung.textContent)")
    assert after != before and sorted(after) == sorted(before)  # what is under a rung went with it


def test_filters_and_search_narrow_and_say_how_far(browser: Browser, ladder: Path):
    browser.open(ladder)
    shown = "document.querySelector('[data-table=cells] output').textContent.trim().replace(/\\s+/g, ' ')"
    assert browser.js(shown) == "418 of 418 cells"
    choose(browser, "device", "cpu")
    choose(browser, "status", "ok")
    assert browser.js(shown) == f"{len(browser.js(NAMES_SHOWN))} of 418 cells"
    choose(browser, "executor", "compile")
    names = browser.js(NAMES_SHOWN)
    assert names and all(name.endswith(":compile") for name in names)
    search(browser, "EINSUM 2048")
    assert set(browser.js(NAMES_SHOWN)) == {"einsum:compile"} and browser.js(shown).startswith("2 of")
    assert browser.js("document.querySelector('[data-table=cells] output').getAttribute('aria-live')") == "polite"
    click(browser, "[data-table=cells] button[type=reset]")
    browser.js("new Promise((done) => setTimeout(done, 50))")
    assert browser.js(shown) == "418 of 418 cells"


def test_the_address_holds_the_view(browser: Browser, ladder: Path):
    browser.open(ladder)
    choose(browser, "case", "512")
    choose(browser, "device", "cpu")
    search(browser, "mm")
    click(browser, head(browser, "cells", "Time"))
    address, names = browser.js("location.hash"), browser.js(NAMES_SHOWN)
    assert names and len(names) < 10
    browser.reload()
    assert browser.js(NAMES_SHOWN) == names
    browser.open(ladder, address)  # as a link that someone was sent
    assert browser.js(NAMES_SHOWN) == names
    assert browser.js("document.querySelector('[data-table=cells] [data-search]').value") == "mm"
    browser.open(ladder)
    assert len(browser.js(NAMES_SHOWN)) == 418


def test_an_address_from_elsewhere_breaks_nothing(browser: Browser, ladder: Path):
    browser.open(ladder, "#cells.sort=999%2B&cells.status=nonsense&x=%3Cscript%3E&cells.search=%00")
    assert not browser.complaints()
    cell = anchor("matmul.ladder/mm/eager/cpu/5x784x10/1")
    browser.open(ladder, f"#{cell}")
    assert len(browser.js(NAMES_SHOWN)) == 418
    assert browser.js("document.querySelector(':target').id") == cell


def has(picture: bytes, color: str) -> bool:
    """Whether some pixel of a picture has this colour."""
    wanted = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return bool((abs(imread(io.BytesIO(picture))[..., :3] - wanted).max(axis=-1) < 0.02).any())


def test_light_and_dark_reach_the_figures(browser: Browser, ladder: Path):
    box = "(({x, y, width, height}) => [x, y + scrollY, width, height])(document.images[0].getBoundingClientRect())"
    ours = {"light": ("#0072b2", INK, PAPER), "dark": (DARK["#0072b2"], DARK[INK], DARK[PAPER])}
    for scheme, others in (("light", "dark"), ("dark", "light")):
        browser.scheme(scheme)
        browser.open(ladder)
        x, y, width, height = browser.js(box)
        picture = browser.picture(x=x, y=y, width=width, height=height)
        assert all(has(picture, color) for color in ours[scheme]), scheme
        assert not any(has(picture, color) for color in ours[others][:1]), scheme


@pytest.mark.parametrize("width", [380, 1280])
def test_no_page_scrolls_sideways(browser: Browser, reports: dict[str, Path], width: int):
    browser.size(width)
    for path in every_page(reports):
        browser.open(path)
        browser.js("document.querySelectorAll('details').forEach((details) => { details.open = true })")
        assert browser.js("document.documentElement.scrollWidth") == width, path
        wide = browser.js(
            "[...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth).length"
        )
        assert width > 1000 or wide > 0  # tables scroll in their own box


def test_without_scripts_everything_is_there(browser: Browser, reports: dict[str, Path]):
    browser.scripts(False)
    for path in every_page(reports):
        browser.open(path)
        count = "document.querySelectorAll(`{}`).length"
        assert browser.js(count.format("th button")) == 0
        assert browser.js("[...document.querySelectorAll('form.filter')].every((form) => form.offsetHeight === 0)")
        rows = browser.js("[...document.querySelectorAll('tbody tr')].filter((row) => row.offsetHeight === 0).length")
        assert rows == 0
    browser.open(reports["realistic"] / "matmul.ladder.html")
    assert browser.js("document.querySelectorAll('[data-table=cells] tbody').length") == 418
    click(browser, "[data-table=ladder] summary")
    assert browser.js("document.querySelector('[data-table=ladder] pre').offsetHeight") > 50


def test_on_paper_nothing_is_cut_and_no_control_is_left(browser: Browser, ladder: Path):
    browser.scheme("light", media="print")
    browser.open(ladder)
    hidden = "[...document.querySelectorAll('.filter, .contents, .trail')].every((part) => part.offsetHeight === 0)"
    assert browser.js(hidden)
    assert browser.js("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"


def test_a_reader_without_a_mouse_or_eyes_finds_everything(browser: Browser, reports: dict[str, Path]):
    for path in every_page(reports):
        browser.open(path)
        tree = browser.call("Accessibility.getFullAXTree")["nodes"]
        for node in tree:
            role, name = node.get("role", {}).get("value"), node.get("name", {}).get("value", "")
            if role in ("button", "link", "image", "combobox", "searchbox", "table", "region") and not node["ignored"]:
                assert name.strip(), (path.name, role, node)
        roles = {node.get("role", {}).get("value") for node in tree}
        assert {"main", "banner", "heading", "table", "columnheader", "rowheader"} <= roles
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert browser.js("document.activeElement.className") == "skip"
