"""The names of the roofs, and how the results of several probes are merged."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace

from perfsuite.model.floor import IN_PLACE
from perfsuite.model.record import Roof

DTYPES = {"fp32": "float32", "fp64": "float64", "bf16": "bfloat16", "fp16": "float16"}
LEVELS = ("L2", "L3", "DRAM", "HBM")
OVERHEADS = ("dispatch", "view", "empty tensor", "python call", "round trip")
UNITS = ("instruction", "autograd node", "autograd step", "autograd start", "page fault")
CACHES = {"L1 size": "L1d", "L2 size": "L2", "L3 size": "L3"}
NAMES = (
    *DTYPES,
    *LEVELS,
    *(level + IN_PLACE for level in LEVELS),
    *OVERHEADS,
    *UNITS,
    *CACHES,
)  # not all apply everywhere

PREFIXES = [(1e0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"), (1e15, "P")]
SCALES = {
    "s": [(1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s")],
    "B": [(2.0**10, "KiB"), (2.0**20, "MiB"), (2.0**30, "GiB")],
}


def merge(probes: Iterable[Sequence[Roof]]) -> tuple[Roof, ...]:
    """The roofs of one run from all its probes: the best value, and the median of the typical ones."""
    same: dict[tuple[str, str, str], list[Roof]] = {}
    for roof in itertools.chain.from_iterable(probes):
        same.setdefault((roof.name, roof.threads, roof.device), []).append(roof)
    return tuple(
        replace(
            (min if roofs[0].unit == "s" else max)(roofs, key=lambda roof: roof.value),
            typical=statistics.median(roof.typical for roof in roofs),
        )
        for roofs in same.values()
    )


def text(roofs: Sequence[Roof]) -> str:
    """A plain table of ``roofs``, three significant digits."""
    rows = [("roof", "device", "threads", "best", "typical", "measured with")]
    for roof in roofs:
        shown = quantity(roof.value, roof.unit), quantity(roof.typical, roof.unit)
        rows.append((roof.name, roof.device, roof.threads, *shown, roof.what))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def quantity(value: float, unit: str) -> str:
    """``value`` with a suitable unit prefix: ``165 GFLOP/s``, ``2.00 MiB``, ``830 ns``."""
    scales = SCALES.get(unit) or [(scale, prefix + unit) for scale, prefix in PREFIXES]
    scale, name = max((pair for pair in scales if value >= 0.9995 * pair[0]), default=scales[0])
    number = float(f"{value / scale:.3g}")
    places = 2 - math.floor(math.log10(number)) if number else 0
    return f"{number:.{max(0, places)}f} {name}"
