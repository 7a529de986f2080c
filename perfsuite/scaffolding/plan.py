"""What `perfsuite init` writes into a repository. Everything is prepared before anything is written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from perfsuite.project.declarations import DECORATED, WHOLE
from perfsuite.scaffolding import components, functions, repository, workflow, writing
from perfsuite.scaffolding.components import File
from perfsuite.scaffolding.functions import Target
from perfsuite.scaffolding.repository import Repository

IGNORED = "results/"
SAME = {"results", "results/", "/results", "/results/"}  # lines of .gitignore that say it already
ASSIGNED = re.compile(rf"^{WHOLE}\b", re.MULTILINE)


def carry_out(here: Path, references: Sequence[str]) -> Iterator[str]:
    """Write what is missing; yields a line for each file, and what to type next.

    Raises:
        ValueError: a function does not exist, or the repository is not one that can be measured; nothing is written.
    """
    place = repository.at(here, list(dict.fromkeys(map(functions.top, references))))
    folders = repository.folders(place)
    targets = [functions.find(reference, folders) for reference in dict.fromkeys(references)]
    files = [_free(place, some) for some in _by_module(targets)]
    table = _table(place)
    if not files and not _has_components(place):
        files = [components.example(next(iter(place.packages)), folders)]
    fresh = [file for file in files if not (place.root / place.benchmarks / file.name).exists()]
    yield from _settings(place, table)
    for file in files:
        yield _created(place, place.root / place.benchmarks / file.name, file.text)
    yield _gitignore(place)
    if all((place.root / folder).is_dir() for folder in place.packages.values()):
        yield _created(place, workflow.path(place), workflow.text(place))
    yield from _next(place, fresh if targets else files)


def _by_module(targets: Sequence[Target]) -> list[list[Target]]:
    found: dict[str, list[Target]] = {}
    for target in targets:
        found.setdefault(target.module, []).append(target)
    return list(found.values())


def _free(place: Repository, targets: Sequence[Target]) -> File:
    """The file for ``targets``; if their module has one already without them, another one beside it."""
    whole = len(place.packages) > 1  # two packages may have modules of one name
    file = components.file(targets, whole)
    path = place.root / place.benchmarks / file.name
    lacking = [target for target in targets if not _declares(path, target.name)]
    if not path.exists() or not lacking:
        return file
    return components.file(lacking, whole, suffix=f"_{lacking[0].name}")


def _declares(path: Path, name: str) -> bool:
    """Whether a file has a function of this name, which can be a component."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return re.search(rf"^def {name}\(", text, re.MULTILINE) is not None


def _has_components(place: Repository) -> bool:
    """Whether a component is declared."""
    paths = (place.root / place.benchmarks).rglob("*.py")
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    return any(DECORATED.search(text) or ASSIGNED.search(text) for text in texts)


def _table(place: Repository) -> list[str]:
    """The lines that pyproject.toml gets; none if it has the table.

    Raises:
        ValueError: they cannot be added at its end.
    """
    if place.table:
        return []
    names = ", ".join(f'"{name}"' for name in place.packages.values())
    package = names if len(place.packages) == 1 else f"[{names}]"
    lines = [
        "[tool.perfsuite]",
        f'benchmarks = "{place.benchmarks}" # the folder of the components',
        f"package = {package} # the code to measure, and to compare two commits of",
    ]
    if repository.finds_packages(place):
        found = ", ".join(f'"{name}", "{name}.*"' for name in place.packages)
        lines += ["", "[tool.setuptools.packages.find]", f"include = [{found}]"]
    try:
        tomllib.loads(writing.appended(place.pyproject, lines).decode())
    except tomllib.TOMLDecodeError as problem:
        raise ValueError(f"{place.pyproject} cannot get a table [tool.perfsuite] at its end: {problem}") from problem
    return lines


def _settings(place: Repository, lines: Sequence[str]) -> Iterator[str]:
    shown = place.shown(place.pyproject)
    if not lines:
        yield f"kept {shown}: it has [tool.perfsuite]"
        return
    existed = place.pyproject.exists()
    writing.append(place.pyproject, lines)
    yield f"added [tool.perfsuite] to {shown}" if existed else f"wrote {shown}"
    if any("setuptools" in line for line in lines):
        why = f"setuptools would take {place.benchmarks}/ for a package too, and refuse to build"
        yield f"added [tool.setuptools.packages.find] to {shown}: {why}"


def _gitignore(place: Repository) -> str:
    path = place.root / ".gitignore"
    shown = place.shown(path)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    if SAME & {line.strip() for line in lines}:
        return f"kept {shown}: it has {IGNORED}"
    existed = path.exists()
    writing.append(path, [IGNORED], apart=False)
    return f"added {IGNORED} to {shown}" if existed else f"wrote {shown}"


def _created(place: Repository, path: Path, text: str) -> str:
    shown = place.shown(path)
    return f"wrote {shown}" if writing.create(path, text) else f"kept {shown}: it exists"


def _next(place: Repository, files: Sequence[File]) -> Iterator[str]:
    """What to edit, if anything, and the next two commands."""
    for file in files:
        path = place.shown(place.root / place.benchmarks / file.name)
        if file.unknown:
            yield f"edit {path}: give a value for {', '.join(file.unknown)}"
        elif not file.components:
            yield f"edit {path}: it is commented out"
    first = next((name for file in files for name in file.components), "")
    yield "next:"
    yield "  perfsuite list"
    yield f"  perfsuite run -k {first}" if first else "  perfsuite run"
