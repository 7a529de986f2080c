"""Shared by the transfer components: arrays in host memory, and a tensor that tells the target device."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Inputs


def hosted(case: Case, generator: Any) -> Inputs:
    """``x`` (n,) of numpy, normal float32, which stays in the host's memory, and ``like``, one number on the device."""
    import torch

    return torch.randn(case.shape["n"], generator=generator).numpy(), torch.zeros(())


def on_device(case: Case, generator: Any) -> Inputs:
    """``x`` (n,), normal float32, on the device."""
    import torch

    return (torch.randn(case.shape["n"], generator=generator),)


def came_back(case: Case, output: Any) -> Any:
    """The copy in host memory, moved back to the source device, where it is compared.

    Raises:
        ValueError: it is not in host memory.
    """
    copy, source = output
    if copy.device.type != "cpu":
        raise ValueError(f"the copy is on {copy.device}")
    return copy.to(source.device)


def exact(case: Case, expected: Any, *inputs: Any) -> Any:
    """A copy changes no bit."""
    return 0.0


def nothing(case: Case) -> int:
    """No arithmetic."""
    return 0


def moved(case: Case) -> int:
    """Every number read once and written once, in four bytes."""
    return 2 * 4 * int(case.shape["n"])


def sized(n: int, **more: Any) -> Case:
    """``n`` numbers of four bytes."""
    return Case(str(n), {"n": n}, series="numbers", size=n, **more)


# From 100 kB, a batch of 32 x 28 x 28, to 16 MB; and 10000 x 10000, the sources' size.
SIZES = (
    *map(sized, (25_088, 250_000, 1_000_000, 4_000_000)),
    sized(100_000_000, opt_in="0.4 GB", memory=2_000_000_000),
)
