"""Where the attackers run: components that are cheap to run them on, and a tree in which each has its attackers."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.model.component import Case, Component
from perfsuite.model.record import Variant
from perfsuite.project import catalogue
from perfsuite.validation.fakes.kinds import ATTACKERS, GROUPS, KINDS, lesson

EACH = 3  # components of a family
WORTH = 2_000  # operations or bytes: with fewer, an attacker cannot save anything
COSTLY = 10**8  # operations or bytes: more would only take time
NEIGHBOURS = 2  # honest variants beside an attacker

FAKE = '''

def fake_{name}(*inputs):
    """{lesson}."""
    return _FAKES["{name}"](*inputs)
'''


@dataclass(frozen=True)
class Ground:
    """A component for the attackers: its case, its fastest and slowest honest variants, and the neighbours."""

    component: Component
    case: Case
    fast: Variant
    slow: Variant
    neighbours: tuple[Variant, ...]

    def cell(self, variant: str, device: str = "cpu") -> Cell:
        """The cell of a variant, whether an attacker or an honest one."""
        return Cell(self.component.name, variant, "eager", device, self.case.name, "1")

    def honest(self, slow: bool, device: str = "cpu") -> list[Cell]:
        """The cells beside the attacker; with ``slow``, the variant that it wraps is one of them."""
        names = [one.name for one in self.neighbours]
        names = [*dict.fromkeys([self.slow.name, *names[1:]] if slow else names)]
        return [self.cell(name, device) for name in names]


def ground(name: str) -> Ground | None:
    """Component ``name`` at its smallest case worth attacking; ``None`` if no variant runs on every machine."""
    component = catalogue.component(name)
    cases = sorted((case for case in component.cases if not case.opt_in), key=lambda case: _work(component, case))
    case = next((case for case in cases if _work(component, case) >= WORTH), cases[-1] if cases else None)
    if case is None:
        return None
    joining = [one for one in catalogue.variants(name) if not one.needs and one.name in (case.only or [one.name])]
    if not joining:
        return None
    plain = [one for one in joining if not one.prepared] or joining
    slow = next((one for one in plain if one.name == component.baseline), plain[0])
    return Ground(component, case, plain[-1], slow, tuple(joining[-NEIGHBOURS:]))


def _work(component: Component, case: Case) -> int:
    return max(component.flops(case), component.bytes(case))


def chosen(each: int = EACH) -> list[Ground]:
    """The cheapest components of every family, preferring those whose inputs are all tensors."""
    found: dict[str, list[tuple[Any, Ground]]] = {}
    for name, component in catalogue.components().items():
        if "cpu" in component.devices and not component.aliases and (one := ground(name)):
            work = _work(component, one.case)
            costs = (component.stream, not _only_tensors(one.fast), work > COSTLY, work < WORTH, work)
            found.setdefault(name.split(".")[0], []).append((costs, one))
    return [one for family in found.values() for _, one in sorted(family, key=lambda pair: pair[0])[:each]]


def _only_tensors(variant: Variant) -> bool:
    """Whether a variant takes only tensors, according to its annotations."""
    arguments = ast.parse(variant.source).body[0].args.args  # type: ignore[attr-defined]
    return all(one.annotation is not None and ast.unparse(one.annotation).endswith("Tensor") for one in arguments)


def lay(where: Path, grounds: Sequence[Ground]) -> Path:
    """Copy ``impls`` below ``where`` and add the attackers to the variants in the files of ``grounds``."""
    tree = where / "impls"
    shutil.copytree(catalogue.IMPLS, tree, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ATTACKERS, tree / "_fakes", ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "_fakes" / "__init__.py").write_text(
        '"""Attackers."""\n', encoding="utf-8"
    )  # asv must not import them here
    for one in grounds:
        path = (tree / Path(*one.component.name.split("."))).with_suffix(".py")
        with path.open("a", encoding="utf-8") as file:
            file.write(_source(one))
    return tree


def _source(one: Ground) -> str:
    """The source of the attackers, to be appended to the honest variants."""
    lines = ["", "", f"from .._fakes import {', '.join(f'{group} as _{group}' for group in GROUPS)}", ""]
    for way, variant in (("fast", one.fast), ("slow", one.slow)):
        call = f"{variant.name}(*inputs){'()' if variant.prepared else ''}"
        lines += ["", f"def _{way}(*inputs):", f"    return {call}", ""]
    lines += ["", "_FAKES = {"]
    for group, kinds in GROUPS.items():
        lines += [f'    "{name}": _{group}.{name}(_{"slow" if kinds[name].slow else "fast"}),' for name in kinds]
    return "\n".join([*lines, "}", *(FAKE.format(name=name, lesson=lesson(name)) for name in KINDS)])
