"""What asv stored and printed, as mappings."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Asv = Callable[..., subprocess.CompletedProcess[str]]  # the fixture ``asv``


def results(project: Path, commit: str) -> dict[str, dict[str, Any]]:
    """What asv stored for a commit: benchmark -> column -> value."""
    (path,) = project.glob(f".asv/results/*/{commit[:8]}-*.json")
    data = json.loads(path.read_text())
    return {name: dict(zip(data["result_columns"], values, strict=False)) for name, values in data["results"].items()}


def times(result: Mapping[str, Any]) -> dict[str, float | None]:
    """Cell -> asv's median; NaN is n/a, ``None`` a failure."""
    (labels,) = result["params"]
    values = result["result"] or [None] * len(labels)
    return {label.strip("'"): value for label, value in zip(labels, values, strict=True)}


def table(told: str) -> dict[str, list[str]]:
    """Cell -> columns of the table that asv prints: "", change, before, after, ratio, benchmark."""
    return {line.split("('")[1].split("'")[0]: line.split("|") for line in told.splitlines() if "('" in line}
