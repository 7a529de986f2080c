"""What the README and the pages of `docs/` show is what the commands print; what they name exists.

``python tests/test_readme.py`` writes all of it anew.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from perfsuite.calibration import calibrate, rates, spread, tally
from perfsuite.calibration.machines import tables
from perfsuite.records import store
from perfsuite.reporting import frame, glossary
from perfsuite.reporting.plots import drawing, figures
from perfsuite.reporting.text import terminal
from perfsuite.reporting.view import View

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
EXAMPLE = ROOT / "tests" / "data" / "example.jsonl.gz"
PICTURE = ROOT / "docs" / "ladder.svg"
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


def picture() -> str:
    """The ladder of the matrix product, of the run that the example is."""
    run = store.read(EXAMPLE)
    problem = run.problem("matmul.ladder")
    cells = View(run, frame.build(run), run.problems, start=True).of(problem).lead()
    drawn = figures.ladder(cells, problem.baseline)
    assert drawn is not None
    always = re.sub(r"@media \(prefers-color-scheme:dark\)\{:root\{[^}]*\}\}", "", drawing.svg(drawn.figure))
    return always.replace("<svg ", '<svg style="background:#fff" ', 1)  # dark on white, whatever the reader's scheme


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_what_the_command_prints(name: str):
    page, made = BLOCKS[name]
    inside = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", (ROOT / page).read_text(), re.DOTALL)
    assert inside is not None
    assert inside.group(1) == made(), "renew it with `python tests/test_readme.py`"


def test_the_picture_shows_each_variant_of_the_example():
    """Its paths depend on matplotlib's version; what is written in it does not."""
    written = {text.strip() for text in ElementTree.parse(PICTURE).getroot().itertext() if text.strip()}
    anew = {text.strip() for text in ElementTree.fromstring(picture()).itertext() if text.strip()}
    assert "c_kernel" in written and "prefers-color-scheme" not in PICTURE.read_text()
    assert written == anew, "renew it with `python tests/test_readme.py`"


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
    PICTURE.write_text(picture())
