"""The engine's folders import each other in one direction only; `docs/architecture.md` shows how, and is up to date.

``python tests/test_architecture.py`` writes the page anew.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "perfsuite"
PAGE = ROOT / "docs" / "architecture.md"
FOLDERS = (  # each imports those before it, and none after it
    *("model", "host", "project", "records", "measuring", "declaring", "proving", "isolation", "instruments"),
    "accounting",
    *(
        "workers",
        "tasks",
        "running",
        "sharding",
        "pairing",
        "judging",
        "explaining",
        "history",
        "calibration",
        "validation",
    ),
    *("reporting", "exporting", "scaffolding", "runners"),
)
MOST, LONGEST = 12, 300  # modules of a folder, and lines of a module
SAMPLE = {  # the way of one sample, from a variant to a page
    "measuring/prepared.py": "the variant, ready to be called",
    "measuring/timing.py": "a batch of its calls between two readings of the clock",
    "tasks/turns.py": "a launch: samples of all variants of a case, in turns, some answers judged",
    "workers/serving.py": "the worker's answer to its parent",
    "running/launching.py": "the launches of a run",
    "records/journal.py": "written down at once",
    "records/folding.py": "put together, with a status for each cell",
    "records/store.py": "the record file",
    "reporting/frame.py": "a table of estimates, distances and reasons",
    "reporting/html/page.py": "the page",
}
COMMIT = {  # the way of two commits to a verdict
    "project/trees.py": "both trees, laid beside each other",
    "judging/opening.py": "the cells to compare, and what need not be timed",
    "judging/proving.py": "each cell proved on both sides",
    "judging/session.py": "epochs, each in fresh workers",
    "pairing/pair.py": "one number for a cell in one process: both trees in turns",
    "pairing/sequential.py": "the test, which may be looked at after each number",
    "judging/comparisons.py": "written down at once",
    "judging/verdicts.py": "the verdict on each cell",
    "reporting/comparison/terminal.py": "what is printed",
}
LAID = {"misbehaviour", "attackers"}  # variants and components of their own, laid into a project where they are played


def modules(folder: Path = ENGINE) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.py")) if not LAID & set(path.parts)]


def imported(path: Path, root: Path = ROOT) -> Iterator[str]:
    """The modules and packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            own = path.relative_to(root).with_suffix("").parts[: -node.level or None]
            base = ".".join([*own[: len(own) if node.level else 0], *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def arrows() -> dict[str, set[str]]:
    """For each folder the others that it imports."""
    found: dict[str, set[str]] = {folder: set() for folder in FOLDERS}
    for path in modules():
        folder = path.relative_to(ENGINE).parts[0]
        if folder in found:
            names = [name.split(".") for name in imported(path)]
            found[folder] |= {name[1] for name in names if name[0] == "perfsuite" and len(name) > 1} - {folder}
    return found


def reduced(found: dict[str, set[str]]) -> dict[str, set[str]]:
    """``found`` without the arrows that a way over others makes superfluous."""

    def reached(folder: str) -> set[str]:
        return {folder}.union(*map(reached, found[folder]))

    return {
        folder: {to for to in others if not any(to in reached(other) for other in others - {to})}
        for folder, others in found.items()
    }


def first_line(folder: str) -> str:
    text = ast.get_docstring(ast.parse((ENGINE / folder / "__init__.py").read_text())) or ""
    return " ".join(text.split("\n\n")[0].split())


def steps(way: dict[str, str]) -> list[str]:
    return [f"{at}. `perfsuite/{path}`: {text}" for at, (path, text) in enumerate(way.items(), start=1)]


def page() -> str:
    found = reduced(arrows())
    lines = [
        f"    {folder} --> {to}" for folder in reversed(FOLDERS) for to in sorted(found[folder], key=FOLDERS.index)
    ]
    table = [f"| `perfsuite/{folder}` | {first_line(folder)} |" for folder in reversed(FOLDERS)]
    return "\n".join(
        [
            "# The engine's folders",
            "",
            "An arrow means *imports*; those that follow from others are left out. All point down the table: a folder",
            "imports only folders below it. `tests/test_architecture.py` holds this, and writes this page.",
            "",
            "```mermaid",
            "flowchart TD",
            *lines,
            "```",
            "",
            "| folder | what is in it |",
            "|---|---|",
            *table,
            "",
            "## One sample, from a variant to a page",
            "",
            *steps(SAMPLE),
            "",
            "## Two commits, to a verdict",
            "",
            *steps(COMMIT),
            "",
        ]
    )


def test_all_folders_are_in_the_order():
    assert {path.name for path in ENGINE.iterdir() if (path / "__init__.py").is_file()} == set(FOLDERS)


def test_imports_point_one_way():
    for folder, others in arrows().items():
        assert others <= set(FOLDERS[: FOLDERS.index(folder)]), f"{folder} imports {others}"


def test_the_engine_imports_nothing_of_the_project():
    for path in modules():
        tops = {name.split(".")[0] for name in imported(path)}
        assert not tops & {"benchmarks", "reports", "impls", "tests"}, path


def test_the_steps_that_are_told_exist():
    assert not [path for path in (*SAMPLE, *COMMIT) if not (ENGINE / path).is_file()]


def test_modules_are_small():
    for path in modules():
        assert len(path.read_text().splitlines()) <= LONGEST, path


def test_folders_are_small():
    for folder in FOLDERS:
        found = [path.name for path in (ENGINE / folder).glob("*.py") if path.name != "__init__.py"]
        assert len(found) <= MOST, f"{folder}: {found}"


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "write it anew: python tests/test_architecture.py"


def test_a_wrong_import_is_seen(tmp_path: Path):
    (tmp_path / "one").mkdir()
    text = "def f():\n    from perfsuite.running import session\n    from . import three\n"
    (tmp_path / "one" / "two.py").write_text(text)
    (path,) = modules(tmp_path)
    assert list(imported(path, tmp_path)) == ["perfsuite.running.session", "one.three"]


def test_functions_import_nothing_of_the_engine():
    for path in modules():
        tree = ast.parse(path.read_text())
        typing = [one for one in tree.body if isinstance(one, ast.If) and ast.unparse(one.test) == "TYPE_CHECKING"]
        top = [*tree.body, *(node for one in typing for node in one.body)]
        inner = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node not in top]
        ours = [node for node in inner if (node.module or "").split(".")[0] == "perfsuite"]
        assert not ours or path.name in ("worker.py", "checker.py", "__main__.py"), (
            path
        )  # which must set the path first


if __name__ == "__main__":
    PAGE.write_text(page())
