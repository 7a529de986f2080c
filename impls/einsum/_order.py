"""A formula of several operands that are contracted as they come, whether or not a planner is installed."""

import functools
from collections.abc import Callable

import torch


def in_order(formula: str, *operands: torch.Tensor) -> Callable[[], torch.Tensor]:
    """The contraction, ready to be called.

    Where opt_einsum is installed torch plans an order with it. The plan is then switched off around each call, which
    costs some microseconds.
    """
    contract = functools.partial(torch.einsum, formula, *operands)

    def without_plan() -> torch.Tensor:
        with torch.backends.opt_einsum.flags(enabled=False):
            return contract()

    return without_plan if torch.backends.opt_einsum.enabled else contract
