"""What is said while a run goes on: plain lines, one live line on a terminal, no early promise."""

from __future__ import annotations

import io

import pytest

from benchmarks import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_off_a_terminal_a_line_now_and_then(clock: list[float]):
    out = io.StringIO()
    told = progress.Progress(100, out)
    for step in range(30):
        clock[0] = 1.0 * step
        told.step(f"step {step}")
    assert out.getvalue().splitlines() == ["[12/100, 89 s left] step 11", "[23/100, 78 s left] step 22"]


def test_on_a_terminal_one_line_that_is_cleared(clock: list[float]):
    out = Terminal()
    told = progress.Progress(2, out)
    told.step("one")
    told.note("something to keep")
    told.end()
    assert out.getvalue() == "\r\x1b[2K[1/2] one\r\x1b[2Ksomething to keep\n\r\x1b[2K"


def test_the_first_steps_promise_nothing(clock: list[float]):
    out = io.StringIO()
    told = progress.Progress(1000, out)
    for step in range(60):
        clock[0] = 11.0 * step
        told.step("x", always=True)
    assert " left]" not in out.getvalue()


def test_a_run_of_few_steps_is_told_too(clock: list[float]):
    out = io.StringIO()
    told = progress.Progress(2, out)
    for step in range(2):
        clock[0] = 60.0 * (step + 1)
        told.step("x", always=True)
    assert out.getvalue() == "[1/2] x\n[2/2] x\n"
