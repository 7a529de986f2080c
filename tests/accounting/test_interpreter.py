"""What Python does in a call: counts that are known, and native functions that are named."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from array import array
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest
import torch

from perfsuite.accounting import interpreter, kernels
from perfsuite.accounting.interpreter import FREED, traced
from perfsuite.accounting.parts import parts
from perfsuite.instruments.operators import instructions

ROOT = Path(__file__).resolve().parents[2]
DATA = os.urandom(1 << 20)


def test_instructions_are_those_of_the_call():
    def loop(times: int) -> int:
        return sum(at for at in range(times))

    counted = [traced(lambda times=times: loop(times)).instructions for times in (10, 20, 30)]
    assert counted[2] - counted[1] == counted[1] - counted[0] > 0
    plain = [instructions(lambda times=times: loop(times)) for times in (10, 20, 30)]
    assert [after - before for before, after in zip(plain, counted, strict=True)] == [counted[0] - plain[0]] * 3
    assert 0 <= counted[0] - plain[0] < 10  # of the frame that frees the result


def test_a_native_function_is_named_with_its_calls():
    found = traced(lambda: [zlib.crc32(DATA) for _ in range(3)]).native
    assert found["zlib.crc32"].calls == 3
    assert found["zlib.crc32"].seconds > 1e-5


def test_native_functions_have_the_names_that_people_know():
    assert interpreter.named(torch.tensor) == "torch.tensor"
    assert interpreter.named(zlib.crc32) == "zlib.crc32"
    assert interpreter.named([].append) == "list.append"
    assert "pybind11" not in interpreter.named(torch._C._cuda_isCurrentStreamCapturing)
    owned = "pybind11_detail_function_record_v1_system_libstdcpp.find"
    assert (
        interpreter.named(SimpleNamespace(__qualname__=owned, __module__="torch._C", __self__=None)) == "torch._C.find"
    )


def test_short_native_functions_are_left_to_the_cost_of_instructions():
    assert "len" not in traced(lambda: [len(DATA) for _ in range(2000)]).native


def test_freeing_the_result_is_part_of_the_call():
    def make() -> list[object]:
        return [[at] for at in range(20_000)]

    native = traced(make).native
    assert native[FREED].seconds > 2e-5


def test_one_long_call_among_short_ones_counts():
    sizes = [1] * 20 + [len(DATA)]
    found = traced(lambda: [zlib.crc32(DATA[:size]) for size in sizes]).native
    assert found["zlib.crc32"].calls == 1


def test_operators_are_not_native_code():
    x = torch.rand(500, 500)
    found = parts(lambda: x @ x, lambda: x @ x)
    assert found.native is not None and found.operators is not None
    assert not any("mm" in name or "matmul" in name for name in found.native)
    assert found.operators["mm"].seconds > 10 * sum((part.seconds for part in found.native.values()), 1e-6)


def test_what_an_instruction_does_beside_its_operators_is_native_code():
    numbers = [float(at) for at in range(20_000)]  # copied one by one before an operator sees them
    found = parts(lambda: torch.tensor(numbers), lambda: torch.tensor(numbers)).native
    (name,) = (name for name in found if name.endswith(".tensor"))
    assert found[name].calls == 1 and found[name].seconds > 1e-4


def test_an_operator_that_is_slow_because_of_its_numbers_is_not_native_code(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kernels, "_timed", lambda *_: (1e-9, 0.0))  # as if it were quick on the random numbers
    x = torch.rand(500, 500)
    found = parts(lambda: x.exp(), lambda: x.exp())
    assert found.operators is not None and found.operators["exp"].seconds == 1e-9
    assert not [name for name in found.native or () if "exp" in name]


OPERATORS = """
import zlib
import torch
import torch._dynamo
from perfsuite.accounting.parts import parts
x, pairs, data = torch.rand(300, 300), [torch.rand(40) for _ in range(50)], bytes(1 << 20)
def call():
    return [torch.stack(pairs), x.exp().sum(), x + x, zlib.crc32(data)]
