"""The project's records of its own experiments, a file for each kind of machine, shown one after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def tables(folder: Path, show: Callable[[Path], str]) -> str:
    """What ``show`` makes of each record in ``folder``, under the kind of machine that the file is called after.

    Raises:
        FileNotFoundError: there is no record.
    """
    records = sorted(path for path in folder.glob("*.json*") if path.is_file())
    if not records:
        raise FileNotFoundError(f"no record in {folder}: run the command without --table first")
    return "\n".join(f"**{path.stem}**\n\n{show(path)}" for path in records)
