"""One run: the passes in order, each in workers of its own, whatever the variants do to them.

limits and check, with memory and operators -> six launches of time -> trace. A fault costs the cell that was running;
the others go on in a fresh worker. Everything found goes to the journal at once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import random
import time
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks import alone, catalogue, claims, effort, machine, mount, scratch
from benchmarks.cell import Cell
from benchmarks.fault import Fault
from benchmarks.journal import Journal, Options, begin, fold
from benchmarks.passes import COST
from benchmarks.process import Process
from benchmarks.progress import Progress
from benchmarks.record import FAILED, Run
from benchmarks.referee import Referee, vouched
from benchmarks.site import IMPORT
from benchmarks.turns import NOBODY

ENOUGH = 4  # launches, so that it is worth while to look at each cell alone as well
LOOK = 5  # samples of a cell that is looked at alone
MARGIN = 3.0  # a prediction may be this far off
DRIFT = (
    "fp32",
    "L2",
    "L2 in place",
    "L3",
    "L3 in place",
    "DRAM",
    "DRAM in place",
    "HBM",
    "HBM in place",
    "dispatch",
)  # the ceilings that every launch measures again


def start(options: Options, results: Path, tree: Path = catalogue.IMPLS) -> Journal:
    """Open the journal of a new run of ``options`` on ``tree``."""
    facts = machine.machine()
    commit, dirty = machine.commit(catalogue.ROOT)
    return begin(
        results,
        options,
        {
            "machine": facts,
            "machine_class": machine.machine_class(facts),
            "commit": commit,
            "dirty": dirty,
            "tree": catalogue.tree_hash(tree),
        },
    )


def measure(journal: Journal, results: Path, tree: Path = catalogue.IMPLS, progress: Progress | None = None) -> Run:
    """Do what is left of the journal's run, and fold it. Ctrl-C ends it early; what was found stays.

    Raises:
        ValueError: a resumed run's tree is not the one it began with.
    """
    if catalogue.tree_hash(tree) != journal.found.head["tree"]:
        raise ValueError(f"{tree} has changed since run {journal.found.head['run']} began: start a new run")
    session = Session(journal, results, tree, progress)
    began = time.monotonic()
    ended = False
    try:
        session.check()
        session.time()
        session.trace()
        ended = True
    except KeyboardInterrupt:
        session.progress.note("interrupted: what was measured is kept; `python -m benchmarks run --resume` goes on")
    finally:
        session.progress.end()
        session.close()
        with contextlib.suppress(OSError):  # on a full disk it has been told already
            journal.add("sitting", seconds=time.monotonic() - began, ended=ended, secret=session.secret)
        journal.close()
    return fold(journal.found, tree)


class Session:
    """What the passes of one run share: the journal, the mounted tree, and the worker at hand."""

    def __init__(self, journal: Journal, results: Path, tree: Path, progress: Progress | None) -> None:
        self.journal = journal
        self.found = journal.found
        self.options: Options = journal.found.options
        self.results = results
        self.cells = [Cell.parse(cell) for cell in self.options.cells]
        self._tree = tree
        self._components = sorted({cell.component for cell in self.cells})
        self._groups: dict[Any, list[Cell]] = {}
        for cell in self.cells:
            self._groups.setdefault(cell.group, []).append(cell)
        self.progress = progress or Progress()
        scratch.sweep()  # what a killed run has left
        self._scratch = scratch.Scratch()
        self._mount = self._scratch.path / "mount"
        try:
            mount.lay(tree, self._mount)
        except BaseException:
            self._scratch.remove()
            raise
        self._process: Process | None = None
        self._origin: Process | None = None
        self._referee = Referee(self.options.timeout, self.options.secret)
        self._files = {  # component -> the answer of all its cells, where their file is at fault
            Cell.parse(cell).component: check for cell, check in self.found.checks.items() if check.get("file")
        }
        self._began = time.monotonic() - self.found.seconds

    @property
    def secret(self) -> int:
        """What the seeds of the inputs are drawn from."""
        return self._referee.secret

    def close(self) -> None:
        """Stop the workers and the referee, and remove what was only for them."""
        self._stop()
        self._end_origin()
        self._referee.close()
        self._scratch.remove()

    # -- the worker at hand -------------------------------------------------------------------------------------------

    def _worker(self) -> Process:
        if self._process is None:
            self._process = self._made()
        return self._process

    def _made(self, **how: Any) -> Process:
        return Process(
            self._mount,
            self._scratch.path,
            timeout=self.options.timeout,
            memory_limit=self.options.memory_limit,
            judge=self._referee.judge,
            **how,
        )

    def _origin_of_all(self) -> Process:
        """The worker that others are forked from: it has imported all that variants import, and none of them."""
        if self._origin is None:
            self._origin = self._made(forks=True)
            names = {name for component in self._components for name in catalogue.libraries(component, self._tree)}
            compiler = any(cell.executor == "compile" for cell in self.cells)
            self._origin.ask("import", modules=sorted(names), compiler=compiler)
        return self._origin

    def _end_origin(self) -> None:
        if self._origin is not None:
            self._origin.close()
            self._origin = None

    def _stop(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None

    def _ask(self, do: str, **arguments: Any) -> Any:
        """One job, in the worker at hand. A worker that failed is gone; the next job gets a fresh one."""
        try:
            return self._worker().ask(do, **arguments)
        except Fault:
            self._stop()
            raise

    def _seeds(self, cell: Cell) -> list[int]:
        """The seeds of the contents that a case's answers are judged on, in all passes."""
        return self._referee.seeds(cell.component, cell.case, self.options.seeds)

    @contextlib.contextmanager
    def _own_worker(self) -> Iterator[None]:
        """A pass's own worker: whatever was there before is stopped first, and this one at the end."""
        self._stop()
        try:
            yield
        finally:
            self._stop()

    # -- check --------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Prove every cell, small cases first; skip what is predicted to take too long or does not fit."""
        with self._own_worker():
            self.progress.step("starting a worker, and measuring what this machine can do")
            if any(str(cell) not in self.found.checks for cell in self.cells):
                self._referee.start()
            if "environment" not in self.found.head:
                self.journal.add("environment", environment=self._ask("environment"))
                rows = {row for cell in self.cells for row in catalogue.component(cell.component).rows}
                self.journal.add("facts", facts=self._ask("facts") if claims.looked_at(rows) else [])
            if not self.found.roofs:
                self._limits(sorted({cell.threads for cell in self.cells}), self.options.ceiling, None)
            for launch in self._numbers:
                self.progress.plan(("start", launch), {("start", launch): effort.START})
            for group in self._groups:
                self._expect(group)
            for cell in self.cells:
                if str(cell) in self.found.checks:
                    continue
                if not self._lacks(cell):
                    self.progress.step(f"checking {cell}", "check", str(cell))
                answer = self._checked(cell)
                self.journal.add("check", cell=str(cell), answer=answer)
                if answer["status"] == "skipped" and not self._lacks(cell):
                    self.progress.forget()
                self._expect(cell.group)

    def _expect(self, group: Any) -> None:
        """Tell the progress which steps of the cells of ``group`` are to come, as far as is known now."""
        steps: dict[tuple[str, Hashable], float] = {}
        for cell in self._groups[group]:
            name, check = str(cell), self.found.checks.get(str(cell), {})
            if self._lacks(cell) or check.get("status", "ok") != "ok" or name in self.found.faults:
                continue
            if not check:
                steps["check", name] = effort.proof(cell)
            for launch in self._numbers:
                if (launch, name) not in self.found.launches:
                    turn = effort.turn(cell, self.options, check)
                    steps["time", (launch, group)] = steps.get(("time", (launch, group)), 0.0) + turn
            if name in self.options.traces and name not in self.found.traces:
                steps["trace", name] = effort.TRACE
        self.progress.plan(group, steps)

    def _lacks(self, cell: Cell) -> bool:
        """Whether the device of ``cell`` is not here."""
        return cell.device == "cuda" and not self.found.head["environment"].get("cuda")

    def _limits(self, threads: Sequence[str], seconds: float, names: Sequence[str] | None) -> None:
        for device in sorted({cell.device for cell in self.cells}):
            if device == "cuda" and not self.found.head["environment"].get("cuda"):
                continue
            try:
                roofs = self._ask("limits", threads=list(threads), seconds=seconds, names=names, device=device)
            except Fault as fault:
                self.progress.note(f"limits of {device} not measured: {fault.reason}")
            else:
                self.journal.add("roofs", roofs=roofs)

    def _checked(self, cell: Cell) -> dict[str, Any]:
        if answer := self._files.get(cell.component):
            return answer
        if self._lacks(cell):
            return {"status": "skipped", "reason": "needs cuda"}
        if reason := self._too_big(cell) or self._too_long(cell):
            return {"status": "skipped", "reason": reason}
        try:
            answer = self._proved(cell)
        except Fault as fault:
            answer = {"status": fault.status, "reason": fault.reason}
            if fault.step == IMPORT:
                answer = {
                    **answer,
                    "reason": f"importing {mount.file_of(cell.component)}: {fault.reason}",
                    "file": True,
                }
        if answer["status"] not in FAILED and (strays := self._worker().strays()):
            answer = {"status": "error", "reason": f"leaves {len(strays)} process(es) behind"}
        if answer["status"] in FAILED:
            self._stop()
        if answer.get("file"):
            self._files[cell.component] = answer
        return answer

    def _proved(self, cell: Cell) -> dict[str, Any]:
        """The check's answer; once more without memory and operators where it is their measuring that fails."""
        job: dict[str, Any] = {"cell": str(cell), "seeds": self._seeds(cell)}
        try:
            answer: dict[str, Any] = self._ask("check", cost=self.options.cost, **job)
        except Fault as fault:
            if fault.step != COST:
                raise
            answer = {**self._ask("check", **job), "no cost": fault.reason}
        answer = vouched(self._worker().verdicts(), str(cell), answer, self.options.seeds + 1)
        if "no cost" in answer:
            self.progress.note(f"{cell}: memory not measured: {answer['no cost']}")
        return answer

    def _too_big(self, cell: Cell) -> str:
        component = catalogue.component(cell.component)
        need = next(case.memory for case in component.cases if case.name == cell.case)
        free = psutil.virtual_memory().available
        if cell.device == "cpu" and need > free:
            return f"needs {need / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free"
        return ""

    def _too_long(self, cell: Cell) -> str:
        seconds = predict(cell, self.cells, self.found.checks)
        if seconds is not None and seconds > MARGIN * self.options.longest:
            return (
                f"predicted to take {seconds:.2g} s a call; calls above {MARGIN * self.options.longest:g} s are skipped"
            )
        return ""

    # -- time ---------------------------------------------------------------------------------------------------------

    @property
    def _numbers(self) -> range:
        """The numbers of the launches; the last is that in which each cell is alone, where there is one."""
        return range(self.options.launches + (self.options.launches >= ENOUGH and alone.POSSIBLE))

    def time(self) -> None:
        """Six launches: in each a fresh process times every group, in random order; in one more each cell is alone.

        Where a cell is faster then, rivals disturb each other: all of them are timed apart.
        """
        for launch in self._numbers:
            order = list(self._groups.values())
            random.Random(f"{self.found.head['run']} {launch}").shuffle(order)
            if not any(self._open(cell, launch) for cell in self.cells):
                self.progress.plan(("start", launch), {})
                continue
            with self._own_worker():
                name = (
                    f"launch {launch + 1}/{self.options.launches}" if launch < self.options.launches else "each alone"
                )
                self.progress.step(f"{name}: starting a worker", "start", launch)
                self._limits(["1"], self.options.ceiling / 6, DRIFT)
                for cells in order:
                    if any(self._open(cell, launch) for cell in cells):
                        self.progress.step(f"{name}: {_named(cells)}", "time", (launch, cells[0].group))
                        time_them = self._time_group if launch < self.options.launches else self._time_apart
                        time_them(cells, launch)
                        self._expect(cells[0].group)
            self._end_origin()
        for cells in self._groups.values():
            if reason := self._disturbed(cells):
                self.progress.note(f"{_named(cells)} is timed again, each alone: {reason}")
                for launch in range(self.options.launches + 1, 2 * self.options.launches + 1):
                    if any(self._open(cell, launch) for cell in cells):
                        self._time_apart(cells, launch)
                    self._end_origin()

    def _disturbed(self, cells: Sequence[Cell]) -> str:
        """Which of the cells of a group takes another time beside its rivals than alone; "" if none does."""
        for cell in map(str, cells):
            if cell not in self.found.faults and (told := self.found.disturbance(cell)):
                return f"{cell} {told}"
        return ""

    def _time_apart(self, cells: Sequence[Cell], launch: int) -> None:
        """Time the cells of one group in turns, each in a process of its own."""
        waiting = [str(cell) for cell in cells if self._open(cell, launch)]
        plan = self._plan(waiting[0], launch)
        if launch == self.options.launches:  # a look, no measurement
            plan |= {"rounds": LOOK, "budget": plan["budget"] / 4}
        try:
            origin = self._origin_of_all()
            origin.ask("load", cell=waiting[0], seeds=plan["seeds"])
            answers = alone.timed(waiting, plan, lambda: self._made(origin=origin))
        except Fault as fault:
            answers = {cell: {"status": fault.status, "reason": fault.reason} for cell in waiting}
            self._origin = None
        for cell, answer in answers.items():
            if answer["status"] == "ok":
                self.journal.add("launch", cell=cell, launch=answer["launch"], contended=answer["contended"])
            else:
                self.journal.add("fault", cell=cell, status=answer["status"], reason=answer["reason"])

    def _open(self, cell: Cell, launch: int) -> bool:
        name = str(cell)
        proved = self.found.checks.get(name, {}).get("status") == "ok"
        return proved and name not in self.found.faults and (launch, name) not in self.found.launches

    def _time_group(self, cells: Sequence[Cell], launch: int) -> None:
        """Time the cells of one group; after a fault again without the culprit, until it goes through.

        What was measured beside a culprit does not count. Where it is not known who it is, each is tried alone; if
        then all goes well, the group is tried once more before all are blamed.
        """
        tries = 0
        while waiting := [str(cell) for cell in cells if self._open(cell, launch)]:
            answers = self._timed_together(waiting, launch)
            bad = {cell: answer for cell, answer in answers.items() if answer["status"] in FAILED}
            if NOBODY in bad and len(waiting) > 1:
                tries += 1
                bad = dict.fromkeys(waiting, bad[NOBODY]) if tries > 1 else self._alone(waiting, launch)
                if not bad:
                    continue
            for cell, answer in bad.items():
                name = cell or waiting[0]
                self.journal.add("fault", cell=name, status=answer["status"], reason=answer["reason"])
            if bad:
                continue
            for cell, answer in answers.items():
                if answer["status"] == "ok":
                    self.journal.add("launch", cell=cell, launch=answer["launch"], contended=answer["contended"])
                else:
                    self.journal.add("fault", cell=cell, status=answer["status"], reason=answer["reason"])
            return

    def _alone(self, cells: Sequence[str], launch: int) -> dict[str, dict[str, Any]]:
        """Those of ``cells`` that do not end well when they are timed by themselves, each with its answer."""
        found = {}
        for cell in cells:
            answer = next(iter(self._timed_together([cell], launch).values()))
            if answer["status"] in FAILED:
                found[cell] = answer
        return found

    def _plan(self, cell: str, launch: int) -> dict[str, Any]:
        """How the group of ``cell`` is measured."""
        options = self.options
        return {
            "launch": launch,
            "rounds": options.rounds,
            "budget": options.budget,
            "target": options.target,
            "began": self._began,
            "seeds": self._seeds(Cell.parse(cell)),
        }

    def _timed_together(self, cells: Sequence[str], launch: int) -> dict[str, dict[str, Any]]:
        """What the worker answers; it is replaced if anything did not end well."""
        try:
            answers: dict[str, dict[str, Any]] = self._ask("time", cells=cells, plan=self._plan(cells[0], launch))
        except Fault as fault:
            culprit = fault.cell if fault.cell in cells else NOBODY
            return {culprit: {"status": fault.status, "reason": fault.reason}}
        verdicts = self._worker().verdicts()
        answers = {cell: vouched(verdicts, cell, answer, 1) for cell, answer in answers.items()}
        if not any(answer["status"] in FAILED for answer in answers.values()) and (strays := self._worker().strays()):
            answers = {NOBODY: {"status": "error", "reason": f"leaves {len(strays)} process(es) behind"}}
        if any(answer["status"] in FAILED for answer in answers.values()):
            self._stop()
        return answers

    # -- cost and trace -----------------------------------------------------------------------------------------------

    def trace(self) -> None:
        """Profiler's traces of the cells that were asked for."""
        with self._own_worker():
            for name in self.options.traces:
                cell = Cell.parse(name)
                if not self._timed(cell) or name in self.found.traces:
                    continue
                self.progress.step(f"profiling {cell}", "trace", name)
                folder = Path("profile") / self.found.head["run"] / cell.slug[:200]
                try:
                    seed = self._seeds(cell)[0]
                    answer = self._ask("trace", cell=name, seed=seed, folder=str((self.results / folder).resolve()))
                except Fault as fault:
                    answer = {"status": fault.status, "reason": fault.reason}
                if answer["status"] in FAILED:
                    self._stop()
                if answer["status"] == "ok":
                    self.journal.add("trace", cell=name, path=(folder / "trace.json.gz").as_posix())
                else:
                    self.progress.note(f"{cell}: no trace: {answer['reason']}")

    def _timed(self, cell: Cell) -> bool:
        name = str(cell)
        return name not in self.found.faults and any(known == name for _, known in self.found.launches)


