"""RD-03: the twenty operators that a tensor overloads, compared with the corresponding functions and methods."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

SIDE = 8  # of the two matrices, whatever the size of the vectors
UNIT = 2.0**-24


def inputs(case: Case, generator: Any) -> Inputs:
    """``x``, ``y`` float32, ``i``, ``j`` int64, ``p``, ``q`` bool, all (n,), and ``m``, ``w`` (8, 8).

    Divisors keep away from 0, dividends from their multiples: there ``//`` and ``%`` jump.
    """
    import torch

    n = case.shape["n"]
    y = (1 + torch.rand(n, generator=generator)) * (1 - 2 * torch.randint(2, (n,), generator=generator))
    whole = torch.randint(-9, 10, (n,), generator=generator)
    x = y * (whole + 0.25 + 0.5 * torch.rand(n, generator=generator))
    i, j = torch.randint(-1000, 1000, (2, n), generator=generator)
    p, q = torch.randint(2, (2, n), generator=generator).bool()
    m, w = torch.randn(2, SIDE, SIDE, generator=generator)
    return x, y, i.clone(), j.clone(), p.clone(), q.clone(), m.clone(), w.clone()


def reference(case: Case, x: Any, y: Any, i: Any, j: Any, p: Any, q: Any, m: Any, w: Any) -> Any:
    """All twenty results in float64, integers and booleans."""
    x, y, m, w = x.double(), y.double(), m.double(), w.double()
    floor = (x / y).floor()
    real = (-x, x + y, x - y, x * y, x / y, floor, x - floor * y, x * x, m @ w, x.abs())
    return (*real, x > y, x >= y, x < y, x <= y, x == y, x != y, i & j, p | q, i ^ j, ~i)


def tolerance(case: Case, expected: Any, x: Any, y: Any, i: Any, j: Any, p: Any, q: Any, m: Any, w: Any) -> Any:
    """Half a unit in the last place of each result, twice that for ``**``; ``%`` rounds like its dividend.

    A quotient may be off by two units: this is the accuracy of Triton's division, which compiled GPU code uses.

    The product of the matrices adds up eight roundings. Integers and booleans are exact.
    """
    real = [UNIT * one.abs() for one in expected[:10]]
    real[4] = 4 * real[4]
    real[6] = 4 * UNIT * x.double().abs()
    real[7] = 2 * real[7]
    real[8] = 2 * SIDE * UNIT * (m.double().abs() @ w.double().abs())
    return (*real, *([0.0] * 10))


def flops(case: Case) -> int:
    """Nineteen operations for each element, and the product of the matrices."""
    return 19 * int(case.shape["n"]) + 2 * SIDE**3


def bytes(case: Case) -> int:
    """Inputs read once, results written once."""
    return (2 * 4 + 2 * 8 + 2 + 9 * 4 + 6 + 3 * 8 + 1) * int(case.shape["n"]) + 3 * 4 * SIDE**2


COMPONENT = Component(
    name="smallops.operators",
    title="Twenty overloaded operators",
    question="Does it matter whether you write x + y, x.add(y) or torch.add(x, y)?",
    rows=("RD-03",),
    cases=tuple(Case(str(n), {"n": n}, series="n", size=n) for n in (10, 1000, 100_000)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="operators",
    compiled=("operators",),
    work={"out": "Writes to preallocated tensors."},
    left_out={
        "in-place operators": "They change their input: new inputs would cost more than the operator.",
        "scalar operands": "A number first becomes a zero-dimensional tensor; smallops.many_small adds one.",
        "numpy": "Its // and % of floats differ at the boundaries; smallops.square and many_small have it.",
    },
)
