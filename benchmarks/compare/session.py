"""One comparison: prove both trees, then epoch after epoch in fresh workers until every cell is decided.

In each epoch coins decide which tree bears which package name, the hash seed, the padding of the environment, the
order of the cells, and inside a cell which tree is prepared first and which order each block has. Nothing is balanced
or alternated: the coins are what makes the error rates hold.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import random
import secrets
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import catalogue, machine, mount, scratch
from benchmarks.cell import Cell
from benchmarks.compare import environments, equal, outlook, pair, trees
from benchmarks.compare.record import Comparison, Journal, Options, begin, fold
from benchmarks.compare.sequential import Rule, middle, needed
from benchmarks.compare.workers import Workers
from benchmarks.fault import Fault
from benchmarks.process import Process
from benchmarks.progress import Progress
from benchmarks.quick import QUICK, pick
from benchmarks.record import FAILED
from benchmarks.referee import Referee, vouched

# Package names of equal length; the third is a copy of BASE, for the live control.
NAMES = ("impls_a", "impls_b")
COPY = "impls_c"
# glibc's own limits adapt to what was freed before, so that a call's allocations have two states; these keep one.
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),
    "MALLOC_TOP_PAD_": str(1 << 26),
}
QUICK_CALL = 5e-3  # seconds: the live control uses cells whose calls are no longer
HOPE = 1.5  # a cell is given up when it needs so many times the epochs that there can be
PER_CELL, SHORTEST, LONGEST = 8.0, 40.0, 600.0  # seconds: the usual budget, and its bounds
SEEDS = 2  # inputs that each side is proved on
AHEAD = 4  # processes that start together, at most, and no more than there are cores


def start(options: Options, results: Path, base: str, head: str, tree: Path = catalogue.IMPLS) -> Journal:
    """Open the journal of a new comparison of two trees, and copy them.

    Raises:
        ValueError: there is no such commit, nothing is selected, or the environments cannot be made that trees with
            different requirements need.
    """
    Rule(1, options.alpha, options.delta)  # what means nothing is refused before anything is copied
    facts = machine.machine()
    made: list[environments.Environment] = []
    folder = results / "compare" / f".trees-{secrets.token_hex(4)}"
    try:
        sides = trees.pair(base, head, tree.parent, folder)
        cells = choose([side.path for side in sides], options.selection)
        same = _same(sides, cells, options)
        if len(same) < len(cells):
            _mount(sides, folder)
        if not options.budget:
            usual = min(LONGEST, max(SHORTEST, PER_CELL * (len(cells) - len(same))))
            options = dataclasses.replace(options, budget=usual)
        options = dataclasses.replace(options, cells=tuple(map(str, cells)))
        if _other_packages(sides) and not options.installed:
            print("the trees require different packages: making an environment for each", file=sys.stderr, flush=True)
            made = environments.make((sides[0].requirements, sides[1].requirements), folder / "environments")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    described = [{**dataclasses.asdict(side), "path": str(side.path)} for side in sides]
    for told, environment in zip(described, made, strict=False):  # none where both use the packages that are here
        told.update(dataclasses.asdict(environment))
    journal = begin(
        results,
        options,
        {
            "base": described[0],
            "head": described[1],
            "folder": str(folder.resolve()),
            "machine": facts,
            "machine_class": machine.machine_class(facts),
            "malloc": MALLOC,
        },
    )
    for cell in same:
        journal.add("proof", cell=str(cell), verdict="SAME", reason=equal.REASON)
    return journal


def _mount(sides: Sequence[trees.Tree], folder: Path) -> None:
    """Lay the trees as the workers import them: either under either name, and BASE once more."""
    for coin in (0, 1):
        for side, name in zip(sides, NAMES if coin == 0 else NAMES[::-1], strict=True):
            mount.lay(side.path, folder / f"m{coin}", name)
        mount.lay(sides[0].path, folder / f"m{coin}", COPY)


def _other_packages(sides: Sequence[trees.Tree]) -> bool:
    """Whether both trees say which packages they require, and do not say the same."""
    wanted = [side.requirements for side in sides]
    return wanted[0] != wanted[1] and all(wanted)


def _same(sides: Sequence[trees.Tree], cells: Sequence[Cell], options: Options) -> list[Cell]:
    """The cells that cannot differ, because their code and their packages do not, and nothing is put in."""
    if options.equal or options.apart or options.scales or _other_packages(sides):
        return []
    alike = equal.same(sides[0].path, sides[1].path, {cell.component for cell in cells})
    return [cell for cell in cells if cell.component in alike]


def choose(sides: Sequence[Path], selection: str) -> list[Cell]:
    """The cells to compare, those of either tree: what ``selection`` matches, or the usual ones.

    The usual ones are the quick set's on the CPU with one thread and warm caches: with two threads the noise is six
    to ten times larger.

    Raises:
        ValueError: ``selection`` does not read, or matches nothing.
    """
    every = list(dict.fromkeys(cell for side in reversed(sides) for cell in catalogue.all_cells(side)))
    if selection:
        return catalogue.asked(every, selection)
    return [cell for cell in pick(every, QUICK) if cell.device == "cpu" and cell.threads == "1" and not cell.cold]


def measure(journal: Journal, progress: Progress | None = None) -> Comparison:
    """Do what is left of a comparison, and fold it. Ctrl-C ends it early; what was found stays."""
    if not Path(journal.found.head["folder"]).is_dir():
        raise ValueError(f"the trees of comparison {journal.found.head['run']} are gone: compare again")
    session = Session(journal, progress or Progress())
    began = time.monotonic()
    ended = False
    try:
        session.prove()
        session.epochs()
        ended = True
    except KeyboardInterrupt:
        session.progress.note("interrupted: what was measured is kept; `python -m benchmarks compare --resume` goes on")
    finally:
        session.close()
        with contextlib.suppress(OSError):  # on a full disk it has been told already
            journal.add("sitting", seconds=time.monotonic() - began, ended=ended)
        journal.close()
        if ended:
            shutil.rmtree(session.folder, ignore_errors=True)
        else:
            shutil.rmtree(session.folder / "scratch", ignore_errors=True)
    return fold(journal.found)


@dataclass
class _Epoch:
    """Fresh workers and the coins that they were started with."""

    draw: dict[str, int]
    workers: Workers
    seeds: random.Random  # every coin inside the epoch

    @property
    def names(self) -> tuple[str, str]:
        """What BASE and HEAD are called in it."""
        return (NAMES[0], NAMES[1]) if self.draw["mount"] == 0 else (NAMES[1], NAMES[0])


class Session:
    """What the passes of one comparison share."""

    def __init__(self, journal: Journal, progress: Progress) -> None:
        self.journal = journal
        self.found = journal.found
        self.options = journal.found.options
        self.progress = progress
        self.folder = Path(journal.found.head["folder"])
        self._coins = secrets.SystemRandom()
        self._deadline = time.monotonic() + self.options.budget - journal.found.seconds
        self._spent = 0.0  # seconds in epochs
        self._coming: list[_Epoch] = []  # started ahead
        self._side = NAMES[0]
        self._referee = Referee(self.options.timeout)
        self._caches: scratch.Scratch | None = None  # what one worker compiled the next need not: where compilers work
        self._files: dict[str, tuple[str, str]] = {}  # component -> the verdict on all, where its file is at fault

    def close(self) -> None:
        """Stop the workers that were started ahead."""
        while self._coming:
            self._coming.pop().workers.close()
        self._referee.close()
        if self._caches:
            self._caches.remove()
        self.progress.end()

    def _pythons(self) -> list[str]:
        """The interpreters of BASE and HEAD."""
        return [self.found.head[side].get("python", sys.executable) for side in ("base", "head")]

    def _apart(self) -> bool:
        """Whether each side has a process of its own."""
        return len(set(self._pythons())) > 1 or self.options.apart

    def _workers(self, coin: int, first: int, variables: dict[str, str]) -> Workers:
        """Start the workers of one epoch; ``first`` says which of two begins."""
        pythons = self._pythons()
        if not self._apart():
            process = self._worker(coin, variables, pythons[0])
            return Workers(process, process)
        made: dict[int, Process] = {}
        try:
            for side in (first, 1 - first):
                made[side] = self._worker(coin, variables, pythons[side])
        except BaseException:
            for process in made.values():
                process.close()
            raise
        return Workers(made[0], made[1])

    def _worker(self, coin: int, variables: dict[str, str], python: str) -> Process:
        folder = self.folder / "scratch" / secrets.token_hex(4)
        folder.mkdir(parents=True)
        if not self._caches:
            scratch.sweep()  # what a killed run has left
            self._caches = scratch.Scratch()
        (folder / "caches").symlink_to(self._caches.path, target_is_directory=True)
        return Process(
            self.folder / f"m{coin}",
            folder,
            timeout=self.options.timeout,
            variables={**(MALLOC if self.options.malloc else {}), **variables},
            python=python,
            judge=self._referee.judge,
            jobs="benchmarks.compare.jobs",
        )

    # -- proof --------------------------------------------------------------------------------------------------------

    def prove(self) -> None:
        """Check every cell on both sides, and count what it does; what runs on one side only is incomparable."""
        waiting = outlook.waiting(self.found)
        expected = outlook.proofs(self.found)
        self.progress.plan("proof", {("proof", cell): seconds for cell, seconds in expected.items()})
        while waiting:
            with self._workers(0, 0, {}) as workers:
                self._start()
                while waiting:
                    cell = waiting.pop(0)
                    self.progress.step(f"proving {cell}", "proof" if cell in expected else "", cell)
                    try:
                        if not self._prove(workers, cell):
                            break  # nothing else is asked of workers in which something did not end well
                    except Fault as fault:
                        side, verdict = ("HEAD", "ERROR") if self._side == NAMES[1] else ("BASE", "INCOMPARABLE")
                        self._proved(cell, verdict, f"{side} {fault.status}: {fault.reason}")
                        break
        if self.found.rule is None and (cells := self.found.comparable()):
            options = self.options
            rule = Rule(len(cells), options.alpha, options.delta, split=options.split)
            self.journal.add("rule", rule=dataclasses.asdict(rule))

    def _prove(self, workers: Workers, name: str) -> bool:
        """Prove one cell on both sides; whether the workers are fit for another."""
        began = time.monotonic()
        cell = Cell.parse(name)
        paths = [Path(self.found.head[side]["path"]) for side in ("base", "head")]
        sides = [cell in set(catalogue.cells(catalogue.component(cell.component), path)) for path in paths]
        if not all(sides):
            self._proved(name, "INCOMPARABLE", f"only in {'BASE' if sides[0] else 'HEAD'}")
            return True
        if both := set.intersection(*(catalogue.operators(cell.component, path) for path in paths)):
            told = f"both register the operator {min(both)!r}: in one process they would call the same one"
            self._proved(name, "INCOMPARABLE", f"{told}; begin its name with __package__")
            return True
        if verdict := self._files.get(cell.component):
            self._proved(name, *verdict)
            return True
        answers: list[dict[str, Any]] = []
        for package, process in zip(NAMES, (workers.base, workers.head), strict=True):
            self._side = package
            answer = process.ask("check", cell=name, seeds=self._seeds(name), package=package)
            answer = vouched(process.verdicts(), name, answer, SEEDS + 1)
            if answer["status"] not in FAILED and (strays := process.strays()):
                answer = {"status": "error", "reason": f"leaves {len(strays)} process(es) behind"}
            answers.append(answer)
        if any(answer["status"] != "ok" for answer in answers):
            if any(answer.get("file") for answer in answers):
                self._files[cell.component] = _unfit(answers[0], answers[1])
            self._proved(name, *_unfit(answers[0], answers[1]), seconds=time.monotonic() - began)
            return not any(answer["status"] in FAILED for answer in answers)
        call = max(answer["proof"]["call"] for answer in answers)
        if call > self.options.longest:
            self._proved(name, "skipped", f"takes {call:.2g} s a call; above --longest {self.options.longest:g}")
            return True
        counts = {}
        for package, side in zip(NAMES, ("base", "head"), strict=True):
            if self.options.counts:
                self._side = package
                counts[side] = (
                    getattr(workers, side)
                    .ask(
                        "counts",
                        cell=name,
                        package=package,
                        seed=self._seeds(name)[0],
                        instructions=self.options.instructions,
                    )
                    .get("counts", {})
                )
        self._proved(name, "", "", counts=counts, call=call, seconds=time.monotonic() - began)
        return True

    def _proved(self, cell: str, verdict: str, reason: str, **values: Any) -> None:
        self.journal.add("proof", cell=cell, verdict=verdict, reason=reason, **values)

    # -- epochs -------------------------------------------------------------------------------------------------------

    def epochs(self) -> None:
        """Fresh workers until all is decided, or time or epochs run out. A cell that fails drops out alone."""
        while cells := self._next():
            self._start()
            epoch = self._coming.pop(0)
            with epoch.workers:
                if self._epoch(epoch, cells):
                    self._control(epoch)
                if self._next():  # the next workers start while this one ends, never while anything is timed
                    self._start()

    def _next(self) -> list[str]:
        """The cells of the next epoch; none when all is decided, hopeless, or time or epochs have run out."""
        if self.found.rule is None or self.found.epochs >= self.options.epochs:
            return []
        each = self._spent / self.found.epochs if self.found.epochs else 0.0
        over = time.monotonic() + each / 2 - self._deadline
        # To stop one epoch before any verdict is possible would waste all the others.
        if over > (outlook.OVERTIME * self.options.budget if self.found.epochs < self.found.rule.least else 0.0):
            return []
        left = -over / each if each else math.inf
        return [
            cell
            for cell in self.found.open()
            if self._worth(cell, max(left, self.found.rule.least - self.found.epochs))
        ]

    def _worth(self, cell: str, left: float) -> bool:
        """Whether a verdict on ``cell`` is within reach of ``left`` more epochs: stopping early never errs."""
        xs = self.found.judges[cell].xs if cell in self.found.judges else []
        if len(xs) < self.options.patience:
            return True
        assert self.found.rule is not None
        left = min(left, self.options.epochs - self.found.epochs)
        return needed(xs, self.found.rule) <= HOPE * (len(xs) + left)

    def _start(self) -> None:
        """Start the workers of the next epochs, unless there are some: a core each imports torch, then they wait."""
        if not self._coming:
            for _ in range(max(1, min(AHEAD, machine.cores()) // (1 + self._apart()))):
                self._coming.append(self._draw())

    def _draw(self) -> _Epoch:
        """Toss the coins of an epoch and start its worker."""
        coins = self._coins
        draw = {
            "mount": coins.randrange(2),
            "hash": coins.randrange(1, 2**32),
            "padding": coins.randrange(4096),
            "seed": coins.randrange(2**48),
            "first": coins.randrange(2),
        }
        variables = {"PYTHONHASHSEED": str(draw["hash"]), "BENCHMARKS_PADDING": "x" * draw["padding"]}
        return _Epoch(draw, self._workers(draw["mount"], draw["first"], variables), random.Random(draw["seed"]))

    def _epoch(self, epoch: _Epoch, cells: Sequence[str]) -> bool:
        """Measure ``cells`` once each, in an order drawn by chance; whether the worker is still there."""
        began = time.monotonic()
        try:
            return self._measure(epoch, cells, began)
        finally:
            self._spent += time.monotonic() - began

    def _measure(self, epoch: _Epoch, cells: Sequence[str], began: float) -> bool:
        order = epoch.seeds.sample(list(cells), len(cells))
        self.journal.add("epoch", number=self.found.epochs, order=order, **epoch.draw)
        for one in (epoch, *self._coming):  # those that come later too: they must not import while anything is timed
            one.workers.ready()
        self.journal.add("start", cells=order, seconds=time.monotonic() - began)
        for cell in order:
            self.progress.step(f"epoch {self.found.epochs}, {self._standing()}: {cell}")
            try:
                answer = epoch.workers.compare(cell, self._plan(cell, epoch.names, epoch.seeds))
            except Fault as fault:
                self.journal.add("fault", cell=cell, status=fault.status, reason=fault.reason)
                return False
            if answer["status"] == "ok" and (strays := epoch.workers.strays()):
                answer = {"status": "error", "reason": f"leaves {len(strays)} process(es) behind"}
            if answer["status"] == "ok":
                values = {key: value for key, value in answer.items() if key not in ("status", "reason")}
                self.journal.add("x", cell=cell, epoch=self.found.epochs - 1, **values)
                self._tell(cell)
            else:
                self.journal.add("fault", cell=cell, status=answer["status"], reason=answer["reason"])
                if answer["status"] in FAILED:
                    return False
        return True

    def _tell(self, cell: str) -> None:
        """Say at once what was found."""
        judge = self.found.judges[cell]
        if judge.finding.verdict in ("SLOWER", "FASTER"):
            percent = 100 * math.expm1(middle(judge.xs))
            self.progress.note(f"{judge.finding.verdict} {percent:+.1f} %: {cell} ({self._standing()})")

    def _standing(self) -> str:
        """How far it is: what is decided, and how much of the budget is spent."""
        spent = self.options.budget - (self._deadline - time.monotonic())
        cells = len(self.found.comparable())
        return f"{cells - len(self.found.open())} of {cells} decided, {spent:.0f} of {self.options.budget:.0f} s"

    def _plan(self, cell: str, names: tuple[str, str], seeds: random.Random, scale: float | None = None) -> pair.Plan:
        options = self.options
        return pair.Plan(
            packages=names,
            seed=seeds.randrange(2**48),
            seeds=self._seeds(cell),
            target=options.target,
            budget=options.slice,
            orders=options.orders,
            scale=options.scales.get(cell, 0.0) if scale is None else scale,
        )

    def _seeds(self, name: str) -> list[int]:
        """The seeds of the contents that a case's answers are judged on, in all epochs."""
        cell = Cell.parse(name)
        return self._referee.seeds(cell.component, cell.case, SEEDS)

    def _control(self, epoch: _Epoch) -> None:
        """BASE against its own copy, on a cell drawn by coin: if this shows a difference, nothing can be trusted."""
        short = [
            cell
            for cell in self.found.comparable()
            if self.found.proofs[cell]["call"] < QUICK_CALL and cell not in self.found.faults
        ]
        if not short:
            return
        cell = epoch.seeds.choice(sorted(short))
        arms = epoch.seeds.sample((epoch.names[0], COPY), 2)
        plan = self._plan(cell, (arms[0], arms[1]), epoch.seeds, scale=0.0)
        with contextlib.suppress(Fault):
            answer = Workers(epoch.workers.base, epoch.workers.base).compare(cell, plan)
            if answer["status"] == "ok":
                self.journal.add("control", cell=cell, x=answer["x"])


def _unfit(base: dict[str, Any], head: dict[str, Any]) -> tuple[str, str]:
    """The verdict on a cell that does not pass its proof on both sides."""
    if base["status"] == head["status"] == "skipped":
        return "skipped", head["reason"]
    if head["status"] not in ("ok", "skipped"):
        also = "" if base["status"] == "ok" else f"; BASE {base['status']} too"
        return "ERROR", f"HEAD {head['status']}: {head['reason']}{also}"
    side, answer = ("BASE", base) if base["status"] != "ok" else ("HEAD", head)
    return "INCOMPARABLE", f"{side} {answer['status']}: {answer['reason']}"
