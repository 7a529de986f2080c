"""A launch of one group of cells: variants take turns on inputs that are refilled, and some outputs are judged.

Runs in a worker; torch is imported only inside the functions.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from perfsuite.host.counters import Counters
from perfsuite.isolation import surroundings
from perfsuite.measuring import prepared, timing, yardstick
from perfsuite.measuring.clock import clock_for
from perfsuite.model.cell import Cell
from perfsuite.model.record import Launch, to_json
from perfsuite.proving import gate
from perfsuite.workers.context import (
    CHANCE,
    WorkerContext,
    consume,
    first_call,
    ready_in,
    start_compiler,
    timed_in,
    variant_of,
)
from perfsuite.workers.outcomes import attempt

LONG = 0.1  # seconds: a variant whose first call takes this long is warm after it; another call would only cost time
NOBODY = ""  # stands for the cell when a group fails as a whole
JUDGED = (
    6  # samples of a launch whose outputs are judged, at most: the last call of one, and a random call of the others
)
JUDGED_SINGLE = 2  # the same where a sample is one call, so that each is the last and a judgement costs most
LOOKED = 1 / 3  # share of the rounds after the first that end with a look at the state of the process, drawn at random
POISON = 4  # blocks of memory to overwrite where the next output may be allocated


@dataclass(frozen=True)
class Plan:
    """How much is measured in one launch."""

    launch: int
    rounds: int  # samples of a cell, at most
    budget: float  # seconds of samples of a cell, about
    target: float  # seconds of one sample, about
    began: float  # ``time.monotonic()`` at the start of the run, less the time spent before it was resumed
    seeds: Sequence[int]  # of the contents that the inputs are filled with in turn
    known: Mapping[str, float] = field(default_factory=dict)  # cell -> seconds of its calls when it was checked
    recorded: bool = True  # False: only to detect disturbance, so that neither results nor names are checked again


@dataclass
class TimedVariant:
    """One variant of a group while it is timed."""

    cell: Cell
    ready: prepared.Prepared
    timed: timing.Shown
    prepare: float
    first: float
    calls: int = 1
    count: int = 1  # samples to take
    chosen: frozenset[int] = frozenset()  # the samples whose outputs are judged
    judged: list[int] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    batches: list[timing.Batch] = field(default_factory=list)
    counted: list[tuple[int, ...]] = field(default_factory=list)

    def launch(self, number: int, alone: bool = False) -> Launch:
        """The part of it that is recorded."""
        names = {"host": "host", "device": "device", "first": "first item", "item": "per item"}
        columns = {shown: [getattr(batch, name) for batch in self.batches] for name, shown in names.items()}
        columns |= {name: [batch.parts.get(name, 0.0) for batch in self.batches] for name in self.batches[0].parts}
        cpu, delay, switches, faults = zip(*self.counted, strict=True)
        return Launch(
            launch=number,
            calls=self.calls,
            prepare=self.prepare,
            first=self.first,
            at=tuple(round(at, 6) for at in self.at),
            wall=tuple(batch.wall for batch in self.batches),
            cpu=tuple(ns * 1e-9 for ns in cpu),
            delay=tuple(ns * 1e-9 for ns in delay),
            switches=switches,
            faults=faults,
            parts={name: tuple(values) for name, values in columns.items() if None not in values},
            alone=alone,
            judged=tuple(self.judged),
        )


class Group:
    """The prepared variants of one group in this process, which take turns on the same inputs.

    The inputs are refilled before each round, with one of a few contents. Some samples of each variant are chosen at
    random, unknown to it: the output of one of their calls is judged after the clock has stopped.
    """

    def __init__(self, context: WorkerContext, cell: Cell, plan: Plan, stack: contextlib.ExitStack) -> None:
        self.context, self.plan, self.variants = context, plan, dict[str, TimedVariant]()
        self.contents = [context.content(cell, seed) for seed in plan.seeds]
        self.inputs = gate.copy(self.contents[0].inputs, cell.device)
        self._filled = self.contents[0]
        self._clock = clock_for(cell.device)
        self._stack = stack
        stack.enter_context(surroundings.kept(cell) if plan.recorded else surroundings.settings(cell))
        self._verify = surroundings.watch(often=True)  # the full check comes when the group ends
        self._sizes = set[int]()

    def begin(self, cell: Cell) -> TimedVariant:
        """Prepare a variant, call it for the first time, warm it up, and choose how many samples to take."""
        context, plan = self.context, self.plan
        variant_of(context, cell)  # imports its file, so that this is not part of the preparation time
        if cell.compiles:
            start_compiler(context)  # for the same reason
        context.step("preparation", str(cell))
        start = time.perf_counter()
        ready = self._stack.enter_context(ready_in(context, cell, self.inputs))
        prepared = time.perf_counter()
        context.step("first call", str(cell))
        output = consume(first_call(cell, ready), self._filled.component)
        first = time.perf_counter() - prepared
        self._sizes |= set(map(gate.size, output if isinstance(output, list | tuple) else [output]))
        del output
        context.step("warm-up", str(cell))
        timed = timed_in(cell, ready, self._clock)
        variant = TimedVariant(cell, ready, timed, prepared - start, first)
        if cell.cold:
            seconds = min(timed(1).wall for _ in range(3))
        else:
            usual = min(first, plan.known.get(str(cell), first))  # a first call may also start something up
            settled = usual >= LONG and not cell.compiles  # a first compiled call says nothing about the next
            seconds = first if settled else timing.warm(timed, plan.target)
            variant.calls = timing.calls_for(seconds, plan.target)
        variant.count = timing.rounds_for(seconds * variant.calls, plan.budget, plan.rounds)
        judged = min(JUDGED if variant.calls > 1 else JUDGED_SINGLE, variant.count) if plan.recorded else 0
        variant.chosen = frozenset(CHANCE.sample(range(variant.count), judged))
        self._verify()
        if slowed := yardstick.yardstick().slowed():
            raise surroundings.Changed(slowed)
        self.variants[str(cell)] = variant
        return variant

    def fill(self, at: int) -> None:
        """Fill the inputs with content number ``at``."""
        self._filled = self.contents[at]
        gate.refill(self.inputs, self._filled.inputs)

    def sample(self, variant: TimedVariant, verify: surroundings.Verify) -> None:
        """Take one sample of a variant; its output is judged if the sample was chosen.

        Raises:
            gate.Wrong: the output is wrong, or an input was changed.
            surroundings.Changed: it left global state changed.
        """
        chosen = len(variant.batches) in variant.chosen
        if chosen:
            self._poison(variant.cell.device)
        self.context.step("sample", str(variant.cell))
        at = time.monotonic() - self.plan.began
        ended: list[tuple[int, ...]] = []  # the counters when the clock had stopped and judging began

        def look(output: Any) -> None:
            ended.append(_counters().read())
            self.look(variant, output)

        before = _counters().read()
        batch = variant.timed(variant.calls, look if chosen else None)
        after = ended[0] if ended else _counters().read()
        if chosen:
            variant.judged.append(len(variant.batches))
        variant.at.append(at)
        variant.batches.append(batch)
        variant.counted.append(tuple(b - a for a, b in zip(before, after, strict=True)))
        verify()

    def look(self, variant: TimedVariant, output: Any) -> None:
        """Have an output judged that was returned while the clock ran."""
        self.context.judge_timed(variant.cell, self.inputs, self._filled, output)

    def _poison(self, device: str) -> None:
        """Overwrite the memory where the next output may be allocated: a right one may have been freed there."""
        import torch

        for size in self._sizes:
            blocks = [torch.full((size,), 0xA5, dtype=torch.uint8, device=device) for _ in range(POISON)]
            del blocks


class _Spoiler(Exception):
    """A cell that failed while its group was timed; the measurements of the other cells are discarded."""

    def __init__(self, cell: Cell, answer: dict[str, Any]) -> None:
        super().__init__(answer["reason"])
        self.cell = cell
        self.answer = answer


def interleave(context: WorkerContext, cells: Sequence[Cell], plan: Plan) -> dict[str, Any]:
    """Time the cells of one group in turns: for each cell ``{"status": ..., "launch": ...}``.

    All get the same inputs. Order: preparation, first call, warm-up, batch size; then rounds in random order, with the
    inputs refilled before each. A wrong output in any round makes the cell wrong and discards its samples. The state of
    the process is checked after each sample of the first round, after a random third of the others, and at the end. The
    first cell that fails ends the launch: only its result is returned, or one for ``NOBODY`` if it is not known which
    cell failed.
    """
    try:
        return _interleaved(context, cells, plan)
    except _Spoiler as end:
        return {str(end.cell): end.answer}
    except BaseException as problem:
        return {NOBODY: attempt(partial(_again, problem))}


def _later() -> None:
    """Nothing: the state of the process is checked when a round ends."""


def _again(problem: BaseException) -> dict[str, Any]:
    raise problem


def _interleaved(context: WorkerContext, cells: Sequence[Cell], plan: Plan) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    shuffle = random.Random(f"{plan.launch} {cells[0].group}")

    def must(cell: Cell, step: Callable[[], object]) -> None:
        def take() -> dict[str, Any]:
            step()
            return {}

        answers[str(cell)] = attempt(take)
        if answers[str(cell)]["status"] not in ("ok", "skipped"):
            raise _Spoiler(cell, answers[str(cell)])

    with contextlib.ExitStack() as stack:
        group = Group(context, cells[0], plan, stack)
        busy = cells[0].threads == "all" and not surroundings.idle()
        if any(cell.compiles for cell in cells):
            start_compiler(context)  # first, since it resets the compiler: a variant may have compiled by itself
        for cell in shuffle.sample(cells, len(cells)):
            must(cell, partial(group.begin, cell))
        variants = list(group.variants.values())
        with surroundings.undisturbed(), surroundings.no_recompiles(cells):
            verify = surroundings.watch(often=True)
            contents = timing.turns(len(plan.seeds), CHANCE)
            for number, present in enumerate(timing.rounds([variant.count for variant in variants], shuffle)):
                looked = not number or CHANCE.random() < LOOKED  # it takes as long as a sample
                each = looked and (not number or len(present) == 1)  # otherwise, who it was is found out later
                group.fill(next(contents))
                for index in present:
                    must(variants[index].cell, partial(group.sample, variants[index], verify if each else _later))
                if looked and not each:
                    verify()
        if slowed := yardstick.yardstick().slowed():
            raise surroundings.Changed(slowed)
    for variant in variants:
        answers[str(variant.cell)]["launch"] = to_json(variant.launch(plan.launch))
    for answer in answers.values():
        answer["contended"] = busy
    return answers


_COUNTERS: list[Counters] = []


def _counters() -> Counters:
    if not _COUNTERS:
        _COUNTERS.append(Counters())
    return _COUNTERS[0]
