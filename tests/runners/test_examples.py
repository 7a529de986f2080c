"""The example of three public libraries: its page shows the files as they stand, and its components are right."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
import shutil
from pathlib import Path
from typing import Any

import own
import pytest

from examples.libraries import regenerate

LIBRARIES = {library.name: library for library in regenerate.libraries()}
PAGE = regenerate.PAGE.read_text()
RENEW = "renew it with `python examples/libraries/regenerate.py`"


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> regenerate.Library:
    return LIBRARIES[request.param]


def section(library: regenerate.Library) -> str:
    """The part of the page on one library."""
    (found,) = (part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE) if part.startswith(f"{library.name} "))
    return found


def test_the_page_shows_the_files_as_they_stand(library: regenerate.Library):
    for block in regenerate.files(library):
        assert block in section(library), RENEW
    shown = re.findall(r"^```(?:toml|python)$", section(library), re.MULTILINE)
    assert len(shown) == len(library.files) == 2, RENEW


def test_the_page_shows_the_commands_and_what_they_printed(library: regenerate.Library):
    commands = [line.split()[2] for line in section(library).splitlines() if line.startswith("$ perfsuite ")]
    assert commands == [words[0] for words in library.commands] == ["list", "run", "compare", "profile"], RENEW
    assert " ".join(library.releases) in section(library) and "Intervals: each end" in section(library)


def test_an_explanation_stands_beside_its_verdict(library: regenerate.Library):
    for cause in library.causes:
        (verdict,) = re.findall(rf"^\*\*`{re.escape(cause.cell)}`: (\w+)", section(library), re.MULTILINE)
        assert (cause.text.strip() in section(library)) == (verdict == cause.verdict), RENEW
    assert {cause.verdict for cause in library.causes} & {"SLOWER", "FASTER"}
    assert "SAME" in {cause.verdict for cause in library.causes}


def test_the_page_names_nothing_of_the_machine_but_its_kind():
    assert not re.search(r"/(tmp|home|root|work|usr)/", PAGE)


ROW: dict[str, Any] = {"verdict": "SLOWER", "ratio": 1.5, "low": 1.4, "high": None, "counts": {}}
CAUSE = regenerate.Cause("a.b/c/eager/cpu/d/1", "SLOWER", "Because.", "mylib/x.py", "\n    old()\n", "\n    new()\n")


def sources(folder: Path, base: str, head: str) -> list[tuple[str, Path]]:
    for name, text in (("base", base), ("head", head)):
        (folder / name / "mylib").mkdir(parents=True)
        (folder / name / "mylib" / "x.py").write_text(text)
    return [("mylib==1", folder / "base"), ("mylib==2", folder / "head")]


def test_an_explanation_of_another_verdict_is_left_out():
    faster = {**ROW, "verdict": "FASTER", "ratio": 0.5}
    assert regenerate.told(CAUSE, faster, []) == (
        "**`a.b/c/eager/cpu/d/1`: FASTER, -50.0 % (+40.0 % … no bound).** "
        "The explanation at hand is one for SLOWER and is left out.\n"
    )


def test_lines_are_quoted_where_they_stand(tmp_path: Path):
    given = sources(tmp_path, "def f():\n    old()\n", "\n\ndef f():\n    new()\n")
    row = {**ROW, "counts": {"base": {"operators": 1, "views": 3}, "head": {"operators": 1000, "views": 3}}}
    assert regenerate.told(CAUSE, row, given) == (
        "**`a.b/c/eager/cpu/d/1`: SLOWER, +50.0 % (+40.0 % … no bound).**\nCounts: operators 1 → 1,000.\nBecause.\n\n"
        "```diff\n--- mylib==1 mylib/x.py, line 2\n-    old()\n+++ mylib==2 mylib/x.py, line 4\n+    new()\n```\n"
    )


@pytest.mark.parametrize(
    "base", ["def f():\n    new()\n", "def f():\n    old()\n    new()\n", "def f():\n    old(1)\n"]
)
def test_lines_that_do_not_stand_in_one_release_alone_are_not_quoted(base: str, tmp_path: Path):
    given = sources(tmp_path, base, "def f():\n    new()\n")
    with pytest.raises(ValueError, match=r"mylib/x.py of mylib==\d alone should have these lines:"):
        regenerate.told(CAUSE, ROW, given)


def test_a_cause_without_lines_is_text_alone():
    told = regenerate.told(dataclasses.replace(CAUSE, file=""), ROW, [])
    assert told.endswith("no bound).**\nBecause.\n")


@pytest.mark.long
def test_the_components_are_listed_and_right(library: regenerate.Library, tmp_path: Path):
    if not importlib.util.find_spec(library.name):
        pytest.skip(f"{library.name} is not installed")
    root = shutil.copytree(library.folder, tmp_path / "repo")
    listed = own.perfsuite(root, "list", "-k", "cpu").stdout.split()
    assert {cause.cell for cause in library.causes} <= set(listed) and library.profiled in listed
    done = own.perfsuite(root, "run", "--launches", "1", "--budget", "0.01", "-k", "cpu", "--json", "--no-report")
    found = {cell["cell"]: cell["status"] for cell in json.loads(done.stdout)["cells"]}
    assert found == dict.fromkeys(listed, "ok"), found
