"""Where a worker works, and what all its passes do: make a cell ready, call it whole, turn a failure into a status.

torch is imported only inside the functions.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfsuite.isolation import bindings, compiling, surroundings
from perfsuite.measuring import prepared, timing
from perfsuite.measuring.clock import Clock
from perfsuite.model.cell import Cell
from perfsuite.model.component import Component, Inputs
from perfsuite.project import catalogue, mount
from perfsuite.project.mount import NAME
from perfsuite.proving import answer, gate
from perfsuite.workers.outcomes import Broken, reason_of

CHANCE = random.SystemRandom()  # what a variant cannot foresee
INDUCTOR = "TORCHINDUCTOR_CACHE_DIR"
GROWN = 31 << 20  # bytes: the largest block that glibc's allocator learns from
IMPORT = "import"  # the step whose failure is the file's, not a variant's


def _nobody(question: dict[str, Any]) -> dict[str, Any]:
    raise RuntimeError("nobody is here to judge an answer")


@dataclass
class WorkerContext:
    """Where a worker works: its tree, its caches, and whom it tells what it is about to do."""

    mount: Path
    caches: Path  # one folder for each compiled cell
    step: Callable[[str, str], None]  # (what, cell): the time allowance begins anew
    ask: Callable[[dict[str, Any]], dict[str, Any]] = _nobody  # has an answer judged that was written down
    folder: Path = Path()  # where it is written down
    package: str = NAME  # the name of the tree at hand
    truths: Any = None  # the references, in the referee's process alone
    held: Any = None  # the cell that waits for its turns, while another process holds the other arm
    compiler: bool = False  # whether something was compiled in this process
    imported: set[tuple[str, str]] = field(default_factory=set)  # (package, component)
    _contents: dict[tuple[str, str, int], gate.Content] = field(default_factory=dict)

    def content(self, cell: Cell, seed: int) -> gate.Content:
        """The inputs of one seed; those of the case at hand are kept, others are dropped."""
        key = (cell.component, cell.case, seed)
        if key not in self._contents:
            self.step("inputs", str(cell))
            self._contents = {known: value for known, value in self._contents.items() if known[:2] == key[:2]}
            component = catalogue.component(cell.component)
            case = next(case for case in component.cases if case.name == cell.case)
            self._contents[key] = gate.content(component, case, seed)
        return self._contents[key]

    def warm(self, modules: Sequence[str], compiler: bool) -> None:
        """Import what variants use, and start the compiler if one is needed, before this process is forked."""
        for name in modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        if compiler:
            start_compiler(self)
        import torch

        for _ in range(2):  # glibc keeps memory at hand once a block of this size was freed, as in a worker with a past
            torch.ones(GROWN, dtype=torch.uint8)
        gc.collect()
        gc.freeze()  # no forked process looks for garbage among what it was born with

    def load(self, cell: Cell, seeds: Sequence[int]) -> None:
        """Make the contents of ``cell`` and note what came with its component, before this process is forked."""
        for seed in seeds:
            self.content(cell, seed)
        bindings.taken().more()
        gc.freeze()

    def fresh(self, cell: Cell) -> Inputs:
        """Inputs that nobody has seen, nor will again."""
        content = next(iter(self._contents.values()))
        return gate.content(content.component, content.case, CHANCE.getrandbits(48)).inputs

    def judge(self, cell: Cell, inputs: Inputs, output: Any, content: gate.Content) -> gate.Match:
        """Have the referee compare what ``cell`` returned for ``content``, in place in ``inputs``.

        Raises:
            gate.Wrong: it is not the right answer, or no answer that counts.
            RuntimeError: there is no reference.
        """
        self.step("answer", str(cell))
        path = self.folder / "answer"
        answer.write(answer.taken(output, content, inputs, cell.device), path)
        self.step("comparison with the reference", str(cell))
        question = {"cell": str(cell), "component": cell.component, "case": cell.case, "seed": content.seed}
        told = self.ask({**question, "device": cell.device, "path": str(path)})
        path.unlink(missing_ok=True)
        if "match" not in told:
            raise gate.Wrong(told["wrong"]) if "wrong" in told else RuntimeError(told["error"])
        return gate.Match(**told["match"])

    def judge_timed(self, cell: Cell, inputs: Inputs, content: gate.Content, output: Any) -> None:
        """As :meth:`judge`, of what a call returned while the clock ran; and the inputs must be as they were.

        Raises:
            gate.Wrong: the answer is wrong, or an input was changed.
            RuntimeError: there is no reference.
        """
        try:
            self.judge(cell, inputs, output, content)
            gate.unchanged(inputs, content)
        except gate.Wrong as problem:
            raise gate.Wrong(f"{problem} (in a timed call)") from problem


def timed_in(cell: Cell, ready: prepared.Prepared, clock: Clock) -> timing.Shown:
    """What times a number of calls of a cell; caches are flushed before if it is a cold one.

    Of each two answers that are looked at, one is the last of its row, which nobody has filled in later, and one is any
    of its row: who computes in a row's last calls alone has not computed that. Which comes first is drawn by chance.
    """
    flush = surroundings.flush(cell)
    component = catalogue.component(cell.component)
    measure = timing.timeline if component.timeline else timing.stream if component.stream else timing.batch

    lasts: list[bool] = []  # of the next looks: whether it is at the last of a row

    def timed(calls: int, look: timing.Look | None = None) -> timing.Batch:
        flush()
        if look is None:
            return measure(ready.call, ready.args, calls, clock)
        if measure is timing.batch:
            if not lasts:
                lasts.extend(CHANCE.sample((True, False), 2))
            at = calls - 1 if lasts.pop() else CHANCE.randrange(calls)
            return timing.batch_with_answer(ready.call, ready.args, calls, clock, at, look)
        found = measure(ready.call, ready.args, calls, clock)
        look(ready.call(*ready.args))  # to hold the items of a pass that counts would change what it takes
        return found

    return timed


def consume(output: Any, component: Component) -> Any:
    """The whole output: a stream as a list, a device's work done."""
    output = list(output) if component.stream else output
    import torch

    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return output


