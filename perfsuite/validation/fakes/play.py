"""Run each attacker through the real passes, in a real worker with a real referee, beside honest neighbours."""

from __future__ import annotations

import multiprocessing
import multiprocessing.util
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from perfsuite.host import scratch
from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.model.record import FAILED, launch_from
from perfsuite.project import catalogue, mount
from perfsuite.proving.gate import SEEDS
from perfsuite.proving.repeats import MUCH
from perfsuite.records.journal import Found
from perfsuite.tasks import alone
from perfsuite.tasks.turns import NOBODY
from perfsuite.validation.fakes import tree
from perfsuite.validation.fakes.kinds import CHECKED, KINDS, Kind
from perfsuite.validation.fakes.tree import Ground
from perfsuite.workers.process import Process
from perfsuite.workers.referee import Referee, vouched

TIMEOUT = 60.0  # seconds that one step may take
ROUNDS, BUDGET, TARGET = 20, 0.05, 1e-3  # of a launch: samples, seconds of samples, seconds of a sample
SLOW = ("torch._dynamo",)  # imported by torch on the first use of a tensor subclass, which takes seconds
# numpy's BLAS restarts its threads in a forked process, where they spin for a tenth of a second.
QUIET = {"OPENBLAS_NUM_THREADS": "1"}
QUICK = "smallops.row_sum"  # the component for the attackers by default

Answer = dict[str, Any]
OK: Answer = {"status": "ok", "reason": ""}


@dataclass(frozen=True)
class Played:
    """The result of one attacker on one component, and of the honest variants beside it."""

    kind: str
    component: str
    status: str
    reason: str
    neighbours: str = "ok"  # or which ones it harmed, and how
    accepted: str = ""  # why it is correct here, or makes no difference
    seconds: float = 0.0

    @property
    def rejected(self) -> bool:
        """Whether it got the right verdict, with a message that names what it did."""
        kind = KINDS[self.kind]
        return self.status in kind.statuses and any(part in self.reason for part in kind.says)

    @property
    def well(self) -> bool:
        """Whether the attack failed, and no other variant was harmed."""
        return (self.rejected or bool(self.accepted)) and self.neighbours == "ok"


class Stage:
    """The tree with the attackers, the referee, and the workers. Use it as a context manager."""

    def __init__(self, grounds: Sequence[Ground]) -> None:
        self._scratch = scratch.Scratch()
        self._mount = self._scratch.path / "mount"
        mount.lay(tree.lay(self._scratch.path, grounds), self._mount, mount.alone())
        self._libraries = {name for one in grounds for name in catalogue.libraries(one.component.name)}
        self._referee = Referee(TIMEOUT)
        self._origin: Process | None = None
        self._began = time.monotonic()

    def __enter__(self) -> Stage:
        """The stage itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        """Close the stage."""
        self.close()

    def close(self) -> None:
        """Stop what was started, and remove the tree."""
        if self._origin is not None:
            self._origin.close()
        self._referee.close()
        self._scratch.remove()

    def worker(self) -> Process:
        """A fresh worker, unaffected by what an attacker did to the previous one."""
        if not alone.POSSIBLE:
            return self._made()
        if self._origin is None:
            self._origin = self._made(forks=True, variables=QUIET)
            self._origin.ask("import", modules=[*sorted(self._libraries), *SLOW], compiler=False)
        return self._made(origin=self._origin)

    def _made(self, **how: Any) -> Process:
        return Process(self._mount, self._scratch.path, timeout=TIMEOUT, judge=self._referee.judge, **how)

    def check(self, cell: Cell) -> Answer:
        """The result of a run's check for ``cell``."""

        def ask(worker: Process) -> dict[str, Answer]:
            answer = worker.ask("check", cell=str(cell), seeds=self._seeds(cell))
            return {str(cell): vouched(worker.verdicts(), str(cell), answer, SEEDS + 1)}

        return next(iter(self._asked(ask).values()))

    def together(self, cells: Sequence[Cell]) -> dict[str, Answer]:
        """The results of a launch for ``cells``, which are timed in one process."""

        def ask(worker: Process) -> dict[str, Answer]:
            answers = worker.ask("time", cells=[*map(str, cells)], plan=self._plan(cells[0]))
            told = worker.verdicts()
            return {cell: vouched(told, cell, answer, 1) for cell, answer in answers.items()}

        return self._asked(ask)

    def apart(self, cells: Sequence[Cell]) -> dict[str, Answer]:
        """The results of the look of a run, in which each of ``cells`` has its own process."""
        plan = {**self._plan(cells[0]), "recorded": False}
        return alone.timed([*map(str, cells)], plan, self.worker) if alone.POSSIBLE else {}

    def _plan(self, cell: Cell) -> Answer:
        plan = {"launch": 0, "rounds": ROUNDS, "budget": BUDGET, "target": TARGET, "began": self._began}
        return {**plan, "seeds": self._seeds(cell)}

    def _seeds(self, cell: Cell) -> list[int]:
        return self._referee.seeds(cell.component, cell.case, SEEDS)

    def _asked(self, ask: Callable[[Process], dict[str, Answer]]) -> dict[str, Answer]:
        """The results of a fresh worker; a fault counts for the cell that was running."""
        with self.worker() as worker:
            try:
                answers = ask(worker)
            except Fault as fault:
                return {fault.cell: {"status": fault.status, "reason": fault.reason}}
            if not _bad(answers) and (strays := worker.strays()):
                return {NOBODY: {"status": "error", "reason": f"leaves {len(strays)} process(es) behind"}}
            return answers


