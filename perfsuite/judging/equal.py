"""Which components have the same code in two trees: nothing of them can differ, so nothing of them need be timed.

The code of a component is its file and every file of the tree that it may import. Comments, docstrings, line numbers
and the way a line is broken are no code. Where a file may find others in a way that no import shows, the whole tree
counts; where it reads docstrings or line numbers, every letter does. What a variant does with the source of a function
(``inspect.getsource``) is taken for what it is done for: to compile it, or to name what was compiled of it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

REASON = "the code is the same, apart from comments, docstrings and line numbers: not timed"
# How a file may find another one of its tree, beside a relative import.
FINDS = {
    *("__file__", "__path__", "__spec__", "__loader__", "__cached__", "co_filename"),
    *("getabsfile", "getfile", "getmodule", "getsourcefile"),
    *("__import__", "import_module", "find_spec", "pkgutil", "resources", "runpy"),
}
RUNS = {"exec", "eval"}  # functions, where they are no methods: of text that may import anything
SYSTEM = {"modules", "path"}  # of sys
# How code may read what is said of it, and where it stands.
READS = {
    *("__doc__", "getdoc", "getcomments", "getsourcelines", "findsource"),
    *("f_lineno", "tb_lineno", "co_firstlineno", "co_lines", "co_linetable", "co_positions"),
}
ROOT = "__init__.py"


@dataclass(frozen=True)
class _File:
    """What matters of one file."""

    imports: tuple[str, ...]  # files of the tree, where they are there
    bounded: bool  # whether these are all that it can reach
    letters: bool  # whether its own text may matter to it


def same(base: Path, head: Path, components: Iterable[str]) -> set[str]:
    """Those of ``components`` whose code is the same in two ``impls`` folders; none where other files differ."""
    if _others(base) != _others(head):
        return set()
    trees = _Tree(base), _Tree(head)
    return {name for name in set(components) if _same(*trees, name)}


def _same(base: _Tree, head: _Tree, component: str) -> bool:
    """Whether ``component`` reaches the same code in both."""
    reached = base.reached(component)
    letters = base.letters(reached)
    return reached == head.reached(component) and all(
        _alike(base.path / name, head.path / name, letters) for name in reached
    )


def _alike(base: Path, head: Path, letters: bool) -> bool:
    """Whether two files hold the same code, or with ``letters`` the same text."""
    texts = base.read_bytes(), head.read_bytes()
    return texts[0] == texts[1] or (not letters and _code(texts[0]) == _code(texts[1]))


def _others(tree: Path) -> dict[str, str]:
    """Everything but Python: file below ``tree`` -> a hash of its content."""
    return {
        path.relative_to(tree).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(tree.rglob("*"))
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    }


class _Tree:
    """An ``impls`` folder, whose files are read when they are asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files: dict[str, _File] = {}

    def reached(self, component: str) -> set[str]:
        """The files that hold the code of ``component``; none where the tree does not have it."""
        found: set[str] = set()
        waiting = [f"{component.replace('.', '/')}.py"]
        while waiting:
            name = waiting.pop()
            if name in found or not name.endswith(".py") or not (self.path / name).is_file():
                continue
            found.add(name)
            file = self._file(name)
            if not file.bounded:
                return {path.relative_to(self.path).as_posix() for path in self.path.rglob("*.py")}
            waiting += [*_packages(name), *file.imports]
        return found

    def letters(self, names: Iterable[str]) -> bool:
        """Whether any of these files may see more of the text than what is compiled."""
        return any(self._file(name).letters for name in names)

    def _file(self, name: str) -> _File:
        if name not in self._files:
            module = _parsed((self.path / name).read_bytes())
            self._files[name] = _looked_through(module, name) if module else _File((), False, False)
        return self._files[name]


def _parsed(text: bytes) -> ast.Module | None:
    """A file as Python reads it; ``None`` where it does not."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _code(text: bytes) -> str | bytes:
    """What of a file is compiled, without its docstrings."""
    module = _parsed(text)
    if module is None:
        return text
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _documented(node):
            del node.body[0]
    return ast.dump(module)


def _documented(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _looked_through(module: ast.Module, name: str) -> _File:
    """What a parsed file called ``name`` reaches, and how."""
    beside = [node for node in ast.walk(module) if isinstance(node, ast.Call) and _beside(node)]
    known = {id(node.func.value.args[0]) for node in beside}  # type: ignore[attr-defined]
    imports = [f"{_folder(name, 1)}{node.args[0].value}" for node in beside]  # type: ignore[attr-defined]
    bounded, letters = True, False
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.level:
            imports += _imported(node, name)
            bounded = bounded and node.level <= name.count("/") + 1 and all(alias.name != "*" for alias in node.names)
        if id(node) not in known:
            words = set(_words(node))
            bounded = bounded and not words & FINDS and not _by_text(node)
            letters = letters or bool(words & READS)
    return _File(tuple(imports), bounded, letters)


def _beside(node: ast.Call) -> bool:
    """Whether it is ``Path(__file__).with_name("...")``, which names the file that it means."""
    return (
        ast.unparse(node.func) == "Path(__file__).with_name"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    )


def _folder(name: str, level: int) -> str:
    """The folder that so many dots mean in the file ``name``: "" or "matmul/"."""
    above = name.split("/")[:-level]
    return "".join(f"{part}/" for part in above)


def _imported(node: ast.ImportFrom, name: str) -> Iterator[str]:
    """The files that a relative import may mean: of a module, of a package, of what is taken out of either."""
    module = _folder(name, node.level) + (node.module or "").replace(".", "/")
    for path in (module, *(f"{module.rstrip('/')}/{alias.name}".lstrip("/") for alias in node.names)):
        stem = path.rstrip("/")
        yield f"{stem}.py"
        yield f"{stem}/{ROOT}" if stem else ROOT


def _packages(name: str) -> list[str]:
    """The files of the packages that ``name`` lies in: imported before it."""
    parts = name.split("/")[:-1]
    return [f"{''.join(f'{part}/' for part in parts[:depth])}{ROOT}" for depth in range(len(parts) + 1)]


def _words(node: ast.AST) -> Iterator[str]:
    """The names in a node, those that are given as text too."""
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word) | ast.Constant(value=str(word)):
            yield word
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases, level=0):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for text in (module, *(alias.name for alias in aliases)):
                yield from text.split(".")


def _by_text(node: ast.AST) -> bool:
    """Whether it may import by a name, or run what it is given as text, or names the tree as no file of it may."""
    match node:
        case ast.Name(id=word):
            return word in RUNS
        case ast.Attribute(value=ast.Name(id="sys"), attr=word):
            return word in SYSTEM
        case ast.ImportFrom(module="sys", names=aliases):
            return any(alias.name in SYSTEM for alias in aliases)
        case ast.Import(names=aliases):
            return any(alias.name.startswith("impls") for alias in aliases)
        case ast.ImportFrom(module=str(module), level=0):
            return module.startswith("impls")
    return False
