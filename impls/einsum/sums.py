"""Sums as formulas with one operand: ``ij->``, ``ijk->i`` and ``...ij->...i``.

Each variant takes ``x`` in float32, the formula, and the axes that it sums over, which are the last ones of ``x``;
it returns the sums, whose shape is that of the axes before.
"""

import torch


def einsum(x: torch.Tensor, formula: str, axes: tuple[int, ...]) -> torch.Tensor:
    """A letter that the answer lacks is summed over: after the parsing this is the operator ``sum``.

    ES-08, ES-09, ES-10.
    """
    return torch.einsum(formula, x)


def sum_axes(x: torch.Tensor, formula: str, axes: tuple[int, ...]) -> torch.Tensor:
    """The operator, told its axes by number.

    ES-08, ES-09, ES-10.
    """
    return x.sum(axes)
