"""Temporary folders that are removed with their owner: at the end, or, after a SIGKILL, at the next run or ``clean``.

The owner holds a lock on a file in the folder. The kernel releases it however the owner ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import string
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

PREFIX = "benchmarks-"
LOCK = "owner.lock"
OTHERS = ("/tmp", "/var/tmp")  # fallbacks if compilers do not work in the usual temporary folder


class Scratch:
    """A new folder in the system's temporary folder. Use it as a context manager, or call :meth:`remove` at the end."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base(tempfile.gettempdir())))
        self._lock = os.open(self.path / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def __enter__(self) -> Path:
        """The folder."""
        return self.path

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        self.remove()

    def remove(self) -> None:
        """Remove the folder and its contents."""
        _remove(self.path)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def compilable(path: str) -> bool:
    """Whether torch's compiler can work below ``path``.

    It puts paths into command lines unquoted and splits these as a shell does, so a space, a quote or a backslash
    breaks it. It also decodes paths in a tool's output with the locale's encoding, so they must be ASCII.
    """
    try:
        return path.isascii() and "".join(shlex.split(path)) == path and not set(path) & set(string.whitespace)
    except ValueError:  # a quote that is not closed
        return False


def base(usual: str) -> str | None:
    """Where to create a temporary folder: the ``usual`` place, or another if compilers do not work there.

    ``None`` if there is no suitable place.
    """
    places = [usual, *OTHERS] if compilable(usual) else OTHERS
    return next((place for place in places if os.access(place, os.W_OK | os.X_OK)), None)


def sweep() -> list[Path]:
    """Remove folders whose owner was killed, and kill processes that their workers started; returns the folders."""
    left = list(_ownerless())
    if left:
        _kill_those_of(left)
    for folder in left:
        _remove(folder)
    return left


def _ownerless() -> Iterator[Path]:
    places = dict.fromkeys(map(Path, (tempfile.gettempdir(), *OTHERS)))
    for folder in (folder for place in places for folder in place.glob(f"{PREFIX}*")):
        with contextlib.suppress(OSError):  # it belongs to another user, or is already gone
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield folder
            except BlockingIOError:  # its owner is alive
                pass
            finally:
                os.close(lock)


def _kill_those_of(folders: list[Path]) -> None:
    """Kill the processes whose TMPDIR is one of ``folders``: only processes started by a worker have that."""
    names = set(map(str, folders))
    for number in psutil.pids():  # process_iter remembers processes, and kills none whose number was used before
        with contextlib.suppress(psutil.Error, OSError):
            process = psutil.Process(number)
            if process.environ().get("TMPDIR") in names:
                process.kill()


def _remove(folder: Path) -> None:
    """Remove ``folder``, even if a variant left folders without permissions in it."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for where, names, _ in os.walk(folder):
            for path in (Path(where, name) for name in names):
                if not path.is_symlink():
                    path.chmod(0o700)  # before os.walk enters it
        shutil.rmtree(folder, ignore_errors=True)
