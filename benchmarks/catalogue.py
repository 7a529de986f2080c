"""What exists: variants read from the text of ``impls``, components, the cells they span, and how cells are chosen.

Names are read with ``ast``, so that listing needs no torch and asv sees today's names whatever commit it installs.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from benchmarks.cell import Cell
from benchmarks.component import Case, Component
from benchmarks.record import Problem, Variant

ROOT = Path(__file__).resolve().parent.parent
IMPLS = ROOT / "impls"
COMPONENTS = Path(__file__).parent / "components"


@cache
def components() -> dict[str, Component]:
    """Every component by name, families and files in alphabetical order."""
    return {name: component(name) for name in _names()}


@cache
def _names() -> tuple[str, ...]:
    return tuple(f"{path.parent.name}.{path.stem}" for path in sorted(COMPONENTS.glob("*/[!_]*.py")))


@cache
def component(name: str) -> Component:
    """The component called ``name``; no other is imported.

    Raises:
        ValueError: there is none, or its file calls it otherwise.
    """
    if name not in _names():
        raise ValueError(f"no component {name!r}: `python -m benchmarks list` names them")
    found: Component = importlib.import_module(f"benchmarks.components.{name}").COMPONENT
    if found.name != name:
        path = (COMPONENTS / Path(*name.split("."))).with_suffix(".py").relative_to(ROOT)
        raise ValueError(f"{path} calls itself {found.name!r}: rename it to {name!r}")
    return found


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


Match = Callable[[Cell], bool]


def expression(text: str) -> Match:
    """Read a ``-k`` expression: words that occur in the cell, ``and``, ``or``, ``not`` and brackets, as in pytest.

    Case does not matter. A word that is a whole cell stands for that cell alone.

    Raises:
        ValueError: the expression does not read.
    """
    tokens = re.findall(r"[()]|[^\s()]+", text)

    def fail() -> ValueError:
        return ValueError(f"-k {text!r} does not read: use words of a cell, `and`, `or`, `not` and brackets")

    def either() -> Match:
        left = both()
        while tokens and tokens[0] == "or":
            tokens.pop(0)
            left = (lambda a, b: lambda cell: a(cell) or b(cell))(left, both())
        return left

    def both() -> Match:
        left = term()
        while tokens and tokens[0] == "and":
            tokens.pop(0)
            left = (lambda a, b: lambda cell: a(cell) and b(cell))(left, term())
        return left

    def term() -> Match:
        token = tokens.pop(0) if tokens else ")"
        if token == "not":
            inner = term()
            return lambda cell: not inner(cell)
        if token == "(":
            inner = either()
            if not tokens or tokens.pop(0) != ")":
                raise fail()
            return inner
        if token in (")", "and", "or"):
            raise fail()
        return _word(token)

    match = either()
    if tokens:
        raise fail()
    return match


def _word(word: str) -> Match:
    try:
        wanted = Cell.parse(word)
    except ValueError:
        return lambda cell: word.lower() in str(cell).lower()
    return lambda cell: cell == wanted


def select(cells: Sequence[Cell], text: str) -> list[Cell]:
    """The cells that match a ``-k`` expression, in their order.

    Raises:
        ValueError: the expression does not read, or matches nothing.
    """
    match = expression(text)
    found = [cell for cell in cells if match(cell)]
    if not found:
        raise ValueError(f"-k {text!r} matches no cell: `python -m benchmarks list` prints all of them")
    return found


def opt_in() -> dict[tuple[str, str], str]:
    """Component and case of what runs only when it is asked for by name, and why."""
    return {(one.name, case.name): case.opt_in for one in components().values() for case in one.cases if case.opt_in}


def usual(cells: Iterable[Cell], text: str = "") -> list[Cell]:
    """``cells`` without the opt-in cases that ``text``, a ``-k`` expression, does not name."""
    apart = opt_in()
    return [cell for cell in cells if (cell.component, cell.case) not in apart or cell.case.lower() in text.lower()]


def asked(cells: Sequence[Cell], text: str) -> list[Cell]:
    """The cells that match a ``-k`` expression, without the opt-in cases that it does not name.

    Raises:
        ValueError: the expression does not read, matches nothing, or only cases that it would have to name.
    """
    found = select(cells, text)
    named = usual(found, text)
    if not named:
        names = ", ".join(sorted({cell.case for cell in found}))
        raise ValueError(f"-k {text!r} matches only cases that must be named: add {names} to it")
    return named