@contextlib.contextmanager
def ready_in(context: WorkerContext, cell: Cell, inputs: Inputs) -> Iterator[prepared.Prepared]:
    """The cell's variant, prepared, and closed at the end.

    Raises:
        prepared.Missing: it needs what is not here.
    """
    function = variant_of(context, cell)
    if cell.executor == "compile":
        start_compiler(context)
        os.environ[INDUCTOR] = str(context.caches / context.package / cell.slug[:200])
    else:
        os.environ[INDUCTOR] = str(context.caches / "inductor")  # the run's own: never what an earlier one compiled
    ready = prepared.prepare(function, cell.executor, inputs)
    try:
        yield ready
    finally:
        ready.close()
        if cell.executor == "compile":
            import torch

            torch._dynamo.reset()


def first_call(cell: Cell, ready: prepared.Prepared) -> Any:
    """The first call, in which a variant may still say that it needs what is not here, and a graph is compiled.

    Raises:
        prepared.Missing: it does.
        compiling.NotCompiled: the cell is a compiled one and nothing was.
    """
    before = compiling.graphs()
    output = prepared.first_call(ready)
    if cell.executor == "compile" and compiling.graphs() == before:
        raise compiling.NotCompiled
    return output


def variant_of(context: WorkerContext, cell: Cell) -> Callable[..., Any]:
    """The cell's function.

    Raises:
        prepared.Missing: it needs what is not here.
        Broken: its file cannot be imported.
        surroundings.Spoiled: the import of its file changes global state.
    """
    if (context.package, cell.component) not in context.imported:
        _import(context, cell)
    function = mount.variant(cell.component, cell.variant, context.mount, context.package)
    if reason := prepared.missing(getattr(function, "__needs__", ()), cell.executor, cell.device):
        raise prepared.Missing(reason)
    return function


def _import(context: WorkerContext, cell: Cell) -> None:
    """Import the cell's file for the first time in this process, and see that this changes nothing for others."""
    context.step(IMPORT, str(cell))
    file = mount.file_of(cell.component)
    catalogue.component(cell.component)
    bindings.taken().more()
    with surroundings.unspoiled(file):
        try:
            mount.load(cell.component, context.mount, context.package)
        except ModuleNotFoundError as problem:
            if problem.name is None or not problem.name.startswith(context.package):
                raise Broken(f"{file} cannot be imported: {reason_of(problem)}") from problem
        except BaseException as problem:
            raise Broken(f"{file} cannot be imported: {reason_of(problem)}") from problem
    context.imported.add((context.package, cell.component))


def start_compiler(context: WorkerContext) -> None:
    """Compile something once in this process, so that no cell's cold compile pays for importing the compiler."""
    if context.compiler:
        return
    context.compiler = True
    context.step("start of the compiler", "")
    import torch

    os.environ[INDUCTOR] = str(context.caches / "first")
    torch.compile(lambda x: x * 2 + 1)(torch.ones(64, 64))
    torch._dynamo.reset()
