"""Wrong variants: what the gate must reject for every component and case. Each takes a right variant and spoils it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils import _pytree as pytree

Variant = Callable[..., Any]


def _spoiled(right: Variant, spoil: Callable[[torch.Tensor], torch.Tensor]) -> Variant:
    return lambda *inputs: pytree.tree_map_only(torch.Tensor, spoil, whole(right(*inputs)))


def whole(output: Any) -> Any:
    """A stream as a list of its items, a number as a tensor."""
    if isinstance(output, int | float):
        return torch.tensor(output)
    return output if isinstance(output, torch.Tensor | tuple | list) else list(output)


def _shifted(values: torch.Tensor) -> torch.Tensor:
    return values.flatten().roll(1).reshape(values.shape) if values.numel() > 1 else values + 1


def _one_element(values: torch.Tensor) -> torch.Tensor:
    spoiled = values.clone(memory_format=torch.contiguous_format)  # a transposed view has no flat one
    flat = spoiled.view(-1)
    if flat.numel():
        worst = int(flat.to(torch.float64).abs().argmax())
        flat[worst] = _another(flat[worst])
    return spoiled


def _another(value: torch.Tensor) -> torch.Tensor:
    """A value far from ``value``: twice it would wrap round to 254 for the byte 255."""
    if value.dtype in (torch.bool, torch.uint8):
        return ~value if value.dtype == torch.bool else value ^ 128
    return value * 2 + (value == 0)


def _nan(values: torch.Tensor) -> torch.Tensor:
    spoiled = values.clone(memory_format=torch.contiguous_format)  # a transposed view has no flat one
    if spoiled.is_floating_point() and spoiled.numel():
        spoiled.view(-1)[0] = float("nan")
    return spoiled if spoiled.is_floating_point() else _one_element(values)


def _another_dtype(values: torch.Tensor) -> torch.Tensor:
    return values.float() if values.dtype == torch.float64 else values.double()


def _copies_input(right: Variant) -> Variant:
    def copy(*inputs: Any) -> Any:
        leaves = [torch.as_tensor(leaf) for leaf in pytree.tree_leaves(inputs) if hasattr(leaf, "dtype")]
        wanted = [leaf for leaf in pytree.tree_leaves(whole(right(*inputs))) if hasattr(leaf, "dtype")]
        alike = [leaf for leaf in leaves if leaf.shape == wanted[0].shape] or leaves
        return pytree.tree_map(lambda _: alike[0], whole(right(*inputs)))

    return copy


def _mutates(right: Variant) -> Variant:
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


def _cached(right: Variant) -> Variant:
    kept: list[Any] = []

    def cached(*inputs: Any) -> Any:
        if not kept:
            kept.append(pytree.tree_map_only(torch.Tensor, torch.clone, whole(right(*inputs))))
        return kept[0]

    return cached


def _bf16(right: Variant) -> Variant:
    def low(*inputs: Any) -> Any:
        return whole(right(*(pytree.tree_map(_rounded, value) for value in inputs)))

    return low


def _rounded(value: Any) -> Any:
    if isinstance(value, torch.Tensor) and value.dtype in (torch.float32, torch.float64):
        return value.bfloat16().to(value.dtype)
    if hasattr(value, "dtype") and getattr(value.dtype, "kind", "") == "f":
        return torch.from_numpy(value).bfloat16().to(torch.float64).numpy().astype(value.dtype)
    return value


def warm(right: Variant, calls: int) -> Variant:
    """Right in the first ``calls`` calls and wrong from then on."""
    count = 0

    def tiring(*inputs: Any) -> Any:
        nonlocal count
        count += 1
        return (right if count <= calls else KINDS["one element wrong"](right))(*inputs)

    return tiring


KINDS: dict[str, Callable[[Variant], Variant]] = {
    "zeros": lambda right: _spoiled(right, torch.zeros_like),
    "constant": lambda right: _spoiled(right, torch.ones_like),
    "copy of an input": _copies_input,
    "off by one": lambda right: _spoiled(right, _shifted),
    "one element wrong": lambda right: _spoiled(right, _one_element),
    "nan": lambda right: _spoiled(right, _nan),
    "wrong dtype": lambda right: _spoiled(right, _another_dtype),
    "wrong shape": lambda right: _spoiled(right, lambda values: values.unsqueeze(0)),
    "input mutated": _mutates,
    "cached output": _cached,
    "bf16 arithmetic": _bf16,
}
