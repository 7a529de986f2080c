"""What a variant is called, and by which name other processes find it."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Variants = Sequence[Callable[..., Any] | str] | Mapping[str, Callable[..., Any] | str]
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
TEXT = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
HERE = "#"  # before the name of a variant that is found only by its component


def named(variants: Variants, where: str) -> dict[str, Any]:
    """The variants by name.

    Raises:
        ValueError: there is none, two have one name, or one is neither callable nor the name of something.
    """
    pairs = list(variants.items()) if isinstance(variants, Mapping) else [(_name(one), one) for one in variants]
    if not pairs or isinstance(variants, str):
        raise ValueError(f"{where} has no variants: variants=[mylib.slow, mylib.fast] names what is compared")
    found: dict[str, Any] = {}
    for name, value in pairs:
        if not NAME.fullmatch(str(name)):
            raise ValueError(f'{where}: variant {name!r} needs another name: variants={{"name": ...}}')
        if name in found:
            raise ValueError(
                f'{where} has two variants named {name!r}: variants={{"a": ..., "b": ...}} tells them apart'
            )
        if not callable(value) and not (isinstance(value, str) and TEXT.fullmatch(value)):
            raise ValueError(f'{where}: variant {name!r} is {value!r}; it must be callable, or "package.module:name"')
        found[str(name)] = value
    return found


def _name(variant: Any) -> str:
    if isinstance(variant, str):
        return variant.replace(":", ".").split(".")[-1]
    return str(getattr(variant, "__name__", variant))


def reference(variant: Any, name: str, declared: Callable[..., Any]) -> str:
    """``"module:qualified name"`` of ``variant``, or ``"module:component#name"`` where only its component has it."""
    if isinstance(variant, str):
        return variant
    module, path = getattr(variant, "__module__", "") or "", getattr(variant, "__qualname__", "")
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    if path and found is variant:
        return f"{module}:{path}"
    return f"{declared.__module__}:{declared.__name__}{HERE}{name}"


def makes_module(variant: Any) -> bool:
    """Whether ``variant`` is a class of ``torch.nn.Module``."""
    kinds = getattr(variant, "__mro__", ())
    return any(kind.__name__ == "Module" and kind.__module__ == "torch.nn.modules.module" for kind in kinds)


def resolved(variant: Any) -> Any:
    """The callable: itself, or what its name stands for.

    Raises:
        ImportError: there is no such module.
        AttributeError: the module has no such name.
    """
    if not isinstance(variant, str):
        return variant
    module, _, path = variant.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found
