"""Probes: their arithmetic and order of events exactly; real ones only for what the machine's load cannot change."""

from __future__ import annotations

import itertools
import json
import re
import time as clocks
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from perfsuite.host import machine
from perfsuite.instruments import devices, limits
from perfsuite.instruments.devices import Device, sets
from perfsuite.instruments.limits import Candidate, bursts
from perfsuite.model.floor import COMPUTE, floor
from perfsuite.model.record import Cost, Record, Roof, to_json
from perfsuite.model.roofs import DTYPES, UNITS, merge, quantity, text

KIB, MIB, GIB = 2**10, 2**20, 2**30
SMALL = Device(
    name="cpu",
    threads="1",
    caches={"L1d": 32 * KIB, "L2": MIB},
    sets={"L2": 256 * KIB, "DRAM": 4 * MIB},
    sides=(16, 32),
    window=MIB,
    burst=1e-4,
)


class Time:
    """Two clocks that pass only in calls and waits, the wall's four times as fast, and a script of what happened."""

    def __init__(self, *costs: float, queued: float = 0.0) -> None:
        self.costs, self.queued = list(costs), queued
        self.time, self.work, self.script = 0.0, 0.0, ""

    def now(self) -> float:
        self.script += "|"
        return self.time

    def wall(self) -> float:
        return 4 * self.time

    def call(self) -> None:
        self.script += "c"
        self.time += self.costs.pop(0) if len(self.costs) > 1 else self.costs[0]
        self.work += self.queued

    def sync(self) -> None:
        self.script += "s"
        self.time, self.work = self.time + self.work, 0.0


# -- bursts -----------------------------------------------------------------------------------------------------------


def test_the_clocks_best_and_the_walls_median_of_bursts_after_one_call_that_does_not_count():
    time = Time(99.0, 3.0, 2.0, 7.0, 4.0)
    assert bursts(time.call, 0.0, 1.0, clock=time.now, wall=time.wall) == (2.0, 4 * 3.0)
    assert time.script == "c" + 3 * "|c|"


@pytest.mark.parametrize(
    ("cost", "counts"), [(1.0, [1, 1, 1]), (0.125, [1, 10, 10, 10]), (0.001, [1, 11, 111, 1111, 1111, 1111])]
)
def test_a_burst_that_is_too_short_is_thrown_away_and_repeated_with_more_calls(cost: float, counts: list[int]):
    time = Time(cost)
    found = bursts(time.call, 0.0, 1.0, clock=time.now, wall=time.wall)
    assert found == (pytest.approx(cost), pytest.approx(4 * cost))
    assert [len(calls) for calls in re.findall(r"\|(c+)\|", time.script)] == counts


def test_a_burst_too_short_is_not_the_best_one():
    time = Time(1.0, 0.5, 2.0, 3.0, 4.0)
    assert bursts(time.call, 0.0, 1.0, clock=time.now, wall=time.wall) == (3.0, 4 * 4.0)


def test_bursts_go_on_until_the_walls_time_is_over():
    time = Time(2.0)
    bursts(time.call, 80.0, 1.0, clock=time.now, wall=time.wall)
    assert time.script.count("c") == 1 + 10


def test_the_device_is_idle_before_a_burst_and_its_work_belongs_to_it():
    time = Time(1.0, queued=5.0)
    assert bursts(time.call, 0.0, 1.0, time.sync, clock=time.now, wall=time.wall) == (6.0, 4 * 6.0)
    assert time.script == "c" + 3 * "s|cs|"


def test_without_waiting_only_the_host_is_seen():
    time = Time(1.0, queued=5.0)
    assert bursts(time.call, 0.0, 1.0, time.sync, wait=False, clock=time.now, wall=time.wall) == (1.0, 4 * 1.0)
    assert time.script == "c" + 3 * "s|c|"


