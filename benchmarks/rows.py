"""The rows of the catalogue, each a technique or a claim to measure, and the components that measure them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from perfsuite.model.record import Record
from perfsuite.project import catalogue
from perfsuite.records import archive

FILE = Path(__file__).parent / "rows.tsv"


@dataclass(frozen=True)
class Row:
    """One row of the catalogue."""

    id: str  # "MM-01"
    family: str  # the folder in impls that it belongs to
    title: str


@cache
def rows() -> tuple[Row, ...]:
    """All rows, family by family."""
    return tuple(Row(*line.split("\t")) for line in FILE.read_text(encoding="utf-8").splitlines())


def measured() -> Mapping[str, tuple[str, ...]]:
    """The components that measure each row; empty for a row without a component."""
    components = catalogue.components().values()
    return {row.id: tuple(one.name for one in components if row.id in one.rows) for row in rows()}


def table(tree: Path = catalogue.IMPLS) -> str:
    """Each row with its components, their variants, and the state of these in the archived runs."""
    found, runs = measured(), archive.runs()
    records = archive.records(runs)
    lines = []
    for row in rows():
        lines.append(f"{row.id}  {row.title}" + ("" if found[row.id] else "  · not built yet"))
        for name in found[row.id]:
            lines += _component(name, tree, records.get(name, ()))
    for name, component in catalogue.components().items():
        for own in [row for row in component.rows if row not in found]:  # of a component that was added later
            lines += [f"{own}  {component.title}", *_component(name, tree, records.get(name, ()))]
    built = sum(bool(names) for names in found.values())
    where = ", ".join(f"{run.started[:10]} on {run.machine_class}" for run in runs) or "none"
    return "\n".join([*lines, "", f"{built} of {len(found)} catalogue rows are measured; archived runs: {where}"])


def _component(name: str, tree: Path, records: Sequence[Record]) -> list[str]:
    names = [variant.name for variant in catalogue.variants(name, tree)]
    apart = archive.named_only(catalogue.component(name), tree)
    state = archive.summary(names, {**apart, **archive.states(records)})
    return [f"       {name}: {', '.join(names)}", f"           {state}"]
