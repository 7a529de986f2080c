"""The twenty operators of a tensor, once each: ``x`` and ``y`` floats, ``i`` and ``j`` integers, ``p`` and ``q`` masks.

The operands come in the order ``x, y, i, j, p, q, m, w``, all of shape (n,) but the square matrices ``m`` and ``w``.
Every variant returns the results of ``-x``, ``+``, ``-``, ``*``, ``/``, ``//``, ``%``, ``**``, ``@``, ``abs``, six
comparisons, and ``&``, ``|``, ``^``, ``~``, in this order.
"""

import torch

from .._contract import prepared

Results = tuple[torch.Tensor, ...]


def functions(*operands: torch.Tensor) -> Results:
    """By their names: the attribute of a module is looked up for each.

    RD-03. ``^`` and ``~`` are the bitwise functions; the source takes them for the logical ones.
    """
    x, y, i, j, p, q, m, w = operands
    return (
        torch.neg(x),
        torch.add(x, y),
        torch.sub(x, y),
        torch.mul(x, y),
        torch.div(x, y),
        torch.floor_divide(x, y),
        torch.remainder(x, y),
        torch.pow(x, 2),
        torch.matmul(m, w),
        torch.abs(x),
        torch.gt(x, y),
        torch.ge(x, y),
        torch.lt(x, y),
        torch.le(x, y),
        torch.eq(x, y),
        torch.ne(x, y),
        torch.bitwise_and(i, j),
        torch.bitwise_or(p, q),
        torch.bitwise_xor(i, j),
        torch.bitwise_not(i),
    )


def methods(*operands: torch.Tensor) -> Results:
    """As methods of the tensor.

    RD-03.
    """
    x, y, i, j, p, q, m, w = operands
    return (
        x.neg(),
        x.add(y),
        x.sub(y),
        x.mul(y),
        x.div(y),
        x.floor_divide(y),
        x.remainder(y),
        x.pow(2),
        m.matmul(w),
        x.abs(),
        x.gt(y),
        x.ge(y),
        x.lt(y),
        x.le(y),
        x.eq(y),
        x.ne(y),
        i.bitwise_and(j),
        p.bitwise_or(q),
        i.bitwise_xor(j),
        i.bitwise_not(),
    )


def operators(*operands: torch.Tensor) -> Results:
    """As one writes them: the interpreter finds the method through the type's slots.

    RD-03. ``//``, ``%`` and ``**`` go through a wrapper written in Python.
    """
    x, y, i, j, p, q, m, w = operands
    return (
        -x,
        x + y,
        x - y,
        x * y,
        x / y,
        x // y,
        x % y,
        x**2,
        m @ w,
        abs(x),
        x > y,
        x >= y,
        x < y,
        x <= y,
        x == y,
        x != y,
        i & j,
        p | q,
        i ^ j,
        ~i,
    )


@prepared
def out(*operands: torch.Tensor):
    """The functions into tensors made before: no result is allocated.

    RD-03.
    """
    x, y, i, j, p, q, m, w = operands
    made = functions(*operands)

    def run() -> Results:
        torch.neg(x, out=made[0])
        torch.add(x, y, out=made[1])
        torch.sub(x, y, out=made[2])
        torch.mul(x, y, out=made[3])
        torch.div(x, y, out=made[4])
        torch.floor_divide(x, y, out=made[5])
        torch.remainder(x, y, out=made[6])
        torch.pow(x, 2, out=made[7])
        torch.matmul(m, w, out=made[8])
        torch.abs(x, out=made[9])
        torch.gt(x, y, out=made[10])
        torch.ge(x, y, out=made[11])
        torch.lt(x, y, out=made[12])
        torch.le(x, y, out=made[13])
        torch.eq(x, y, out=made[14])
        torch.ne(x, y, out=made[15])
        torch.bitwise_and(i, j, out=made[16])
        torch.bitwise_or(p, q, out=made[17])
        torch.bitwise_xor(i, j, out=made[18])
        torch.bitwise_not(i, out=made[19])
        return made

    return run