def test_only_one_thread_has_a_clock_of_its_own(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "cores", lambda: 2)
    monkeypatch.setattr(clocks, "get_clock_info", lambda _: types.SimpleNamespace(resolution=1e-9))
    assert [devices.cpu(label).clock for label in ("1", "all")] == [clocks.thread_time, clocks.perf_counter]
    monkeypatch.setattr(clocks, "get_clock_info", lambda _: types.SimpleNamespace(resolution=1e-2))
    assert devices.cpu("1").clock is clocks.perf_counter


def test_a_device_is_read_by_its_own_clock(monkeypatch: pytest.MonkeyPatch):
    read = []
    device = limits.replace(SMALL, clock=lambda: read.append(1) or clocks.perf_counter())
    limits._best([Candidate("nothing", lambda: None)], device, 0.0)
    assert read


def test_the_best_candidate_needs_least_for_its_work(monkeypatch: pytest.MonkeyPatch):
    taken = {"small": (2.0, 3.0), "large": (5.0, 6.0), "slow": (9.0, 9.0)}
    monkeypatch.setattr(limits, "bursts", lambda call, *_, **__: taken[call()])
    candidates = [
        Candidate(name, lambda name=name: name, work) for name, work in (("small", 1), ("large", 4), ("slow", 1))
    ]
    best, *times = limits._best(candidates, SMALL, 1.0)
    assert (best.what, *times) == ("large", 5.0, 6.0)


