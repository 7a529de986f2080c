"""Progress messages of a run, on stderr: one live line on a terminal, plain lines elsewhere.

There is no drawing thread, because on two cores a redraw would disturb what is being timed.
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
ENOUGH = 0.05  # share of the expected time that must have passed before an estimate is shown, and
SOON = 5.0  # the seconds that must have passed
TRUST = 20.0, 6  # this many seconds of a phase, and this many of its steps, weigh as much as the prior expectation
OUTLIER = 5.0  # a step that takes this many times longer than expected hangs, and says nothing about the others
GROWTH = 1.5  # factor by which the time left may grow from one line to the next
LEAST = 10.0  # seconds: shorter times are not shown exactly


Step = tuple[str, Hashable]  # its phase, and its key within the phase


@dataclass
class Phase:
    """The finished steps of one kind."""

    done: int = 0
    expected: float = 0.0  # seconds, in total
    took: float = 0.0

    def rate(self, before: float) -> float:
        """How many times longer than expected the steps take; ``before`` is the factor assumed before the first one."""
        seconds, steps = TRUST
        trust = seconds + steps * self.expected / max(1, self.done)
        return (self.took + before * trust) / (self.expected + trust)


class Progress:
    """Counts the steps of a run and estimates how long the rest will take; steps without a phase only show their text.

    A step is identified by its phase, whose steps are similar, and by a key within the phase. Each has a rough expected
    time; the error of these expectations is learnt for each phase.
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
        """How many steps have begun or finished."""
        return sum(phase.done for phase in self._phases.values()) + bool(self._now)

    @property
    def steps(self) -> int:
        """The total number of steps, as far as is known."""
        return self.done + len(self._ahead)

    def plan(self, what: Hashable, steps: Mapping[Step, float]) -> None:
        """Set the remaining steps of ``what`` and the expected seconds of each; called again when more is known."""
        for step in self._plans.get(what, ()):
            self._ahead.pop(step, None)
        self._ahead.update(steps)
        self._plans[what] = list(steps)

    def forget(self) -> None:
        """Drop the current step, because there was nothing to do."""
        self._now = None

    def step(self, text: str, phase: str = "", step: Hashable = None, *, always: bool = False) -> None:
        """Begin a step. Without a terminal, a line is printed only every ten seconds, or if ``always``."""
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
        """Print a line that stays on the screen."""
        self.end()
        self._write(f"{one_line(text)}\n")

    def end(self) -> None:
        """Clear the live line."""
        if self._live:
            self._write("\r\x1b[2K")

    def _write(self, text: str) -> None:
        """Write ``text``; if the terminal is gone, as after SIGHUP, only the message is lost."""
        with contextlib.suppress(OSError):
            self.out.write(text)
            self.out.flush()

    def _close(self, now: float) -> None:
        """Record the end of the current step."""
        if self._now:
            name, expected = self._now
            phase = self._phases.setdefault(name, Phase())
            phase.done += 1
            phase.expected += expected
            phase.took += min(now - self._since, OUTLIER * expected + SOON)
        self._now, self._since = None, now

    def _left(self, now: float) -> str:
        """The time left, in words; empty while too little is known."""
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
        """Seconds that the rest is expected to take, based on the times of each phase's steps so far."""
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
    """``seconds`` rounded for display: at least ``LEAST``, whole minutes above a minute and a half."""
    return max(LEAST, 60.0 * round(seconds / 60) if seconds > 90 else float(round(seconds)))
