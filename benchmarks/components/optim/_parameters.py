"""The parameter lists of the optimizer components: the six tensors of a network, and a thousand tiny ones."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case

# Weights and biases of 784-512-512-10: 669,706 numbers in six tensors.
NETWORK = ((512, 784), (512,), (512, 512), (512,), (10, 512), (10,))
UNIT = 2.0**-24


def shapes(case: Case) -> tuple[tuple[int, ...], ...]:
    """The shapes of the parameters."""
    return NETWORK if case.name == "mlp" else ((case.shape["size"],),) * int(case.shape["count"])


def numbers(case: Case) -> int:
    """How many numbers they have."""
    count = 0
    for shape in shapes(case):
        product = 1
        for side in shape:
            product *= side
        count += product
    return count


def drawn(case: Case, generator: Any) -> list[Any]:
    """A list of normal tensors."""
    import torch

    return [torch.randn(shape, generator=generator) for shape in shapes(case)]


CASES = (
    Case("mlp", {}),
    *(Case(f"{count}x100", {"count": count, "size": 100}, series="tensors of 100", size=count) for count in (10, 1000)),
)
