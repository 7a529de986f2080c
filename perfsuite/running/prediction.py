"""Predict how long a call of a cell will take, from smaller cases of its series."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.model.component import Case, Component
from perfsuite.project import catalogue


def predict(cell: Cell, cells: Sequence[Cell], checks: Mapping[str, Mapping[str, Any]]) -> float | None:
    """Seconds of a call of ``cell``, from smaller cases of its series: a power law through the last two.

    With only one smaller case, time is assumed to grow with the declared work. ``None`` without any.
    """
    component = catalogue.component(cell.component)
    by_name = {case.name: case for case in component.cases}
    case = by_name[cell.case]
    if not case.series:
        return None
    known: list[tuple[int, float, int]] = []
    for other in cells:
        theirs = by_name.get(other.case) if other.component == cell.component else None
        alike = dataclasses.replace(other, case=cell.case) == cell
        if theirs is None or not alike or theirs.series != case.series or not theirs.size < case.size:
            continue
        check = checks.get(str(other), {})
        if check.get("status") == "ok":
            work = _work(component, theirs, check)
            known.append((theirs.size, check["proof"]["call"], work))
    return _power(known, case.size, _work(component, case, {})) if known else None


def _work(component: Component, case: Case, check: Mapping[str, Any]) -> int:
    """The declared work, or what was derived when the case was checked; 0 where it is not known."""
    if component.derive:
        derived = check.get("work", {})
        return int(derived.get("flops") or derived.get("bytes") or 0)
    return component.flops(case) or component.bytes(case)


def _power(known: list[tuple[int, float, int]], size: int, work: int) -> float:
    known = sorted(known)
    (last_size, last, last_work) = known[-1]
    if len(known) == 1:
        return last * max(1.0, work / last_work) if last_work else last
    (previous_size, previous, _) = known[-2]
    exponent = max(0.0, math.log(last / previous) / math.log(last_size / previous_size))
    return float(last * (size / last_size) ** exponent)