# -- working sets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caches", "memory", "expected"),
    [
        # Half of L2, a tenth of L3, three arrays of 1.3 L3.
        ({"L2": 2 * MIB, "L3": 300 * MIB}, 24 * GIB, {"L2": MIB, "L3": 30 * MIB, "DRAM": 3 * 390 * MIB}),
        # A small L3: the arrays are 64 MiB at least.
        ({"L2": MIB, "L3": 8 * MIB}, 24 * GIB, {"L2": MIB // 2, "L3": 2 * MIB, "DRAM": 192 * MIB}),
        # Many cores: a tenth of L3 would lie in the L2 caches.
        ({"L2": 64 * MIB, "L3": 256 * MIB}, 64 * GIB, {"L2": 32 * MIB, "L3": 128 * MIB, "DRAM": 3 * 348966092}),
        # L3 smaller than the L2 caches together: nothing lies in L3 alone.
        ({"L2": 64 * MIB, "L3": 32 * MIB}, 64 * GIB, {"L2": 32 * MIB, "DRAM": 192 * MIB}),
        ({"L2": 12 * MIB}, 16 * GIB, {"L2": 6 * MIB, "DRAM": 192 * MIB}),
        ({}, 16 * GIB, {"DRAM": 192 * MIB}),
        # Little memory: smaller arrays, as long as they are clearly larger than the caches.
        ({"L2": MIB, "L3": 32 * MIB}, 400 * MIB, {"L2": MIB // 2, "L3": 3.2 * MIB, "DRAM": 100 * MIB}),
        ({"L2": MIB, "L3": 32 * MIB}, 200 * MIB, {"L2": MIB // 2, "L3": 3.2 * MIB}),
        ({"L2": MIB}, 0, {"L2": MIB // 2}),
    ],
)
def test_a_working_set_lies_in_the_level_that_it_measures(
    caches: dict[str, int], memory: int, expected: dict[str, int]
):
    assert sets(caches, memory) == {level: int(size) for level, size in expected.items()}


def test_the_caches_of_a_device_are_those_that_its_threads_reach(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "usable", lambda: [3, 5, 8])
    monkeypatch.setattr(machine, "cores", lambda: 2)
    monkeypatch.setattr(machine, "caches", lambda cpus: {"L2": len(cpus) * MIB})
    assert {label: devices.cpu(label).caches["L2"] // MIB for label in ("1", "2", "all")} == {"1": 1, "2": 2, "all": 2}


@pytest.mark.parametrize("threads", ["0", "-1", "some", "1.5", ""])
def test_no_such_number_of_threads(threads: str):
    with pytest.raises(ValueError, match="threads must be 'all' or a number"):
        devices.count(threads)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_arrays_do_not_overlap_and_lie_at_different_page_offsets(number: int):
    whole = torch.empty(4 * MIB // 4)
    windows = limits._windows(whole, number, SMALL)
    assert len(windows) == 4
    assert {len(arrays) for arrays in windows} == {number}
    spans = sorted((a.data_ptr(), a.data_ptr() + a.nbytes) for arrays in windows for a in arrays)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert len({a.numel() for arrays in windows for a in arrays}) == 1
    assert sum(end - start for start, end in spans) > 0.99 * whole.nbytes
    distances = {
        (arrays[at + 1].data_ptr() - arrays[at].data_ptr()) % 4096 for arrays in windows for at in range(number - 1)
    }
    assert 0 not in distances


def test_windows_are_visited_in_turns():
    seen: list[int] = []
    turn = limits._turns([lambda at=at: seen.append(at) for at in range(3)])
    for _ in range(7):
        turn()
    assert seen == [0, 1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize(("made", "share"), [(limits._streams, 1), (limits._in_place, 2)])
def test_the_work_of_a_call_is_the_bytes_that_it_reads_and_writes(made: Callable[..., list[Candidate]], share: int):
    whole = torch.ones(4 * MIB // 4)
    for candidate in made(whole, SMALL):
        assert candidate.work == pytest.approx(share * whole.nbytes / 4, rel=0.01), candidate.what
        candidate.call()


# -- real probes ------------------------------------------------------------------------------------------------------


@pytest.fixture
def threads() -> Iterator[int]:
    """An odd number of torch threads that a probe would not choose."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield 3
    torch.set_num_threads(before)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose probes take no time."""
    monkeypatch.setattr(limits, "cpu", lambda label: limits.replace(SMALL, threads=label))


@pytest.fixture
def probed(small: None, threads: int) -> list[Roof]:
    return limits.probe(("1", "all"), seconds=0.002)


def test_every_roof_that_applies_is_measured_for_its_threads(probed: list[Roof]):
    rates = ["fp32", "fp64", "bf16", "fp16", "L2", "L2 in place", "DRAM", "DRAM in place", "L1 size", "L2 size"]
    once = ["dispatch", "view", "empty tensor", "python call", *UNITS]
    expected = [(name, label) for label in ("1", "all") for name in rates] + [(name, "") for name in once]
    assert [(roof.name, roof.threads) for roof in probed] == expected
    assert {roof.device for roof in probed} == {"cpu"}


def test_values_are_positive_and_the_best_is_no_worse_than_the_typical(probed: list[Roof]):
    units = {"fp32": "FLOP/s", "L2": "B/s", "DRAM in place": "B/s", "dispatch": "s", "L2 size": "B"}
    assert {name: roof.unit for roof in probed if (name := roof.name) in units} == units
    for roof in probed:
        better, worse = (roof.typical, roof.value) if roof.unit == "s" else (roof.value, roof.typical)
        assert better >= 0.99 * worse > 0, roof  # two clocks, of which the system may slew one


def test_a_probe_leaves_threads_and_random_numbers_as_they_were(small: None, threads: int):
    state = torch.get_rng_state()
    limits.probe(("1", "all"), seconds=0.002, names=["fp32", "dispatch"])
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_threads_are_restored_after_an_error(small: None, threads: int, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(limits, "_bandwidth", fail)
    with pytest.raises(KeyboardInterrupt):
        limits.probe(("1",), seconds=0.002)
    assert torch.get_num_threads() == threads


def test_each_number_of_threads_is_set_while_it_is_measured(small: None, threads: int, monkeypatch: pytest.MonkeyPatch):
    seen = []
    monkeypatch.setattr(machine, "cores", lambda: 2)
    for step in ("_arithmetic", "_bandwidth", "_sizes", "_overheads", "_units"):

        def note(device: Device, *_: object, step: str = step) -> list[Roof]:
            seen.append((step, device.threads, torch.get_num_threads()))
            return []

        monkeypatch.setattr(limits, step, note)
    limits.probe(("1", "all"), seconds=1.0)
    assert seen == [
        *((step, "1", 1) for step in ("_arithmetic", "_bandwidth", "_sizes")),
        *((step, "all", 2) for step in ("_arithmetic", "_bandwidth", "_sizes")),
        ("_overheads", "", 1),
        ("_units", "", 1),
    ]


def test_only_what_is_asked_for_is_measured(small: None):
    names = ("dispatch", "L2", "fp32")
    assert [roof.name for roof in limits.probe(["1"], seconds=0.002, names=names)] == ["fp32", "L2", "dispatch"]


def test_an_unknown_name_is_refused_before_anything_is_measured(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "cpu", pytest.fail)
    with pytest.raises(ValueError, match="no roof is called 'int4'"):
        limits.probe(["1"], seconds=1.0, names=["fp32", "int4"])


def test_a_dtype_without_a_kernel_is_left_out(small: None, monkeypatch: pytest.MonkeyPatch):
    product = torch.mm

    def mm(a: torch.Tensor, b: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
        if a.dtype is torch.float64:
            raise NotImplementedError("no kernel")
        return product(a, b, out=out)

    monkeypatch.setattr(torch, "mm", mm)
    assert [roof.name for roof in limits.probe(["1"], seconds=0.002, names=["fp32", "fp64"])] == ["fp32"]


def test_slow_kernels_are_measured_on_small_matrices(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "bursts", lambda *_, **__: (0.01, 0.01))  # the smallest product takes 10 ms
    device = limits.replace(SMALL, sides=(16, 32, 64, 128))
    found = {s: [c.work for c in limits._products(device, "float32", s)] for s in (0.01, 0.25, 2.0, 100.0)}
    work = {side: 2 * side**3 for side in device.sides}
    assert found == {
        0.01: [work[16]],
        0.25: [work[16], work[32]],
        2.0: [work[16], work[32], work[64]],
        100.0: [work[32], work[64], work[128]],
    }


def test_this_machines_own_sizes_are_probed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "_arithmetic", lambda *_: [])
    monkeypatch.setattr(limits, "_bandwidth", lambda *_: [])
    names = list(limits.CACHES)
    told = {roof.name: roof.value for roof in limits.probe(["1"], seconds=0.001, names=names)}
    assert told == {name: size for name in names if (size := machine.caches().get(limits.CACHES[name]))}


def test_the_floor_reads_the_names_that_are_probed(probed: list[Roof]):
    assert {name for names in COMPUTE.values() for name in names} == {*DTYPES}
    job = Record(
        "a.b/mm/eager/cpu/x/1", "ok", dtype="float32", flops=10**6, bytes=2 * MIB, cost=Cost(0, "", 0, 2, 1, 0)
    )
    found = floor(job, probed)
    rates = {roof.name: roof.value for roof in probed if roof.threads in ("1", "")}
    assert found.missing == ()
    assert found.compute == pytest.approx(1e6 / rates["fp32"])
    assert found.memory == pytest.approx(MIB / rates["L2"] + MIB / rates["DRAM"])
    assert found.overhead == pytest.approx(2 * rates["dispatch"] + rates["view"])
    assert found.usual > found.overhead + found.memory


# -- CUDA, without a device -------------------------------------------------------------------------------------------


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A device of 48 MiB L2 cache and 8 GiB of free memory that only counts waits."""
    script: list[str] = []
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: types.SimpleNamespace(L2_cache_size=48 * MIB))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (8 * GIB, 80 * GIB))
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: script.append("sync"))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: script.append("empty"))
    return script


def test_a_gpu_is_measured_with_sets_of_its_own(gpu: list[str]):
    device = devices.cuda()
    assert device.sets == {"L2": 24 * MIB, "HBM": 3 * 384 * MIB}
    assert (device.threads, device.caches) == ("", {"L2": 48 * MIB})
    device.sync()
    assert gpu == ["sync"]


def test_a_gpus_probe_gives_its_memory_back(gpu: list[str], monkeypatch: pytest.MonkeyPatch):
    seen = []
    for step in ("_arithmetic", "_bandwidth", "_overheads"):
        monkeypatch.setattr(limits, step, lambda device, *_, step=step: seen.append((step, device.name)) or [])
    roofs = limits.probe(("1", "all"), seconds=1.0, device="cuda")
    assert [(roof.name, roof.threads, roof.value) for roof in roofs] == [("L2 size", "", 48.0 * MIB)]
    assert seen == [(step, "cuda") for step in ("_arithmetic", "_bandwidth", "_overheads")]
    assert gpu == ["empty"]


# -- many probes, one table -------------------------------------------------------------------------------------------


def roof(name: str, value: float, typical: float, unit: str = "FLOP/s", threads: str = "1", what: str = "mm") -> Roof:
    return Roof(name, threads, "cpu", value, typical, unit, what)


def test_merging_keeps_the_best_and_the_median_of_the_typical():
    probes = [
        [roof("fp32", 100, 80), roof("dispatch", 2e-6, 4e-6, "s", ""), roof("fp32", 190, 150, threads="all")],
        [roof("fp32", 120, 60, what="mm of 384"), roof("dispatch", 3e-6, 9e-6, "s", "")],
        [roof("fp32", 90, 70), roof("dispatch", 1e-6, 5e-6, "s", "")],
    ]
    assert merge(probes) == (
        roof("fp32", 120, 70, what="mm of 384"),
        roof("dispatch", 1e-6, 5e-6, "s", ""),
        roof("fp32", 190, 150, threads="all"),
    )
    assert merge([]) == ()


def test_another_devices_roof_of_the_same_name_stays_apart():
    gpu = Roof("L2", "1", "cuda", 5e12, 5e12, "B/s", "copy")
    assert merge([[roof("L2", 1e11, 1e11, "B/s")], [gpu]]) == (roof("L2", 1e11, 1e11, "B/s"), gpu)


def test_roofs_survive_json(probed: list[Roof]):
    assert [Roof(**data) for data in json.loads(json.dumps(to_json(probed)))] == probed


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (165.4e9, "FLOP/s", "165 GFLOP/s"),
        (2.435e12, "FLOP/s", "2.44 TFLOP/s"),
        (13.83e9, "B/s", "13.8 GB/s"),
        (999.6e6, "B/s", "1.00 GB/s"),
        (12.0, "B/s", "12.0 B/s"),
        (830.4e-9, "s", "830 ns"),
        (0.04e-9, "s", "0.0400 ns"),
        (1.7749e-6, "s", "1.77 µs"),
        (2.0, "s", "2.00 s"),
        (32768, "B", "32.0 KiB"),
        (37486592, "B", "35.8 MiB"),
        (1010 * KIB, "B", "1010 KiB"),
        (300 * MIB, "B", "300 MiB"),
        (0.0, "s", "0 ns"),
    ],
)
def test_three_digits_in_the_unit_that_fits(value: float, unit: str, shown: str):
    assert quantity(value, unit) == shown


def test_the_table():
    roofs = [
        roof("fp32", 165e9, 158e9, what="mm of 1024 x 1024, float32"),
        Roof("HBM", "", "cuda", 3.1e12, 3e12, "B/s", "a.copy_(b)"),
        roof("dispatch", 4.5e-7, 1.2e-6, "s", "", "a.zero_()"),
    ]
    assert text(roofs) == (
        "roof      device  threads  best         typical      measured with\n"
        "fp32      cpu     1        165 GFLOP/s  158 GFLOP/s  mm of 1024 x 1024, float32\n"
        "HBM       cuda             3.10 TB/s    3.00 TB/s    a.copy_(b)\n"
        "dispatch  cpu              450 ns       1.20 µs      a.zero_()"
    )


def test_a_machine_without_a_system_folder_still_has_sets(tmp_path: Path):
    assert sets(machine.caches([0], tmp_path), machine.available(tmp_path)) in ({"DRAM": 192 * MIB}, {})
