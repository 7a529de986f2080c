"""A group of cells in one sentence: which variant is fastest, by how much, and how far from the hardware limit."""

from __future__ import annotations

import pandas as pd

from perfsuite.model.record import Problem
from perfsuite.reporting import units
from perfsuite.reporting.html.blocks import Mono, Part


def verdict(problem: Problem, cells: pd.DataFrame) -> tuple[Part, ...]:
    """What the times of one group say."""
    timed = cells[cells["seconds"].notna()]
    best = timed[timed["best"]].iloc[0]
    parts: list[Part] = [
        Mono(best["way"]),
        f" is the fastest of {len(timed)} variants: " if len(timed) > 1 else " takes ",
    ]
    parts.append(units.time(best["seconds"]))
    if best["way"] != problem.baseline and units.known(best["ratio"]):
        parts += [f", {units.times(1 / best['ratio'])} as fast as ", Mono(problem.baseline)]
    if units.known(best["times_hardware"]):
        parts.append(f", {units.times(best['times_hardware'])} the hardware’s floor")
    ties = list(timed.loc[timed["tie"], "way"])
    if ties:
        parts += [". A tie with ", Mono(ties[0]), *(part for way in ties[1:] for part in (", ", Mono(way)))]
    return (*parts, ".")
