"""The floor's arithmetic, exactly: which roof, which memory level, which remark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfsuite.model.floor import ABOVE, UNEXPLAINED, Floor, floor, remark
from perfsuite.model.record import Cost, Record, Roof

KIB, MIB = 2**10, 2**20
RATES = {"L2": 64e9, "L3": 16e9, "DRAM": 8e9}
ROOFS = (
    Roof("fp32", "1", "cpu", 100e9, 90e9, "FLOP/s", "mm"),
    Roof("fp64", "1", "cpu", 50e9, 45e9, "FLOP/s", "mm"),
    *(Roof(name, "1", "cpu", rate, rate / 2, "B/s", "copy") for name, rate in RATES.items()),
    *(Roof(f"{name} in place", "1", "cpu", 2 * rate, rate, "B/s", "neg") for name, rate in RATES.items()),
    *(
        Roof(f"{name} size", "1", "cpu", size, size, "B", "from /sys")
        for name, size in (("L1", 32 * KIB), ("L2", MIB), ("L3", 32 * MIB))
    ),
    Roof("dispatch", "", "cpu", 1e-6, 2e-6, "s", "zero_"),
    Roof("view", "", "cpu", 0.5e-6, 1e-6, "s", "detach"),
    Roof("empty tensor", "", "cpu", 2e-6, 3e-6, "s", "empty"),
)


def record(cell: str = "a.b/mm/eager/cpu/x/1", dtype: str = "float32", **facts: object) -> Record:
    return Record(cell, "ok", dtype=dtype, **facts)  # type: ignore[arg-type]


def cost(ops: int | None, views: int | None = 0, traffic: int | None = 0) -> Cost:
    return Cost(peak=0, peak_is="exact", allocations=0, ops=ops, views=views, traffic=traffic)


def without(*names: str) -> tuple[Roof, ...]:
    return tuple(roof for roof in ROOFS if roof.name not in names)


# -- arithmetic -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "seconds"), [("float32", 2e-3), ("float64", 4e-3)])
def test_declared_flop_over_the_best_rate_of_the_dtype(dtype: str, seconds: float):
    assert floor(record(dtype=dtype, flops=200_000_000), ROOFS).compute == pytest.approx(seconds, rel=1e-12)


@pytest.mark.parametrize(("rate", "seconds"), [(400e9, 0.5e-3), (10e9, 2e-3)])
@pytest.mark.parametrize(("dtype", "name"), [("bfloat16", "bf16"), ("float16", "fp16")])
def test_a_short_dtype_may_be_computed_in_float32(dtype: str, name: str, rate: float, seconds: float):
    roofs = (*ROOFS, Roof(name, "1", "cpu", rate, rate, "FLOP/s", "mm"))
    assert floor(record(dtype=dtype, flops=200_000_000), roofs).compute == pytest.approx(seconds, rel=1e-12)


def test_without_a_roof_the_term_is_missing_rather_than_free():
    found = floor(record(dtype="int64", flops=10**9, cost=cost(1)), ROOFS)
    assert (found.compute, found.missing) == (0.0, ("compute",))
    assert floor(record(dtype="int64", flops=0, cost=cost(1)), ROOFS).missing == ()


# -- memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "level", "seconds"),
    [
        (0, "L1", 0.0),
        (32 * KIB, "L1", 0.0),
        (32 * KIB + 1, "L2", (32 * KIB + 1) / 64e9),
        (MIB, "L2", MIB / 64e9),
        (MIB + 4 * KIB, "L3", MIB / 64e9 + 4 * KIB / 16e9),
        (32 * MIB, "L3", MIB / 64e9 + 31 * MIB / 16e9),
        (100 * MIB, "DRAM", MIB / 64e9 + 31 * MIB / 16e9 + 68 * MIB / 8e9),
    ],
)
def test_each_level_serves_what_it_holds_beyond_the_inner_ones(size: int, level: str, seconds: float):
    found = floor(record(bytes=size), ROOFS)
    assert (found.memory, found.level) == (pytest.approx(seconds, rel=1e-12), level)
    assert found.least == pytest.approx(seconds / 2, rel=1e-12)  # all roofs in place are twice as high here


def test_a_cold_cache_leaves_only_the_memory():
    found = floor(record("a.b/mm/eager/cpu/x/1@cold", bytes=1000), ROOFS)
    assert (found.memory, found.level) == (pytest.approx(1000 / 8e9), "DRAM")


@given(small=st.integers(0, 10**9), more=st.integers(0, 10**9))
def test_more_bytes_never_take_less_time_and_no_less_than_the_fastest_level_needs(small: int, more: int):
    near, far = floor(record(bytes=small), ROOFS).memory, floor(record(bytes=small + more), ROOFS).memory
    assert near <= far <= (small + more) / 8e9 * (1 + 1e-9)
    assert near >= small / 64e9 * (1 - 1e-9) or small <= 32 * KIB


def test_a_level_without_a_size_may_hold_everything():
    found = floor(record(bytes=100 * MIB), without("L3 size"))
    assert (found.memory, found.level) == (pytest.approx(MIB / 64e9 + 99 * MIB / 16e9), "L3")


def test_a_level_without_a_bandwidth_serves_for_nothing():
    found = floor(record(bytes=100 * MIB, cost=cost(1)), without("L3", "L3 in place"))
    assert (found.memory, found.level) == (pytest.approx(MIB / 64e9 + 68 * MIB / 8e9), "DRAM")
    assert found.missing == ()


def test_bytes_that_reach_an_unmeasured_level_are_missing():
    found = floor(record(bytes=100 * MIB, cost=cost(1)), without("DRAM", "DRAM in place"))
    assert (found.memory, found.level, found.missing) == (
        pytest.approx(MIB / 64e9 + 31 * MIB / 16e9),
        "DRAM",
        ("memory",),
    )


def test_a_machine_that_tells_nothing_of_its_caches_has_no_hot_floor():
    roofs = without("L1 size", "L2 size", "L3 size", "L2", "L3")
    hot, cold = (floor(record(f"a.b/mm/eager/cpu/x/1{how}", bytes=8000, cost=cost(1)), roofs) for how in ("", "@cold"))
    assert (hot.memory, hot.level, hot.missing) == (0.0, "", ("memory",))
    assert (cold.memory, cold.level, cold.missing) == (pytest.approx(1e-6), "DRAM", ())


def test_a_gpu_has_its_own_levels():
    roofs = (
        *ROOFS,
        Roof("L2", "", "cuda", 4e12, 4e12, "B/s", "copy"),
        Roof("L2 size", "", "cuda", 50 * MIB, 50 * MIB, "B", "from the driver"),
        Roof("HBM", "", "cuda", 2e12, 2e12, "B/s", "copy"),
    )
    small, large, cold = (
        floor(record(f"a.b/mm/eager/cuda/x/1{how}", bytes=size), roofs)
        for how, size in (("", 40 * MIB), ("", 150 * MIB), ("@cold", 40 * MIB))
    )
    assert (small.memory, small.level) == (pytest.approx(40 * MIB / 4e12), "L2")
    assert (large.memory, large.level) == (pytest.approx(50 * MIB / 4e12 + 100 * MIB / 2e12), "HBM")
    assert (cold.memory, cold.level) == (pytest.approx(40 * MIB / 2e12), "HBM")


# -- overhead ---------------------------------------------------------------------------------------------------------


def test_operators_and_views_pay_their_cheapest_dispatch():
    found = floor(record(cost=cost(3, 4)), ROOFS)
    assert found.overhead == pytest.approx(3 * 1e-6 + 4 * 0.5e-6)
    assert found.usual == pytest.approx(3 * (1e-6 + 2e-6) + 4 * 2e-6)


def test_what_operators_usually_take_holds_the_bytes_of_each():
    found = floor(record(bytes=64 * KIB, cost=cost(2, 0, 4 * MIB)), ROOFS)
    each = MIB / 64e9 + MIB / 16e9
    assert found.usual == pytest.approx(2 * 3e-6 + 2 * each)
    assert found.memory == pytest.approx(64 * KIB / 64e9)


@pytest.mark.parametrize("unseen", [None, cost(None, None, None), cost(0)])
def test_without_operators_seen_the_overhead_is_missing(unseen: Cost | None):
    found = floor(record(cost=unseen), ROOFS)
    assert (found.overhead, found.missing) == (0.0, ("overhead",))


# -- which roofs ------------------------------------------------------------------------------------------------------


def test_several_threads_can_do_at_least_what_one_can():
    busy = Roof("fp32", "all", "cpu", 40e9, 20e9, "FLOP/s", "mm on a busy machine")
    idle = Roof("fp32", "all", "cpu", 190e9, 190e9, "FLOP/s", "mm")
    job = record("a.b/mm/eager/cpu/x/all", flops=10**9)
    assert floor(job, (*ROOFS, busy)).compute == pytest.approx(0.01)
    assert floor(job, (idle, *ROOFS)).compute == pytest.approx(1 / 190)
    assert floor(record(flops=10**9), (*ROOFS, idle)).compute == pytest.approx(0.01)


def test_of_several_overheads_the_least_counts():
    slow = Roof("dispatch", "1", "cpu", 5e-6, 5e-6, "s", "add")
    assert floor(record(cost=cost(1)), (*ROOFS, slow)).overhead == pytest.approx(1e-6)


def test_another_devices_roofs_say_nothing():
    found = floor(record("a.b/mm/eager/cuda/x/1", flops=10**9, bytes=10**6, cost=cost(5)), ROOFS)
    assert (found.hardware, found.whole, found.bound) == (0.0, 0.0, "")
    assert found.missing == ("compute", "memory", "overhead")


@pytest.mark.parametrize(
    ("facts", "bound"),
    [
        ({"flops": 10**9, "bytes": 10**5, "cost": cost(1)}, "compute"),
        ({"flops": 10**3, "bytes": 10**6, "cost": cost(1)}, "memory (L2)"),
        ({"flops": 10**3, "bytes": 10**9, "cost": cost(1)}, "memory (DRAM)"),
        ({"flops": 10**3, "bytes": 10**4, "cost": cost(1)}, "overhead"),
        ({}, ""),
    ],
)
def test_the_largest_term_is_the_bound(facts: dict[str, object], bound: str):
    found = floor(record(**facts), ROOFS)  # type: ignore[arg-type]
    assert found.bound == bound
    assert found.whole == max(found.compute, found.memory, found.overhead)
    assert found.hardware == max(found.compute, found.memory)


# -- remarks ----------------------------------------------------------------------------------------------------------

FLOOR = Floor(compute=3.0, memory=8.0, overhead=1.0, level="L2", in_place=4.0, usual=10.0, missing=())


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (ABOVE * 4.0 * 0.999, "above the roof"),
        (ABOVE * 4.0 * 1.001, "less traffic"),
        (ABOVE * 8.0 * 0.999, "less traffic"),
        (ABOVE * 8.0 * 1.001, ""),
        (UNEXPLAINED * 13.0 * 0.999, ""),
        (UNEXPLAINED * 13.0 * 1.001, "unexplained"),
    ],
)
def test_what_the_distance_says(seconds: float, said: str):
    assert remark(seconds, FLOOR) == said


def test_with_a_term_missing_a_long_time_is_not_called_unexplained():
    job = record(flops=10**6, bytes=10**5, cost=cost(1))
    assert remark(1.0, floor(job, ROOFS)) == "unexplained"
    for name in ("fp32", "L2", "dispatch"):
        assert remark(1.0, floor(job, without(name))) == ""


def test_faster_than_the_arithmetic_is_above_the_roof_whatever_the_memory():
    found = floor(record(flops=8 * 10**8, bytes=10**8), ROOFS)
    assert found.memory > found.compute > found.memory / 2
    assert found.least == found.compute
    assert remark(0.9 * found.compute, found) == "above the roof"


def test_a_run_without_roofs_in_place_calls_everything_below_the_floor_above_the_roof():
    roofs = without(*(f"{name} in place" for name in RATES))
    found = floor(record(bytes=MIB), roofs)
    assert found.least == found.memory
    assert remark(0.9 * found.memory, found) == "above the roof"
