"""What a call uses, on calls whose use is known."""

from __future__ import annotations

import ctypes
import shutil
import sys
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch

from perfsuite.instruments import arrays
from perfsuite.instruments import cost as costs
from perfsuite.instruments.cost import cost
from perfsuite.instruments.operators import operators
from perfsuite.model.record import Cost

MIB = 2**20
A, B = torch.randn(256, 256), torch.randn(256, 256)
X, W = torch.randn(5, 784), torch.randn(784, 10)
OUT, SQUARE = torch.empty(5, 10), torch.empty(100, 100)
M, ROWS = torch.randn(100, 100), torch.randn(64, 784)
TABLE, PICKED = torch.randn(5000, 784), torch.arange(64)


def broadcast():
    """A temporary of 64 MiB and a result of 256 KiB."""
    return (A[:, :, None] * B).sum(dim=1)


def temporaries():
    """Two blocks of 256 KiB are alive at once, 64 in all."""
    total = torch.zeros(256, 256)
    for _ in range(63):
        total = total + A
    return total


def numpy_broadcast():
    return (A.numpy()[:, :, None] * B.numpy()).sum(1)


class TestPeak:
    @pytest.mark.parametrize(
        ("call", "peak", "allocations"),
        [
            (broadcast, 64.25 * MIB, 2),
            (lambda: (A[:, :, None] * B).neg().sum(dim=1), 128 * MIB, 3),
            (temporaries, 0.5 * MIB, 64),
            (lambda: torch.mm(A, B), 0.25 * MIB, 1),
            (lambda: torch.mm(X, W), 200, 1),
            (lambda: [torch.empty(10) for _ in range(100)], 4000, 100),
            (lambda: torch.mm(X, W, out=OUT), 0, 0),
            (lambda: X.t()[3:, None], 0, 0),
            (lambda: None, 0, 0),
        ],
    )
    def test_of_torch_is_exact(self, call, peak, allocations):
        call()
        assert cost(call, None) == Cost(int(peak), "exact", allocations, None, None, None)

    @pytest.mark.parametrize(
        ("call", "peak"),
        [
            (numpy_broadcast, 64.25 * MIB),
            (lambda: A.numpy()[:, :, None] * B.numpy() + 1, 128 * MIB + 4),  # numpy makes an array of the 1, too
            (lambda: np.zeros(MIB), 8 * MIB),
            (lambda: np.empty(100) + np.empty(100), 2400),
            (lambda: [np.empty(10) for _ in range(100)], 8000),
            (lambda: np.empty(1000).resize(2000, refcheck=False), 16_000),
            (lambda: np.concatenate([X.numpy(), X.numpy()]), 2 * 4 * 5 * 784),
            (lambda: (np.empty(MIB).size, np.empty(10)), 8 * MIB),
            (lambda: X.numpy()[3:, None], 0),
        ],
    )
    def test_of_numpy_is_exact(self, call, peak):
        call()
        assert cost(call, None) == Cost(int(peak), "exact", None if peak else 0, None, None, None)

    def test_of_arrays_beside_many_objects_counts_both(self):
        found = cost(lambda: (np.empty(MIB), [float(number) for number in range(100_000)]), None)
        assert found.peak > 8 * MIB + 100_000 * sys.getsizeof(1.0)

    def test_an_array_may_outlive_the_count(self):
        """It keeps the allocator that it got its memory from."""
        kept = []
        assert arrays.peak(lambda: kept.append(np.ones(MIB))) >= 8 * MIB
        kept[0].resize(2 * MIB, refcheck=False)
        assert kept[0][:MIB].sum() == MIB and kept[1].sum() == MIB
        kept.clear()
        assert arrays.peak(lambda: np.empty(MIB)) == 8 * MIB

    def test_is_unknown_where_arrays_cannot_be_counted(self, monkeypatch):
        monkeypatch.setattr(arrays, "sees_arrays", lambda: False)
        assert cost(numpy_broadcast, None).peak_is == "unknown: the memory of this numpy's arrays cannot be counted"

    def test_another_version_of_numpy_is_not_trusted(self, monkeypatch):
        """Its table of functions may have another order."""
        monkeypatch.setattr(np, "__version__", "3.0.0")
        arrays._allocator.cache_clear()
        try:
            assert arrays.peak(numpy_broadcast) is None
        finally:
            arrays._allocator.cache_clear()

    def test_of_a_small_array_is_the_array(self):
        assert cost(lambda: torch.from_numpy(X.numpy() @ W.numpy()), None).peak == 200

    def test_of_python_objects_counts(self):
        found = cost(lambda: [float(number) for number in range(100_000)], None)
        assert found.peak > 0.99 * 100_000 * (8 + sys.getsizeof(1.0))

    @pytest.mark.parametrize("make", [torch.ones, np.ones])
    def test_counts_above_entry(self, make):
        """A call that frees its last result before it makes the new one needs nothing more."""
        box = [make(MIB)]

        def replace():
            box.clear()
            box.append(make(MIB))

        assert cost(replace, None).peak < 4096

        def late():
            box.append(make(MIB))
            del box[0]

        assert cost(late, None).peak >= make(MIB).nbytes

    def test_what_was_freed_may_grow_anew(self, monkeypatch):
        """The new block need not get the old one's pages, so growth of its size is no sign of native code."""
        monkeypatch.setattr(costs, "resident_growth", lambda call: 33 * MIB)
        for make in (lambda: torch.ones(8 * MIB), lambda: np.ones(4 * MIB)):
            box = [make()]

            def replace(box=box, make=make):
                box.clear()
                box.append(make())

            assert cost(replace, None).peak_is == "exact"
        assert cost(lambda: None, None) == Cost(33 * MIB, "at least", None, None, None, None)

    @pytest.mark.parametrize("make", [torch.ones, np.ones])
    def test_is_that_of_a_later_call(self, make):
        """What only the first call needs, such as a cache that it fills, is not counted."""
        needed = iter([4 * MIB])
        instrument = costs.in_torch if make is torch.ones else costs.in_python
        assert instrument(lambda: make(next(needed, MIB))).peak < 2 * make(MIB).nbytes

    def test_of_torch_and_numpy_together_is_a_lower_bound(self):
        found = cost(lambda: (np.ones(4 * MIB), torch.ones(4 * MIB)), None)
        assert found.peak_is == "at least"
        assert 32 * MIB <= found.peak < 60 * MIB

    def test_of_torch_and_numpy_together_needs_no_linux(self, monkeypatch):
        monkeypatch.setattr(costs, "resident_growth", lambda call: 0)
        found = cost(lambda: (np.ones(4 * MIB), torch.ones(4 * MIB)), None)
        assert found.peak_is == "at least"
        assert 32 * MIB <= found.peak < 33 * MIB

    def test_of_torch_with_a_little_numpy_stays_exact(self):
        assert cost(lambda: (torch.ones(4 * MIB), np.ones(20_000)), None).peak_is == "exact"

    @pytest.mark.skipif(sys.platform != "linux", reason="needs the resident set of Linux")
    def test_of_native_code_is_a_lower_bound(self):
        libc = ctypes.CDLL(None)
        libc.malloc.argtypes, libc.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
        libc.memset.argtypes, libc.free.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t], [ctypes.c_void_p]

        def native():
            block = libc.malloc(64 * MIB)
            libc.memset(block, 1, 64 * MIB)
            libc.free(block)
            return torch.ones(10)

        found = cost(native, None)
        assert (found.peak_is, found.allocations) == ("at least", None)
        assert 60 * MIB < found.peak < 80 * MIB

    @pytest.mark.slow
    @pytest.mark.skipif(not shutil.which("g++"), reason="needs a C++ compiler")
    @pytest.mark.filterwarnings("ignore")
    def test_of_compiled_code_is_that_of_the_compiled_program(self):
        compiled = torch.compile(lambda a, b: (a[:, :, None] * b).sum(dim=1))
        compiled(A, B)
        found = cost(lambda: compiled(A, B), None)
        assert found.peak == 0.25 * MIB
        assert found.ops is None

    def test_is_unknown_where_torch_reports_nothing(self, monkeypatch):
        monkeypatch.setattr(costs, "_memory_events", lambda seen: [])
        costs.sees_memory.cache_clear()
        try:
            found = cost(broadcast, None)
        finally:
            costs.sees_memory.cache_clear()
        assert found.peak is None
        assert found.peak_is == "unknown: this torch reports no memory events"

    def test_reads_a_private_attribute_that_is_still_there(self):
        with torch.autograd.profiler.profile(use_kineto=True, profile_memory=True) as seen:
            before = torch.empty(10)
            with torch.autograd.profiler.record_function(costs.COUNTED), costs._without_operators():
                del before
                block = torch.empty(1000)
                del block
            torch.zeros(1)
        assert costs._memory_events(seen) == [-40, 4000, -4000, 4, -4]
        assert [event.name() for event in seen.kineto_results.events()].count("aten::empty") == 2
        assert costs._memory_events(object()) == []
        assert costs.sees_memory()


