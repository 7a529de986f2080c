"""What is said while a run goes on, on stderr: one live line on a terminal, plain lines elsewhere.

Nothing is drawn by a thread of its own: on two cores a redraw would be a noise source for what is timed.
"""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Progress:
    """Counts the steps of a run and says what is left; where their number is unknown (0) it only says what is done."""

    def __init__(self, steps: int, out: TextIO | None = None) -> None:
        self.out = out or sys.stderr
        self.steps = steps
        self.done = 0
        self._start = time.monotonic()
        self._live = self.out.isatty()
        self._said = self._start

    def step(self, text: str, *, always: bool = False) -> None:
        """One step begins. Off a terminal only every tenth second is printed, and what is said ``always``."""
        self.done += 1
        now = time.monotonic()
        line = f"[{self.done}/{self.steps}{self._left(now)}] {text}" if self.steps else text
        if self._live:
            self.out.write(f"\r\x1b[2K{line[:110]}")
            self.out.flush()
        elif always or now - self._said > 10:
            print(line, file=self.out, flush=True)
            self._said = now

    def note(self, text: str) -> None:
        """Something that should stay readable."""
        if self._live:
            self.out.write("\r\x1b[2K")
        print(text, file=self.out, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self._live:
            self.out.write("\r\x1b[2K")
            self.out.flush()

    def _left(self, now: float) -> str:
        spent = now - self._start
        if self.done < max(5, self.steps / 10) or spent < 5:  # the first steps are not like the others
            return ""
        left = spent / (self.done - 1) * max(0, self.steps - self.done + 1)
        return f", {left / 60:.0f} min left" if left >= 90 else f", {left:.0f} s left"
