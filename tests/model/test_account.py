"""The parts of a time, from counts and unit costs that are known."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from perfsuite.model.account import account
from perfsuite.model.floor import floor, remark
from perfsuite.model.record import Cost, Launch, Part, Parts, Record, Roof, cost_from, to_json

UNITS = {"instruction": 1e-8, "autograd node": 1e-6, "autograd step": 2e-6, "autograd start": 1e-5, "page fault": 1e-6}
ROOFS = [Roof(name, "", "cpu", value, value, "s", "") for name, value in UNITS.items()]
NOTHING = Parts({}, 0, 0, 0, 0, {})


def launch(**columns: Any) -> Launch:
    plain = {"at": (0.0,), "wall": (1e-3,), "cpu": (1e-2,), "delay": (0.0,), "switches": (0,), "faults": (0,)}
    return Launch(launch=0, calls=10, prepare=0.0, first=0.0, **{**plain, **columns})


def record(parts: Parts | None = NOTHING, *launches: Launch, cell: str = "a.b/v/eager/cpu/1/1", **more: Any) -> Record:
    cost = Cost(0, "exact", 0, 1, 0, 0, parts=parts)
    return Record(cell, "ok", dtype="float32", launches=launches or (launch(),), cost=cost, **more)


def terms(found: Record, roofs: list[Roof] = ROOFS) -> dict[str, float]:
    own = account(found, roofs, floor(found, roofs))
    assert own is not None
    return {term.name: pytest.approx(term.seconds) for term in own.terms}


def with_parts(**changes: Any) -> Record:
    return record(dataclasses.replace(NOTHING, **changes))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"operators": {"mm": Part(2, 4e-4), "add": Part(1, 1e-4)}}, {"operators": 5e-4}),
        ({"operators": {"mm": Part(1, 4e-4, 100.0)}}, {"operators": 3e-4}),
        ({"nodes": 3, "steps": 2, "starts": 1}, {"autograd": 3e-6 + 4e-6 + 1e-5}),
        ({"instructions": 200}, {"Python": 2e-6}),
        ({"native": {"zlib.crc32": Part(1, 7e-4)}}, {"native code": 7e-4}),
        ({"operators": None, "instructions": None, "nodes": None, "steps": None, "native": None}, {}),
    ],
)
def test_each_part_is_its_count_times_its_unit_cost(changes: dict[str, Any], expected: dict[str, float]):
    assert terms(with_parts(**changes)) == expected


def test_a_part_without_a_unit_cost_explains_nothing():
    assert terms(with_parts(instructions=200, nodes=3), []) == {}


def test_a_record_without_counts_has_no_account():
    old = record(None)
    assert account(old, ROOFS, floor(old, ROOFS)) is None


def test_waiting_is_what_is_left_of_the_wall_clock():
    waited = launch(cpu=(2e-3,), delay=(3e-3,))
    assert terms(record(NOTHING, waited)) == {"waiting": 5e-4, "busy machine": 3e-4}


def test_waiting_for_a_core_beside_the_clock_is_no_part_of_the_time():
    assert terms(record(NOTHING, launch(cpu=(9e-3,), delay=(5e-2,)))) == {"busy machine": 1e-4}


def test_page_faults_are_counted_per_call():
    assert terms(record(NOTHING, launch(faults=(500,)))) == {"page faults": 5e-5}


def test_page_faults_in_native_code_are_not_counted_twice():
    native = dataclasses.replace(NOTHING, native={"numpy.add": Part(1, 2e-4)})
    assert terms(record(native, launch(faults=(500,)))) == {"page faults": 5e-5, "native code": 1.5e-4}


def test_page_faults_of_the_operators_stay_where_no_sample_tells_of_any():
    alone = dataclasses.replace(NOTHING, operators={"mul": Part(1, 4e-4, 100.0)})
    assert terms(record(alone, launch(faults=(), delay=()))) == {"operators": 4e-4}
    assert terms(record(alone, launch())) == {"operators": 3e-4}


def test_the_counters_of_a_timeline_say_nothing():
    assert terms(record(NOTHING, launch(faults=(500,), cpu=(0.0,), parts={"load": (1e-3,)}))) == {}


def test_an_old_record_without_delays_says_nothing_of_waiting():
    assert terms(record(NOTHING, launch(cpu=(0.0,), delay=(), faults=()))) == {}


@pytest.mark.parametrize(
    ("operators", "expected"), [({}, {"work": 1e-3}), ({"mm": Part(1, 1e-4)}, {"operators": 1e-4})]
)
def test_declared_work_counts_where_no_operator_was_timed(operators: Any, expected: dict[str, float]):
    peak = Roof("fp32", "1", "cpu", 1e9, 1e9, "FLOP/s", "")
    found = record(dataclasses.replace(NOTHING, operators=operators), flops=10**6)
    assert terms(found, [*ROOFS, peak]) == expected


def test_operators_that_found_their_data_in_a_cache_do_not_explain_a_cold_call():
    peak = Roof("fp32", "1", "cpu", 1e9, 1e9, "FLOP/s", "")
    timed = dataclasses.replace(NOTHING, operators={"mm": Part(1, 1e-4)})
    found = record(timed, cell="a.b/v/eager/cpu/1/1@cold", flops=10**6)
    assert terms(found, [*ROOFS, peak]) == {"operators": 1e-4, "work": 9e-4}


LEVELS = [
    Roof(name, "1", "cpu", value, value, unit, "")
    for name, value, unit in [
        ("L2", 100e9, "B/s"),
        ("L2 size", 1e6, "B"),
        ("L3", 50e9, "B/s"),
        ("L3 size", 20e6, "B"),
        ("DRAM", 10e9, "B/s"),
    ]
]


@pytest.mark.parametrize(
    ("size", "calls", "seconds"),
    [
        (1_000_000, 1, 100e-6 - 10e-6),
        (1_000_000, 20, (100e-6 - 10e-6) / 20),
        (11_000_000, 1, 1100e-6 - 10e-6 - 200e-6),
        (120_000_000, 1, 20e6 / 10e9 - 1e6 / 100e9 - 19e6 / 50e9),  # no cache holds the rest
    ],
)
def test_the_first_call_of_a_sample_finds_its_data_in_memory(size: int, calls: int, seconds: float):
    one = dataclasses.replace(launch(), calls=calls)
    assert terms(record(NOTHING, one, bytes=size), LEVELS)["data from memory"] == pytest.approx(seconds)


def test_temporaries_come_from_memory_too():
    one = dataclasses.replace(launch(), calls=1)
    found = record(NOTHING, one, bytes=1000)
    assert found.cost
    found = dataclasses.replace(found, cost=dataclasses.replace(found.cost, peak=1_000_000))
    assert terms(found, LEVELS)["data from memory"] == pytest.approx(90e-6)


def test_where_no_cache_is_known_or_the_cell_is_cold_no_data_comes_late():
    one = dataclasses.replace(launch(), calls=1)
    assert "data from memory" not in terms(record(NOTHING, one, bytes=10**7), LEVELS[-1:])
    cold = record(NOTHING, one, bytes=10**7, cell="a.b/v/eager/cpu/1/1@cold")
    assert "data from memory" not in terms(cold, LEVELS)


def test_the_largest_part_comes_first_and_small_ones_are_not_told():
    found = with_parts(operators={"mm": Part(2, 6e-4), "add": Part(1, 1e-5)}, instructions=30_000, nodes=1)
    own = account(found, ROOFS, floor(found, ROOFS))
    assert own is not None
    assert own.told(1e-3) == "operators 61 % (mm, add), Python 30 % (30,000 instructions)"


def test_what_is_summed_up_is_named_only_where_nothing_else_is_left():
    def told(**native: float) -> str:
        found = with_parts(native={name: Part(1, seconds) for name, seconds in native.items()})
        own = account(found, ROOFS, floor(found, ROOFS))
        assert own is not None
        return own.told(1e-3)

    assert told(others=8e-4, dumps=1e-4, loads=5e-5, sort=1e-5) == "native code 96 % (dumps, loads)"
    assert told(others=8e-4, dumps=1e-4) == "native code 90 % (dumps, others)"


@pytest.mark.parametrize(("seconds", "expected"), [(1.9e-3, ""), (2.1e-3, "unexplained")])
def test_a_time_of_more_than_twice_its_parts_is_unexplained(seconds: float, expected: str):
    found = with_parts(native={"zlib.crc32": Part(1, 1e-3)})
    limit = floor(found, ROOFS)
    own = account(found, ROOFS, limit)
    assert own is not None
    assert remark(seconds, limit, own.seconds) == expected
    assert remark(seconds, limit) == ""  # without parts, nothing was known of numpy or native code


def test_parts_survive_the_journal():
    cost = Cost(0, "exact", 0, 1, 0, 0, parts=dataclasses.replace(NOTHING, native={"f": Part(1, 2.0)}, operators=None))
    assert cost_from(to_json(cost)) == cost
    assert cost_from(to_json(dataclasses.replace(cost, parts=None))) == dataclasses.replace(cost, parts=None)
