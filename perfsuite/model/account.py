"""What the time of a call consists of: the parts that were counted or measured by themselves, and their unit costs.

The floor says how fast a call could be. The account says where the time goes: into which operators, and how much of it
is Python, autograd, page faults, or waiting. No part is taken from the time that it explains. Operators are timed one
by one on other data, counts are multiplied by unit costs that small programs of their own have in the same run, and
waiting is the time during which the thread used no core.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from perfsuite.model import estimates
from perfsuite.model.floor import Floor, applying, floor, remark, transfer
from perfsuite.model.record import OTHERS, Launch, Part, Parts, Record, Roof

LEAST = 0.05  # share of the time from which a part is named


@dataclass(frozen=True)
class Term:
    """One part of the time."""

    name: str  # "operators", "autograd", "Python", "native code", "data from memory", "page faults", "waiting"
    seconds: float
    detail: str  # what it is, with counts: "12 nodes, 12 of them run backward"


@dataclass(frozen=True)
class Account:
    """The parts of a cell's time, largest first."""

    terms: tuple[Term, ...]

    @property
    def seconds(self) -> float:
        """The sum of the parts."""
        return sum(term.seconds for term in self.terms)

    def told(self, seconds: float) -> str:
        """The parts of at least :data:`LEAST` of ``seconds``: ``operators 62 % (mm, add), Python 21 % (...)``.

        Parts that are estimated at more than the time are given as shares of their sum.
        """
        whole = max(seconds, self.seconds)
        shown = [term for term in self.terms if term.seconds >= LEAST * whole]
        return ", ".join(f"{term.name} {100 * term.seconds / whole:.0f} % ({term.detail})" for term in shown)


def account(record: Record, roofs: Sequence[Roof], floor: Floor) -> Account | None:
    """The parts of the time of ``record``, from the roofs of its own run; ``None`` if they were not counted."""
    parts = record.cost.parts if record.cost else None
    if parts is None:
        return None
    known = {name: roof.value for name, roof in applying(record.key.device, record.key.threads, roofs).items()}
    unit: Callable[[str], float] = lambda name: known.get(name, 0.0)  # noqa: E731
    faults = _per_call(record, _faults)
    price = unit("page fault")  # where no sample tells of page faults, those of the operators by themselves are kept
    own, native = _sum(parts.operators, 0.0 if faults is None else price), _sum(parts.native, 0.0)
    views = ((record.cost.views or 0) if record.cost else 0) * max(unit("view"), unit("empty tensor"))
    rest = 0.0 if _all_timed(record, parts) else floor.compute + floor.usual - own[0] - views - native[0]
    new = (faults or 0.0) * price
    late = _from_memory(record, known)
    terms = (
        Term("operators", own[0] + views, own[1] or "views"),
        Term("native code", native[0] - min(new, native[0]), native[1]),  # its own page faults may be in it
        Term("work", rest, "arithmetic, bytes and dispatch beyond what the operators take by themselves"),
        _autograd(parts, unit),
        Term("Python", (parts.instructions or 0) * unit("instruction"), f"{parts.instructions or 0:,} instructions"),
        Term("data from memory", late, "the first call of a sample finds its data there"),
        Term("page faults", new, f"{faults or 0:,.0f} page faults"),
        Term("waiting", _per_call(record, _waiting) or 0.0, "for other threads or processes, or a disk"),
        Term("busy machine", _per_call(record, delay) or 0.0, "for a core"),
    )
    return Account(tuple(sorted((term for term in terms if term.seconds > 0), key=lambda term: -term.seconds)))


def unexplained(record: Record, roofs: Sequence[Roof]) -> bool:
    """Whether the parts of the time of ``record`` were counted, and do not explain it."""
    timed, limit = estimates.seconds(record), floor(record, roofs)
    own = account(record, roofs, limit)
    return bool(timed and own and remark(timed.value, limit, own.seconds) == "unexplained")


def _all_timed(record: Record, parts: Parts) -> bool:
    """Whether the operators by themselves are all the work there is: then what the floor expects is no part."""
    timed = parts.operators and all(part.seconds for part in parts.operators.values())
    return bool(timed) and not record.key.cold  # alone they find their data in a cache


def _from_memory(record: Record, known: Mapping[str, float]) -> float:
    """What the first call of each sample takes longer to reach its data, as a share of one call.

    The inputs were filled and rivals called since the last sample, and operators by themselves find their data in a
    cache: inputs and results, or the temporaries if these are more. A cold cell starts each call like that, which is in
    its work.
    """
    calls = [launch.calls for launch in record.launches]
    if not calls or record.key.cold or record.key.device != "cpu" or not {"L2", "L3"} & known.keys():
        return 0.0
    size = max(record.bytes, (record.cost.peak or 0) if record.cost else 0)
    near, far = transfer(size, ("L2", "L3", "DRAM"), known)[0], transfer(size, ("DRAM",), known)[0]
    return max(0.0, far - near) / statistics.median(calls)


def _autograd(parts: Parts, unit: Callable[[str], float]) -> Term:
    nodes, steps, starts = parts.nodes or 0, parts.steps or 0, parts.starts or 0
    seconds = nodes * unit("autograd node") + steps * unit("autograd step") + starts * unit("autograd start")
    return Term("autograd", seconds, f"{nodes:,} nodes recorded, {steps:,} run backward")


def _sum(parts: Mapping[str, Part] | None, fault: float) -> tuple[float, str]:
    """The seconds of ``parts`` without their page faults, which are counted apart, and the two that take longest."""
    found = {name: max(0.0, part.seconds - part.faults * fault) for name, part in (parts or {}).items()}
    order = sorted(found, key=lambda name: (name == OTHERS, -found[name]))
    return sum(found.values()), ", ".join(order[:2])


def _per_call(record: Record, of: Callable[[Launch, int], float]) -> float | None:
    """The median over launches of the median over samples, from the counters of the timed calls; None without any."""
    if any(launch.parts.keys() - {"host", "device", "first item", "per item"} for launch in record.launches):
        return None  # a timeline: its counters saw other passes too
    found = []
    for launch in record.launches:
        if len(launch.delay) == len(launch.faults) == len(launch.cpu) == len(launch.wall) > 0:
            found.append(statistics.median(of(launch, at) for at in range(len(launch.wall))))
    return statistics.median(found) if found else None


def _idle(launch: Launch, at: int) -> float:
    """Seconds of a call in which its thread used no core."""
    return max(0.0, launch.wall[at] - launch.cpu[at] / launch.calls)


def delay(launch: Launch, at: int) -> float:
    """Seconds of a call in which its thread waited for a core: counters also see waiting beside the clock."""
    return min(launch.delay[at] / launch.calls, _idle(launch, at))


def _faults(launch: Launch, at: int) -> float:
    return launch.faults[at] / launch.calls


def _waiting(launch: Launch, at: int) -> float:
    return _idle(launch, at) - delay(launch, at)
