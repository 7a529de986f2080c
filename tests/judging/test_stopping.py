"""When a comparison stops asking: decided, hopeless, out of time or of epochs. Made-up epochs, no workers."""

from __future__ import annotations

import dataclasses
import math
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from perfsuite.judging import comparisons, session, stage
from perfsuite.judging.record import Options
from perfsuite.judging.stage import Stage
from perfsuite.pairing import sequential
from perfsuite.pairing.sequential import Rule, needed
from perfsuite.project import settings
from perfsuite.running.progress import Progress

CLEAR, VAGUE = "a.b/clear/eager/cpu/1/1", "a.b/vague/eager/cpu/1/1"
SPREAD = (-0.01, 0.008, 0.012, -0.009, 0.011, -0.012)


Begin = Callable[..., session.Session]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Begin a session whose cells are proved and which has no epoch yet."""
    begun: list[session.Session] = []

    def make(**options: float) -> session.Session:
        cells = (CLEAR, VAGUE)
        asked = Options(cells=cells, selection="", command="", **{"budget": 100.0, **options})  # type: ignore[arg-type]
        side = {"label": "", "commit": "", "path": "", "hash": ""}
        facts = {"base": side, "head": side, "folder": str(tmp_path), "machine": {}, "machine_class": "m", "malloc": {}}
        journal = comparisons.begin(tmp_path, asked, facts)
        journal.add("rule", rule=dataclasses.asdict(Rule(len(cells))))
        for cell in cells:
            journal.add("proof", cell=cell, verdict="", reason="", call=1e-6)
        begun.append(session.Session(Stage(journal, Progress())))
        return begun[-1]

    yield make
    for one in begun:
        one.stage.journal.close()


def epoch(one: session.Session, **xs: float) -> None:
    """Write down one epoch."""
    one.stage.journal.add("epoch", number=one.found.epochs, order=[])
    for name, x in xs.items():
        cell = f"a.b/{name}/eager/cpu/1/1"
        one.stage.journal.add("x", cell=cell, epoch=one.found.epochs - 1, x=x, base=1e-6, truth=0.0, seconds=0.1)


def test_what_is_decided_is_not_measured_again(begin: Begin):
    one = begin()
    assert one._next() == [CLEAR, VAGUE]
    for _ in range(13):
        epoch(one, clear=0.10, vague=0.10 if one.found.epochs < 5 else -0.10)
    assert one.found.judges[CLEAR].finding.verdict == "SLOWER"
    assert CLEAR not in one._next()


def test_what_cannot_be_decided_any_more_is_given_up(begin: Begin):
    one = begin(epochs=20)
    for x in (-0.5, 0.4, 0.6, -0.4, 0.5, -0.6):
        assert one._next() == [CLEAR, VAGUE]
        epoch(one, clear=0.0001 * x, vague=x)
    assert VAGUE not in one._next(), "six epochs show that a spread of 50 % needs thousands"
    assert one.found.judges[VAGUE].finding.verdict == "UNDECIDED"


def test_nothing_is_given_up_before_its_patience_is_over(begin: Begin):
    one = begin(epochs=20)
    for x in (-0.5, 0.4, 0.6, -0.4, 0.5):
        epoch(one, clear=0.0, vague=x)
    assert VAGUE in one._next()


def test_time_and_epochs_end_it(begin: Begin):
    one = begin(epochs=2)
    epoch(one, clear=0.0, vague=0.0)
    assert one._next()
    epoch(one, clear=0.0, vague=0.0)
    assert one._next() == []

    one = begin()
    for x in (0.02, -0.02) * 7:
        epoch(one, clear=x, vague=x)
    assert one.found.epochs >= one.found.rule.least and one._next()
    one._deadline = time.monotonic() - 1
    assert one._next() == []


def test_it_does_not_stop_an_epoch_before_a_verdict_is_possible(begin: Begin):
    one = begin()
    epoch(one, clear=0.1, vague=0.1)
    one._spent = 1.0
    one._deadline = time.monotonic() - 10
    assert one._next(), "what was spent would be wasted"
    one._deadline = time.monotonic() - 51
    assert one._next() == [], "but not for more than half the budget again"


def test_a_cell_that_failed_is_not_measured_again(begin: Begin):
    one = begin()
    one.stage.journal.add("fault", cell=CLEAR, status="crashed", reason="killed")
    assert one._next() == [VAGUE]


def test_the_epochs_needed_grow_with_the_square_of_the_spread_and_fall_with_the_effect():
    rule = Rule(10)
    same = needed(SPREAD, rule)
    assert needed([2 * x for x in SPREAD], rule) == pytest.approx(4 * same, rel=0.1)
    slower = [needed([x + shift for x in SPREAD], rule) for shift in (0.05, 0.1, 0.2)]
    assert slower[0] > slower[1] > slower[2] > 0
    on_the_edge = [x + math.log1p(rule.delta) for x in SPREAD]
    assert needed(on_the_edge, rule) > 2 * same, "between SAME and SLOWER it takes longest"


def test_a_forecast_is_of_the_right_size():
    """The epochs that were needed, against those that the first six foretold: within a factor of three, mostly."""
    import random

    rule = Rule(10)
    chance = random.Random(7)
    shares = []
    for _ in range(60):
        judge = sequential.Judge(rule)
        while judge.finding.verdict == "UNDECIDED" and len(judge.xs) < 200:
            judge.add(chance.gauss(0.0, 0.02))
        shares.append(needed(judge.xs, rule) / len(judge.xs))
    assert 1 / 3 < sorted(shares)[len(shares) // 2] < 3


@pytest.mark.parametrize("usual", [True, False])
def test_the_usual_budget_is_extended_until_a_verdict_is_possible(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, usual: bool
):
    one, said = begin(budget=40.0, usual=usual), []
    monkeypatch.setattr(one._progress, "note", said.append)
    now = time.monotonic()
    epoch(one, clear=0.1)
    one._spent = 12.0  # an epoch
    monkeypatch.setattr(session.time, "monotonic", lambda: now + 90.0)
    assert bool(one._next()) == usual and bool(one._next()) == usual
    assert len(said) == usual and all("epochs take 12 s each" in text and "--budget" in text for text in said)
    monkeypatch.setattr(session.time, "monotonic", lambda: now + 1000.0)
    assert not one._next(), "not for ever"


def test_without_its_trees_it_does_not_go_on(tmp_path: Path, begin: Begin):
    one = begin()
    one.stage.journal.close()
    journal = comparisons.resume(tmp_path)
    journal.found.head["folder"] = str(tmp_path / "gone")
    with pytest.raises(ValueError, match="are gone: compare again"):
        session.measure(journal)
    journal.close()


def test_coins_are_tossed_anew_for_every_epoch(begin: Begin, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stage, "Process", lambda *args, **options: SimpleNamespace(**options))
    one = begin()
    drawn = [one._draw() for _ in range(200)]
    mounts = [epoch.draw["mount"] for epoch in drawn]
    assert 60 < sum(mounts) < 140, "a fair coin"
    alternating = [index % 2 for index in range(200)]
    assert mounts not in (sorted(mounts), alternating, [1 - coin for coin in alternating])
    assert {epoch.sides for epoch in drawn} == {settings.SIDES, settings.SIDES[::-1]}
    assert 60 < sum(epoch.draw["first"] for epoch in drawn) < 140
    for coin in ("hash", "seed"):
        assert len({epoch.draw[coin] for epoch in drawn}) == 200
    for epoch in drawn:
        variables = epoch.workers.base.variables  # type: ignore[attr-defined]
        assert variables["PYTHONHASHSEED"] == str(epoch.draw["hash"])
        assert len(variables["BENCHMARKS_PADDING"]) == epoch.draw["padding"]
        assert not epoch.workers.apart


@pytest.mark.parametrize(("cores", "apart", "expected"), [(1, False, 1), (2, False, 2), (16, False, 4), (2, True, 1)])
def test_workers_start_together_as_many_as_there_are_cores(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, cores: int, apart: bool, expected: int
):
    started: list[str] = []

    def process(*args: object, variables: dict[str, str], **options: object) -> SimpleNamespace:
        started.append(variables["PYTHONHASHSEED"])
        return SimpleNamespace(close=lambda: None)

    monkeypatch.setattr(stage, "Process", process)
    monkeypatch.setattr(session.machine, "cores", lambda: cores)
    one = begin()
    monkeypatch.setattr(Stage, "apart", apart)
    one.start()
    assert len(one._coming) == expected and len(started) == expected * (2 if apart else 1)
    assert len(set(started)) == expected, "each epoch has coins of its own"
    one.start()
    assert len(one._coming) == expected, "no more while some wait"
    one.close()
    assert not one._coming


def test_nothing_is_timed_while_a_worker_still_imports(begin: Begin, monkeypatch: pytest.MonkeyPatch):
    script: list[str] = []

    def workers(name: str) -> SimpleNamespace:
        def compare(*arguments: object) -> dict[str, object]:
            script.append(f"{name} times")
            return {"status": "error", "reason": "enough"}

        return SimpleNamespace(ready=lambda: script.append(f"{name} is ready"), compare=compare)

    one = begin()
    first, second = (
        session._Epoch(
            {"mount": 0, "hash": 1, "padding": 0, "seed": 1, "first": 0},
            workers(name),
            settings.SIDES,
            random.Random(0),
        )
        for name in ("first", "second")
    )
    one._coming = [second]
    monkeypatch.setattr(one.stage, "seeds", lambda cell: [1, 2])
    one._epoch(first, one.found.comparable()[:1])
    assert script == ["first is ready", "second is ready", "first times"]