def _bad(answers: dict[str, Answer]) -> dict[str, Answer]:
    return {cell: answer for cell, answer in answers.items() if answer["status"] in FAILED}


def play(stage: Stage, name: str, one: Ground) -> Played:
    """Run attacker ``name`` through check and launches on ``one``, together with its neighbours."""
    kind, began = KINDS[name], time.monotonic()
    fake, honest = one.cell(f"fake_{name}", kind.device), one.honest(kind.slow, kind.device)
    told, harmed, why = stage.check(fake), "", accepted(name, one)
    seen: list[dict[str, Answer]] = []
    for launch in LAUNCHES:
        if told["status"] not in FAILED:
            answers = launch(stage, [fake, *honest])
            told = answers.pop(str(fake), told)
            harmed = harmed or "; ".join(f"{cell}: {_line(answer)}" for cell, answer in _bad(answers).items())
            seen.append(answers)
    if told["status"] == "ok":
        if kind.slow:
            why = why or _idle(told, seen[-1].get(str(one.cell(one.slow.name, kind.device)), OK))
        if kind.counts:
            why = why or _seldom(told)
        if "ok" in kind.statuses and (disturbed := _disturbed(*seen[:2])):
            told = {**told, "reason": f"all are timed apart: {disturbed}"}
    took = round(time.monotonic() - began, 2)
    return Played(name, one.component.name, told["status"], told["reason"], harmed or "ok", why, took)


def _together(stage: Stage, cells: Sequence[Cell]) -> dict[str, Answer]:
    """The results of an attacker, the first of ``cells``, and of the honest variants that it was timed beside."""
    answers = stage.together(cells)
    if NOBODY in answers:  # as a run does: to find out which one failed, each is timed alone
        answers = {**stage.together(cells[1:]), **stage.together(cells[:1])}
        answers[str(cells[0])] = answers.pop(NOBODY, answers.get(str(cells[0]), OK))
    return answers


LAUNCHES = (_together, Stage.apart, *[_together] * 5)  # the launches of a run, until the attacker is detected


def _disturbed(together: Mapping[str, Answer], apart: Mapping[str, Answer]) -> str:
    """The honest cell whose time beside the attacker differs from its time alone, as in a run; "" if there is none."""
    for cell, answer in together.items():
        both = [one["launch"] for one in (answer, apart.get(cell, OK)) if "launch" in one]
        if len(both) == 2:
            found = Found({}, launches={(at, cell): launch_from(one) for at, one in enumerate(both)})
            if told := found.disturbance(cell):
                return f"{cell} {told}"
    return ""


