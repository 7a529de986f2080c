"""Replay recorded samples as a clock, so that other tools can show what this suite has measured."""

from __future__ import annotations

from collections.abc import Iterable


class Replay:
    """A timer that gives recorded samples to another tool's loop, which reads it in pairs, start and stop.

    pytest-benchmark and asv subtract two readings around a call that does nothing; the difference is the sample.
    Readings are the running sum of the samples, so that they increase like a real clock.
    """

    def __init__(self, samples: Iterable[float] = ()) -> None:
        self.load("", samples)

    def load(self, key: str, samples: Iterable[float]) -> None:
        """Start again with the ``samples`` of ``key``."""
        self.key = key
        self._left = iter(samples)
        self._now = 0.0
        self._inside = False

    def __call__(self) -> float:
        """The next reading, in seconds.

        Raises:
            RuntimeError: there are no recorded samples left.
        """
        if self._inside:
            try:
                self._now += next(self._left)
            except StopIteration:
                raise RuntimeError(f"all samples of {self.key!r} were already used") from None
        self._inside = not self._inside
        return self._now
