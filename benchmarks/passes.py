"""What a worker does for each pass: check, time, cost, trace. torch is imported only inside the functions.

The passes are apart, each in a process of its own: a profiler inside a timed region changed a published speed-up from
2.17x to 1.87x.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import audit, compiling, contestant, gate, repeats, surroundings, timing, yardstick
from benchmarks.cell import Cell
from benchmarks.clock import Witness, clock_for
from benchmarks.component import Inputs
from benchmarks.record import Launch, Proof, to_json
from benchmarks.site import Site, attempt, consume, first_call, ready_in, start_compiler, timed_in, variant_of

LONG = 0.1  # seconds: a call so long is warm after its first, and one more would only cost time
COST = "memory and operators"  # the step of a check whose failure says nothing of the answer
NOBODY = ""  # whose answer it is when a group fails as a whole
AUDITION = 0.5  # seconds: who takes longer is not timed for a trial
AUDITION_CALLS = 3  # of a batch of the trial, unless they are long
BUSY, MOST = 0.01, 1000  # seconds of calls, and most of them, before it is looked whether another thread works on
SURE = 3  # batches that must end with another thread at work before that is a fault
JUDGED = 2  # samples of a launch whose answers are judged, at most
POISON = 4  # blocks of memory that are overwritten where the next answer may come to lie


@dataclass(frozen=True)
class Plan:
    """How much is measured in one launch."""

    launch: int
    rounds: int  # samples of a cell, at most
    budget: float  # seconds of samples of a cell, about
    target: float  # seconds of one sample, about
    began: float  # ``time.monotonic()`` at the run's start, less what a sitting before this one took
    seeds: Sequence[int]  # of the contents that the inputs are filled with in turn


# -- check ------------------------------------------------------------------------------------------------------------


def check(site: Site, cell: Cell, seeds: Sequence[int], cost: bool = False) -> dict[str, Any]:
    """Prove one cell on the inputs of ``seeds``: ``{"status": ..., "reason": ..., "proof": ..., "cost": ...}``.

    With ``cost``, what a call uses beside time is measured on the way, for the cell is ready and warm. No time that is
    shown comes from this process.
    """

    def prove() -> dict[str, Any]:
        variant_of(site, cell)
        contents = [site.content(cell, seed) for seed in seeds]
        inputs = gate.copy(contents[0].inputs, cell.device)
        if cell.executor == "compile":
            start_compiler(site)
        with surroundings.kept(cell) as verify:
            site.step("preparation and first call", str(cell))
            start = time.perf_counter()
            with compiling.watched(cell) as compiled, ready_in(site, cell, inputs) as ready:
                consume(first_call(cell, ready), contents[0].component)
                first = time.perf_counter() - start
                calls: list[float] = []

                def timed() -> Any:
                    site.step("proof", str(cell))
                    start = time.perf_counter()
                    output = consume(ready(), contents[0].component)
                    calls.append(time.perf_counter() - start)
                    return output

                def judge(output: Any, content: Any, device: str) -> gate.Match:
                    return site.judge(cell, inputs, output, content)

                def look(output: Any) -> None:
                    judge(output, contents[0], cell.device)
                    gate.unchanged(inputs, contents[0])

                found = gate.prove(timed, inputs, contents, cell.device, judge)
                verify()
                shown = timed_in(cell, ready, clock_for(cell.device))
                audition(site, cell, shown, min(calls), look)
                pairs = _repeated(site, cell, shown, inputs, contents[0])
                compiled(partial(_whole, ready, contents[0]))
                proof = asdict(Proof(found.error, found.share, len(seeds), first, min(calls), tuple(seeds)))
                return {
                    "proof": proof,
                    "new contents": pairs,
                    **(_cost(site, cell, ready, contents[0]) if cost else {}),
                }

    def listened_to() -> dict[str, Any]:
        with _listening(site, cell):
            return prove()

    return attempt(listened_to)


@contextlib.contextmanager
def _listening(site: Site, cell: Cell) -> Iterator[None]:
    """See what a variant looks at; that comes before all else that is wrong with it, for it may be the reason.

    Raises:
        gate.Wrong: it looks at what it has no business to look at.
    """
    with audit.installed().armed(site.mount / site.package, cell.component) as seen:
        try:
            yield
        except gate.Wrong:
            if not seen:
                raise
    if seen:
        raise gate.Wrong(seen[0])


def audition(site: Site, cell: Cell, timed: timing.Shown, seconds: float, look: timing.Look, rest: bool = True) -> None:
    """Let a cell be timed as in a launch, by the same code, and see what it does meanwhile.

    For a process whose times nobody sees. ``seconds`` is about what a call takes, ``look`` judges an answer, and
    ``rest`` asks whether other threads work on. Not in a process that was forked: its libraries start theirs anew.

    Raises:
        gate.Wrong: an answer is wrong, it looks at who calls it, or its work goes on after it has returned.
    """
    if seconds > AUDITION:
        return
    calls, batches = (1, 1) if seconds > BUSY else (AUDITION_CALLS, 2)
    with _listening(site, cell):
        for _ in range(batches):
            site.step("audition", str(cell))
            timed(calls, look)
        if rest and cell.device == "cpu" and cell.threads == "1":
            site.step("audition", str(cell))
            _at_rest(partial(timed, min(max(calls, timing.calls_for(seconds, BUSY)), MOST)))


def _at_rest(batch: Callable[[timing.Look], object]) -> None:
    """Check that no other thread works on when a batch has ended; one that does so by chance does not each time.

    Raises:
        gate.Wrong: one does.
    """
    found: list[int] = []
    for _ in range(SURE):
        batch(lambda _: found.append(surroundings.working()))
        if not found[-1]:
            return
    raise gate.Wrong(f"its work goes on after it has returned: {max(found)} thread(s) still run")


def _repeated(site: Site, cell: Cell, timed: timing.Timed, inputs: Inputs, content: gate.Content) -> float | None:
    """How many times longer a call takes on new contents; ``None`` where that was not measured.

    Raises:
        Wrong: so much that the answers to the old ones must be remembered.
    """
    if cell.variant in content.component.quick_again:
        return None
    site.step("calls on new contents", str(cell))
    pairs = repeats.measure(timed, inputs, content.inputs, partial(site.fresh, cell), repeats.ENOUGH)
    return round(pairs.ratio, 3) if pairs.same else None


def _cost(site: Site, cell: Cell, ready: contestant.Contestant, content: gate.Content) -> dict[str, Any]:
    """Memory and operators of a warm call: ``{"cost": ...}``, or ``{"no cost": reason}``."""
    from benchmarks.cost import cost as measure

    site.step(COST, str(cell))
    plain = ready.plain and partial(_whole, ready.plain, content)
    answer = attempt(lambda: {"cost": asdict(measure(partial(_whole, ready, content), plain))})
    return {"cost": answer["cost"]} if "cost" in answer else {"no cost": answer["reason"]}


# -- time -------------------------------------------------------------------------------------------------------------


@dataclass
class Lane:
    """One contestant of a group while it is timed."""

    cell: Cell
    ready: contestant.Contestant
    timed: timing.Shown
    prepare: float
    first: float
    calls: int = 1
    count: int = 1  # samples to take
    chosen: frozenset[int] = frozenset()  # of the samples: those whose answers are judged
    judged: list[int] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    batches: list[timing.Batch] = field(default_factory=list)
    witnessed: list[tuple[int, ...]] = field(default_factory=list)

    def launch(self, number: int, alone: bool = False) -> Launch:
        """What is kept of it."""
        names = {"host": "host", "device": "device", "first": "first item", "item": "per item"}
        columns = {shown: [getattr(batch, name) for batch in self.batches] for name, shown in names.items()}
        columns |= {name: [batch.parts.get(name, 0.0) for batch in self.batches] for name in self.batches[0].parts}
        cpu, delay, switches, faults = zip(*self.witnessed, strict=True)
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
    """Contestants of one group in this process, which take turns on the same inputs.

    The inputs are filled anew before each round, with one of a few contents. Of each contestant some samples are
    chosen, by chance and unknown to it: what one of their calls returned is judged when the clock has stopped.
    """

    def __init__(self, site: Site, cell: Cell, plan: Plan, stack: contextlib.ExitStack) -> None:
        self.site, self.plan, self.lanes = site, plan, dict[str, Lane]()
        self.contents = [site.content(cell, seed) for seed in plan.seeds]
        self.inputs = gate.copy(self.contents[0].inputs, cell.device)
        self._filled = self.contents[0]
        self._clock = clock_for(cell.device)
        self._stack = stack
        self._verify = stack.enter_context(surroundings.kept(cell))
        self._sizes = set[int]()

    def begin(self, cell: Cell) -> Lane:
        """Prepare a contestant, call it for the first time, warm it up, and choose how much of it is measured."""
        site, plan = self.site, self.plan
        variant_of(site, cell)  # its file is imported before
        site.step("preparation", str(cell))
        start = time.perf_counter()
        ready = self._stack.enter_context(ready_in(site, cell, self.inputs))
        prepared = time.perf_counter()
        site.step("first call", str(cell))
        output = consume(first_call(cell, ready), self._filled.component)
        first = time.perf_counter() - prepared
        self._sizes |= set(map(gate.size, output if isinstance(output, list | tuple) else [output]))
        del output
        site.step("warm-up", str(cell))
        timed = timed_in(cell, ready, self._clock)
        lane = Lane(cell, ready, timed, prepared - start, first)
        if cell.cold:
            seconds = min(timed(1).wall for _ in range(3))
        else:
            settled = first >= LONG and cell.executor != "compile"  # a first compiled call says nothing of the next
            seconds = first if settled else timing.warm(timed, plan.target)
            lane.calls = timing.calls_for(seconds, plan.target)
        lane.count = timing.rounds_for(seconds * lane.calls, plan.budget, plan.rounds)
        lane.chosen = frozenset(CHANCE.sample(range(lane.count), min(JUDGED, lane.count)))
        self._verify()
        if slowed := yardstick.yardstick().slowed():
            raise surroundings.Changed(slowed)
        self.lanes[str(cell)] = lane
        return lane

    def fill(self, at: int) -> None:
        """Fill the inputs with content number ``at``."""
        self._filled = self.contents[at]
        gate.refill(self.inputs, self._filled.inputs)

    def sample(self, lane: Lane, verify: surroundings.Verify) -> None:
        """One sample of a contestant; its answer is judged if it was chosen.

        Raises:
            gate.Wrong: the answer is wrong, or an input was changed.
            surroundings.Changed: it left something changed.
        """
        chosen = len(lane.batches) in lane.chosen
        if chosen:
            self._poison(lane.cell.device)
        self.site.step("sample", str(lane.cell))
        at = time.monotonic() - self.plan.began
        look = partial(self.look, lane)
        before = _witness().read()
        batch = lane.timed(lane.calls, look if chosen else None)
        after = _witness().read()
        if chosen:
            lane.judged.append(len(lane.batches))
        lane.at.append(at)
        lane.batches.append(batch)
        lane.witnessed.append(tuple(b - a for a, b in zip(before, after, strict=True)))
        verify()

    def look(self, lane: Lane, output: Any) -> None:
        """Have an answer judged that was returned while the clock ran."""
        try:
            self.site.judge(lane.cell, self.inputs, output, self._filled)
            gate.unchanged(self.inputs, self._filled)
        except gate.Wrong as problem:
            raise gate.Wrong(f"{problem} (in a timed call)") from problem

    def _poison(self, device: str) -> None:
        """Overwrite the memory in which the next answer may come to lie: a right one may have been freed there."""
        import torch

        for size in self._sizes:
            blocks = [torch.full((size,), 0xA5, dtype=torch.uint8, device=device) for _ in range(POISON)]
            del blocks


class Alone:
    """One contestant that has a process for itself, while others that take turns with it have theirs."""

    def __init__(self, site: Site, cell: Cell, plan: Plan) -> None:
        self._site, self._cell = site, cell
        self._stack = contextlib.ExitStack()
        try:
            self._group = Group(site, cell, plan, self._stack)
            self._busy = cell.threads == "all" and not surroundings.idle()
            self._lane = self._group.begin(cell)
            self._verify = self._quiet()
        except BaseException:
            self._stack.close()
            raise

    @property
    def count(self) -> int:
        """How many samples are to be taken."""
        return self._lane.count

    def _quiet(self) -> surroundings.Verify:
        self._stack.enter_context(surroundings.undisturbed())
        self._stack.enter_context(surroundings.no_recompiles([self._cell]))
        return surroundings.watch(often=True)

    def sample(self, at: int) -> None:
        """One sample, on content number ``at``."""
        self._group.fill(at)
        self._group.sample(self._lane, self._verify)

    def finish(self) -> dict[str, Any]:
        """What was measured; then it is listened to, and called on new contents: nothing more depends on this process.

        Raises:
            Wrong: it answers repeated inputs from memory, or looks at who calls it.
        """
        lane, group = self._lane, self._group
        seconds = statistics.median(batch.wall for batch in lane.batches)
        audition(self._site, self._cell, lane.timed, seconds, partial(group.look, lane), rest=False)
        if lane.calls > 1 or lane.count >= len(group.contents):
            _repeated(self._site, self._cell, lane.timed, group.inputs, group.contents[0])
        self._stack.close()
        return {"launch": to_json(lane.launch(group.plan.launch, alone=True)), "contended": self._busy}


class _Spoiler(Exception):
    """A cell that did not end well while a group was timed: what was measured beside it does not count."""

    def __init__(self, cell: Cell, answer: dict[str, Any]) -> None:
        super().__init__(answer["reason"])
        self.cell = cell
        self.answer = answer


def interleave(site: Site, cells: Sequence[Cell], plan: Plan) -> dict[str, Any]:
    """Time the cells of one group in turns: each cell's ``{"status": ..., "launch": ...}``.

    All get the same inputs. Order: preparation, first call, warm-up, batch size; then rounds in random order, the
    inputs filled anew before each. A wrong answer in any of them makes the cell wrong and discards its samples. The
    first cell that does not end well ends it: the answer is then this cell's alone, or that of ``NOBODY`` where it
    is not known which of them it was.
    """
    try:
        return _interleaved(site, cells, plan)
    except _Spoiler as end:
        return {str(end.cell): end.answer}
    except BaseException as problem:
        return {NOBODY: attempt(partial(_again, problem))}


def _again(problem: BaseException) -> dict[str, Any]:
    raise problem


def _interleaved(site: Site, cells: Sequence[Cell], plan: Plan) -> dict[str, Any]:
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
        group = Group(site, cells[0], plan, stack)
        busy = cells[0].threads == "all" and not surroundings.idle()
        for cell in shuffle.sample(cells, len(cells)):
            must(cell, partial(group.begin, cell))
        lanes = list(group.lanes.values())
        with surroundings.undisturbed(), surroundings.no_recompiles(cells):
            verify = surroundings.watch(often=True)
            contents = timing.turns(len(plan.seeds), CHANCE)
            for present in timing.rounds([lane.count for lane in lanes], shuffle):
                group.fill(next(contents))
                for index in present:
                    must(lanes[index].cell, partial(group.sample, lanes[index], verify))
        if slowed := yardstick.yardstick().slowed():
            raise surroundings.Changed(slowed)
    for lane in lanes:
        answers[str(lane.cell)]["launch"] = to_json(lane.launch(plan.launch))
    for answer in answers.values():
        answer["contended"] = busy
    return answers


# -- counts and trace -------------------------------------------------------------------------------------------------


def counts(site: Site, cell: Cell, seed: int, instructions: bool = False) -> dict[str, Any]:
    """What of a warm call is the same in every process: ``{"status": ..., "counts": {"operators": ..., ...}}``.

    ``None`` where it cannot be counted: operators under compiled code, for one.
    """
    from benchmarks import cost as instruments

    def count() -> dict[str, Any]:
        content = site.content(cell, seed)
        with surroundings.settings(cell), ready_in(site, cell, gate.copy(content.inputs, cell.device)) as ready:
            before = compiling.graphs() if cell.executor == "compile" else 0
            consume(first_call(cell, ready), content.component)
            site.step("counts", str(cell))
            call = partial(_whole, ready, content)
            plain = ready.plain and partial(_whole, ready.plain, content)
            ops, views, traffic = instruments.operators(plain) if plain else (None, None, None)
            held = instruments.in_torch(call) if cell.device == "cpu" and instruments.sees_memory() else None
            return {
                "counts": {
                    "operators": ops,
                    "views": views,
                    "bytes moved": traffic,
                    "allocations": held and held.allocations,
                    "peak bytes": held and held.peak,
                    "graphs": compiling.graphs() - before if cell.executor == "compile" else None,
                    "Python instructions": instruments.instructions(call) if instructions else None,
                }
            }

    return attempt(count)


def trace(site: Site, cell: Cell, seed: int, folder: Path) -> dict[str, Any]:
    """A profiler's trace of a cell, below ``folder``: ``{"status": ..., "trace": ...}``."""
    from benchmarks.tracing import trace as record

    def profile() -> dict[str, Any]:
        content = site.content(cell, seed)
        with surroundings.settings(cell), ready_in(site, cell, gate.copy(content.inputs, cell.device)) as ready:
            for _ in range(2):
                site.step("warm-up", str(cell))
                consume(first_call(cell, ready), content.component)
            site.step("trace", str(cell))
            component = content.component
            call = partial(_whole, ready, content) if component.timeline else ready
            stream = component.stream and not component.timeline
            return {"trace": to_json(record(call, folder, stream=stream))}

    return attempt(profile)


def _whole(call: Callable[[], Any], content: gate.Content) -> Any:
    """A call with its stream consumed item by item; nothing of a stream is kept."""
    output = call()
    if not content.component.stream:
        return output
    for _ in output:
        pass
    return None


CHANCE = random.SystemRandom()  # what a variant cannot foresee
_WITNESS: list[Witness] = []


def _witness() -> Witness:
    if not _WITNESS:
        _WITNESS.append(Witness())
    return _WITNESS[0]
