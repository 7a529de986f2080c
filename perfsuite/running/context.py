"""What the passes of one run share: its journal, its cells, its workers, and its progress."""

from __future__ import annotations

import contextlib
import functools
import random
import time
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.project import catalogue
from perfsuite.records.journal import Journal
from perfsuite.records.options import Options
from perfsuite.running import effort
from perfsuite.running.progress import Progress
from perfsuite.tasks import alone
from perfsuite.workers.pool import Workers
from perfsuite.workers.referee import vouched

ENOUGH = 4  # with at least this many launches, it is worth timing each variant alone as well


class Context:
    """A run in progress."""

    def __init__(self, journal: Journal, results: Path, tree: Path, progress: Progress | None) -> None:
        self.journal = journal
        self.found = journal.found
        self.options: Options = journal.found.options
        self.results = results
        self.cells = [Cell.parse(cell) for cell in self.options.cells]
        self.groups: dict[Any, list[Cell]] = {}  # cells that are timed in turns
        for cell in self.cells:
            self.groups.setdefault(cell.group, []).append(cell)
        self.progress = progress or Progress()
        self.workers = Workers(tree, self.options)
        self._began = time.monotonic() - self.found.seconds

    def close(self) -> None:
        """Stop the workers."""
        self.workers.close()

    @property
    def elapsed(self) -> float:
        """Seconds that the run has taken so far, in all its sittings."""
        return time.monotonic() - self._began

    @property
    def numbers(self) -> range:
        """The numbers of the launches; the extra last one, if any, times each variant alone."""
        return range(self.options.launches + (self.options.launches >= ENOUGH and alone.POSSIBLE))

    @functools.cached_property
    def drawn(self) -> frozenset[Any]:
        """The groups in which each cell is timed alone: enough of each component to contain each of its variants.

        They are drawn at random, those with many variants first. Timing every cell alone would take as long as five
        launches.
        """
        held = {group: {(cell.component, cell.way) for cell in cells} for group, cells in self.groups.items()}
        groups, seen = list(held), set[tuple[str, str]]()
        random.Random(f"{self.found.head['run']} alone").shuffle(groups)
        chosen = []
        for group in sorted(groups, key=lambda group: -len(held[group])):
            variants = held[group]
            if not variants <= seen:
                seen |= variants
                chosen.append(group)
        return frozenset(chosen)

    def lacks(self, cell: Cell) -> bool:
        """Whether this machine lacks the device of ``cell``."""
        return cell.device == "cuda" and not self.found.head["environment"].get("cuda")

    def open(self, cell: Cell, launch: int) -> bool:
        """Whether ``cell`` still has to be timed in ``launch``."""
        name = str(cell)
        proved = self.found.checks.get(name, {}).get("status") == "ok"
        return proved and name not in self.found.faults and (launch, name) not in self.found.launches

    def timed(self, name: str) -> bool:
        """Whether the cell called ``name`` has samples, and no fault."""
        return name not in self.found.faults and any(known == name for _, known in self.found.launches)

    def plan(self, cell: str, launch: int) -> dict[str, Any]:
        """The plan for measuring the group of ``cell``."""
        options, group = self.options, self.groups[Cell.parse(cell).group]
        checks = {name: self.found.checks.get(name, {}) for name in map(str, group)}
        return {
            "launch": launch,
            "known": {name: check["proof"]["call"] for name, check in checks.items() if check.get("proof")},
            "rounds": options.rounds,
            "budget": options.budget,
            "target": options.target,
            "began": self._began,
            "seeds": self.workers.seeds(Cell.parse(cell)),
        }

    def single(self, cell: Cell, do: str, judged: int = 0, **job: Any) -> dict[str, Any]:
        """The answer to one job in a process of its own, which had ``judged`` results of ``cell`` judged at least.

        A fault of the process is told as a status.
        """
        seed = self.workers.seeds(cell)[0]
        try:
            process = self.workers.single(str(cell), [seed], forked=alone.POSSIBLE)
            try:
                answer: dict[str, Any] = process.ask(do, cell=str(cell), seed=seed, **job)
                return vouched(process.verdicts(), str(cell), answer, judged)
            finally:
                process.close()
        except Fault as fault:
            self.workers.end_origin()
            return {"status": fault.status, "reason": fault.reason}

    def limits(self, threads: Sequence[str], seconds: float, names: Sequence[str] | None) -> None:
        """Measure the limits of the machine, on each device that the cells need."""
        for device in sorted({cell.device for cell in self.cells if not self.lacks(cell)}):
            try:
                job = {"threads": list(threads), "seconds": seconds, "names": names, "device": device}
                roofs = self.workers.ask("limits", **job)
            except Fault as fault:
                self.progress.note(f"limits of {device} not measured: {fault.reason}")
            else:
                self.journal.add("roofs", roofs=roofs)

    def compiler(self) -> None:
        """Note how long the current worker took to start the compiler, if it did."""
        with contextlib.suppress(Fault):
            if any(cell.compiles for cell in self.cells) and (start := self.workers.started()):
                self.journal.add("compiler", seconds=start.seconds, empty=start.empty)

    def expect(self, group: Any) -> None:
        """Tell the progress display which steps remain for the cells of ``group``, as far as is known now."""
        steps: dict[tuple[str, Hashable], float] = {}
        for cell in self.groups[group]:
            name, check = str(cell), self.found.checks.get(str(cell), {})
            if self.lacks(cell) or check.get("status", "ok") != "ok" or name in self.found.faults:
                continue
            if not check:
                steps["check", name] = effort.proof(cell)
            for launch in self.numbers:
                if launch == self.options.launches and group not in self.drawn:
                    continue
                if (launch, name) not in self.found.launches:
                    turn = effort.turn(cell, self.options, check)
                    steps["time", (launch, group)] = steps.get(("time", (launch, group)), 0.0) + turn
            if cell.compiles and self.options.compile_cost:
                done = len(self.found.first_calls.get(name, ()))
                both = effort.PROOF["compile"] + effort.AGAIN["compile"]
                steps |= {("compile", (number, name)): both for number in range(done, self.options.compile_cost)}
                steps |= {} if name in self.found.shapes else {("shapes", name): effort.PROOF["compile"]}
            if name in self.options.traces and name not in self.found.traces:
                steps["trace", name] = effort.TRACE
        self.progress.plan(group, steps)


def rows_of(cells: Sequence[Cell]) -> set[str]:
    """The rows of the catalogue that ``cells`` belong to."""
    return {row for cell in cells for row in catalogue.component(cell.component).rows}
