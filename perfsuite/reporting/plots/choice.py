"""Which variants a figure shows, and how each is drawn: at most eight curves can be told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from perfsuite.reporting.plots.drawing import HUES, MARKS

MOST = 8  # curves in one figure


def choose(cells: pd.DataFrame, baseline: str, most: int = MOST) -> list[str]:
    """The variants to draw: the simplest of the fastest in each case, the baseline, then those that differ most.

    "Simplest" means earliest in the order of ``cells``, which is also the order of the result.
    """
    timed = cells[cells["seconds"].notna()]
    ways = list(dict.fromkeys(timed["way"]))
    fastest = timed[timed["best"] | timed["tie"]].drop_duplicates("case")["way"].value_counts()
    chosen = [way for way in dict.fromkeys([*fastest.index, baseline]) if way in ways][:most]
    logs = timed.assign(log=np.log(timed["seconds"])).pivot_table(index="case", columns="way", values="log")
    curve = {way: logs[way].to_numpy() for way in ways}
    while len(chosen) < min(most, len(ways)):
        rest = [way for way in ways if way not in chosen]
        chosen.append(max(rest, key=lambda way: min(_distance(curve[way], curve[other]) for other in chosen)))
    return [way for way in ways if way in chosen]


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of two curves of log time over the cases that both have; 0.5 if they share none."""
    apart = np.abs(one - other)
    return float(apart[np.isfinite(apart)].mean()) if np.isfinite(apart).any() else 0.5


def paint(ways: Sequence[str], order: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and mark of each of ``ways``, by place in ``order``: a page's figures agree, and none is used twice."""
    free = list(range(len(HUES)))
    hues = list(HUES)
    result = {}
    for way in ways:
        wanted = order.index(way) % len(hues) if way in order else 0
        at = wanted if wanted in free else (free[0] if free else wanted)
        if at in free:
            free.remove(at)
        result[way] = (hues[at], MARKS[at])
    return result
