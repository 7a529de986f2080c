"""How fast a call could be on this machine: the largest of three measured limits, and which one it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.record import Record, Roof

COMPUTE = {"float32": "fp32", "float64": "fp64", "bfloat16": "bf16", "float16": "fp16"}  # dtype -> name of its roof
UNEXPLAINED = 2.0  # beyond this many times every roof, the roofs do not explain the time
ABOVE = 0.95  # below this share of the hardware floor, the time or the roof is wrong


@dataclass(frozen=True)
class Floor:
    """The least time of one call, by term. A term is 0 where the machine has no roof for it."""

    compute: float  # declared FLOP / best measured FLOP/s of the dtype
    memory: float  # compulsory bytes / bandwidth of the level that holds them
    overhead: float  # operators dispatched x the cheapest dispatch
    level: str  # "L1", "L2", "L3", "DRAM", "HBM"

    @property
    def hardware(self) -> float:
        """What the machine needs, whatever the software: seconds, 0 if unknown."""
        return max(self.compute, self.memory)

    @property
    def whole(self) -> float:
        """What a program made of these operators needs: seconds, 0 if unknown."""
        return max(self.hardware, self.overhead)

    @property
    def bound(self) -> str:
        """The term that sets the floor: ``compute``, ``memory (L2)`` or ``overhead``; ``""`` if unknown."""
        if not self.whole:
            return ""
        terms = {"compute": self.compute, f"memory ({self.level})": self.memory, "overhead": self.overhead}
        return max(terms, key=lambda name: terms[name])


def floor(record: Record, roofs: Sequence[Roof]) -> Floor:
    """The floor of ``record`` under the roofs of its own run, device and thread count."""
    cell = record.key
    known = {roof.name: roof for roof in roofs if roof.device == cell.device and roof.threads in (cell.threads, "")}
    peak = known.get(COMPUTE.get(record.dtype, ""))
    level = _level(record.bytes, known, cell.cold)
    bandwidth = known.get(level)
    dispatch = known.get("dispatch")
    ops = record.cost.ops if record.cost else None
    return Floor(
        compute=record.flops / peak.value if peak else 0.0,
        memory=record.bytes / bandwidth.value if bandwidth else 0.0,
        overhead=ops * dispatch.value if ops and dispatch else 0.0,
        level=level,
    )


def _level(size: int, known: dict[str, Roof], cold: bool) -> str:
    """The smallest memory that holds ``size`` bytes with a quarter to spare; roofs named ``"L2 size"`` tell how big.

    L1 has no bandwidth roof: a torch call is too slow to reach it, so the term is left out rather than guessed.
    """
    if "HBM" in known:
        return "HBM"
    if not cold:
        for name in ("L1", "L2", "L3"):
            capacity = known.get(f"{name} size")
            if capacity and size <= 0.75 * capacity.value:
                return name
    return "DRAM"


def remark(seconds: float, floor: Floor) -> str:
    """What the distance to the floor says beside the number: ``above the roof``, ``unexplained`` or nothing."""
    if floor.hardware and seconds < ABOVE * floor.hardware:
        return "above the roof"
    if floor.whole and floor.overhead and seconds > UNEXPLAINED * (floor.compute + floor.memory + floor.overhead):
        return "unexplained"
    return ""
