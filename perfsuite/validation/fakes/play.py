"""Each attacker goes through the real passes, in a real worker, beside honest neighbours, before a real referee."""

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
SLOW = ("torch._dynamo",)  # what torch imports when a tensor of somebody's own kind is first met: it takes seconds
# numpy's BLAS starts its threads anew in a forked process, where they spin for a tenth of a second.
QUIET = {"OPENBLAS_NUM_THREADS": "1"}
QUICK = "smallops.row_sum"  # where the attackers are played unless more is asked for

Answer = dict[str, Any]
OK: Answer = {"status": "ok", "reason": ""}


@dataclass(frozen=True)
class Played:
    """One attacker on one component: what was said of it, and of the honest ones beside it."""

    kind: str
    component: str
    status: str
    reason: str
    neighbours: str = "ok"  # or whom it harmed, and how
    accepted: str = ""  # why it is right here, or makes no difference
    seconds: float = 0.0

    @property
    def rejected(self) -> bool:
        """Whether it got the verdict it deserves, in words that name what it did."""
        kind = KINDS[self.kind]
        return self.status in kind.statuses and any(part in self.reason for part in kind.says)

    @property
    def well(self) -> bool:
        """Whether nothing got through, and nobody else was harmed."""
        return (self.rejected or bool(self.accepted)) and self.neighbours == "ok"


class Stage:
    """The tree with the attackers, the referee, and workers. Use it as a context manager."""

    def __init__(self, grounds: Sequence[Ground]) -> None:
        self._scratch = scratch.Scratch()
        self._mount = self._scratch.path / "mount"
        mount.lay(tree.lay(self._scratch.path, grounds), self._mount)
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
        """A fresh worker: what an attacker did to the one before is gone with it."""
        if not alone.POSSIBLE:
            return self._made()
        if self._origin is None:
            self._origin = self._made(forks=True, variables=QUIET)
            self._origin.ask("import", modules=[*sorted(self._libraries), *SLOW], compiler=False)
        return self._made(origin=self._origin)

    def _made(self, **how: Any) -> Process:
        return Process(self._mount, self._scratch.path, timeout=TIMEOUT, judge=self._referee.judge, **how)

    def check(self, cell: Cell) -> Answer:
        """What a run's check says of ``cell``."""

        def ask(worker: Process) -> dict[str, Answer]:
            answer = worker.ask("check", cell=str(cell), seeds=self._seeds(cell))
            return {str(cell): vouched(worker.verdicts(), str(cell), answer, SEEDS + 1)}

        return next(iter(self._asked(ask).values()))

    def together(self, cells: Sequence[Cell]) -> dict[str, Answer]:
        """What a launch says of ``cells``, which are timed in one process."""

        def ask(worker: Process) -> dict[str, Answer]:
            answers = worker.ask("time", cells=[*map(str, cells)], plan=self._plan(cells[0]))
            told = worker.verdicts()
            return {cell: vouched(told, cell, answer, 1) for cell, answer in answers.items()}

        return self._asked(ask)

    def apart(self, cells: Sequence[Cell]) -> dict[str, Answer]:
        """What a launch says in which each of ``cells`` has a process of its own."""
        return alone.timed([*map(str, cells)], self._plan(cells[0]), self.worker) if alone.POSSIBLE else {}

    def _plan(self, cell: Cell) -> Answer:
        plan = {"launch": 0, "rounds": ROUNDS, "budget": BUDGET, "target": TARGET, "began": self._began}
        return {**plan, "seeds": self._seeds(cell)}

    def _seeds(self, cell: Cell) -> list[int]:
        return self._referee.seeds(cell.component, cell.case, SEEDS)

    def _asked(self, ask: Callable[[Process], dict[str, Answer]]) -> dict[str, Answer]:
        """The answers of a fresh worker; a fault is that of the cell that was running."""
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
    """Drive attacker ``name`` through check and launches on ``one``, and its neighbours with it."""
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
    """The answers on an attacker, the first of ``cells``, and on the honest ones that it was timed beside."""
    answers = stage.together(cells)
    if NOBODY in answers:  # as a run does: who it was shows when each is alone
        answers = {**stage.together(cells[1:]), **stage.together(cells[:1])}
        answers[str(cells[0])] = answers.pop(NOBODY, answers.get(str(cells[0]), OK))
    return answers


