"""A function of one einsum and nothing else, as the source compiles it: ``a`` (i, j), ``b`` (j, k), answer (i, k)."""

from collections.abc import Callable

import torch

from .._contract import prepared


@prepared
def aot_eager(a: torch.Tensor, b: torch.Tensor) -> Callable[[], torch.Tensor]:
    """All of ``torch.compile`` but the code: guards, a traced graph, and the same operators run from Python.

    ES-14. The backend ``aot_eager``; its tracing comes before the clock starts.
    """
    traced = torch.compile(einsum, backend="aot_eager", dynamic=False)
    traced(a, b)
    return lambda: traced(a, b)


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A compiler can drop the parsing and the views, and must add its guards: the product stays as it is.

    ES-14.
    """
    return torch.einsum("ij,jk->ik", a, b)


def mm(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """What the compiled code calls in the end: anybody can write it.

    ES-14.
    """
    return torch.mm(a, b)
