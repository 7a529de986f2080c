"""Which facts split kinds of machine, and how the kinds that have records differ from this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from perfsuite.history import runs
from perfsuite.host.machine import IDENTITY, machine_class
from perfsuite.model.printable import cut, visible
from perfsuite.reporting import units
from perfsuite.reporting.text.grid import Column, draw

FACTS = (Column("fact", right=False), Column("here", right=False), Column("splits kinds of machine", right=False))
LONGEST = 60  # characters of a value


def text(facts: Mapping[str, Any], folders: Iterable[Path], index: Path) -> str:
    """This machine's facts, whether each splits, and the kinds of machine that have records."""
    rows = [[name, shown(name, value), splits(name)] for name, value in facts.items()]
    here = machine_class(facts)
    lines = [f"this machine is of class {here}", "", *draw(FACTS, rows, 160)]
    for kind, group in runs.kinds(folders, index).items():
        other = group[-1].machine
        different = [
            f"{name} {shown(name, other.get(name))}"
            for name in (*IDENTITY, "memory")
            if shown(name, other.get(name)) != shown(name, facts.get(name))
        ]
        what = f"differs here in: {', '.join(different)}" if different else "like this machine"
        lines += ["", f"{kind}: {len(group)} run{'s' * (len(group) != 1)}", f"  {what}"]
    return "\n".join(map(visible, lines)) + "\n"


def splits(name: str) -> str:
    """Whether a fact splits kinds of machine."""
    if name in IDENTITY:
        return "yes"
    return f"yes, from a factor of {runs.MEMORY:g}" if name == "memory" else "no"


def shown(name: str, value: object) -> str:
    """A fact as text; of a long list its number and its end, where flags of newer processors stand."""
    if name == "memory" and isinstance(value, int | float):
        return units.size(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {units.size(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return cut(", ".join(map(str, value)), LONGEST) or units.NONE
    return units.NONE if value in (None, "") else str(value)