call()
print(sorted(parts(call, call).native))
"""


def test_operators_are_no_native_code_once_the_compiler_is_imported():
    """The function of a dispatch mode is then called through others: in a new process, as that cannot be undone."""
    told = subprocess.run([sys.executable, "-c", OPERATORS], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "zlib.crc32" in told.stdout, told.stderr
    assert not [name for name in ("stack", "exp", "sum") if name in told.stdout], told.stdout


def test_without_knowing_who_dispatches_operators_nothing_is_native_code():
    data = [torch.rand(500, 500) for _ in range(20)]
    assert traced(lambda: [x.exp() for x in data]).native
    assert not traced(lambda: [x.exp() for x in data], {("another", 1, 2): 1e-3}).native


def test_what_operators_may_take_with_cold_caches_is_not_native_code():
    known, less = 1e-5, 1e-6  # seconds in two operators, and of the tracing of an instruction
    assert interpreter._beyond(known, [1.1e-5, 1.2e-5], less) == []
    assert interpreter._beyond(known, [1e-4, 1.2e-4], less) == pytest.approx([1.04e-4] * 2)


def test_operators_are_not_what_most_instructions_take():
    operator, other = ("f", 1, 2), ("f", 2, 4)
    seen = interpreter._Seen(times={operator: array("d", [9e-6] * 9), other: array("d", [1e-6] * 3)})
    assert interpreter._usual(seen, {operator: 1e-4}) == 1e-6


def test_what_is_seldom_long_is_the_machine_unless_it_is_a_call():
    times, call = [1e-6] * 1000 + [1e-4] * 3, 1e-6
    assert interpreter._long(times, [], 1e-6, call, ("f", 1, 2)) == []
    assert interpreter._long(times, [], 1e-6, call, "BufferedWriter.write") == pytest.approx([9.9e-5] * 3)
    assert len(interpreter._long([*times, *[1e-4] * 20], [], 1e-6, call, ("f", 1, 2))) == 23


def test_what_the_engine_does_is_left_to_autograd():
    x = torch.ones(20_000, requires_grad=True)

    def call() -> torch.Tensor:
        (grad,) = torch.autograd.grad((x * 2).sum(), x)
        return grad

    assert not [name for name in parts(call, call).native if name.endswith(".run_backward")]


def test_small_functions_that_run_often_are_native_code():
    pairs = list(zip(numpy.ones((500, 8)), numpy.ones((500, 8)), strict=True))

    def add() -> None:
        for one, other in pairs:
            numpy.add(one, 1, out=other)

    found = traced(add).native
    part = max((part for name, part in found.items() if name.endswith(" of add")), key=lambda part: part.calls)
    assert part.calls > 250 and 1e-4 < part.seconds < 1e-2  # at least most of the 500


def test_instructions_are_counted_to_the_end_though_few_are_timed(monkeypatch: pytest.MonkeyPatch):
    def loop() -> int:
        return sum(abs(at) for at in range(300))

    whole = traced(loop)
    monkeypatch.setattr(interpreter, "TIMED", 100)
    few = traced(loop)
    assert few.instructions == whole.instructions > 1000 and few.whole
    monkeypatch.setattr(interpreter, "MOST", 1000)
    assert not traced(loop).whole
    assert sys.gettrace() is sys.getprofile() is None


def test_counting_operators_adds_no_instructions():
    x = torch.rand(4)

    def chain() -> None:
        for _ in range(50):
            x.add(x)

    found = parts(chain, chain)
    assert found.instructions is not None
    assert found.instructions < 1.1 * instructions(chain) + 60


def test_tracing_is_as_before_afterwards():
    before = sys.gettrace(), sys.getprofile()
    traced(lambda: None)
    assert (sys.gettrace(), sys.getprofile()) == before


def test_a_process_that_is_forked_in_the_call_is_not_traced():
    read, write = os.pipe()

    def forks() -> None:
        child = os.fork()
        if not child:
            os.write(write, b"traced" if sys.gettrace() or sys.getprofile() else b"free")
            os._exit(0)
        os.waitpid(child, 0)

    traced(forks)
    os.close(write)
    told = os.read(read, 100)
    os.close(read)
    assert set(told.decode().replace("free", "")) == set()


def test_audit_hooks_are_no_native_code():
    """A worker has hooks that see each look at the code of a frame; none can be removed, so this is a new process."""
    program = """
import sys, time
from perfsuite.accounting.interpreter import FREED, traced
def nothing(x): return x
def busy(event, arguments):
    if event == "object.__getattr__":
        sum(range(3000))
sys.addaudithook(busy)
print(sum(part.calls for part in traced(lambda: [nothing(at) for at in range(200)]).native.values()))
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert int(told.stdout) < 20
