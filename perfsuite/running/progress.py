"""What is said while a run goes on, on stderr: one live line on a terminal, plain lines elsewhere.

Nothing is drawn by a thread of its own: on two cores a redraw would be a noise source for what is timed.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TextIO

from perfsuite.model.printable import one_line

EVERY = 10.0  # seconds between two lines where there is no terminal
ENOUGH = 0.05  # of the expected seconds must be behind before anything is promised, and this many seconds:
SOON = 5.0
TRUST = 20.0, 6  # so many seconds of a phase, and so many of its steps, weigh as much as what was expected before
OUTLIER = 5.0  # a step that takes so many times longer than expected hangs, and tells nothing of the others
GROWTH = 1.5  # times that what is left may grow from one line to the next
LEAST = 10.0  # seconds: less is not told apart


Step = tuple[str, Hashable]  # its phase, and what tells it apart


@dataclass
class Phase:
    """The steps of one kind that are over."""

    done: int = 0
    expected: float = 0.0  # seconds, in all
    took: float = 0.0

    def rate(self, before: float) -> float:
        """How many times longer than expected the steps take, where ``before`` was thought before any was seen."""
        seconds, steps = TRUST
        trust = seconds + steps * self.expected / max(1, self.done)
        return (self.took + before * trust) / (self.expected + trust)


class Progress:
    """Counts the steps of a run and says how long the rest will take; of steps without a number it says only the text.

    A step is named by its phase, whose steps are alike, and by anything that tells it from the others. It is expected
    to take a rough number of seconds; how wrong these are is learnt for each phase.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stderr
        self._phases: dict[str, Phase] = {}
        self._ahead: dict[Step, float] = {}  # seconds
        self._plans: dict[Hashable, list[Step]] = {}
        self._now: tuple[str, float] | None = None  # phase and expected seconds of the step that runs
        self._start = self._since = self._said = time.monotonic()
        self._live = self.out.isatty()
        self._shown = 0.0

    @property
    def done(self) -> int:
        """How many steps have begun, or are over."""
        return sum(phase.done for phase in self._phases.values()) + bool(self._now)

    @property
    def steps(self) -> int:
        """How many there are in all, as far as is known."""
        return self.done + len(self._ahead)

    def plan(self, what: Hashable, steps: Mapping[Step, float]) -> None:
        """The steps of ``what`` to come, and the seconds that each may take; told again when more is known."""
        for step in self._plans.get(what, ()):
            self._ahead.pop(step, None)
        self._ahead.update(steps)
        self._plans[what] = list(steps)

    def forget(self) -> None:
        """The step that runs turns out to be none: nothing was to be done."""
        self._now = None

    def step(self, text: str, phase: str = "", step: Hashable = None, *, always: bool = False) -> None:
        """A step begins. Off a terminal only every tenth second is printed, and what is said ``always``."""
        now = time.monotonic()
        self._close(now)
        if phase:
            self._now = (phase, self._ahead.pop((phase, step), 0.0))
        if not (self._live or always or now - self._said > EVERY):
            return
        text = one_line(f"[{self.done}/{self.steps}{self._left(now)}] {text}" if phase else text)
        if self._live:
            self._write(f"\r\x1b[2K{text[:110]}")
        else:
            self._write(f"{text}\n")
            self._said = now

    def note(self, text: str) -> None:
        """Something that should stay readable."""
        self.end()
        self._write(f"{one_line(text)}\n")

    def end(self) -> None:
        """Leave the line."""
        if self._live:
            self._write("\r\x1b[2K")

    def _write(self, text: str) -> None:
        """A terminal that is gone, as after SIGHUP, costs what was to be said and nothing else."""
        with contextlib.suppress(OSError):
            self.out.write(text)
            self.out.flush()

    def _close(self, now: float) -> None:
        """The step that ran is over."""
        if self._now:
            name, expected = self._now
            phase = self._phases.setdefault(name, Phase())
            phase.done += 1
            phase.expected += expected
            phase.took += min(now - self._since, OUTLIER * expected + SOON)
        self._now, self._since = None, now

    def _left(self, now: float) -> str:
        """What is left, in words; nothing while too little is known."""
        behind = sum(phase.expected for phase in self._phases.values())
        if now - self._start < SOON or behind < ENOUGH * (behind + sum(self._ahead.values())):
            return ""
        left = _rounded(self.estimate(now))
        if self._shown:
            left = min(left, _rounded(GROWTH * self._shown))
        self._shown = left
        if left <= LEAST:
            return f", under {LEAST:.0f} s left"
        return f", {left / 60:.0f} min left" if left > 90 else f", {left:.0f} s left"

    def estimate(self, now: float) -> float:
        """Seconds that the rest is expected to take, by what the steps of each phase took so far."""
        phases = self._phases.values()
        whole = [sum(getattr(phase, name) for phase in phases) for name in ("done", "expected", "took")]
        usual = Phase(*whole).rate(1.0)
        rates: dict[str, float] = defaultdict(lambda: usual)
        rates |= {name: phase.rate(usual) for name, phase in self._phases.items()}
        left = sum(rates[phase] * seconds for (phase, _), seconds in self._ahead.items())
        if self._now:
            phase, expected = self._now
            left += max(0.0, rates[phase] * expected - (now - self._since))
        return left


def _rounded(seconds: float) -> float:
    """``seconds`` as they are shown: never under the least, whole minutes above a minute and a half."""
    return max(LEAST, 60.0 * round(seconds / 60) if seconds > 90 else float(round(seconds)))
