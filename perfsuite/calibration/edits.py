"""Edits that change the text of a tree but not what it does; a detector must not call them a slowdown.

Each uses a random generator, so that every session gets a different tree.
"""

from __future__ import annotations

import ast
import random
from pathlib import Path


def no_op(tree: Path, rng: random.Random) -> list[str]:
    """Edit all modules of the families below ``tree`` in place; returns the names of the edits."""
    ways = rng.sample(EDITS, rng.randint(1, len(EDITS)))
    for path in sorted(tree.glob("*/[!_]*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for way in ways:
            way(module, rng)
        text = ast.unparse(ast.fix_missing_locations(module))
        path.write_text(_comments(text, rng), encoding="utf-8")
    return [way.__name__.strip("_") for way in ways]


def _rename_locals(module: ast.Module, rng: random.Random) -> None:
    """Give every local variable of every top-level function another name."""
    for function in module.body:
        if isinstance(function, ast.FunctionDef) and not _has_inner_scopes(function):
            fixed = {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}
            fixed |= {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
            stored = {
                node.id
                for node in ast.walk(function)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in fixed
            }
            names = {name: f"{name}_{rng.randrange(10**6)}" for name in sorted(stored)}
            for node in ast.walk(function):
                if isinstance(node, ast.Name) and node.id in names:
                    node.id = names[node.id]


def _has_inner_scopes(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef) and node is not function
        for node in ast.walk(function)
    )


def _unused_function(module: ast.Module, rng: random.Random) -> None:
    """Add an unused function at a random place."""
    extra = ast.parse(f"def _unused_{rng.randrange(10**6)}(x):\n    return x + {rng.randrange(1000)}\n").body[0]
    module.body.insert(rng.randint(_first_function(module), len(module.body)), extra)


def _reorder_functions(module: ast.Module, rng: random.Random) -> None:
    """Shuffle the functions at the end of the module."""
    tail = len(module.body)
    while tail > 0 and _plain_function(module.body[tail - 1]):
        tail -= 1
    functions = module.body[tail:]
    rng.shuffle(functions)
    module.body[tail:] = functions


def _plain_function(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and not node.decorator_list


def _first_function(module: ast.Module) -> int:
    functions = [at for at, node in enumerate(module.body) if isinstance(node, ast.FunctionDef)]
    return functions[0] if functions else len(module.body)


def _comments(text: str, rng: random.Random) -> str:
    """Add a comment of random length above each top-level function."""
    lines = []
    for line in text.splitlines():
        if line.startswith("def "):
            lines.append("# " + "x" * rng.randrange(80))
        lines.append(line)
    return "\n".join(lines) + "\n"


EDITS = (_rename_locals, _unused_function, _reorder_functions)
