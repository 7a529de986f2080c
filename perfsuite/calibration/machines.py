"""The records of the project's own experiments, one file for each kind of machine, shown one after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def tables(folder: Path, show: Callable[[Path], str]) -> str:
    """The table that ``show`` makes of each record in ``folder``, headed by the kind of machine in the file's name.

    Raises:
        FileNotFoundError: there is no record.
    """
    records = sorted(path for path in folder.glob("*.json*") if path.is_file())
    if not records:
        raise FileNotFoundError(f"no record in {folder}: run the command without --table first")
    return "\n".join(f"**{path.stem}**\n\n{show(path)}" for path in records)
