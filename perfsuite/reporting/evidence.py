"""Why a cell takes the time it takes: one short sentence from the measurements beside the time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from perfsuite.model import payback
from perfsuite.model.floor import UNEXPLAINED
from perfsuite.reporting import units

EARLY, BUSY = 0.5, 0.8  # shares of a call's time: up to EARLY the host is done early, from BUSY it is busy
ISSUING = 0.3  # share of the time from which a busy host counts as busy dispatching operators


def why(row: Mapping[str, Any]) -> str:
    """The measured reasons for the time of ``row`` (of :func:`perfsuite.reporting.frame.build`), most important first.

    At most three; empty for a cell without a time.
    """
    if not units.known(row["seconds"]):
        return ""
    clauses = (_remark(row), _device(row), _parts(row), _dispatch(row), _traffic(row), _bound(row), _compiling(row))
    return "; ".join([clause for clause in clauses if clause][:3])


def _remark(row: Mapping[str, Any]) -> str:
    if row["remark"] == "above the roof":
        return "faster than the measured roof, but not impossible: the roof is too low or the declared work is too much"
    if row["remark"] == "timed apart":
        return str(row["reason"])
    if row["remark"] == "less traffic":
        return "faster than streaming its bytes: results are written over inputs"
    if row["remark"] == "unexplained":
        known = "its measured parts" if row["account"] else "all measured limits"
        return f"unexplained: more than {UNEXPLAINED:g}× {known} together"
    return ""


def _device(row: Mapping[str, Any]) -> str:
    """Which side sets the time where the host issues work to a device.

    If the host is done early, the device sets it. If it is busy to the end, it either issues operators all that time or
    waits inside the call for a result from the device.
    """
    host, device = row["host_seconds"], row["device_seconds"]
    if not (units.known(host) and units.known(device)):
        return ""
    share = host / row["seconds"]
    if share <= EARLY:
        busy = device / row["seconds"] >= BUSY
        return f"{'device' if busy else 'sync'} bound: the host is done after {units.percent(share)} of the time"
    if share < BUSY:
        return ""
    issuing = units.known(row["floor_overhead"]) and row["floor_overhead"] >= ISSUING * row["seconds"]
    return f"{'launch' if issuing else 'launch or sync'} bound: the host is busy for {units.percent(share)} of the time"


def _parts(row: Mapping[str, Any]) -> str:
    """The largest parts of the time, where they were counted."""
    return f"of the time: {row['account']}" if row["account"] else ""


def _dispatch(row: Mapping[str, Any]) -> str:
    """The operators, where dispatching them takes at least a fifth of the time."""
    if not units.known(row["floor_overhead"]) or row["floor_overhead"] < 0.2 * row["seconds"]:
        return ""
    ops = f"{units.count(row['ops'])} operator{'' if row['ops'] == 1 else 's'}"
    share = row["floor_overhead"] / row["seconds"]
    return f"{ops} dispatched, " + (
        f"at least {units.percent(share)} of the time" if share < 0.9 else "which takes nearly all of the time"
    )


def _traffic(row: Mapping[str, Any]) -> str:
    if not units.known(row["times_bytes"]) or row["times_bytes"] < 1.5:
        return ""
    return f"moves {units.times(row['times_bytes'])} the compulsory bytes"


def _bound(row: Mapping[str, Any]) -> str:
    """The hardware limit, where the time is near it."""
    if not units.known(row["times_hardware"]) or row["times_hardware"] > 3 or row["times_hardware"] < 0.95:
        return ""
    compute = not units.known(row["floor_memory"]) or row["floor_compute"] >= row["floor_memory"]
    limit = "compute" if compute and units.known(row["floor_compute"]) else f"memory ({row['level']})"
    return f"{limit} bound, {units.times(row['times_hardware'])} the hardware's floor"


def _compiling(row: Mapping[str, Any]) -> str:
    if not units.known(row["compile"]):
        return ""
    cost, calls = f"compiling takes {units.time(row['compile'])}", paid_back(row)
    if calls.startswith("unclear"):
        return f"{cost}, and whether it pays off is {calls}"
    if calls == "never":
        return f"{cost} and never pays off"
    return f"{cost}, paid back after {calls} calls" if calls else cost


def paid_back(row: Mapping[str, Any], name: str = "break_even") -> str:
    """The calls after which compiling has paid off, with their interval: "1,500 (1,200 to 2,100)", "never".

    Empty where the variant was not timed without the compiler. ``break_even_warm`` is with compiled code on disk.
    """
    calls, least, most = (row[column] for column in (name, f"{name}_low", f"{name}_high"))
    if calls != calls:
        return ""
    if row["pays_off"] == payback.UNCLEAR:
        return f"unclear: after {units.digits(least)} calls at the earliest"
    if math.isinf(calls):
        return "never"
    ends = f" ({units.digits(least)} to {units.digits(most)})" if units.known(least) and units.known(most) else ""
    return f"{units.digits(calls)}{ends}"
