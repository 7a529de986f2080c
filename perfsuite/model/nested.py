"""Nested values as trees: lists, tuples, dicts, dataclasses and modules are branches, everything else is a leaf.

The leaves of a dict are sorted by key as text, independent of insertion order; those of a module are its parameters,
then its buffers. torch is not imported: a module is recognised by the names of its base classes.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

PLAIN = frozenset((bool, int, float, complex, str, bytes, type(None)))


def is_module(value: Any) -> bool:
    """Whether ``value`` is a ``torch.nn.Module``."""
    return any(
        kind.__name__ == "Module" and kind.__module__ == "torch.nn.modules.module" for kind in type(value).__mro__
    )


def branches(value: Any) -> list[Any] | None:
    """The direct children of ``value``, in order; ``None`` if it is a leaf."""
    if type(value) in PLAIN:  # a list may have thousands of these
        return None
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, dict):
        return [value[key] for key in sorted(value, key=str)]
    if _is_dataclass(value):
        return [getattr(value, field.name) for field in dataclasses.fields(value)]
    if is_module(value):
        return [*value.parameters(), *value.buffers()]
    return None


def leaves(value: Any) -> Iterator[Any]:
    """The leaves of ``value``, from left to right."""
    held = branches(value)
    if held is None:
        yield value
    else:
        for item in held:
            yield from leaves(item)


def mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """A value of the same structure with the leaves ``change(leaf)``. A module is copied as a whole."""
    held = branches(value)
    if held is None:
        return change(value)
    return _rebuilt(value, [mapped(change, item) for item in held])


def _rebuilt(value: Any, held: Sequence[Any]) -> Any:
    """A copy of ``value`` with the children ``held``, in the order of :func:`branches`."""
    if isinstance(value, list | tuple):
        return type(value)(*held) if hasattr(value, "_fields") else type(value)(held)
    if isinstance(value, dict):
        by_key = dict(zip(sorted(value, key=str), held, strict=True))
        new: Any = copy.copy(value)
        for key in value:
            new[key] = by_key[key]
        return new
    if _is_dataclass(value):
        new = copy.copy(value)
        for field, item in zip(dataclasses.fields(value), held, strict=True):
            object.__setattr__(new, field.name, item)
        return new
    module: Any = copy.deepcopy(value)
    for old, item in zip([*module.parameters(), *module.buffers()], held, strict=True):
        old.data = item.detach()
    return module


def _is_dataclass(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)
