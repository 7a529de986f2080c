"""The text of a first component: a function or a module that is measured by itself, until variants are added."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perfsuite.scaffolding import functions, inputs
from perfsuite.scaffolding.functions import Folders, Target
from perfsuite.scaffolding.inputs import UNKNOWN, Call

WIDTH = 88  # of the lines that are written, as most formatters have it
TAKEN = ("torch", "component", "case", "generator")  # names with a meaning in the file
HINTS = (
    "The inputs of a call: edit them, and add cases for other sizes.",
    "Other ways to compute the same result are further variants.",
)
CASES = '{"n128": {"n": 128}}'


@dataclass(frozen=True)
class File:
    """A file with components of one module."""

    name: str  # below the folder of the components: "attention.py", "ops/attention.py"
    text: str
    components: tuple[str, ...]  # as the command line calls them: "attention.fused"
    unknown: tuple[str, ...]  # what could not be guessed, and must be edited


def file(targets: Sequence[Target], whole: bool = False, suffix: str = "") -> File:
    """The file with a component for each of ``targets``, which are in one module.

    Its name is that of the module, ``whole`` or without the package, and ends with ``suffix``.
    """
    module = targets[0].module
    parts = f"{module}{suffix}".split(".")
    parts = parts if whole or len(parts) == 1 else parts[1:]
    local = _local(module, targets)
    unknown: list[str] = []
    blocks = [_component(target, local, unknown, HINTS if target is targets[0] else ()) for target in targets]
    text = "\n\n".join([_head(module, local), *blocks])
    names = tuple(".".join((*parts, target.name)) for target in targets)
    return File("/".join(parts) + ".py", text, names, tuple(unknown))


def example(package: str, folders: Folders) -> File:
    """A file whose component is commented out: one of a function that the package has, to be edited."""
    target = next(_measurable(package, folders), Target(f"{package}.module", "function", None))
    made = file([target])
    lines = "".join(f"# {line}".rstrip() + "\n" for line in made.text.splitlines()[2:])
    head = (
        f'"""The first component of {package}: choose a function, and remove "# " from the lines below.\n\n'
        f"`perfsuite init {target.module}:{target.name}` writes such a file, uncommented.\n"
        '"""\n'
    )
    return File("example.py", f"{head}\n{lines}", (), ())


def _measurable(package: str, folders: Folders) -> Iterator[Target]:
    """Functions, then modules, that need tensors alone."""
    found = []
    for module in functions.modules(package, folders):
        if functions.imports_torch(module, folders):
            found += [functions.find(f"{module}:{name}", folders) for name in _tried(module, folders)]
    for kind in (ast.FunctionDef, ast.ClassDef):
        for target in found:
            call = inputs.call_of(target)
            made = inputs.made(target.node)[1] if isinstance(target.node, ast.ClassDef) else ()
            if isinstance(target.node, kind) and call.inputs and not call.passed and not made:
                yield target


def _tried(module: str, folders: Folders) -> Iterator[str]:
    for name in functions.public(module, folders):
        try:
            functions.find(f"{module}:{name}", folders)
        except ValueError:
            continue
        yield name


def _local(module: str, targets: Sequence[Target]) -> str:
    """The name of the module in the file, which is not that of a component."""
    name = module.split(".")[-1]
    taken = {*TAKEN, *(target.name for target in targets)}
    return f"{name}_module" if name in taken else name


def _head(module: str, local: str) -> str:
    above, _, name = module.rpartition(".")
    imported = f"from {above} import {name}" if above else f"import {name}"
    alias = f" as {local}" if local != name else ""
    return (
        f'"""What is measured of {module}."""\n\nimport torch\nfrom perfsuite import component\n\n{imported}{alias}\n'
    )


def _component(target: Target, local: str, unknown: list[str], hints: Sequence[str]) -> str:
    """The decorated function; parameters without a guess are added to ``unknown``."""
    call = inputs.call_of(target)
    is_class = isinstance(target.node, ast.ClassDef)
    variant, lacking = _module(target, local) if is_class else _function(target, local, call)
    unknown += [f"{target.name}({name})" for name in (*lacking, *call.unknown)]
    told = [f"variants={variant}", f"cases={CASES}", *(['mode="forward"'] if is_class else [])]
    line = f"@component({', '.join(told)})"
    if len(line) > WIDTH:
        line = "\n".join(["@component(", *(f"    {one}," for one in told), ")"])
    notes = list(hints)
    if is_class:
        notes.append('mode="backward" adds the gradients, mode="step" a step of the optimizer.')
    if call.defaults:
        notes.append(f"Left at their defaults: {', '.join(call.defaults)}.")
    if target.node is None:
        notes.append(f"The parameters of {target.name} are not in its source: these are a guess.")
    if lacking or call.unknown:
        notes.append(f"Replace {UNKNOWN} above: {', '.join((*lacking, *call.unknown))}.")
    body = [f"# {note}" for note in notes]
    if len(call.inputs) == 1:
        body.append(f"return {next(iter(call.inputs.values()))}")
    else:
        body += [f"{name} = {made}" for name, made in call.inputs.items()]
        body.append(f"return {', '.join(call.inputs) or '()'}")
    return "\n".join(
        [
            line,
            f"def {target.name}(case, generator):",
            f'    """How fast is {target.module}.{target.name}?"""',
            *(f"    {one}" for one in body),
            "",
        ]
    )


def _function(target: Target, local: str, call: Call) -> tuple[str, tuple[str, ...]]:
    """The variants of a function: itself, or a call of it where it takes more than tensors."""
    own = f"{local}.{target.name}"
    if not call.passed:
        same = target.node is not None and target.node.name == target.name  # a variant is called as its definition
        return f"[{own}]" if same else f'{{"{target.name}": {own}}}', ()
    passed = ", ".join(f"{name}={value}" if name else value for name, value in call.passed)
    taken = f" {', '.join(call.inputs)}" if call.inputs else ""
    return f'{{"{target.name}": lambda{taken}: {own}({passed})}}', ()


def _module(target: Target, local: str) -> tuple[str, tuple[str, ...]]:
    """The variants of a module: its class, or a function that makes it where it takes arguments."""
    assert isinstance(target.node, ast.ClassDef)
    own = f"{local}.{target.name}"
    arguments, lacking = inputs.made(target.node)
    if not arguments:
        return f"[{own}]", lacking
    return f'{{"{target.name}": lambda case: {own}({", ".join(arguments)})}}', lacking
