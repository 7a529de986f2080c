"""How other tools' loops show what this suite has measured: recorded samples in place of a clock."""

from __future__ import annotations

from collections.abc import Iterable


class Replay:
    """A timer that hands recorded samples to another tool's loop: read in pairs, start and stop.

    pytest-benchmark and asv subtract two readings around a call that does nothing; the difference is the sample.
    Samples are replayed as one growing sum, as a real clock would.
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
            RuntimeError: more samples are asked for than were recorded.
        """
        if self._inside:
            try:
                self._now += next(self._left)
            except StopIteration:
                raise RuntimeError(f"all samples of {self.key!r} were handed out already") from None
        self._inside = not self._inside
        return self._now
