"""Is a result the right one: ``got`` and ``wanted`` of shape (pairs, n) in float32, pair by pair.

Each variant returns (pairs,) in bool. Some of the pairs are equal in every bit, in the others one number is far off: so
that strict and lenient checks agree on all of them. What lenient ones let through is shown by the tests.
"""

from collections.abc import Callable

import torch

from .._contract import needs

RELATIVE, ABSOLUTE = 1e-3, 1e-5  # of the lesson's test_near
ULPS = 4


def _each(check: Callable[[torch.Tensor, torch.Tensor], bool], got: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    return torch.tensor([bool(check(a, b)) for a, b in zip(got, wanted, strict=True)], device=got.device)


def assert_close(got: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """``torch.testing.assert_close``: it says where and by how much, and a message takes time to write.

    TM-05.
    """

    def check(a: torch.Tensor, b: torch.Tensor) -> bool:
        try:
            torch.testing.assert_close(a, b, rtol=RELATIVE, atol=ABSOLUTE)
        except AssertionError:
            return False
        return True

    return _each(check, got, wanted)


@needs("cpu")
def numpy(got: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """``np.allclose``: the same formula.

    TM-05.
    """
    import numpy as np

    return _each(lambda a, b: np.allclose(a.numpy(), b.numpy(), rtol=RELATIVE, atol=ABSOLUTE), got, wanted)


def bound(got: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """A bound for each element, in float64: so many roundings of the right answer, as in this project's gate.

    TM-05.
    """

    def check(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        b = b.double()
        return ((a.double() - b).abs() <= ULPS * 2.0**-24 * b.abs()).all()

    return _each(check, got, wanted)


def ulps(got: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """How many float32 numbers lie between: bits read as integers count them, where the signs agree.

    TM-05.
    """

    def check(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        a, b = a.view(torch.int32).long(), b.view(torch.int32).long()
        return ((a - b).abs() <= ULPS).all()

    return _each(check, got, wanted)


def near(got: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """``allclose`` written out: five operators, and it can be seen whose size the tolerance is relative to.

    TM-05.
    """
    return _each(lambda a, b: ((a - b).abs() <= ABSOLUTE + RELATIVE * b.abs()).all(), got, wanted)


def allclose(got: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The lesson's ``test_near``: ``torch.allclose`` within a thousandth.

    TM-05.
    """
    return _each(lambda a, b: torch.allclose(a, b, rtol=RELATIVE, atol=ABSOLUTE), got, wanted)


def eq(got: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The lesson's ``test_eq`` with an ``all``: ``operator.eq`` of tensors is a tensor, and has no truth value.

    TM-05.
    """
    return _each(lambda a, b: (a == b).all(), got, wanted)


def bitwise(got: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Equal bits, read as integers: unlike all others it tells -0 from 0, and finds a nan equal to itself.

    TM-05.
    """
    return _each(lambda a, b: torch.equal(a.view(torch.int32), b.view(torch.int32)), got, wanted)


def equal(got: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """``torch.equal``: one call, which stops at the first difference that it meets.

    TM-05.
    """
    return _each(torch.equal, got, wanted)


def together(got: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """All pairs in one formula, where they have one shape: their number costs nothing.

    TM-05.
    """
    return torch.isclose(got, wanted, rtol=RELATIVE, atol=ABSOLUTE).all(1)
