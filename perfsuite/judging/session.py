"""One comparison: prove both trees, then run epoch after epoch in fresh workers until every cell is decided.

In each epoch chance decides which tree gets which package name, the hash seed, the padding of the environment, the
order of the cells, and inside a cell which tree is prepared first and which order each block has. Nothing is balanced
or alternated, because the error rates rely on these random choices.
"""

from __future__ import annotations

import contextlib
import math
import random
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfsuite.host import machine
from perfsuite.judging import opening, outlook
from perfsuite.judging.comparisons import Journal
from perfsuite.judging.proving import Proof
from perfsuite.judging.record import Comparison
from perfsuite.judging.stage import Stage
from perfsuite.judging.verdicts import fold
from perfsuite.model.fault import Fault
from perfsuite.model.record import FAILED
from perfsuite.pairing import pair
from perfsuite.pairing.sequential import middle, needed
from perfsuite.pairing.workers import Workers
from perfsuite.project import catalogue
from perfsuite.project.settings import COPY
from perfsuite.running.progress import Progress

QUICK_CALL = 5e-3  # seconds: the live control uses cells whose calls are no longer
HOPE = 1.5  # a cell is given up when it needs this many times the epochs that are possible
AHEAD = 4  # processes that start together, at most; never more than there are cores


def measure(journal: Journal, progress: Progress | None = None) -> Comparison:
    """Do the remaining work of a comparison, and fold it. Ctrl-C ends it early and keeps the results so far."""
    if not Path(journal.found.head["folder"]).is_dir():
        raise ValueError(f"the trees of comparison {journal.found.head['run']} are gone: compare again")
    stage = Stage(journal, progress or Progress())
    session = Session(stage)
    part = journal.found.head.get("shard")
    of = f" --shards {part['count']} --shard {part['number']}" if part else ""
    began = time.monotonic()
    ended = False
    try:
        Proof(stage, session.start, session.close).prove()
        session.epochs()
        ended = True
    except KeyboardInterrupt:
        stage.progress.note(
            f"interrupted: what was measured is kept; `{catalogue.PROJECT.command} compare{of} --resume` goes on"
        )
    finally:
        session.close()
        stage.close()
        with contextlib.suppress(OSError):  # on a full disk the error has been reported already
            journal.add("sitting", seconds=time.monotonic() - began, ended=ended)
        journal.close()
        if ended:
            shutil.rmtree(stage.folder, ignore_errors=True)
        else:
            shutil.rmtree(stage.folder / "scratch", ignore_errors=True)
    return fold(journal.found)


@dataclass
class _Epoch:
    """Fresh workers and the random choices that they were started with."""

    draw: dict[str, int]
    workers: Workers
    sides: tuple[str, str]
    seeds: random.Random  # source of every random choice inside the epoch


