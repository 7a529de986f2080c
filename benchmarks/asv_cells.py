"""The asv front end: a class for each component, a benchmark for each of its cases, a parameter for each cell.

asv installs the ``impls`` of an old commit and imports today's ``benchmarks``. The cells must be today's, whatever
is installed, because asv passes a parameter to a commit by its *index*. ``setup_cache`` measures a component once, in
workers that use the installed tree. The process of a parameter does not import torch; it only replays the samples.

The quick set is tracked; ``BENCHMARKS_CELLS`` selects another (see :class:`perfsuite.runners.wishes.Wish`). For each
commit asv stores only the cells of the last run. Each measurement writes a record file to ``.asv/records``.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib
import importlib.util
import inspect
import os
import re
import signal
import sys
import textwrap
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from perfsuite.measuring.replay import Replay
from perfsuite.model.component import Case, Component
from perfsuite.model.record import REFUSED, Record
from perfsuite.project import catalogue
from perfsuite.runners import wishes
from perfsuite.runners.wishes import Wish

FOLDER = Path(__file__).parent / "components"
RECORDS = catalogue.ROOT / ".asv" / "records"
LEAST, EACH = 300, 30  # seconds allowed for measuring a component, and additional seconds for each cell
MARGIN = 60  # seconds that asv waits longer, so that samples measured before the limit are not lost

Outcome = tuple[str, str, list[float]]  # status, its reason, samples
_replay = Replay()  # one for the process: asv calls setup again before every sample


class _Cells:
    """Base of the classes below. The underscore hides it from asv, which treats every public class as a benchmark."""

    timer = _replay
    number = rounds = 1
    warmup_time = 0
    param_names = ("cell",)

    def setup(self, cache: dict[str, Outcome], cell: str) -> None:
        """Load the samples of ``cell``.

        Raises:
            NotImplementedError: it has no time, and the variant is not at fault. asv shows n/a.
            RuntimeError: the cell failed; asv reports the failure.
        """
        status, reason, samples = cache.get(cell, ("skipped", "not in the replayed run", []))
        if status != "ok":
            raise (RuntimeError if status in REFUSED else NotImplementedError)(f"{cell}: {status}: {reason}")
        if _replay.key != cell:
            _replay.load(cell, samples)
            self.repeat = len(samples)


def _benchmark(component: Component, case: Case, cells: list[str]) -> Callable[..., None]:
    """The function that asv times for one case. It does nothing: the times come from the replay clock."""

    def time_case(self: _Cells, cache: dict[str, Outcome], cell: str) -> None:
        pass

    time_case.params = cells  # type: ignore[attr-defined]
    time_case.version = _version(component, case)  # type: ignore[attr-defined]
    return time_case


def _version(component: Component, case: Case) -> str:
    """When this changes, asv drops older results: the component's version, the case, the code that makes its inputs."""
    inputs: Any = component.inputs
    bound: dict[str, Any] = {}
    if isinstance(inputs, functools.partial):
        inputs, bound = inputs.func, inputs.keywords
    source = inspect.getsource(inspect.unwrap(inputs))
    with contextlib.suppress(SyntaxError):  # the line of a lambda may not parse on its own
        source = ast.unparse(ast.parse(textwrap.dedent(source)))
    text = repr((sorted(case.shape.items()), case.dtype, source, *sorted(bound.items())))
    return f"{component.version}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _setup_cache(self: _Cells) -> dict[str, Outcome]:
    """Measure all cells of the component in the tree that asv installed, or look them up in ``BENCHMARKS_RECORD``."""
    wish, tree = Wish.of(), _tree()
    cells = [cell for function in _cases(type(self)) for cell in function.params]
    if run := wishes.stored(wish):
        if run.tree != catalogue.tree_hash(tree):
            raise RuntimeError(f"{wish.record} was measured on a different tree ({run.tree}) than {tree}")
        return {record.cell: _outcome(record) for record in run.records}
    from perfsuite.runners import measured  # imported here, not in each asv process: it takes a tenth of a second

    seconds = LEAST + EACH * len(cells)
    with _interrupted_after(seconds):
        run, _ = measured.measure(
            cells,
            wish,
            RECORDS,
            command="asv run",
            tree=tree,
            commit=os.environ.get("ASV_COMMIT", ""),
        )
    late: Outcome = ("timeout", f"not reached within {seconds} s", [])
    reached = {record.cell: _outcome(record) for record in run.records if record.launches or not run.partial}
    return dict.fromkeys(cells, late) | reached


def _outcome(record: Record) -> Outcome:
    return record.status, record.reason, wishes.seconds(record)


def _cases(cls: type) -> Iterator[Any]:
    return (value for name, value in vars(cls).items() if name.startswith("time_"))


def _tree() -> Path:
    """The ``impls`` that asv installed, or those of the checkout if asv installs nothing (``asv run -E existing``).

    Raises:
        RuntimeError: there is none, or asv did not install it: today's code would be labelled as an old commit.
    """
    if "ASV_ENV_DIR" not in os.environ:
        return catalogue.IMPLS
    spec = importlib.util.find_spec("impls")
    if spec is None or spec.origin is None:
        raise RuntimeError("this commit has no impls")
    tree = Path(spec.origin).parent
    if not tree.is_relative_to(sys.prefix):
        raise RuntimeError(f"impls was found in {tree}, not in asv's environment {sys.prefix}")
    return tree


@contextlib.contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Raise KeyboardInterrupt after so many seconds: the session then stops its worker and keeps its results."""

    def ring(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _class(name: str) -> type | None:
    """The class of one component, like ``matmul_ladder`` with ``time_5x784x10``; ``None`` without cells.

    Its ``setup_cache`` is a copy that belongs to the component's module: asv tells caches apart by module and line.
    """
    module = importlib.import_module(f"benchmarks.components.{name}")
    component: Component = module.COMPONENT
    cells = wishes.chosen(component, Wish.of().cells)
    cached: Any = types.FunctionType(_setup_cache.__code__, globals(), "setup_cache")
    cached.__module__ = module.__name__
    cached.timeout = LEAST + EACH * len(cells) + MARGIN
    body: dict[str, Any] = {"__module__": __name__, "setup_cache": cached}
    for case in component.cases:
        if here := [str(cell) for cell in cells if cell.case == case.name]:
            word = "time_" + re.sub(r"\W", "_", case.name)
            body[word] = _benchmark(component, case, here)
            body[word].__name__ = word
    return type(_word(name), (_Cells,), body) if cells else None


def _word(name: str) -> str:
    return name.replace(".", "_")


def _names() -> dict[str, str]:
    """Class name -> component, read from file names."""
    names = [f"{path.parent.name}.{path.stem}" for path in sorted(FOLDER.glob("*/[!_]*.py"))]
    return {_word(name): name for name in names}


def __getattr__(word: str) -> type:
    """Make only the class that asv asks for: making a hundred of them would slow down every parameter."""
    found = _class(_names()[word]) if word in _names() else None
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {word!r}")
    globals()[word] = found
    return found


if sys.argv[1:2] not in (["run"], ["setup_cache"]):  # asv's other commands list every class in the module
    for _name in _names().values():
        if _made := _class(_name):
            globals()[_made.__name__] = _made
