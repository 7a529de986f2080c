"""What the components' tests begin with: a variant that is ready to be called, and a case by its name."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from perfsuite.measuring import prepared as preparing
from perfsuite.model.component import Case, Component
from perfsuite.project import catalogue


def function(component: str, variant: str) -> Any:
    """The variant as it is written."""
    return getattr(importlib.import_module(f"impls.{component}"), variant)


def prepared(component: str, variant: str, inputs: tuple[Any, ...]) -> preparing.Prepared:
    """The variant ready to be called."""
    return preparing.prepare(function(component, variant), "eager", inputs)


def prepared_or_skipped(component: str, variant: str, inputs: tuple[Any, ...]) -> preparing.Prepared:
    """The variant ready to be called; skips the test where it needs what is not here."""
    if reason := preparing.missing(getattr(function(component, variant), "__needs__", ()), "eager", "cpu"):
        pytest.skip(reason)
    return prepared(component, variant, inputs)


def some(name: str, case: str = "") -> tuple[Component, Case]:
    """A component and one of its cases, the first where none is named."""
    component = catalogue.component(name)
    return component, next(each for each in component.cases if case in ("", each.name))
