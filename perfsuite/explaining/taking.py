"""Take the evidence of one side: pass after pass, each in a fresh worker, after all timing is done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfsuite.explaining.reasons.evidence import Evidence, Operator, Prices
from perfsuite.explaining.watching import counting, sampling
from perfsuite.explaining.workers import Side, Workers
from perfsuite.instruments.tracing import OPERATORS, STACKS
from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.running.progress import Progress

PLAIN = 0.5  # seconds of plain calls, counted by the system
SAMPLED = 2.0  # seconds of samples of stacks
PROBE = 0.15  # seconds of each roof
LEVELS = ("L2", "L3", "DRAM")
ROWS = 200  # operators that are kept


@dataclass(frozen=True)
class Taken:
    """The evidence of a side, and its stacks."""

    evidence: Evidence
    folded: str = ""  # stacks as text, a line each
    by: str = ""  # what they come from: "py-spy" or "the profiler's trace"
    functions: Mapping[str, int] = field(default_factory=dict)  # instructions of a call by function, from callgrind


class Passes:
    """The passes of one side."""

    def __init__(self, side: Side, workers: Workers, progress: Progress) -> None:
        self._side, self._workers, self._progress = side, workers, progress
        cell = Cell.parse(side.cell)
        self._seed = workers.referee.seeds(cell.component, cell.case, 1)[0]
        self.missing: dict[str, str] = {}

    def take(self, seconds: float, running: float | None, folder: Path, instructions: bool = False) -> Taken:
        """Everything; ``seconds`` and ``running`` are from the timing. Traces and stacks go into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        before = self._resources()
        counts = self._ask("counts", "evidence").get("counts", {})
        traced = self._traced(folder)
        folded, by = "", ""
        if sampling.where():
            path = str((folder / "samples.txt").resolve())
            folded, by = self._ask("stacks", "frames", seconds=SAMPLED, path=path).get("folded", ""), "py-spy"
        else:
            self.missing["stacks"] = "py-spy is not installed, so there are no native frames: pip install py-spy"
        if not folded and (folder / STACKS).exists():
            folded, by = (folder / STACKS).read_text(encoding="utf-8"), "the profiler's trace"
        plain = _calmest(before, self._resources())  # what others on this machine did is rarely in both
        functions = self._functions(seconds) if instructions else {}
        counts["culprits"] = {kind: tuple(names) for kind, names in counts.get("culprits", {}).items()}
        if running is None and plain and not Cell.parse(self._side.cell).cold:
            running = max(plain["wall"] - plain["waited"], min(plain["cpu"], plain["wall"]))
        evidence = Evidence(seconds=seconds, running=running, **{**counts, **plain, **traced}, missing=self.missing)
        return Taken(evidence, folded, by if folded else "", functions)

    def prices(self) -> Prices:
        """What operators, page faults and the like cost on this machine."""
        told = self._ask("prices", "prices", cell=False)
        device = Cell.parse(self._side.cell).device
        names = ["dispatch", "view", "instruction", "page fault", *LEVELS, "L2 size", "L3 size"]
        names += ["HBM"] * (device == "cuda")
        roofs = self._ask("limits", "roofs", cell=False, threads=["1"], seconds=PROBE, names=names, device=device)
        known = {
            roof["name"]: roof["value" if roof["unit"] == "s" else "typical"]  # others may use the memory too
            for roof in roofs.get("roofs", ())
        }
        levels = [
            (known.get(f"{level} size", float("inf")), known[level]) for level in (*LEVELS, "HBM") if level in known
        ]
        return Prices(
            dispatch=known.get("dispatch"),
            view=known.get("view"),
            sync=told.get("sync"),
            fault=known.get("page fault"),
            instruction=known.get("instruction"),
            bandwidth=tuple(levels),
        )

    def _resources(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("resources", "resources", seconds=PLAIN).get("counts", {})
        return found

    def _traced(self, folder: Path) -> dict[str, Any]:
        told = self._ask("trace", "trace", folder=str(folder.resolve())).get("trace")
        if not told:
            return {}
        table = json.loads((folder / OPERATORS).read_text(encoding="utf-8"))
        steps = max(1, told["steps"])
        rows = tuple(
            Operator(
                row["name"],
                row["calls"] / steps,
                1e-6 * (row["self_cpu_us"] + row.get("self_device_us", 0.0)) / steps,
            )
            for row in table["operators"][:ROWS]
        )
        launches = [row.calls for row in rows if row.name in ("cudaLaunchKernel", "cuLaunchKernel", "cudaGraphLaunch")]
        launched = round(sum(launches)) if Cell.parse(self._side.cell).device == "cuda" else None
        return {"traced": sum(told["wall"]) / max(1, len(told["wall"])), "rows": rows, "launched": launched}

    def _functions(self, seconds: float) -> Mapping[str, int]:
        if not counting.where():
            self.missing["instructions"] = counting.MISSING
            return {}
        self._progress.step(f"{self._side.name}: instructions, in valgrind, which takes minutes")
        python = counting.wrapped(self._side.python, self._side.scratch)
        told = self._ask("instructions", "functions", python=python, calls=counting.calls(seconds))
        return counting.read(self._side.scratch, told["calls"]) if "calls" in told else {}

    def _ask(self, name: str, do: str, cell: bool = True, python: str = "", **job: Any) -> dict[str, Any]:
        """The answer of a fresh worker; empty, with a reason in ``missing``, if there is none."""
        self._progress.step(f"{self._side.name}: {name}")
        if cell:
            job |= {"cell": self._side.cell, "seed": self._seed}
        try:
            with self._workers.fresh(self._side, python) as process:
                answer = process.ask(do, **job)
        except Fault as fault:
            self.missing[name] = f"{fault.status}: {fault.reason}"
            return {}
        if answer.get("status", "ok") != "ok":
            self.missing[name] = answer["reason"]
            return {}
        return dict(answer)


def _calmest(*found: dict[str, Any]) -> dict[str, Any]:
    """Of several measurements of resources, that in which the calling thread waited least for a core."""
    known = [one for one in found if one]
    return min(known, key=lambda one: (one.get("waited") or 0.0) / (one.get("wall") or 1.0)) if known else {}
