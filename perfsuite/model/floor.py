"""The floor: how fast a call could be on this machine. The largest of three measured limits, and which one it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perfsuite.model.record import Record, Roof

COMPUTE = {
    "float32": ("fp32",),
    "float64": ("fp64",),
    "bfloat16": ("bf16", "fp32"),  # may also be computed in float32, if that is faster
    "float16": ("fp16", "fp32"),
}  # dtype -> names of its roofs
UNEXPLAINED = 2.0  # a time above this multiple of all known costs is unexplained
IN_PLACE = " in place"  # suffix of the roofs for reading and writing the same address
ABOVE = 0.95  # a time below this share of a floor is really below it, not noise


@dataclass(frozen=True)
class Floor:
    """The minimum time of one call, by term, in seconds. A term is 0 if the machine has no roof for it."""

    compute: float  # declared FLOP / best measured FLOP/s of the dtype
    memory: float  # compulsory bytes / bandwidth of the levels that hold them, streamed in and out
    overhead: float  # operators x the cheapest dispatch + views x the cheapest view
    level: str  # the outermost level that the bytes reach: "L1", "L2", "L3", "DRAM", "HBM"
    in_place: float  # the same with each result written over an input; equals memory if that is not faster
    usual: float  # overhead and memory if each operator makes a tensor and moves its own bytes
    missing: tuple[str, ...]  # terms of the record without a roof or a count: their 0 is meaningless

    @property
    def hardware(self) -> float:
        """Seconds that the hardware needs, independent of the software; 0 if unknown."""
        return max(self.compute, self.memory)

    @property
    def least(self) -> float:
        """Seconds that the hardware needs with bytes moved in place: below it the time, the work or a roof is wrong."""
        return max(self.compute, self.in_place)

    @property
    def whole(self) -> float:
        """Seconds that a program of these operators needs; 0 if unknown."""
        return max(self.hardware, self.overhead)

    @property
    def bound(self) -> str:
        """The term that sets the floor: ``compute``, ``memory (L2)`` or ``overhead``; ``""`` if unknown."""
        if not self.whole:
            return ""
        terms = {"compute": self.compute, f"memory ({self.level})": self.memory, "overhead": self.overhead}
        return max(terms, key=lambda name: terms[name])


def floor(record: Record, roofs: Sequence[Roof]) -> Floor:
    """The floor of ``record`` from the roofs of its own run, device and thread count."""
    cell = record.key
    known = {name: roof.value for name, roof in applying(cell.device, cell.threads, roofs).items()}
    levels = (*(() if cell.cold else ("L2", "L3")), "HBM" if cell.device == "cuda" else "DRAM")
    peak = max((known[name] for name in COMPUTE.get(record.dtype, ()) if name in known), default=0.0)
    compute = record.flops / peak if peak else 0.0
    memory, level = transfer(record.bytes, levels, known)
    in_place, _ = transfer(record.bytes, levels, known | _in_place(known))
    dispatch, view, tensor = (known.get(name, 0.0) for name in ("dispatch", "view", "empty tensor"))
    ops, views, traffic = _counted(record)
    moved = ops * transfer(traffic // ops, levels, known)[0] if ops else 0.0
    missing = {
        "compute": record.flops and not peak,
        "memory": record.bytes and level not in ("L1", *known),
        "overhead": not (ops and dispatch),  # no operators counted: numpy, native or compiled code
    }
    return Floor(
        compute=compute,
        memory=memory,
        overhead=ops * dispatch + views * view,
        level=level,
        in_place=min(memory, in_place),
        usual=ops * (dispatch + tensor) + views * max(view, tensor) + max(memory, moved),
        missing=tuple(name for name in missing if missing[name]),
    )


def applying(device: str, threads: str, roofs: Sequence[Roof]) -> dict[str, Roof]:
    """The roofs of a cell by name. Several threads can do at least what one can, even if a probe measured less."""
    found: dict[str, Roof] = {}
    for roof in roofs:
        if roof.device == device and roof.threads in ("", "1", threads):
            best = min if roof.unit == "s" else max
            found[roof.name] = best(roof, found.get(roof.name, roof), key=lambda one: one.value)
    return found


def _in_place(known: Mapping[str, float]) -> dict[str, float]:
    """The bandwidths of overwriting the data that was read, under the plain level names."""
    return {name.removesuffix(IN_PLACE): value for name, value in known.items() if name.endswith(IN_PLACE)}


def _counted(record: Record) -> tuple[int, int, int]:
    """Operators, views and bytes that the cost pass counted; 0 if it did not run."""
    cost = record.cost
    return (cost.ops or 0, cost.views or 0, cost.traffic or 0) if cost else (0, 0, 0)


def transfer(size: int, levels: Sequence[str], known: Mapping[str, float]) -> tuple[float, str]:
    """Seconds to move ``size`` bytes, and the outermost of ``levels`` that they reach; ``""`` if no cache is known.

    Each level serves what it can hold beyond the inner ones, as if the previous call had left the right bytes there: a
    working set slightly larger than a cache is only slightly slower. L1 has no bandwidth roof because a torch call is
    too slow to reach it: data that fits in L1 costs nothing here, rather than a guess.
    """
    hot = [name for name in levels[:-1] if name in known or f"{name} size" in known]
    if len(levels) > 1 and (not hot or size <= known.get("L1 size", 0)):
        return 0.0, "L1" if hot else ""
    seconds, done, level = 0.0, 0.0, ""
    for name in (*hot, levels[-1]):
        held = min(size, known.get(f"{name} size", size))
        if held > done:
            seconds += (held - done) / known.get(name, float("inf"))
            done, level = held, name
    return seconds, level


def remark(seconds: float, floor: Floor, accounted: float | None = None) -> str:
    """A remark on the distance to the floor, shown beside the number.

    ``above the roof``: the declared work is too much or a roof too low, by less than makes a time impossible (see
    :mod:`perfsuite.records.impossible`). ``less traffic``: faster than streaming the bytes in and out, for example when
    a result is written over an input, whose cache lines were fetched anyway. ``unexplained``: more than twice the time
    of the arithmetic, the operators' own bytes, and creating their tensors; or, where the parts of the time were
    measured, of their sum, ``accounted`` (see :mod:`perfsuite.model.account`). Otherwise empty.
    """
    if seconds < ABOVE * floor.least:
        return "above the roof"
    if seconds < ABOVE * floor.hardware:
        return "less traffic"
    known = floor.compute + floor.usual if accounted is None else accounted
    if (accounted is not None or not floor.missing) and seconds > UNEXPLAINED * known:
        return "unexplained"
    return ""
