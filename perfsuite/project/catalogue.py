"""What exists: variants read from the text of ``impls``, components, the cells they span, and how cells are chosen.

Names are read with ``ast``, so that listing needs no torch and asv sees today's names whatever commit it installs.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from perfsuite.model.cell import Cell
from perfsuite.model.component import Case, Component
from perfsuite.model.record import Problem, Variant
from perfsuite.project.settings import TABLE, project

PROJECT = project()
ROOT = PROJECT.root
IMPLS = ROOT / PROJECT.variants
COMPONENTS = ROOT / Path(*PROJECT.components.split("."))


@cache
def components() -> dict[str, Component]:
    """Every component by name, families and files in alphabetical order."""
    return {name: component(name) for name in _names()}


@cache
def _names() -> tuple[str, ...]:
    for what, folder in (("components", COMPONENTS), ("variants", IMPLS)):
        if not folder.is_dir():
            told = f"[tool.perfsuite] in {ROOT / TABLE} says where they are"
            raise ValueError(f"no {what}: {folder} is not there; {told}")
    return tuple(f"{path.parent.name}.{path.stem}" for path in sorted(COMPONENTS.glob("*/[!_]*.py")))


@cache
def component(name: str) -> Component:
    """The component called ``name``; no other is imported.

    Raises:
        ValueError: there is none, or its file calls it otherwise.
    """
    if name not in _names():
        raise ValueError(f"no component {name!r}: `python -m benchmarks list` names them")
    found: Component = importlib.import_module(f"{PROJECT.components}.{name}").COMPONENT
    if found.name != name:
        raise ValueError(f"{declared_in(name)} calls itself {found.name!r}: rename it to {name!r}")
    return found


def declared_in(name: str) -> str:
    """The file that declares component ``name``, as people call it: from the root of the project."""
    return (COMPONENTS / Path(*name.split("."))).with_suffix(".py").relative_to(ROOT).as_posix()


@cache
def variants(name: str, tree: Path = IMPLS) -> tuple[Variant, ...]:
    """The variants of component ``name`` in ``tree``, an ``impls`` folder, in ladder order; none without its file.

    Raises:
        ValueError: the file is no Python.
    """
    path = tree / Path(*name.split(".")).with_suffix(".py")
    if not path.exists():
        return ()
    text = path.read_text(encoding="utf-8")
    try:
        module = ast.parse(text)
    except SyntaxError as problem:
        raise ValueError(f"{path} is not valid Python: {problem}") from problem
    public = [node for node in module.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    return tuple(_variant(node, text) for node in public)


def _variant(node: ast.FunctionDef, text: str) -> Variant:
    lines = text.splitlines()
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    source = "\n".join(lines[first - 1 : node.end_lineno])
    doc = ast.get_docstring(node) or ""
    needs: tuple[str, ...] = ()
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).split(".")[-1] == "needs":
            needs = tuple(ast.literal_eval(word) for word in mark.args)
    return Variant(
        name=node.name,
        lesson=" ".join(doc.split("\n\n")[0].split()),
        doc=doc,
        source=source,
        hash=hashlib.sha256(source.encode()).hexdigest()[:16],
        needs=needs,
        prepared=any(ast.unparse(mark).split(".")[-1] == "prepared" for mark in node.decorator_list),
    )


def cells(component: Component, tree: Path = IMPLS) -> list[Cell]:
    """All cells of ``component``: case by case, and in each the ladder in order."""
    found = []
    for device in component.devices:
        for case in component.cases:
            ways = [
                (variant.name, executor)
                for variant in variants(component.name, tree)
                if not (case.only and variant.name not in case.only)
                and not (device == "cuda" and "cpu" in variant.needs)
                and not (device == "cpu" and "cuda" in variant.needs)
                for executor in _executors(component, case, variant, device)
            ]
            for threads in case.threads:
                found += [Cell(component.name, *way, device, case.name, threads) for way in ways]
                cold = [variant for variant, executor in ways if executor == "eager" and variant in case.cold]
                found += [Cell(component.name, name, "eager", device, case.name, threads, cold=True) for name in cold]
    return found


def _executors(component: Component, case: Case, variant: Variant, device: str) -> Iterable[str]:
    yield "eager"
    compiled = component.compiled if case.compiled is None else case.compiled
    if variant.name in compiled and not variant.prepared:
        yield "compile"
    if variant.name in component.graphed and not variant.prepared and device == "cuda":
        yield "cudagraph"


def all_cells(tree: Path = IMPLS) -> list[Cell]:
    """Every cell of every component."""
    return [cell for component in components().values() for cell in cells(component, tree)]


def operators(name: str, tree: Path = IMPLS) -> set[str]:
    """The operators that the file of component ``name`` registers under names that are written out whole.

    torch keeps one operator of a name in a process: of two trees that register it, both would call the later one's.
    """
    path = tree / Path(*name.split(".")).with_suffix(".py")
    if not path.exists():
        return set()
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("custom_op", "Library", "define"):
            found |= {str(word.value) for word in node.args[:1] if isinstance(word, ast.Constant)}
    return found


def libraries(name: str, tree: Path = IMPLS) -> set[str]:
    """The packages that the file of component ``name`` imports, wherever it does, by their top-level names."""
    path = tree / Path(*name.split(".")).with_suffix(".py")
    if not path.exists():
        return set()
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def _work(component: Component) -> dict[str, str]:
    """Variant -> what it does that the others do not, and why contents that it has just seen may be quick."""
    both = (component.work, component.quick_again)
    return {name: " ".join(filter(None, (one.get(name) for one in both))) for name in {**both[0], **both[1]}}


def problem(component: Component, tree: Path = IMPLS) -> Problem:
    """What a report tells of ``component``, sources included."""
    return Problem(
        name=component.name,
        title=component.title,
        question=component.question,
        rows=component.rows,
        baseline=component.baseline,
        version=component.version,
        variants=variants(component.name, tree),
        cases=tuple(case.name for case in component.cases),
        stream=component.stream and not component.timeline,
        work=_work(component),
        published=dict(component.published),
        published_case=component.published_case,
        left_out=dict(component.left_out),
    )


def tree_hash(tree: Path) -> str:
    """A hash of all files of an ``impls`` folder, names and contents; what Python writes there itself is left out."""
    digest = hashlib.sha256()
    for path in sorted(tree.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(tree).as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
