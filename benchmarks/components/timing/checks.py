"""TM-05: the cost of checking a result, by tolerance, by bound and bit by bit, for 50 numbers and for 100000."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def wrong(case: Case, generator: Any) -> Any:
    """Which half of the pairs differ, in random order."""
    import torch

    pairs = case.shape["pairs"]
    return torch.randperm(pairs, generator=generator) < pairs // 2


def inputs(case: Case, generator: Any) -> Inputs:
    """``got`` and ``wanted`` (pairs, n), normal: equal, but for one number in each wrong pair, which is 1 too large."""
    import torch

    pairs, n = case.shape["pairs"], case.shape["n"]
    wanted = torch.randn(pairs, n, generator=generator)
    place = torch.randint(n, (pairs, 1), generator=generator)
    difference = wrong(case, generator).float().unsqueeze(1)
    return wanted.scatter_add(1, place, difference), wanted


def reference(case: Case, got: Any, wanted: Any) -> Any:
    """Which pairs are equal: in the others one number is off by 1."""
    return (got.double() - wanted.double()).abs().amax(1) < 0.5


def tolerance(case: Case, expected: Any, got: Any, wanted: Any) -> Any:
    """Booleans must be equal."""
    return 0.0


def flops(case: Case) -> int:
    """A difference and a comparison for each number."""
    return 2 * int(case.shape["pairs"] * case.shape["n"])


def bytes(case: Case) -> int:
    """Both tensors read once, a byte written for each pair."""
    return int(case.shape["pairs"]) * (8 * int(case.shape["n"]) + 1)


def pairs_of(n: int, *only: str) -> Case:
    """Eight pairs of ``n`` numbers."""
    return Case(f"8x{n}", {"pairs": 8, "n": n}, series="eight pairs", size=n, only=only)


COMPONENT = Component(
    name="timing.checks",
    title="Checking a result",
    question="What does a strict check cost compared with a lenient one, for few numbers and for many?",
    rows=("TM-05",),
    cases=(pairs_of(50), pairs_of(100_000, "bound", "near", "allclose", "bitwise", "equal")),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="allclose",
    accepts={"bf16 arithmetic": "A wrong number is off by 1."},
    work={
        "assert_close": "Also writes a message for each wrong pair.",
        "together": "Checks all pairs at once.",
    },
    left_out={
        "test_near_zero": "It is allclose with zeros on the right, so that its tolerance is purely absolute.",
        "a check of a variant with itself": "It passes whatever is wrong, as the tests show.",
        "histograms of ulps": "They are for inspection, not for a decision.",
    },
)