LAUNCHES = (_together, Stage.apart, *[_together] * 5)  # those of a run, as long as nothing is found


def _disturbed(together: Mapping[str, Answer], apart: Mapping[str, Answer]) -> str:
    """Which honest cell takes another time beside the attacker than alone, as a run tells it; "" if none does."""
    for cell, answer in together.items():
        both = [one["launch"] for one in (answer, apart.get(cell, OK)) if "launch" in one]
        if len(both) == 2:
            found = Found({}, launches={(at, cell): launch_from(one) for at, one in enumerate(both)})
            if told := found.disturbance(cell):
                return f"{cell} {told}"
    return ""


def _idle(fake: Answer, right: Answer) -> str:
    """That an attacker saves next to nothing, where it does not: what it remembers takes as long as to compute."""
    if "launch" in fake and "launch" in right:
        share = statistics.median(fake["launch"]["wall"]) / statistics.median(right["launch"]["wall"])
        if share > 1 / MUCH:
            return f"saves less than half of a call: takes {share:.0%} of it"
    return ""


def _seldom(fake: Answer) -> str:
    """That an attacker that begins after some calls never did, where a launch has no more of them."""
    calls = fake["launch"]["calls"] * len(fake["launch"]["wall"]) if "launch" in fake else 0
    return f"has hardly begun: {calls} calls in a launch" if 0 < calls < 2 * CHECKED else ""


def _line(answer: Answer) -> str:
    return f"{answer['status']} ({answer['reason']})"


def accepted(name: str, one: Ground) -> str:
    """Why the attacker ``name`` may pass on this component; empty where it must not."""
    kind: Kind = KINDS[name]
    for one_accepted in (name.replace("_", " "), kind.like):
        if reason := one.component.accepts.get(one_accepted):
            return reason
    if kind.rounds and one.case.dtype != "float32":
        return "there is no float32 to round"
    if kind.rounds and one.component.canonical is not None:
        return "what is compared is made of the answer, whose numbers may be no float32"
    return ""


def plays(names: Sequence[str], grounds: Sequence[Ground], jobs: int = 1) -> Iterator[Played]:
    """Play the attackers ``names`` on ``grounds``, component by component, ``jobs`` at a time."""
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


_OPENED: list[Any] = []  # of a process that plays a part of it: the stage and the components


def _open(components: Sequence[str]) -> None:
    grounds = [one for one in map(tree.ground, components) if one]
    stage = Stage(grounds)
    _OPENED[:] = [stage, grounds]
    multiprocessing.util.Finalize(None, stage.close, exitpriority=10)


def _all_of_one(names: Sequence[str], number: int) -> list[Played]:
    stage, grounds = _OPENED
    return [play(stage, name, grounds[number]) for name in names]


def asked(kinds: Sequence[str], components: Sequence[str], everything: bool) -> tuple[list[str], list[Ground]]:
    """Which attackers and components a command line means.

    Raises:
        ValueError: it names one that does not exist, or a component that no attacker can be played on.
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
            raise ValueError(f"{name} has no variant that runs anywhere")
        grounds.append(found)
    return [*(kinds or KINDS)], grounds


def told(one: Played) -> str:
    """One play in a line."""
    said = f"{one.status}: {one.reason}" if one.reason else one.status
    beside = "" if one.neighbours == "ok" else f"; NEIGHBOURS {one.neighbours}"
    why = f" (accepted: {one.accepted})" if one.accepted and not one.rejected else ""
    return f"{'ok ' if one.well else 'BAD'} {one.component} {one.kind} {one.seconds} s: {said}{why}{beside}"
