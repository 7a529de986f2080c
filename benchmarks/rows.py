"""The rows of the catalogue, each a technique or a claim to measure, and what of the project measures them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks import catalogue

FILE = Path(__file__).parent / "rows.tsv"


@dataclass(frozen=True)
class Row:
    """One row of the catalogue."""

    id: str  # "MM-01"
    family: str  # the folder of impls that it belongs to
    title: str


@cache
def rows() -> tuple[Row, ...]:
    """All rows, family by family."""
    return tuple(Row(*line.split("\t")) for line in FILE.read_text(encoding="utf-8").splitlines())


def measured() -> Mapping[str, tuple[str, ...]]:
    """The components that measure each row; none for a row that nobody has built."""
    components = catalogue.components().values()
    return {row.id: tuple(one.name for one in components if row.id in one.rows) for row in rows()}


def table(tree: Path = catalogue.IMPLS) -> str:
    """Each row with its components and their variants, as text."""
    found = measured()
    width = max(len(row.title) for row in rows())
    lines = []
    for row in rows():
        head = f"{row.id}  {row.title:<{width}}  "
        for name in found[row.id]:
            names = ", ".join(variant.name for variant in catalogue.variants(name, tree))
            lines.append(f"{head}{name}: {names}")
            head = " " * len(head)
        if not found[row.id]:
            lines.append(f"{head}not built yet")
    for name, component in catalogue.components().items():
        for own in [row for row in component.rows if row not in found]:  # of a component that somebody added
            names = ", ".join(variant.name for variant in catalogue.variants(name, tree))
            lines.append(f"{own}  {component.title:<{width}}  {name}: {names}")
    built = sum(bool(names) for names in found.values())
    return "\n".join([*lines, "", f"{built} of {len(found)} rows of the catalogue are measured"])
