"""The processor's counters, by a reader that is made up: most machines that run tests have none."""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Callable

import pytest
from fakecounters import every, made

from perfsuite.explaining.reasons.evidence import Evidence
from perfsuite.measuring import processor
from perfsuite.measuring.processor import Processor
from perfsuite.reporting.explanation import wording

ALL = tuple(processor.EVENTS)


def test_what_is_counted_between_two_readings():
    found = made(every(50_000))
    assert processor.between(found.read(), found.read()) == dict.fromkeys(ALL, 50_000)
    assert processor.available(found) == ALL and found.problem is None


def test_an_event_that_shared_a_counter_is_scaled_up():
    found = made(every(50_000, enabled=100, running=25))
    assert processor.between(found.read(), found.read()) == dict.fromkeys(ALL, 200_000)


def test_an_event_that_had_no_counter_is_left_out():
    found = made({**every(50_000), processor.EVENTS["cache_misses"]: (0, 100, 0)})
    assert processor.between(found.read(), found.read()).keys() == set(ALL) - {"cache_misses"}
    assert processor.available(found) == tuple(name for name in ALL if name != "cache_misses")


@pytest.mark.parametrize("count", [0, 100])
def test_counters_that_do_not_count_are_not_there(count: int):
    assert processor.available(made(every(count))) == ()


def test_some_that_cannot_be_opened_do_not_keep_others_from_counting():
    found = made(every(50_000), {processor.EVENTS["branch_misses"]: errno.ENOENT})
    assert processor.available(found) == ("cpu_instructions", "cycles", "cache_misses")
    assert found.problem and found.problem.errno == errno.ENOENT


def test_without_any_nothing_is_counted():
    found = made({}, dict.fromkeys(processor.EVENTS.values(), errno.EACCES))
    assert found.read() == {} and processor.between({}, {}) == {} and processor.available(found) == ()
    assert found.problem and "perf_event_paranoid" in processor.ADVICE[found.problem.errno]


def test_opening_them_here_gives_counters_or_a_reason():
    found = Processor()
    try:
        assert (found.problem is None) == (found.read().keys() == set(ALL))
    finally:
        found.close()
    assert found.read() == {}


def test_other_systems_have_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    found = Processor()
    assert found.problem and found.problem.errno == errno.ENOSYS and found.read() == {}


def test_explanations_have_a_place_for_each():
    assert {field.name for field in dataclasses.fields(Evidence)} >= set(ALL)
    shown: list[tuple[str, str, Callable[..., str], str]] = [row for row in wording.FIGURES if row[1] in ALL]
    assert sorted(row[1] for row in shown) == sorted(ALL)
