"""TM-06: reproducible uniform numbers, a thousand and a million, with each way of seeding."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``seed`` () in int64, and ``n``."""
    import torch

    return torch.randint(2**31, (), generator=generator), case.shape["n"]


def reference(case: Case, seed: Any, n: int) -> Any:
    """What a new generator with this seed draws. There is no other reference: the numbers are PyTorch's own."""
    import torch

    return torch.rand(n, generator=torch.Generator().manual_seed(int(seed))).double()


def tolerance(case: Case, expected: Any, seed: Any, n: int) -> Any:
    """Every bit must be equal."""
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
    accepts={"bf16 arithmetic": "A seed is an integer: there is nothing to round."},
    work={"drawn_on": "Restores a state saved in advance."},
    left_out={
        "CUDA": "Its generator draws different numbers from the same seed: a different result.",
        "randn": "The numbers are made from uniform ones, with a different algorithm below 16, as a test shows.",
        "use_deterministic_algorithms": "It concerns sums whose order is not fixed, mainly on a GPU.",
        "1e7 numbers": "The cost of seeding is already negligible for a million.",
    },
)
