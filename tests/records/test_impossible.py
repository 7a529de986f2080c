"""Faster than the hardware allows: what is, what never is, and that it counts nowhere."""

from __future__ import annotations

import dataclasses
import random
import statistics
from pathlib import Path

import made
from test_floor import ROOFS, without

from perfsuite.model import estimates
from perfsuite.model.cell import Cell
from perfsuite.model.component import Component
from perfsuite.model.printable import REASON
from perfsuite.model.record import REFUSED, Launch, Record, Roof
from perfsuite.project import catalogue
from perfsuite.records import archive, folding, impossible, journal, options
from perfsuite.records.store import read, write
from perfsuite.reporting import frame, published
from perfsuite.reporting.text import overview, terminal

MIB = 2**20
LADDER = catalogue.component("matmul.ladder")
ROUNDED = catalogue.component("hf.quantised")
MACHINE = {"machine": {}, "machine_class": "m", "commit": "", "dirty": False, "tree": ""}
PROOF = {"error": 0.0, "share": 0.0, "seeds": 3, "first": 0.1, "call": 1e-6}


def launches(*seconds: float) -> tuple[Launch, ...]:
    return tuple(Launch(at, 1, 0.0, 0.0, (0.0,), (one,)) for at, one in enumerate(seconds))


def record(*seconds: float, cell: str = "matmul.ladder/mm/eager/cpu/x/1", **facts: object) -> Record:
    return Record(cell, "ok", **{"dtype": "float32", "launches": launches(*seconds), **facts})  # type: ignore[arg-type]


def why(told: Record, roofs: tuple[Roof, ...] = ROOFS, component: Component = LADDER) -> str:
    return impossible.why(told, component, roofs)


# -- what is -----------------------------------------------------------------------------------------------------------


def test_a_product_of_1024_in_ten_microseconds():
    assert why(record(10e-6, flops=2 * 1024**3, bytes=12 * MIB)) == (
        "10.0 µs a call would be 215 TFLOP/s of the declared 2.15 GFLOP, and arithmetic in fp32 gives 100 GFLOP/s at "
        "most here: 2,147x faster than the hardware; the work is not done, or "
        "benchmarks/components/matmul/ladder.py declares too much of it, or no roof covers its arithmetic"
    )


def test_a_copy_of_a_hundred_megabytes_in_two_microseconds():
    copying = catalogue.component("noise.copying")
    told = record(2e-6, cell="noise.copying/clone/eager/cpu/x/1", bytes=2 * 10**8)
    assert why(told, component=copying) == (
        "2.00 µs a call would be 100 TB/s of the declared 191 MiB, and memory up to DRAM gives 17.5 GB/s at most here: "
        "5,713x faster than the hardware; the work is not done, or benchmarks/components/noise/copying.py "
        "declares too much of it, or a cache level is not modelled"
    )


def test_all_of_the_interval_must_be_below_the_share():
    edge = impossible.SHARE * 1e-3
    job = {"flops": 10**8}  # a millisecond
    assert why(record(*[edge * 0.999] * 6, **job)) and not why(record(*[edge * 1.001] * 6, **job))
    assert not why(record(*[edge * 0.1] * 5, edge * 1.001, **job))  # the interval of six launches is their range
    assert why(record(edge * 0.999, **job))  # a quick look has one launch, and no interval


def test_rounded_arithmetic_counts_where_the_gate_lets_it_through():
    amx = (*ROOFS, Roof("bf16", "1", "cpu", 1600e9, 1500e9, "FLOP/s", "mm"))
    seconds = impossible.SHARE * 1e-3 / 8
    assert why(record(seconds, flops=10**8), amx)
    assert not why(record(seconds, flops=10**8), amx, ROUNDED)
    assert "arithmetic in bf16 gives 1.60 TFLOP/s" in why(record(seconds / 10, flops=10**8), amx, ROUNDED)


def test_what_flushed_caches_no_longer_hold_comes_from_memory():
    job = {"bytes": 40_000_000}  # 1.25 ms through L3 in place, 2.5 ms from DRAM
    warm, cold = record(3e-4, **job), record(3e-4, cell="matmul.ladder/mm/eager/cpu/x/1@cold", **job)
    assert not why(warm) and "memory up to DRAM gives 16.0 GB/s" in why(cold)


def test_a_gpu_is_held_to_its_own_roofs():
    cell = "matmul.ladder/mm/eager/cuda/x/1"
    gpu = (
        *ROOFS,
        Roof("fp32", "", "cuda", 50e12, 50e12, "FLOP/s", "mm"),
        Roof("HBM", "", "cuda", 3e12, 3e12, "B/s", ""),
    )
    assert why(record(0.9e-5, cell=cell, flops=2 * 1024**3), gpu) == ""
    assert "arithmetic in fp32 gives 50.0 TFLOP/s" in why(record(1e-6, cell=cell, flops=2 * 1024**3), gpu)
    assert why(record(1e-6, cell=cell, flops=2 * 1024**3, bytes=10**9)) == ""  # there are none


# -- what never is -----------------------------------------------------------------------------------------------------


