"""An explanation that no machine made: the same each time, with names that may come from anywhere."""

from __future__ import annotations

import dataclasses

from perfsuite.explaining import explanation
from perfsuite.explaining.asking import Question
from perfsuite.explaining.explanation import Explanation
from perfsuite.explaining.reasons.evidence import Evidence, Operator, Prices
from perfsuite.explaining.taking import Taken
from perfsuite.explaining.timing import Times
from perfsuite.model.estimates import Estimate

A, B = "matmul.ladder/mm/eager/cpu/5x784x10/1", "matmul.ladder/full_broadcast/eager/cpu/5x784x10/1"
WATCHING = "perfsuite/explaining/watching"
HEAD = f"<module> (worker.py:1);_burst ({WATCHING}/sampling.py:9);call ({WATCHING}/passes.py:4)"
SO = "(libtorch_cpu.so)"
MM = f"{HEAD};mm (impls_one/matmul/ladder.py:5)"
WIDE = f"{HEAD};full_broadcast (impls_one/matmul/ladder.py:9)"
FOLDED_A = f"""\
{MM};at::_ops::mm::call {SO};at::native::structured_mm_out_cpu::impl {SO};gemm {SO} 60
{MM};at::_ops::mm::call {SO};at::empty_cpu {SO} 15
{MM} 25
"""
FOLDED_B = f"""\
{WIDE};at::_ops::mul_Tensor::call {SO};at::native::mul_kernel {SO};vectorized_loop2d {SO} 310
{WIDE};at::_ops::mul_Tensor::call {SO};at::empty_cpu {SO};posix_memalign (libc.so.6) 120
{WIDE};at::_ops::sum_dim::call {SO};at::native::sum_kernel_impl {SO};cascade_sum {SO} 260
{WIDE};at::_ops::unsqueeze::call {SO} 20
{WIDE} 20
"""
MIB = 1 << 20
PLAIN = Evidence(  # a side about which everything is known, and nothing is remarkable
    seconds=1e-3,
    operators=2,
    views=0,
    moved=2 * MIB,
    copied=0,
    strided=0,
    wide=0,
    subnormal=0.0,
    syncs=0,
    dtypes={"float32": 2},
    threads=1,
    allocations=1,
    peak=MIB,
    kept=MIB,
    graphs=0,
    breaks=0,
    recompiled=0.0,
    compiling=0.0,
    kernels=0,
    instructions=30,
    wall=1e-3,
    cpu=1e-3,
    system=1e-5,
    faults=0.0,
    switches=0.0,
    waited=0.0,
    traced=1.1e-3,
    rows=(Operator("aten::mul", 1, 1e-3),),
)
ONE = dataclasses.replace(
    PLAIN,
    seconds=3.1e-6,
    running=3.1e-6,
    operators=1,
    moved=47_240,
    dtypes={"float32": 1},
    peak=200,
    kept=200,
    instructions=8,
    wall=3.2e-6,
    cpu=3.1e-6,
    system=1e-9,
    traced=9e-6,
    rows=(Operator("aten::mm", 1, 6e-6),),
)
MANY = dataclasses.replace(
    ONE,
    seconds=31e-6,
    running=30.5e-6,
    operators=2,
    views=3,
    moved=361_000,
    allocations=2,
    peak=157_000,
    wall=32e-6,
    cpu=31e-6,
    instructions=30,
    faults=0.4,
    traced=40e-6,
    rows=(Operator("aten::mul", 1, 18e-6), Operator("aten::sum", 1, 12e-6), Operator("aten::unsqueeze", 2, 3e-6)),
)
PRICES = Prices(9e-7, 6e-7, 2e-7, 5e-7, 2e-8, ((2.0**21, 1.3e11), (float("inf"), 1.4e10)))
RATIO = Estimate(10.0, 9.7, 10.4, 0.969, 6)


def explained(
    a: Evidence = ONE, b: Evidence = MANY, names: tuple[str, str] = ("mm", "full_broadcast"), folded: bool = True
) -> Explanation:
    """The explanation of two cells; without ``folded``, no stacks could be taken."""
    times = Times(a.seconds, b.seconds, RATIO, "Median of 6 launches, 96.9 % interval.")
    sides = [
        Taken(one, text if folded else "", "py-spy" if folded else "", {"gemm": 9000 + at, "main": 70})
        for at, (one, text) in enumerate(((a, FOLDED_A), (b, FOLDED_B)))
    ]
    verdict = explanation.judged(times, sides[0], sides[1], PRICES, names)
    return Explanation(Question(A, B), names, times, sides[0], sides[1], PRICES, verdict)
