"""Find components with the same code in two trees, whose times cannot differ and need not be measured.

The code of a component is its file and every file of the tree that it may import. Comments, docstrings, line numbers
and line breaks do not count as code. If a file may find others in a way that no import shows, the whole tree counts; if
it reads docstrings or line numbers, every character does. Reading the source of a function (``inspect.getsource``) is
assumed to be for compiling it or for naming the compiled result, so it does not make every character count.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from perfsuite.project import packages

REASON = "the code is the same, apart from comments, docstrings and line numbers: not timed"
# Names by which a file may find another file of its tree, other than a relative import.
FINDS = {
    *("__file__", "__path__", "__spec__", "__loader__", "__cached__", "co_filename"),
    *("getabsfile", "getfile", "getmodule", "getsourcefile"),
    *("__import__", "import_module", "find_spec", "pkgutil", "resources", "runpy"),
}
RUNS = {"exec", "eval"}  # functions, not methods, that run text, which may import anything
SYSTEM = {"modules", "path"}  # of sys
# Names by which code may read its own docstrings, comments and line numbers.
READS = {
    *("__doc__", "getdoc", "getcomments", "getsourcelines", "findsource"),
    *("f_lineno", "tb_lineno", "co_firstlineno", "co_lines", "co_linetable", "co_positions"),
}
ROOT = "__init__.py"


@dataclass(frozen=True)
class _File:
    """The relevant facts about one file."""

    imports: tuple[str, ...]  # files of the tree, if they exist
    bounded: bool  # whether these are all the files that it can reach
    letters: bool  # whether its own text may matter to it


def same(base: Path, head: Path, components: Iterable[str]) -> set[str]:
    """Those of ``components`` whose code is the same in two ``impls`` folders; none if non-Python files differ."""
    if _others(base) != _others(head):
        return set()
    trees = _Tree(base), _Tree(head)
    return {name for name in set(components) if _same(*trees, name)}


def whole(base: Path, head: Path) -> bool:
    """Whether all packages of two trees hold the same code and the same other files."""
    pairs = list(zip(packages.packages(base).values(), packages.packages(head).values(), strict=True))
    return all(_names(one) == _names(other) and _others(one) == _others(other) for one, other in pairs) and all(
        _alike(one / name, other / name, letters=False) for one, other in pairs for name in _names(one)
    )


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}


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
    """All non-Python files below ``tree``: path -> a hash of the content."""
    return {
        path.relative_to(tree).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(tree.rglob("*"))
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    }


class _Tree:
    """An ``impls`` folder, whose files are read on demand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files: dict[str, _File] = {}

    def reached(self, component: str) -> set[str]:
        """The files that hold the code of ``component``; none if the tree does not have it."""
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
        """Whether any of these files may read more of the text than the compiled code."""
        return any(self._file(name).letters for name in names)

    def _file(self, name: str) -> _File:
        if name not in self._files:
            module = _parsed((self.path / name).read_bytes())
            self._files[name] = _looked_through(module, name) if module else _File((), False, False)
        return self._files[name]


def _parsed(text: bytes) -> ast.Module | None:
    """The syntax tree of a file; ``None`` if Python cannot parse it."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _code(text: bytes) -> str | bytes:
    """The compiled part of a file, without its docstrings."""
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
    """Which files a parsed file called ``name`` reaches, and how."""
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
    """Whether it is ``Path(__file__).with_name("...")``, which names the file explicitly."""
    return (
        ast.unparse(node.func) == "Path(__file__).with_name"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    )


def _folder(name: str, level: int) -> str:
    """The folder that ``level`` dots stand for in the file ``name``: "" or "matmul/"."""
    above = name.split("/")[:-level]
    return "".join(f"{part}/" for part in above)


def _imported(node: ast.ImportFrom, name: str) -> Iterator[str]:
    """The files that a relative import may refer to: a module, a package, or what is imported from either."""
    module = _folder(name, node.level) + (node.module or "").replace(".", "/")
    for path in (module, *(f"{module.rstrip('/')}/{alias.name}".lstrip("/") for alias in node.names)):
        stem = path.rstrip("/")
        yield f"{stem}.py"
        yield f"{stem}/{ROOT}" if stem else ROOT


def _packages(name: str) -> list[str]:
    """The ``__init__`` files of the packages that contain ``name``, which are imported before it."""
    parts = name.split("/")[:-1]
    return [f"{''.join(f'{part}/' for part in parts[:depth])}{ROOT}" for depth in range(len(parts) + 1)]


def _words(node: ast.AST) -> Iterator[str]:
    """The names in a node, including those in strings."""
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word) | ast.Constant(value=str(word)):
            yield word
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases, level=0):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for text in (module, *(alias.name for alias in aliases)):
                yield from text.split(".")


def _by_text(node: ast.AST) -> bool:
    """Whether it may run text or import by name, or refers to the tree by an absolute name."""
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
