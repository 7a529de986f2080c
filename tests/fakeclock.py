"""A clock for tests."""

from __future__ import annotations


class FakeClock:
    """Time that passes only when it is told to; every reading and wait is written down in ``script``."""

    def __init__(self, tick: int = 0) -> None:
        self.time = 0
        self.tick = tick  # ns that pass at each reading
        self.script: list[str] = []

    def now(self) -> int:
        """The fake time."""
        self.time += self.tick
        return self.time

    def sync(self) -> None:
        """Write down that a wait was asked for."""
        self.script.append("sync")

    def mark(self) -> None:
        """No device."""

    def between(self, start: None, stop: None) -> None:
        """No device time."""

    def spend(self, seconds: float) -> None:
        """Let time pass, as a call would."""
        self.time += round(seconds * 1e9)