def test_without_a_roof_or_declared_work_nothing_is_impossible():
    job = {"flops": 2 * 1024**3, "bytes": 10**9}
    assert why(record(1e-12, **job)) and not why(record(1e-12, **job), ())
    assert not why(record(1e-12)) and not why(record(**job))
    assert not why(record(1e-12, dtype="int64", flops=10**9))
    levels = ("L2", "L3", "DRAM")
    bare = without(*levels, *(f"{name} in place" for name in levels), *(f"{name} size" for name in ("L1", *levels)))
    assert not why(record(1e-12, bytes=10**9), bare)


def test_several_threads_are_held_to_roofs_of_as_many_only():
    job = record(1e-3, cell="matmul.ladder/mm/eager/cpu/x/all", flops=2 * 1024**3)  # 21 times what one thread can do
    assert not why(job)
    assert not why(job, (*ROOFS, Roof("fp32", "all", "cpu", 3e12, 3e12, "FLOP/s", "mm")))
    assert why(job, (*ROOFS, Roof("fp32", "all", "cpu", 200e9, 200e9, "FLOP/s", "mm")))


def test_no_honest_cell_of_a_kept_run_comes_near():
    shares = {}
    for run in archive.runs():
        for told in run.records:
            component = catalogue.component(told.key.component)
            if told.status == "ok" and (limit := impossible.bound(told, component, run.roofs)):
                assert not impossible.why(told, component, run.roofs), told.cell
                quickest = min(statistics.median(launch.wall) for launch in told.launches)
                shares[run.run, told.cell] = quickest / limit.seconds
    lowest = sorted((share, *name) for name, share in shares.items())[:5]
    assert len(shares) > 1000 and lowest[0][0] > 2.5 * impossible.SHARE, f"the lowest: {lowest}"


def test_views_are_declared_to_move_nothing():
    assert {catalogue.component("dataload.home_made").bytes(case) for case in LADDER.cases} == {0}


def test_every_reason_fits_the_line_that_tells_it():
    longest = max(catalogue.components(), key=len)
    bounds = [impossible.bound(record(flops=1, bytes=work), LADDER, ROOFS) for work in (0, 10**12)]
    for limit in bounds:
        assert limit and len(limit.told(1e-9, longest)) <= REASON


# -- where it counts ---------------------------------------------------------------------------------------------------


def folded(tmp_path: Path, *walls: float, contended: bool = False, roofs: tuple[Roof, ...] = ROOFS) -> Record:
    """The record of a product whose launches took these times, out of the journal of its run."""
    cell = "matmul.ladder/mm/eager/cpu/1024/1"
    asked = options.Options(cells=(cell,), selection="", command="", left_out="", launches=len(walls))
    book = journal.begin(tmp_path, asked, MACHINE)
    book.add("roofs", roofs=[vars(roof) for roof in roofs])
    book.add("check", cell=cell, answer={"status": "ok", "reason": "", "proof": PROOF})
    for launch in launches(*walls):
        book.add("launch", cell=cell, launch=vars(launch), contended=contended)
    book.close()
    (told,) = read(write(folding.fold(journal.load(book.path)), tmp_path)).records
    return told


def test_the_record_of_a_run_says_so_and_keeps_the_samples(tmp_path: Path):
    told = folded(tmp_path, *[10e-6] * 6)
    assert (told.status, len(told.launches)) == ("impossible", 6) and told.proof
    assert told.reason.startswith("10.0 µs a call would be 215 TFLOP/s of the declared 2.15 GFLOP")
    assert folded(tmp_path, *[30e-3] * 6).status == "ok"
    assert folded(tmp_path, *[10e-6] * 6, roofs=ROOFS[-3:]).status == "ok"


def test_what_is_wholly_impossible_is_not_excused_by_a_busy_machine(tmp_path: Path):
    walls = [10e-6] * 3 + [100e-6] * 3
    assert folded(tmp_path, *walls, contended=True).status == "impossible"
    assert folded(tmp_path, *[10e-6] * 3, *[30e-3] * 3).status == "unstable"  # it may be either


def test_it_counts_nowhere_though_it_is_the_fastest(tmp_path: Path):
    run, draw = made.small(), random.Random(1)
    lies = Cell.parse(run.records[0].cell).component + "/mm/eager/cpu/5x784x10/1"
    records = tuple(
        dataclasses.replace(one, status="impossible", reason="so fast", launches=made.launches(1e-9, draw))
        if one.cell == lies
        else one
        for one in run.records
    )
    run = read(write(dataclasses.replace(run, records=records), tmp_path))
    (told,) = [one for one in run.records if one.status == "impossible"]
    group = [one for one in run.records if one.key.group == told.key.group]
    assert len(group) > 5 and (best := estimates.best(group)) and best.cell != lies
    rows = {row["cell"]: row for row in frame.rows(frame.build(run))}
    assert rows[best.cell]["best"] and rows[best.cell]["times_best"] == 1 and not rows[lies]["best"]
    assert not {"seconds", "ratio", "times_best", "remark", "times_hardware"} & {*terminal._cell(rows[lies])}
    ladder = published.ladder(run.problems[0], run)
    assert ladder and {rung.here for rung in ladder.rungs if rung.variant == "mm"} == {None}
    assert "! mm  impossible: so fast" in terminal.show(run, color=False, width=100)
    assert overview.told(told) == f"impossible: {lies}: so fast" and "impossible" in REFUSED
