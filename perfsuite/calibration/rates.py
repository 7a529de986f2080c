"""Tables of how often a comparison was right, counted from sessions, with bounds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from perfsuite.calibration.calibrate import CELLS, KINDS, WORKERS, Kind, kind


def upper(hits: int, trials: int) -> float:
    """The one-sided upper 95 % bound of a rate (Clopper and Pearson)."""
    from scipy.stats import binomtest

    return float(binomtest(hits, trials).proportion_ci(0.90, method="exact").high) if trials else 1.0


def lower(hits: int, trials: int) -> float:
    """The one-sided lower 95 % bound of a rate (Clopper and Pearson)."""
    from scipy.stats import binomtest

    return float(binomtest(hits, trials).proportion_ci(0.90, method="exact").low) if trials else 0.0


def table(sessions: Sequence[Mapping[str, Any]]) -> str:
    """The results of the sessions as Markdown: false alarms, detection rates, coverage, time."""
    parts = []
    null = [one for one in KINDS if not one.scale]
    rows = [_null(one, group) for one in null if (group := _of(one, sessions))]
    if rows:
        title = (
            "| both sides the same | sessions | with a false alarm | upper 95 % | SAME | UNDECIDED | in the interval"
            " | time per session |"
        )
        parts.append("\n".join([title, "|---|---:|---:|---:|---:|---:|---:|---:|", *rows]))
    rows = [_injected(one, group) for one in KINDS if one.scale and (group := _of(one, sessions))]
    if rows:
        title = (
            "| injected slowdown | sessions | found, without workers | lower 95 % | called SAME | in the interval"
            " | found, with workers | time per cell, without workers | with workers |"
        )
        parts.append("\n".join([title, "|---|---:|---:|---:|---:|---:|---:|---:|---:|", *rows]))
    parts.append(_cells(sessions))
    return "\n\n".join(parts) + "\n"


def _of(one: Kind, sessions: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [item for item in sessions if item["kind"] == one.name]


def _null(one: Kind, group: Sequence[Mapping[str, Any]]) -> str:
    alarms = sum(any(row["verdict"] in ("SLOWER", "FASTER") for row in item["rows"].values()) for item in group)
    plain = [row for item in group for cell, row in item["rows"].items() if cell != WORKERS]
    every = [row for item in group for row in item["rows"].values()]
    same = sum(row["verdict"] == "SAME" for row in plain)
    open_ = sum(row["verdict"] == "UNDECIDED" for row in plain)
    inside, known = _covered(every, 0.0)
    seconds = statistics.median(item["seconds"] for item in group)
    return (
        f"| {one.what} | {len(group)} | {alarms} | {100 * upper(alarms, len(group)):.1f} % | {_share(same, len(plain))}"
        f" | {_share(open_, len(plain))} | {_share(inside, known)} | {seconds:.0f} s |"
    )


def _injected(one: Kind, group: Sequence[Mapping[str, Any]]) -> str:
    plain = [row for item in group for cell, row in item["rows"].items() if cell != WORKERS]
    workers = [item["rows"][WORKERS] for item in group if WORKERS in item["rows"]]
    found = sum(row["verdict"] == "SLOWER" for row in plain)
    same = sum(row["verdict"] == "SAME" for row in plain)
    inside, known = _covered(plain, None)
    seen = sum(row["verdict"] == "SLOWER" for row in workers)
    theirs = statistics.median(row["seconds"] for row in workers) if workers else math.nan
    each = statistics.median(_each(item) for item in group)
    return (
        f"| {one.name} | {len(group)} | {_share(found, len(plain))} | {100 * lower(found, len(plain)):.1f} % | {same}"
        f" | {_share(inside, known)} | {_share(seen, len(workers))} | {each:.1f} s | {theirs:.1f} s |"
    )


def _each(session: Mapping[str, Any]) -> float:
    """Seconds of a whole session per cell without workers, including process starts."""
    rows = session["rows"]
    plain = [cell for cell in rows if cell != WORKERS]
    theirs = rows[WORKERS]["seconds"] if WORKERS in rows else 0.0
    return float((session["seconds"] - theirs) / len(plain))


def _covered(rows: Sequence[Mapping[str, Any]], truth: float | None) -> tuple[int, int]:
    """How many intervals contain the true change, and how many there are."""
    bounded = [row for row in rows if row["low"] is not None and row["high"] is not None]
    inside = 0
    for row in bounded:
        real = math.exp(row["truth"] if truth is None else truth)
        inside += row["low"] <= real <= row["high"]
    return inside, len(bounded)


def _share(hits: int, trials: int) -> str:
    return f"{100 * hits / trials:.1f} % of {trials}" if trials else "–"


def _cells(sessions: Sequence[Mapping[str, Any]]) -> str:
    """Per cell: the spread of X between fresh processes, and the smallest slowdown that can be detected with it."""
    lines = ["| cell | spread of X | smallest slowdown detectable | time per cell |", "|---|---:|---:|---:|"]
    quiet = [item for item in sessions if not kind(item["kind"]).load]
    for cell in CELLS:
        rows = [item["rows"][cell] for item in quiet if cell in item["rows"] and item["rows"][cell]["epochs"]]
        if not rows:
            continue
        spread = statistics.median([row["spread"] for row in rows if row["spread"] is not None] or [0.0])
        visible = [row["visible"] for row in rows if row["visible"] is not None]
        seen = f"{100 * statistics.median(visible):.1f} %" if visible else "–"
        seconds = statistics.median(row["seconds"] for row in rows)
        lines.append(f"| `{cell}` | {100 * spread:.2f} % | {seen} | {seconds:.1f} s |")
    return "\n".join(lines)
