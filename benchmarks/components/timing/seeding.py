"""TM-06: uniform numbers that are the same each time, a thousand and a million, by each way of seeding."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``seed`` () in int64, and ``n``."""
    import torch

    return torch.randint(2**31, (), generator=generator), case.shape["n"]


def reference(case: Case, seed: Any, n: int) -> Any:
    """What a new generator with this seed draws. There is no other truth: the numbers are PyTorch's own."""
    import torch

    return torch.rand(n, generator=torch.Generator().manual_seed(int(seed))).double()


def tolerance(case: Case, expected: Any, seed: Any, n: int) -> Any:
    """The same bits."""
    return 0.0


def flops(case: Case) -> int:
    """One product for each number; the rest is integer work."""
    return int(case.shape["n"])


def bytes(case: Case) -> int:
    """Each number written once."""
    return 4 * int(case.shape["n"])


COMPONENT = Component(
    name="timing.seeding",
    title="Seeding",
    question="What does it cost to seed before a draw, and when does that not matter?",
    rows=("TM-06",),
    cases=(
        Case("1000", {"n": 1000}, series="n", size=1000),
        Case("1000000", {"n": 1_000_000}, series="n", size=1_000_000, only=("manual_seed", "kept_generator")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="manual_seed",
    devices=("cpu",),
    accepts={"bf16 arithmetic": "A seed is a whole number: there is nothing to round."},
    work={"drawn_on": "Puts a state back that was made before."},
    left_out={
        "CUDA": "Its generator draws other numbers from the same seed: another answer.",
        "randn": "The numbers are made from uniform ones, or by another rule below 16: a test shows it.",
        "use_deterministic_algorithms": "It concerns sums whose order is not fixed, and first of all on a GPU.",
        "1e7 numbers": "Seeding is lost among a million already.",
    },
)