def _idle(fake: Answer, right: Answer) -> str:
    """A reason to accept an attacker that saves almost nothing, because remembering takes as long as computing."""
    if "launch" in fake and "launch" in right:
        share = statistics.median(fake["launch"]["wall"]) / statistics.median(right["launch"]["wall"])
        if share > 1 / MUCH:
            return f"saves less than half of a call: takes {share:.0%} of its time"
    return ""


def _seldom(fake: Answer) -> str:
    """A reason to accept an attacker that starts after some calls, if a launch has too few calls for it to start."""
    calls = fake["launch"]["calls"] * len(fake["launch"]["wall"]) if "launch" in fake else 0
    return f"hardly started: only {calls} calls in a launch" if 0 < calls < 2 * CHECKED else ""


def _line(answer: Answer) -> str:
    return f"{answer['status']} ({answer['reason']})"


def accepted(name: str, one: Ground) -> str:
    """Why the attacker ``name`` may pass on this component; empty if it must not."""
    kind: Kind = KINDS[name]
    for one_accepted in (name.replace("_", " "), kind.like):
        if reason := one.component.accepts.get(one_accepted):
            return reason
    if kind.rounds and one.case.dtype != "float32":
        return "there are no float32 values to round"
    if kind.rounds and one.component.canonical is not None:
        return "what is compared is computed from the output, whose numbers may not be float32"
    return ""


def plays(names: Sequence[str], grounds: Sequence[Ground], jobs: int = 1) -> Iterator[Played]:
    """Run the attackers ``names`` on ``grounds``, component by component, ``jobs`` at a time."""
    names = [name for name in names if KINDS[name].device == "cpu"]
    if jobs == 1:
        with Stage(grounds) as stage:
            for one in grounds:
                for name in names:
                    yield play(stage, name, one)
        return
    numbers = range(len(grounds))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, _open, ([one.component.name for one in grounds],)) as pool:
        for found in pool.map(_all_of_one, [names for _ in numbers], numbers):
            yield from found


_OPENED: list[Any] = []  # in a worker process of the pool: the stage and the components


def _open(components: Sequence[str]) -> None:
    grounds = [one for one in map(tree.ground, components) if one]
    stage = Stage(grounds)
    _OPENED[:] = [stage, grounds]
    multiprocessing.util.Finalize(None, stage.close, exitpriority=10)


def _all_of_one(names: Sequence[str], number: int) -> list[Played]:
    stage, grounds = _OPENED
    return [play(stage, name, grounds[number]) for name in names]


def asked(kinds: Sequence[str], components: Sequence[str], everything: bool) -> tuple[list[str], list[Ground]]:
    """The attackers and components that a command line selects.

    Raises:
        ValueError: it names one that does not exist, or a component on which no attacker can run.
    """
    for name in kinds:
        if name not in KINDS:
            raise ValueError(f"no kind {name!r}; there are {', '.join(KINDS)}")
    if not components and everything:
        return [*(kinds or KINDS)], tree.chosen()
    grounds = []
    for name in components or [QUICK]:
        found = tree.ground(name)
        if found is None:
            raise ValueError(f"{name} has no variant that runs on every machine")
        grounds.append(found)
    return [*(kinds or KINDS)], grounds


def told(one: Played) -> str:
    """One result as a line."""
    said = f"{one.status}: {one.reason}" if one.reason else one.status
    beside = "" if one.neighbours == "ok" else f"; NEIGHBOURS {one.neighbours}"
    why = f" (accepted: {one.accepted})" if one.accepted and not one.rejected else ""
    return f"{'ok ' if one.well else 'BAD'} {one.component} {one.kind} {one.seconds} s: {said}{why}{beside}"
