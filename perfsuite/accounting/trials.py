"""Programs that are no cells, to see how well the parts of a call predict a time they were not fitted to.

The parts are counted and the unit costs measured as in a run. Then each program is timed, and both are compared.
"""

from __future__ import annotations

import json
import mmap
import statistics
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from perfsuite.accounting.parts import parts
from perfsuite.host.counters import Counters
from perfsuite.instruments import limits
from perfsuite.instruments.operators import operators
from perfsuite.model.account import account, delay
from perfsuite.model.floor import floor
from perfsuite.model.record import Cost, Launch, Record, Roof
from perfsuite.model.roofs import OVERHEADS, UNITS, quantity

Program = Callable[[], object]


class Trial(NamedTuple):
    """A program, and what the account of it needs to know."""

    model: str  # the part that makes up most of it
    program: Program
    before: Program | None = None  # runs before each sample, which then is one call
    bytes: int = 0  # that it reads and writes at least


ROUNDS = 3  # of all programs: some time lies between two tries of one
SAMPLES, SAMPLE = 15, 2e-3  # of a program, and about how many seconds each takes
CACHES = ("L2", "L3", "DRAM")
HEAD = ("program", "model", "predicted", "measured", "predicted over measured")


def programs() -> Mapping[str, Trial]:
    """The programs by name."""
    import numpy
    import torch

    generator = torch.Generator().manual_seed(0)
    small, wide = torch.rand(8, generator=generator), torch.rand(700, 900, generator=generator)
    weight = torch.rand(16, requires_grad=True, generator=generator)
    long = torch.ones(12 << 20)
    some, sums, others = torch.ones(1 << 20), torch.empty(1 << 20), torch.ones(16 << 20)
    pairs = list(zip(torch.rand(2000, 8, generator=generator).numpy(), numpy.empty((2000, 8), "float32"), strict=True))
    nested = torch.nn.Sequential(*[torch.nn.Sequential(torch.nn.Identity()) for _ in range(20)])
    table = {f"key {at}": [at, str(at), {"half": at / 2}] for at in range(40)}
    text = json.dumps(table).encode() * 20

    def new() -> torch.Tensor:
        return torch.frombuffer(mmap.mmap(-1, long.nbytes), dtype=torch.float32)

    def chain() -> torch.Tensor:
        x = small
        for _ in range(100):
            x = x.mul(0.5).add(small)
        return x

    def backward() -> Any:
        x = weight
        for _ in range(60):
            x = x.tanh()
        return torch.autograd.grad(x.sum(), weight)

    def rows() -> None:
        for row, result in pairs:
            numpy.add(row, 1, out=result)

    def sleeping() -> None:
        thread = threading.Thread(target=time.sleep, args=(0.01,))
        thread.start()
        thread.join()

    return {
        "200 operators on 8 numbers": Trial("operators", chain),
        "a sort and a softmax of 700 x 900 numbers": Trial("operators", lambda: wide.sort(dim=1).values.softmax(dim=0)),
        "60 tanh and backward": Trial("autograd", backward),
        "40 nested modules that return their input": Trial("Python", lambda: nested(None)),
        "JSON by Python's own encoder": Trial("Python", lambda: json.dumps(table, indent=1)),
        "zlib.compress": Trial("native code", lambda: zlib.compress(text)),
        "2,000 additions by numpy": Trial("native code", rows),
        "a sum into 48 MiB of new memory": Trial("page faults", lambda: torch.add(long, long, out=new())),
        "an addition to 4 MiB after a sum of 64 MiB": Trial(
            "data from memory", lambda: torch.add(some, 1, out=sums), others.sum, 2 * some.nbytes
        ),
        "a thread that sleeps": Trial("waiting", sleeping),
    }


def measure(seconds: float = 0.2) -> list[dict[str, Any]]:
    """Each program with its parts: ``{"program": ..., "model": ..., "predicted": ..., "measured": ..., "parts": ...}``.

    ``seconds`` are spent on each unit cost in each round. Waiting for a core is left out of both times.
    """
    import torch

    torch.ones(31 << 20, dtype=torch.uint8)  # the C library keeps memory from now on, as in a worker
    roofs: list[Roof] = []
    rounds: list[dict[str, Record]] = []
    for _ in range(ROUNDS):  # a disturbance only adds time, to the unit costs, to what is counted and to what is timed
        roofs += limits.probe(["1"], seconds=seconds, names=(*OVERHEADS, *UNITS, *CACHES))
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # as in the cells of one thread, whose unit costs these are
        try:
            rounds.append({name: _tried(trial) for name, trial in programs().items()})
        finally:
            torch.set_num_threads(threads)
    found = []
    for name, trial in programs().items():
        records = [one[name] for one in rounds]
        terms = min((_terms(record, roofs) for record in records), key=lambda terms: sum(terms.values()))
        told = {"predicted": sum(terms.values()), "measured": min(map(_seconds, records)), "parts": terms}
        found.append({"program": name, "model": trial.model, **told})
    return found


def _tried(trial: Trial) -> Record:
    """The parts and the times of a program."""
    program = trial.program
    program()
    counted = parts(program, program)
    return Record(
        f"trials.{trial.model.replace(' ', '')}/program/eager/cpu/one/1",
        "ok",
        bytes=trial.bytes,
        launches=(_timed(program, trial.before),),
        cost=Cost(None, "", None, *operators(program), parts=counted),
    )


def _terms(record: Record, roofs: Sequence[Roof]) -> dict[str, float]:
    """The seconds of the parts by their names."""
    own = account(record, roofs, floor(record, roofs))
    assert own is not None
    return {term.name: term.seconds for term in own.terms if term.name != "busy machine"}


def _seconds(record: Record) -> float:
    """The seconds of a call."""
    (launch,) = record.launches
    return statistics.median(wall - delay(launch, at) for at, wall in enumerate(launch.wall))


def _timed(program: Program, between: Program | None) -> Launch:
    """Samples of ``program`` with their counters; of one call if something runs ``between`` them."""
    start = time.perf_counter()
    program()
    calls = 1 if between else max(1, round(SAMPLE / (time.perf_counter() - start)))
    counters = Counters()
    walls: list[float] = []
    counted: list[tuple[int, ...]] = []
    for _ in range(SAMPLES):
        if between:
            between()
        before, start = counters.read(), time.perf_counter()
        for _ in range(calls):
            program()
        walls.append((time.perf_counter() - start) / calls)
        counted.append(tuple(b - a for a, b in zip(before, counters.read(), strict=True)))
    cpu, delays, switches, faults = zip(*counted, strict=True)
    return Launch(
        launch=0,
        calls=calls,
        prepare=0.0,
        first=0.0,
        at=(0.0,) * SAMPLES,
        wall=tuple(walls),
        cpu=tuple(ns * 1e-9 for ns in cpu),
        delay=tuple(ns * 1e-9 for ns in delays),
        switches=switches,
        faults=faults,
    )


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The programs as a table in Markdown."""
    lines = [HEAD, ("---", "---", "---:", "---:", "---:")]
    for row in rows:
        times = quantity(row["predicted"], "s"), quantity(row["measured"], "s")
        lines.append((row["program"], row["model"], *times, f"{row['predicted'] / row['measured']:.2f}"))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
