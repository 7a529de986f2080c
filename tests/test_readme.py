"""What the README and the pages of `docs/` show is what the commands print; what they name exists.

``python tests/test_readme.py`` writes all of it anew.
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from perfsuite.calibration import calibrate, rates, spread, tally
from perfsuite.calibration.machines import tables
from perfsuite.model.record import Run
from perfsuite.records import store
from perfsuite.reporting import frame, glossary
from perfsuite.reporting.canvas.drawing import Drawing
from perfsuite.reporting.canvas.svg import svg
from perfsuite.reporting.plots.breakeven import breakeven, paybacks
from perfsuite.reporting.plots.curves import curves
from perfsuite.reporting.plots.ladder import ladder
from perfsuite.reporting.text import terminal
from perfsuite.reporting.view import View

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
EXAMPLE = ROOT / "tests" / "data" / "example.jsonl.gz"
WIDTH = 100
SHOWN = ("smallops.row_sum", "5000x10")  # a component and a case, which the README shows of the example


def blocks() -> list[list[str]]:
    """What the command prints of the example, as blocks of lines between empty ones."""
    shown = terminal.show(store.read(EXAMPLE), color=False, width=WIDTH)
    return [[line.rstrip() for line in block.splitlines()] for block in shown.strip().split("\n\n")]


def fenced(blocks: list[list[str]]) -> str:
    return "\n".join(["```text", *"\n\n".join("\n".join(block) for block in blocks).splitlines(), "```", ""])


def example() -> str:
    return fenced(blocks())


def excerpt() -> str:
    component, case = SHOWN
    found = blocks()
    at = next(at for at, block in enumerate(found) if block[0].startswith(component))
    return fenced([found[at], next(block for block in found[at:] if block[0].startswith(f"{case} "))])


def calibration() -> str:
    return f"\n{tables(calibrate.EVIDENCE, lambda path: rates.table(calibrate.load(path)))}\n"


def peers_table() -> str:
    return f"\n{tables(calibrate.EVIDENCE / 'peers', lambda path: tally.table(tally.load(path)))}\n"


def spread_table() -> str:
    return f"\n{tables(calibrate.EVIDENCE / 'spread', lambda path: spread.table(spread.load(path)))}\n"


BLOCKS: dict[str, tuple[str, Callable[[], str]]] = {  # by their name: the page, and what it must hold
    "excerpt": ("README.md", excerpt),
    "example": ("docs/example.md", example),
    "calibration": ("docs/comparing.md", calibration),
    "spread": ("docs/comparing.md", spread_table),
    "peers": ("docs/comparing.md", peers_table),
    "glossary": ("docs/glossary.md", glossary.markdown),
}


def view(run: Run, component: str) -> View:
    """The page of one component."""
    return View(run, frame.build(run), run.problems, start=True).of(run.problem(component))


@functools.cache
def archived() -> Run:
    """The largest run of the archive."""
    return store.read(
        max((ROOT / "benchmarks" / "evidence").glob("*/*.jsonl.gz"), key=lambda path: path.stat().st_size)
    )


def ladder_picture() -> Drawing | None:
    """The ladder of the matrix product, of the run that the example is."""
    page = view(store.read(EXAMPLE), "matmul.ladder")
    cells = page.lead()
    assert cells is not None
    return ladder(cells, page.problem.baseline, page.colors)


def sizes_picture() -> Drawing | None:
    """The matrix product of square matrices, of the archive's largest run."""
    page = view(archived(), "matmul.ladder")
    cells = page.frame[(page.frame["series"] == "square float32") & (page.frame["threads"] == "1")]
    return curves(cells, page.problem.baseline, page.run.roofs, page.colors)


def breakeven_picture() -> Drawing | None:
    """When compiling pays off for a softmax, of the archive's largest run."""
    page = view(archived(), "losses.softmax")
    found = [pair for cells in page.groups() for pair in paybacks(cells) if pair.calls < math.inf]
    return breakeven(found, page.colors)


PICTURES: dict[str, tuple[Callable[[], Drawing | None], str]] = {  # by file in docs: how it is drawn, a word in it
    "ladder.svg": (ladder_picture, "c_kernel"),
    "sizes.svg": (sizes_picture, "hardware limit"),
    "breakeven.svg": (breakeven_picture, "shifted:compile"),
}


def picture(name: str) -> str:
    """A picture of the README: dark on white, whatever the reader's scheme."""
    drawn = PICTURES[name][0]()
    assert drawn is not None
    return svg(drawn.figure, dark=False).replace("<svg ", "<svg style='background:#fff' ", 1)


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_what_the_command_prints(name: str):
    page, made = BLOCKS[name]
    inside = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", (ROOT / page).read_text(), re.DOTALL)
    assert inside is not None
    assert inside.group(1) == made(), "renew it with `python tests/test_readme.py`"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_the_report_draws(name: str):
    path = ROOT / "docs" / name
    written = path.read_text()
    assert written == picture(name), "renew it with `python tests/test_readme.py`"
    assert PICTURES[name][1] in ElementTree.fromstring(written).itertext()
    assert "prefers-color-scheme" not in written and len(written) < 60_000
    assert re.search(rf"!\[[^]]{{40,}}\]\(docs/{name}\)", README), (
        "the README shows it, with a text for who cannot see it"
    )


def test_the_pages_that_are_linked_exist():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / link).is_file(), f"{page.name} links {link}"


def test_the_sessions_that_the_readme_names_exist():
    sessions = set(re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(), re.MULTILINE))
    named = set(re.findall(r"nox -s (\w+)", README))
    assert named <= sessions and {"bench", "tests"} <= named


def test_the_dependency_groups_are_whole():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    included = {item["include-group"] for group in groups.values() for item in group if isinstance(item, dict)}
    assert included <= set(groups)


if __name__ == "__main__":
    for name, (page, made) in BLOCKS.items():
        path, text = ROOT / page, made()
        pattern = rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)"
        path.write_text(re.sub(pattern, lambda _, text=text: text, path.read_text(), flags=re.DOTALL))
    for name in PICTURES:
        (ROOT / "docs" / name).write_text(picture(name))
