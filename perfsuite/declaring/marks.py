"""What a variant may say of itself. The marks are attributes, so that they are the same in every copy of a package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def needs(*what: str) -> Callable[[Function], Function]:
    """Mark a variant that needs modules, ``"cuda"``, ``"cc"`` or ``"c++"``; it is skipped where one is missing."""

    def mark(function: Function) -> Function:
        function.__needs__ = what  # type: ignore[attr-defined]
        return function

    return mark


def prepared(function: Function) -> Function:
    """Mark a variant that takes the inputs once and returns what is timed: a callable without arguments."""
    function.__prepared__ = True  # type: ignore[attr-defined]
    return function
