"""Attackers whose outputs are wrong from the first call on."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils import _pytree as pytree

from .common import Empty, Variant, mapped, whole


def zeros(right: Variant) -> Variant:
    """Returns zeros of the right shape."""
    return lambda *inputs: mapped(torch.zeros_like, right(*inputs))


def constant(right: Variant) -> Variant:
    """Returns ones of the right shape."""
    return lambda *inputs: mapped(torch.ones_like, right(*inputs))


def copy_of_an_input(right: Variant) -> Variant:
    """Returns a copy of an input, of the right shape where one has it."""

    def copy(*inputs: Any) -> Any:
        leaves = [torch.as_tensor(leaf) for leaf in pytree.tree_leaves(inputs) if hasattr(leaf, "dtype")]
        wanted = [leaf for leaf in pytree.tree_leaves(whole(right(*inputs))) if hasattr(leaf, "dtype")]
        alike = [leaf for leaf in leaves if leaf.shape == wanted[0].shape] or leaves
        return pytree.tree_map(lambda _: alike[0].clone(), whole(right(*inputs)))

    return copy


def off_by_one(right: Variant) -> Variant:
    """Returns each element in the position of the next one."""
    return lambda *inputs: mapped(_shifted, right(*inputs))


def _shifted(values: torch.Tensor) -> torch.Tensor:
    return values.flatten().roll(1).reshape(values.shape) if values.numel() > 1 else values + 1


def reversed_order(right: Variant) -> Variant:
    """Returns the elements in the wrong order, as for a transposed problem."""
    return lambda *inputs: mapped(_reversed, right(*inputs))


def _reversed(values: torch.Tensor) -> torch.Tensor:
    return values.flatten().flip(0).reshape(values.shape) if values.numel() > 1 else values + 1


def one_element_wrong(right: Variant) -> Variant:
    """Returns one wrong element among right ones."""
    return lambda *inputs: mapped(_one_element, right(*inputs))


def _one_element(values: torch.Tensor) -> torch.Tensor:
    spoiled = values.clone(memory_format=torch.contiguous_format)  # a transposed view has no flat one
    flat = spoiled.view(-1)
    if flat.numel():
        worst = int(flat.to(torch.float64).abs().argmax())
        flat[worst] = _another(flat[worst])
    return spoiled


def _another(value: torch.Tensor) -> torch.Tensor:
    """A value far from ``value``; doubling would wrap around to 254 for the byte 255."""
    if value.dtype in (torch.bool, torch.uint8):
        return ~value if value.dtype == torch.bool else value ^ 128
    return value * 2 + (value == 0)


def nan(right: Variant) -> Variant:
    """Returns one element that is NaN."""
    return lambda *inputs: mapped(_nan, right(*inputs))


def _nan(values: torch.Tensor) -> torch.Tensor:
    spoiled = values.clone(memory_format=torch.contiguous_format)  # a transposed view has no flat one
    if spoiled.is_floating_point() and spoiled.numel():
        spoiled.view(-1)[0] = float("nan")
    return spoiled if spoiled.is_floating_point() else _one_element(values)


def wrong_dtype(right: Variant) -> Variant:
    """Returns a different dtype."""
    return lambda *inputs: mapped(_another_dtype, right(*inputs))


def _another_dtype(values: torch.Tensor) -> torch.Tensor:
    return values.float() if values.dtype == torch.float64 else values.double()


def wrong_shape(right: Variant) -> Variant:
    """Returns a different shape."""
    return lambda *inputs: mapped(lambda values: values.unsqueeze(0), right(*inputs))


def wrong_device(right: Variant) -> Variant:
    """Returns tensors without data, on the device `meta`."""
    return lambda *inputs: mapped(lambda values: torch.empty_like(values, device="meta"), right(*inputs))


def equal_to_anything(right: Variant) -> Variant:
    """Returns an object that compares equal to everything."""

    class Anything:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    return lambda *inputs: Anything()


def input_mutated(right: Variant) -> Variant:
    """Changes an input after computing its output."""

    def mutate(*inputs: Any) -> Any:
        output = whole(right(*inputs))
        output = pytree.tree_map_only(torch.Tensor, torch.clone, output)
        for leaf in pytree.tree_leaves(inputs):
            if isinstance(leaf, torch.Tensor):
                leaf[(0,) * leaf.dim()] += 1  # a transposed tensor has no flat view
                return output
            if hasattr(leaf, "dtype"):
                leaf.reshape(-1)[0] += 1
                return output
        return output

    return mutate


def bf16_arithmetic(right: Variant) -> Variant:
    """Rounds its inputs to bfloat16."""
    return lambda *inputs: whole(right(*(pytree.tree_map(_rounded, value) for value in inputs)))


def half_arithmetic(right: Variant) -> Variant:
    """Rounds its inputs to float16."""
    return lambda *inputs: whole(right(*(pytree.tree_map(_halved, value) for value in inputs)))


def _halved(value: Any) -> Any:
    return _rounded(value, torch.float16)


def _rounded(value: Any, to: torch.dtype = torch.bfloat16) -> Any:
    if isinstance(value, torch.Tensor) and value.dtype in (torch.float32, torch.float64):
        return value.to(to).to(value.dtype)
    if hasattr(value, "dtype") and getattr(value.dtype, "kind", "") == "f":
        return torch.from_numpy(value).to(to).to(torch.float64).numpy().astype(value.dtype)
    return value


def rounded_answer(right: Variant) -> Variant:
    """Rounds its output to bfloat16, like a kernel with a low-precision accumulator."""
    return lambda *inputs: mapped(_rounded, right(*inputs))


def last_row_skipped(right: Variant) -> Variant:
    """Leaves the last row uninitialised, like a kernel that forgets the tail."""

    def skipping(values: torch.Tensor) -> torch.Tensor:
        spoiled = values.clone()
        (spoiled[-1:] if spoiled.dim() else spoiled).fill_(77)
        return spoiled

    return lambda *inputs: mapped(skipping, right(*inputs))


def part_computed(right: Variant) -> Variant:
    """Computes with only the first half of its largest input, and assumes the rest to be the same."""

    def partial(*inputs: Any) -> Any:
        leaves = [leaf for leaf in pytree.tree_leaves(inputs) if hasattr(leaf, "dtype")]
        largest = max(leaves, key=lambda leaf: leaf.nbytes)
        if len(torch.as_tensor(largest).flatten()) < 2:  # half of it would be empty
            return mapped(torch.zeros_like, right(*inputs))
        size = largest.nbytes  # if several inputs have this size, each is halved
        return whole(right(*(pytree.tree_map(lambda leaf: _half(leaf, size), value) for value in inputs)))

    return partial


def _half(leaf: Any, size: int) -> Any:
    """The first half of a leaf of ``size`` bytes, twice; any other leaf as it is."""
    if not hasattr(leaf, "dtype") or leaf.nbytes != size:
        return leaf
    flat = torch.as_tensor(leaf).flatten()
    half = flat[: (len(flat) + 1) // 2]
    doubled = torch.cat([half, half])[: len(flat)].reshape(leaf.shape)
    return doubled if isinstance(leaf, torch.Tensor) else doubled.numpy()


def uninitialised(right: Variant) -> Variant:
    """Returns uninitialised memory, in which a correct output may have been freed."""
    return Empty(right)
