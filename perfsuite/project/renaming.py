"""A copy of a package under another name: the imports of its own modules by their full names are rewritten.

So two commits of one package live in one process. The copy is text on disk, so that tracebacks, the line numbers of
functions and worker processes however they are started see what is there; lines keep their numbers.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Mapping
from pathlib import Path

FROM = re.compile(rb"from(?:\s|\\\r?\n)+")


def rename(folder: Path, names: Mapping[str, str]) -> None:
    """Rewrite the files below ``folder`` in place: imports of the packages in ``names`` get their new names."""
    for path in folder.rglob("*.py"):
        text = path.read_bytes()
        changed = renamed(text, names)
        if changed != text:
            path.write_bytes(changed)


def renamed(text: bytes, names: Mapping[str, str]) -> bytes:
    """The text of a module with its imports rewritten, wherever they stand; as it is where it is no valid Python."""
    if not any(name.encode() in text for name in names):
        return text
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(text).readline)
        module = ast.parse(text)
    except (SyntaxError, ValueError):
        return text
    if not encoding.startswith("utf-8"):  # the columns of a syntax tree are those of UTF-8
        return text
    starts = _line_starts(text)
    spans: list[tuple[int, int, bytes]] = []
    for node in ast.walk(module):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        if isinstance(node, ast.Import):
            if any(_new(alias.name, names) for alias in node.names):
                lines = text[first:last].count(b"\n")
                end = b" \\\r\n" if b"\r\n" in text[first:last] else b" \\\n"
                spans.append((first, last, _imports(node, names).encode() + end * lines))
        elif not node.level and node.module and (new := _new(node.module, names)):
            found = FROM.match(text, first)
            assert found is not None
            spans.append((found.end(), found.end() + len(node.module.encode()), new.encode()))
    for first, last, new_text in sorted(spans, reverse=True):
        text = text[:first] + new_text + text[last:]
    return text


def _line_starts(text: bytes) -> list[int]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _new(module: str, names: Mapping[str, str]) -> str:
    """What ``module`` is called now; "" if that has not changed."""
    top, dot, rest = module.partition(".")
    return f"{names[top]}{dot}{rest}" if top in names else ""


def _imports(node: ast.Import, names: Mapping[str, str]) -> str:
    """The statement under the new names; what it binds keeps its own."""
    said = []
    for alias in node.names:
        new, top = _new(alias.name, names), alias.name.split(".")[0]
        if not new:
            said.append(f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else ""))
        elif alias.asname:
            said.append(f"import {new} as {alias.asname}")
        else:
            said += [f"import {new}"] * (alias.name != top) + [f"import {names[top]} as {top}"]
    return "; ".join(said)
