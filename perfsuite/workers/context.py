"""The context of a worker, and steps shared by all its passes: import and prepare a variant, time it, judge results.

torch is imported only inside the functions.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfsuite.isolation import bindings, compiling, surroundings
from perfsuite.measuring import prepared, timing
from perfsuite.measuring.clock import Clock
from perfsuite.model.cell import Cell
from perfsuite.model.component import Component, Inputs
from perfsuite.model.record import CompilerStart
from perfsuite.project import catalogue, mount
from perfsuite.project.settings import ONE
from perfsuite.proving import answer, closeness, gate
from perfsuite.proving.outputs import Seen
from perfsuite.workers.outcomes import Broken, reason_of

CHANCE = random.SystemRandom()  # random numbers that a variant cannot predict
INDUCTOR = "TORCHINDUCTOR_CACHE_DIR"
GROWN = 31 << 20  # bytes: the largest block whose release raises glibc's mmap threshold
IMPORT = "import"  # a failure of this step concerns the whole file, not one variant


def _nobody(question: dict[str, Any]) -> dict[str, Any]:
    raise RuntimeError("there is no referee to judge a result")


@dataclass
class WorkerContext:
    """The context of a worker: its tree, its caches, and its connection to the parent."""

    mount: Path
    caches: Path  # one folder for each compiled cell
    step: Callable[[str, str], None]  # (what, cell): begins a step, and its time-out starts again
    ask: Callable[[dict[str, Any]], dict[str, Any]] = _nobody  # asks for a verdict on a result in a file
    folder: Path = Path()  # the folder of that file
    side: str = ONE  # the suffix of the packages of the current tree
    truths: Any = None  # the references, only in the referee's process
    held: Any = None  # the cell that waits for its turns, while another process has the other side
    trusted: bool = False  # whether imports need not be checked, because nothing of this process is recorded
    compiler: CompilerStart | None = None  # how the compiler was started in this process
    imported: set[tuple[str, str, str]] = field(default_factory=set)  # (side, component, module)
    _state: tuple[tuple[str, str], Any] | None = None  # the weights of the modules of one case
    _contents: dict[tuple[str, str, int], gate.Content] = field(default_factory=dict)

    def content(self, cell: Cell, seed: int) -> gate.Content:
        """The inputs of one seed; those of the current case are cached, others are dropped."""
        key = (cell.component, cell.case, seed)
        if key not in self._contents:
            self.step("inputs", str(cell))
            self._contents = {known: value for known, value in self._contents.items() if known[:2] == key[:2]}
            component = catalogue.component(cell.component)
            case = next(case for case in component.cases if case.name == cell.case)
            self._contents[key] = gate.content(component, case, seed)
        return self._contents[key]

    def warm(self, modules: Sequence[str], compiler: bool) -> None:
        """Import the modules that variants use, and start the compiler if needed, before this process is forked."""
        for name in modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        if compiler:
            start_compiler(self)
        import torch

        for _ in range(2):  # after freeing a block of this size glibc caches memory, as in a worker that has run before
            torch.ones(GROWN, dtype=torch.uint8)
        gc.collect()
        gc.freeze()  # so that forked processes do not scan inherited objects for garbage

    def load(self, cell: Cell, seeds: Sequence[int]) -> None:
        """Create the inputs of ``cell`` and record what its component imported, before this process is forked."""
        for seed in seeds:
            self.content(cell, seed)
        surroundings.find_pools()
        bindings.taken().more()
        gc.freeze()

    def state(self, cell: Cell) -> Any:
        """The weights that all modules of the case of ``cell`` are given.

        Raises:
            RuntimeError: there are none.
        """
        key = cell.component, cell.case
        if self._state is None or self._state[0] != key:
            import torch

            self.step("weights", str(cell))
            question = {"state": True, "cell": str(cell), "component": cell.component, "case": cell.case}
            told = self.ask({**question, "path": str(self.folder / "state")})
            if "path" not in told:
                raise RuntimeError(told["error"])
            self._state = key, torch.load(told["path"], weights_only=True)
        return self._state[1]

    def fresh(self, cell: Cell) -> gate.Content:
        """New random inputs that are used only once."""
        content = next(iter(self._contents.values()))
        return gate.content(content.component, content.case, CHANCE.getrandbits(48))

    def judge(
        self, cell: Cell, inputs: Inputs, output: Any, content: gate.Content, seen: Seen | None = None
    ) -> closeness.Match:
        """Let the referee check what ``cell`` returned for ``content``, which is in place in ``inputs``.

        The output is added to those that were ``seen``.

        Raises:
            gate.Wrong: the result is wrong, or is not in an accepted form.
            RuntimeError: there is no reference.
        """
        self.step("answer", str(cell))
        path = self.folder / "answer"
        parts = answer.taken(output, content, inputs, cell.device)
        if seen is not None:
            seen.add(parts)
        answer.write(parts, path)
        self.step("comparison with the reference", str(cell))
        question = {"cell": str(cell), "component": cell.component, "case": cell.case, "seed": content.seed}
        told = self.ask({**question, "device": cell.device, "path": str(path)})
        path.unlink(missing_ok=True)
        if "match" not in told:
            raise gate.Wrong(told["wrong"]) if "wrong" in told else RuntimeError(told["error"])
        return closeness.Match(**told["match"])

    def judge_timed(self, cell: Cell, inputs: Inputs, content: gate.Content, output: Any) -> None:
        """Like :meth:`judge`, for the result of a timed call; also checks that the inputs are unchanged.

        Raises:
            gate.Wrong: the result is wrong, or an input was changed.
            RuntimeError: there is no reference.
        """
        try:
            self.judge(cell, inputs, output, content)
            gate.unchanged(inputs, content)
        except gate.Wrong as problem:
            raise gate.Wrong(f"{problem} (in a timed call)") from problem


def timed_in(cell: Cell, ready: prepared.Prepared, clock: Clock) -> timing.Shown:
    """A function that times a number of calls of a cell; caches are flushed first if the cell is cold.

    Of every six results that are checked, one is the last of its batch, which no later call can have filled in, and
    five are from random calls: a variant that computes only in some calls of a batch is caught this way. Their order
    is random.
    """
    flush = surroundings.flush(cell)
    component = catalogue.component(cell.component)
    measure = timing.timeline if component.timeline else timing.stream if component.stream else timing.batch

    lasts: list[bool] = []  # for each of the next checks: whether it takes the last call of a batch

    def timed(calls: int, look: timing.Look | None = None) -> timing.Batch:
        flush()
        if look is None:
            return measure(ready.call, ready.args, calls, clock)
        if measure is timing.batch:
            if not lasts:
                lasts.extend(CHANCE.sample((True, *[False] * 5), 6))
            at = calls - 1 if lasts.pop() else CHANCE.randrange(calls)
            return timing.batch_with_answer(ready.call, ready.args, calls, clock, at, look)
        found = measure(ready.call, ready.args, calls, clock)
        look(ready.call(*ready.args))  # a separate pass: holding the items of a timed pass would change its time
        return found

    return timed


def consume(output: Any, component: Component) -> Any:
    """The complete output: a stream as a list, with all device work finished."""
    output = list(output) if component.stream else output
    import torch

    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return output


@contextlib.contextmanager
def ready_in(context: WorkerContext, cell: Cell, inputs: Inputs) -> Iterator[prepared.Prepared]:
    """The cell's variant, prepared, and closed at the end.

    Raises:
        prepared.Missing: it needs something that is not available here.
    """
    function = variant_of(context, cell)
    if cell.compiles:
        start_compiler(context)
        os.environ[INDUCTOR] = str(context.caches / f"side{context.side}" / cell.slug[:200])
    else:
        os.environ[INDUCTOR] = str(context.caches / "inductor")  # the run's own cache, never that of an earlier run
    ready = prepared.prepare(function, cell.executor, inputs)
    try:
        yield ready
    finally:
        ready.close()
        if cell.compiles:
            import torch

            torch._dynamo.reset()


def first_call(cell: Cell, ready: prepared.Prepared) -> Any:
    """The first call, in which a variant may still report a missing requirement, and a graph is compiled.

    Raises:
        prepared.Missing: it needs something that is not available here.
        compiling.NotCompiled: the executor is ``compile`` and nothing was compiled.
    """
    before = compiling.graphs()
    output = prepared.first_call(ready)
    if cell.compiles and compiling.graphs() == before:
        raise compiling.NotCompiled
    return output


def variant_of(context: WorkerContext, cell: Cell) -> Callable[..., Any]:
    """The cell's function.

    Raises:
        prepared.Missing: it needs something that is not available here.
        Broken: its file cannot be imported.
        surroundings.Spoiled: the import of its file changes global state.
    """
    if _file(context, cell) not in context.imported:
        _import(context, cell)
    function = mount.variant(cell.component, cell.variant, context.mount, context.side)
    if reason := prepared.missing(getattr(function, "__needs__", ()), cell.executor, cell.device):
        raise prepared.Missing(reason)
    component = catalogue.component(cell.component)
    if component.call is None:
        return function
    case = next(one for one in component.cases if one.name == cell.case)
    return component.call(function, case, context.state(cell), device=cell.device)  # type: ignore[no-any-return]


def _import(context: WorkerContext, cell: Cell) -> None:
    """Import the cell's file for the first time in this process, and check that the import has no side effects."""
    context.step(IMPORT, str(cell))
    file = mount.file_of(cell.component)
    catalogue.component(cell.component)
    if not context.trusted:
        bindings.taken().more()
    with contextlib.nullcontext() if context.trusted else surroundings.unspoiled(file):
        try:
            mount.load(cell.component, cell.variant, context.mount, context.side)
        except ModuleNotFoundError as problem:
            if not mount.absent(problem, cell.component, cell.variant, context.side):
                raise Broken(f"{file} cannot be imported: {reason_of(problem)}") from problem
        except BaseException as problem:
            raise Broken(f"{file} cannot be imported: {reason_of(problem)}") from problem
    context.imported.add(_file(context, cell))


def _file(context: WorkerContext, cell: Cell) -> tuple[str, str, str]:
    """What is imported for a cell on the current side: its component, and the module of its variant."""
    return context.side, cell.component, mount.module_of(cell.component, cell.variant)


def start_compiler(context: WorkerContext) -> None:
    """Compile something once in this process, so that no cell's cold compile includes importing the compiler."""
    if context.compiler:
        return
    context.step("start of the compiler", "")
    import torch

    folder = context.caches / "first"
    empty = not folder.exists()
    context.compiler = CompilerStart(0.0, empty)  # if it fails, only the cell that needed it first fails with it
    os.environ[INDUCTOR] = str(folder)
    start = time.perf_counter()
    torch.compile(lambda x: x * 2 + 1)(torch.ones(64, 64))
    context.compiler = CompilerStart(time.perf_counter() - start, empty)
    torch._dynamo.reset()
