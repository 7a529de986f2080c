"""Which part of a run that was spread over machines a record holds, or where the parts of a merged one come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Shard:
    """One part of a run, measured by itself on one machine.

    A record of one shard holds its own. A merged record holds those of all its parts, so ``cells`` says which of its
    records was measured in which part: where, when, and with which seeds.
    """

    number: int  # 1 to ``count``
    count: int
    cells: tuple[int, ...]  # positions of its cells among those of the whole run, in order
    total: int  # cells of the whole run
    components: tuple[str, ...]  # of the whole run, in order
    selected: str  # hash of the cells of the whole run, in order
    options: Mapping[str, Any] = field(default_factory=dict)  # what the cells are measured with; equal in all shards
    run: str = ""  # id of the run that measured it
    started: str = ""  # ISO 8601, UTC
    seconds: float = 0.0
    node: str = ""  # name of the machine
    machine: Mapping[str, Any] = field(default_factory=dict)
    secrets: tuple[int, ...] = ()  # the values that its input seeds were drawn from, one per sitting