class Session:
    """The second pass: epoch after epoch, each in fresh workers."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._journal, self._progress = stage.journal, stage.progress
        self.found, self._options = stage.found, stage.options
        self._coins = secrets.SystemRandom()
        self._deadline = time.monotonic() + self._options.budget - stage.found.seconds
        self._spent = 0.0  # seconds in epochs
        self._coming: list[_Epoch] = []  # started ahead
        self._extended = False  # whether it was said that the budget is extended

    def close(self) -> None:
        """Stop the workers that were started ahead."""
        while self._coming:
            self._coming.pop().workers.close()

    def epochs(self) -> None:
        """Run epochs in fresh workers until all cells are decided, or time or epochs run out. Failed cells drop out."""
        while cells := self._next():
            self.start()
            epoch = self._coming.pop(0)
            with epoch.workers:
                if self._epoch(epoch, cells):
                    self._control(epoch)
                if self._next():  # the next workers start while this one ends, never while anything is timed
                    self.start()

    def _next(self) -> list[str]:
        """The cells of the next epoch; none if all are decided or hopeless, or time or epochs have run out."""
        if self.found.rule is None or self.found.epochs >= self._options.epochs:
            return []
        each = self._spent / self.found.epochs if self.found.epochs else 0.0
        over = time.monotonic() + each / 2 - self._deadline
        # Stopping just before any verdict is possible would waste all epochs so far.
        if over > (self._overtime(each) if self.found.epochs < self.found.rule.least else 0.0):
            return []
        left = -over / each if each else math.inf
        return [
            cell
            for cell in self.found.open()
            if self._worth(cell, max(left, self.found.rule.least - self.found.epochs))
        ]

    def _overtime(self, each: float) -> float:
        """Seconds beyond the budget that a verdict is waited for, if an epoch takes ``each``.

        The usual budget assumes that workers start quickly. Where a package takes long to import it is extended, and
        that is said once.
        """
        usual = outlook.OVERTIME * self._options.budget
        assert self.found.rule is not None
        missing = (self.found.rule.least - self.found.epochs) * each
        if not self._options.usual or time.monotonic() + missing - self._deadline <= usual:
            return usual
        if not self._extended:
            self._extended = True
            told = f"epochs take {each:.0f} s each, longer than usual: a verdict is possible in about {missing:.0f} s"
            self._progress.note(f"{told}; --budget sets a limit")
        return max(usual, opening.LONGEST)

    def _worth(self, cell: str, left: float) -> bool:
        """Whether ``left`` more epochs may give a verdict on ``cell``; stopping early never causes an error."""
        xs = self.found.judges[cell].xs if cell in self.found.judges else []
        if len(xs) < self._options.patience:
            return True
        assert self.found.rule is not None
        left = min(left, self._options.epochs - self.found.epochs)
        return needed(xs, self.found.rule) <= HOPE * (len(xs) + left)

    def start(self) -> None:
        """Start the workers of the next epochs, unless started already: each imports torch on a core, then waits."""
        if not self._coming:
            for _ in range(max(1, min(AHEAD, machine.cores()) // (1 + self.stage.apart))):
                self._coming.append(self._draw())

    def _draw(self) -> _Epoch:
        """Make the random choices of an epoch and start its worker."""
        coins = self._coins
        draw = {
            "mount": coins.randrange(2),
            "hash": coins.randrange(1, 2**32),
            "padding": coins.randrange(4096),
            "seed": coins.randrange(2**48),
            "first": coins.randrange(2),
        }
        variables = {"PYTHONHASHSEED": str(draw["hash"]), "BENCHMARKS_PADDING": "x" * draw["padding"]}
        return _Epoch(
            draw,
            self.stage.workers(draw["mount"], draw["first"], variables),
            self.stage.sides(draw["mount"]),
            random.Random(draw["seed"]),
        )

    def _epoch(self, epoch: _Epoch, cells: Sequence[str]) -> bool:
        """Measure each of ``cells`` once, in random order; returns whether the worker is still alive."""
        began = time.monotonic()
        try:
            return self._measure(epoch, cells, began)
        finally:
            self._spent += time.monotonic() - began

    def _measure(self, epoch: _Epoch, cells: Sequence[str], began: float) -> bool:
        order = epoch.seeds.sample(list(cells), len(cells))
        self._journal.add("epoch", number=self.found.epochs, order=order, **epoch.draw)
        for one in (epoch, *self._coming):  # the later ones too: they must not import anything while cells are timed
            one.workers.ready()
        self._journal.add("start", cells=order, seconds=time.monotonic() - began)
        for cell in order:
            self._progress.step(f"epoch {self.found.epochs}, {self._standing()}: {cell}")
            try:
                answer = epoch.workers.compare(cell, self._plan(cell, epoch.sides, epoch.seeds))
            except Fault as fault:
                self._journal.add("fault", cell=cell, status=fault.status, reason=fault.reason)
                return False
            if answer["status"] == "ok" and (strays := epoch.workers.strays()):
                answer = {"status": "error", "reason": f"leaves {len(strays)} process(es) behind"}
            if answer["status"] == "ok":
                values = {key: value for key, value in answer.items() if key not in ("status", "reason")}
                self._journal.add("x", cell=cell, epoch=self.found.epochs - 1, **values)
                self._tell(cell)
            else:
                self._journal.add("fault", cell=cell, status=answer["status"], reason=answer["reason"])
                if answer["status"] in FAILED:
                    return False
        return True

    def _tell(self, cell: str) -> None:
        """Report a decided change at once; not in a search, whose verdicts are about half a change."""
        if self._options.split:
            return
        judge = self.found.judges[cell]
        if judge.finding.verdict in ("SLOWER", "FASTER"):
            percent = 100 * math.expm1(middle(judge.xs))
            self._progress.note(f"{judge.finding.verdict} {percent:+.1f} %: {cell} ({self._standing()})")

    def _standing(self) -> str:
        """The progress: how many cells are decided, and how much of the budget is spent."""
        spent = self._options.budget - (self._deadline - time.monotonic())
        cells = len(self.found.comparable())
        return f"{cells - len(self.found.open())} of {cells} decided, {spent:.0f} of {self._options.budget:.0f} s"

    def _plan(self, cell: str, names: tuple[str, str], seeds: random.Random, scale: float | None = None) -> pair.Plan:
        options = self._options
        return pair.Plan(
            sides=names,
            seed=seeds.randrange(2**48),
            seeds=self.stage.seeds(cell),
            target=options.target,
            budget=options.slice,
            orders=options.orders,
            scale=options.scales.get(cell, 0.0) if scale is None else scale,
        )

    def _control(self, epoch: _Epoch) -> None:
        """Compare BASE with its own copy on a random cell; if this shows a difference, no verdict can be trusted."""
        short = [
            cell
            for cell in self.found.comparable()
            if self.found.proofs[cell]["call"] < QUICK_CALL and cell not in self.found.faults
        ]
        if not short:
            return
        cell = epoch.seeds.choice(sorted(short))
        base = epoch.sides[0]
        arms = epoch.seeds.sample((base, COPY if base else base), 2)
        plan = self._plan(cell, (arms[0], arms[1]), epoch.seeds, scale=0.0)
        with contextlib.suppress(Fault):
            answer = Workers(epoch.workers.base, epoch.workers.base).compare(cell, plan)
            if answer["status"] == "ok":
                self._journal.add("control", cell=cell, x=answer["x"])
