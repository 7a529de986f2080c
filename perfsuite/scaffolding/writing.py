"""Write files without changing a byte of any that is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def create(path: Path, text: str) -> bool:
    """Write a new file; ``False``, and nothing is written, if it exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def appended(path: Path, lines: Sequence[str], apart: bool = True) -> bytes:
    """The contents of ``path`` and ``lines``, with the line ends that it has; with ``apart``, after an empty line."""
    there = path.read_bytes() if path.exists() else b""
    end = b"\r\n" if b"\r\n" in there else b"\n"
    between = b"" if there.endswith(b"\n") or not there else end
    between += end if apart and there.strip() else b""
    return there + between + b"".join(line.encode() + end for line in lines)


def append(path: Path, lines: Sequence[str], apart: bool = True) -> None:
    """Add ``lines`` to the end of ``path``."""
    whole = appended(path, lines, apart)
    with path.open("ab") as file:
        file.write(whole[path.stat().st_size :])