class TestDevice:
    """The CUDA path on a made-up device; the names of the statistics are torch's."""

    @pytest.fixture
    def stats(self, monkeypatch):
        stats = {"allocation.all.allocated": 7, "requested_bytes.all.peak": 0, "requested_bytes.all.current": 1000}
        restart = {"requested_bytes.all.peak": 1000}
        monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
        monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
        monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: stats.update(restart))
        monkeypatch.setattr(torch.cuda, "memory_stats", lambda: dict(stats))
        return stats

    def test_counts_requested_bytes_above_entry(self, stats):
        stats["requested_bytes.all.peak"] = 10**9  # of an earlier call

        def call():
            stats["allocation.all.allocated"] += 2
            stats["requested_bytes.all.peak"] = max(stats["requested_bytes.all.peak"], 5000)

        found = cost(call, None)
        assert (found.peak, found.peak_is, found.allocations) == (4000, "exact", 2)

    def test_a_call_without_device_memory_shows_the_hosts(self, stats):
        assert cost(lambda: torch.mm(A, B), None).peak == 0.25 * MIB


class TestOperators:
    @pytest.mark.parametrize(
        ("call", "ops", "views", "traffic"),
        [
            (lambda: torch.mm(X, W), 1, 0, 4 * (5 * 784 + 784 * 10 + 50)),
            (lambda: torch.mm(X, W, out=OUT), 1, 0, 4 * (5 * 784 + 784 * 10 + 50)),
            (broadcast, 2, 1, 4 * (2 * 256**3 + 3 * 256**2)),
            (lambda: torch.add(M, M, out=SQUARE), 1, 0, 3 * 40_000),
            (lambda: SQUARE.add_(M), 1, 0, 3 * 40_000),
            (lambda: SQUARE.zero_(), 1, 0, 40_000),
            (lambda: SQUARE.copy_(M), 1, 0, 2 * 40_000),
            (lambda: torch.empty(1000), 1, 0, 0),
            (lambda: M.max(dim=0), 1, 0, 40_000 + 400 + 800),
            (lambda: torch.cat([M, M]), 1, 0, 4 * 40_000),
            (lambda: torch._foreach_add([M, M], 1.0), 1, 0, 4 * 40_000),
            (lambda: torch._foreach_add_([SQUARE], 1.0), 1, 0, 2 * 40_000),
            (lambda: torch.zeros(2, 3, 4) @ torch.ones(4, 5), 3, 2, 4 * (24 + 20 + 24 + 20 + 30)),
            (lambda: A.numpy() @ B.numpy(), 0, None, 0),
        ],
    )
    def test_are_counted(self, call, ops, views, traffic):
        found = operators(call)
        assert found == (ops, found[1] if views is None else views, traffic)

    def test_repeated_elements_count_once(self):
        one, row = torch.ones(1).expand(100, 100), torch.ones(200)[::2].expand(100, 100)
        assert operators(lambda: M * one)[2] == 40_000 + 4 + 40_000
        assert operators(lambda: M * row)[2] == 40_000 + 400 + 40_000
        line = torch.randn(1000)
        assert operators(lambda: line.unfold(0, 10, 1) * 1.0)[2] == 4000 + 4 * 991 * 10

    def test_picking_by_index_reads_what_is_picked(self):
        picked, index = 64 * 784 * 4, 64 * 8
        assert operators(lambda: TABLE[PICKED])[2] == 2 * picked + index
        assert operators(lambda: torch.nn.functional.embedding(PICKED, TABLE))[2] == 2 * picked + index
        assert operators(lambda: TABLE.index_add_(0, PICKED, ROWS))[2] == 3 * picked + index

    def test_of_the_backward_pass_are_counted(self):
        weight = torch.randn(784, 10, requires_grad=True)
        forward = operators(lambda: (X @ weight).sum())[0]
        assert operators(lambda: (X @ weight).sum().backward())[0] > forward

    def test_agree_with_what_the_ladder_is_known_to_do(self):
        from impls.matmul import ladder

        compulsory = 47_240
        rows = {
            "row_times_column": (151, 13.3),
            "row_broadcast": (16, 10.3),
            "full_broadcast": (2, 7.6),
            "mm": (1, 1.0),
        }
        for name, (ops, times) in rows.items():
            found = operators(lambda name=name: getattr(ladder, name)(X, W))
            assert found[0] == ops, name
            assert round(found[2] / compulsory, 1) == times, name


def test_operators_under_a_trace_are_counted_in_whole_numbers():
    """Sizes are tensors then, and no record can hold those."""

    def traced():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.jit.trace(lambda x: x @ W, X)

    found = operators(traced)
    assert [type(number) for number in found] == [int, int, int] and found[0] >= 1


def test_python_instructions_are_counted_exactly():
    from perfsuite.instruments.operators import instructions

    def loop(turns: int) -> Callable[[], None]:
        def call() -> None:
            for _ in range(turns):
                pass

        return call

    counts = [instructions(loop(turns)) for turns in (10, 20, 30)]
    assert counts[2] - counts[1] == counts[1] - counts[0] > 0
    assert instructions(loop(10)) == counts[0], "the same each time"