def _named(cells: Sequence[Cell]) -> str:
    first = cells[0]
    return f"{first.component} {first.device} {first.case} {first.threads}{' cold' if first.cold else ''}"


def predict(cell: Cell, cells: Sequence[Cell], checks: dict[str, dict[str, Any]]) -> float | None:
    """Seconds of a call of ``cell``, from smaller cases of its series: a power law through the last two.

    With one smaller case only, time is taken to grow with the declared work. ``None`` without any.
    """
    component = catalogue.component(cell.component)
    by_name = {case.name: case for case in component.cases}
    case = by_name[cell.case]
    if not case.series:
        return None
    known: list[tuple[int, float, int]] = []
    for other in cells:
        theirs = by_name.get(other.case) if other.component == cell.component else None
        alike = dataclasses.replace(other, case=cell.case) == cell
        if theirs is None or not alike or theirs.series != case.series or not theirs.size < case.size:
            continue
        check = checks.get(str(other), {})
        if check.get("status") == "ok":
            work = component.flops(theirs) or component.bytes(theirs)
            known.append((theirs.size, check["proof"]["call"], work))
    return _power(known, case.size, component.flops(case) or component.bytes(case)) if known else None


def _power(known: list[tuple[int, float, int]], size: int, work: int) -> float:
    known = sorted(known)
    (last_size, last, last_work) = known[-1]
    if len(known) == 1:
        return last * max(1.0, work / last_work) if last_work else last
    (previous_size, previous, _) = known[-2]
    exponent = max(0.0, math.log(last / previous) / math.log(last_size / previous_size))
    return float(last * (size / last_size) ** exponent)
