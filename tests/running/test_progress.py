"""What is said while a run goes on: plain lines, one live line on a terminal, an honest count and an even promise."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest

from perfsuite.running import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def counting(steps: int, seconds: float = 1.0, out: io.StringIO | None = None) -> progress.Progress:
    """A progress with so many steps to come, all of one phase and alike."""
    made = progress.Progress(out or io.StringIO())
    made.plan("all", {("x", step): seconds for step in range(steps)})
    return made


def test_off_a_terminal_a_line_now_and_then(clock: list[float]):
    out = io.StringIO()
    told = counting(100, out=out)
    for step in range(30):
        clock[0] = 1.0 * step
        told.step(f"step {step}", "x", step)
    assert out.getvalue().splitlines() == ["[12/100, 89 s left] step 11", "[23/100, 78 s left] step 22"]


def test_on_a_terminal_one_line_that_is_cleared(clock: list[float]):
    out = Terminal()
    told = counting(2, out=out)
    told.step("one", "x", 0)
    told.note("something to keep")
    told.end()
    assert out.getvalue() == "\r\x1b[2K[1/2] one\r\x1b[2Ksomething to keep\n\r\x1b[2K"


def test_a_step_without_a_number_is_its_text(clock: list[float]):
    out = io.StringIO()
    progress.Progress(out).step("epoch 3", always=True)
    assert out.getvalue() == "epoch 3\n"


def test_the_first_steps_promise_nothing(clock: list[float]):
    out = io.StringIO()
    told = counting(1000, out=out)
    for step in range(40):
        clock[0] = 11.0 * step
        told.step("x", "x", step, always=True)
    assert " left]" not in out.getvalue()


def test_a_run_of_few_steps_is_told_too(clock: list[float]):
    out = io.StringIO()
    told = counting(2, out=out)
    for step in range(2):
        told.step("x", "x", step, always=True)
        clock[0] += 4.0
    assert out.getvalue() == "[1/2] x\n[2/2] x\n"


def test_what_turns_out_not_to_come_does_not_count(clock: list[float]):
    out = io.StringIO()
    told = progress.Progress(out)
    told.plan("a", {("check", "a"): 1.0, ("time", "a"): 1.0})
    told.plan("b", {("check", "b"): 1.0, ("time", "b"): 1.0})
    told.step("a", "check", "a", always=True)
    told.forget()  # skipped: there was nothing to check
    told.plan("a", {})
    told.step("b", "check", "b", always=True)
    told.plan("b", {("time", "b"): 5.0})
    told.step("b", "time", "b", always=True)
    assert out.getvalue() == "[1/4] a\n[1/2] b\n[2/2] b\n"


# -- the time that is left --------------------------------------------------------------------------------------------


@dataclass
class Played:
    """One line of a run that was played."""

    at: float
    phase: str
    left: float | None  # seconds, as the line says; None if it promises nothing
    guess: float  # seconds, before they are made fit to print
    true: float  # seconds, as it came


def play(clock: list[float], seed: int, wrong: float, phases: dict[str, tuple[int, float]]) -> list[Played]:
    """A run of ``phases``, the number of steps and the seconds expected of each, which are ``wrong`` times off at most.

    In each phase they are wrong by another factor, and steps scatter; every step is drawn before the run begins.
    """
    rng = random.Random(seed)
    steps = [
        (phase, number, factor * seconds * rng.lognormvariate(0, 0.6) / 1.2)
        for phase, (count, seconds) in phases.items()
        for factor in [wrong ** rng.uniform(-1, 1)]
        for number in range(count)
    ]
    whole, out, lines = sum(step[2] for step in steps), io.StringIO(), []
    clock[0] = 0.0
    told = progress.Progress(out)
    told.plan("run", {(phase, number): phases[phase][1] for phase, number, _ in steps})
    for phase, number, took in steps:
        before = out.tell()
        told.step("x", phase, number)
        if said := out.getvalue()[before:]:
            left = re.search(r", (under )?(\d+) (s|min) left", said)
            seconds = int(left[2]) * (60 if left[3] == "min" else 1) if left else None
            lines.append(Played(clock[0], phase, seconds, told.estimate(clock[0]), whole - clock[0]))
        clock[0] += took
    assert clock[0] == pytest.approx(whole)
    return lines


FULL = {"start": (1, 6.0), "check": (400, 0.9), "time": (600, 1.5), "trace": (4, 3.0)}
QUICK = {"check": (70, 0.4), "time": (114, 0.8), "trace": (4, 3.0)}
SLOW = {"check": (40, 8.0), "time": (240, 1.2)}  # compiled cells: what is checked is dear, what is timed cheap
RUNS = [FULL, QUICK, SLOW]


@pytest.mark.parametrize("phases", RUNS, ids=["full", "quick", "compiled"])
@pytest.mark.parametrize("wrong", [1.0, 2.0, 4.0])
def test_what_is_left_never_doubles_from_one_line_to_the_next(clock: list[float], phases: dict, wrong: float):
    for seed in range(20):
        lines = [line for line in play(clock, seed, wrong, phases) if line.left is not None]
        assert len(lines) > 3
        for before, after in pairwise(lines):
            assert after.left is not None and before.left is not None
            assert after.left < 2 * before.left, (seed, before, after)
            fallen = before.left - (after.at - before.at) - after.left
            assert wrong > 2 or fallen < before.left / 2 or fallen < 30, (seed, before, after)


@pytest.mark.parametrize("phases", RUNS, ids=["full", "quick", "compiled"])
def test_it_is_the_guess_that_is_even_not_only_what_is_shown_of_it(clock: list[float], phases: dict):
    """Nothing that is a fifth off at most jumps when a phase ends; what is twice off comes right within the phase."""
    for seed in range(20):
        promised = [line for line in play(clock, seed, 1.2, phases) if line.left]
        for before, after in pairwise(promised):
            if before.true > 40:  # of the last few steps each is a large part of what is left
                assert 0.7 < after.guess / (before.guess - (after.at - before.at)) < 1.4, (seed, before, after)
        lines = play(clock, seed, 2.0, phases)
        timing = [line for line in lines if line.phase == "time" and line.left and line.true > 60]
        for line in timing[len(timing) // 3 :]:
            assert 0.5 < line.guess / line.true < 2, (seed, line)


def test_a_step_that_hangs_says_nothing_of_the_others(clock: list[float]):
    told = counting(100)
    for step in range(50):
        told.step("x", "x", step)
        clock[0] += 120.0 if step == 30 else 1.0
    told.step("x", "x", 50)
    assert told.estimate(clock[0]) == pytest.approx(50, rel=0.3)


def test_even_what_nobody_could_expect_is_told_by_and_by(clock: list[float]):
    out = io.StringIO()
    told = counting(100, out=out)
    for step in range(90):
        if step == 50:
            told.plan("more", {("x", number): 1.0 for number in range(100, 1000)})
        clock[0] += 1.0
        told.step("x", "x", step, always=True)
    shown = [int(n) * (60 if unit == "min" else 1) for n, unit in re.findall(r"(\d+) (s|min) left", out.getvalue())]
    assert all(after < 2 * before for before, after in pairwise(shown))
    assert shown[40] < 60 and shown[-1] == pytest.approx(910, rel=0.1)


def test_nothing_is_worked_out_that_is_not_printed(clock: list[float], monkeypatch: pytest.MonkeyPatch):
    told = counting(100)

    def never(now: float) -> float:
        raise AssertionError("between two lines nothing is asked")

    for step in range(20):
        told.step("x", "x", step)
        clock[0] += 0.5
    monkeypatch.setattr(told, "estimate", never)
    told._said = clock[0]
    told.step("x", "x", 20)


Write = Callable[[progress.Progress, str], None]


@pytest.mark.parametrize("write", [progress.Progress.note, lambda told, text: told.step(text, always=True)])
def test_what_is_told_is_harmless(clock: list[float], write: Write):
    out = io.StringIO()
    write(progress.Progress(out), "a\x1b[31m\x07\rb\udc80‮" + "x" * 10**6)
    assert out.getvalue().startswith(r"a\x1b[31m\x07\rb\udc80\u202ex")
    assert len(out.getvalue()) < 1000 and out.getvalue().count("\n") == 1


class Gone(io.StringIO):
    """A terminal that was hung up."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


def test_a_terminal_that_is_gone_costs_nothing_but_the_words():
    shown = progress.Progress(Gone())
    shown.step("checking", always=True)
    shown.note("interrupted")
    shown.end()
