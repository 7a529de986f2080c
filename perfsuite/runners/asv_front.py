"""The front end for asv: a class for each component, a benchmark for each of its cases, a parameter for each cell.

A project's benchmark file, which ``perfsuite asv`` writes, has two lines::

    from perfsuite.runners import asv_front

    __getattr__ = asv_front.benchmarks(globals())

asv installs the package of an old commit, and imports today's benchmark file. The cells must be today's, whatever is
installed, because asv passes a parameter to a commit by its *index*. ``setup_cache`` measures a component once, in
workers that use the installed package. The process of a parameter only replays the samples: it imports neither the
component nor torch, and reads the cells from the cache.

The quick set is tracked; ``BENCHMARKS_CELLS`` selects another (see :class:`perfsuite.runners.wishes.Wish`). For each
commit asv stores only the cells of the last run. Each measurement writes a record file to ``.asv/records``.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib
import inspect
import os
import pickle
import re
import signal
import sys
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from perfsuite.host import signals
from perfsuite.measuring.replay import Replay
from perfsuite.model.cell import Cell
from perfsuite.model.component import Case, Component
from perfsuite.model.record import REFUSED, Record
from perfsuite.project import catalogue
from perfsuite.project.declarations import declarations
from perfsuite.runners import wishes
from perfsuite.runners.wishes import Wish

RECORDS = catalogue.ROOT / ".asv" / "records"
CACHE = Path("cache.pickle")  # what setup_cache returned, in the folder that asv runs a parameter in
LEAST, EACH = 300, 30  # seconds allowed for measuring a component, and additional seconds for each cell
MARGIN = 60  # seconds that asv waits longer, so that samples measured before the limit are not lost

Outcome = tuple[str, str, list[float]]  # status, its reason, samples
ABSENT: Outcome = ("skipped", "not in the replayed run", [])
_replay = Replay()  # one for the process: asv calls setup again before every sample


def benchmarks(module: dict[str, Any]) -> Callable[[str], type]:
    """The ``__getattr__`` of a benchmark file with the namespace ``module``: it makes the class that asv asks for.

    To make all classes would slow down the process of every parameter. Only the commands of asv that list benchmarks
    need all; for them ``module`` gets the classes at once.
    """
    names = _names()

    def find(word: str) -> type:
        found = _class(names[word], module["__name__"]) if word in names else None
        if found is None:
            raise AttributeError(f"module {module['__name__']!r} has no attribute {word!r}")
        module[word] = found
        return found

    if sys.argv[1:2] not in (["run"], ["setup_cache"]):
        for word, name in names.items():
            if made := _class(name, module["__name__"]):
                module[word] = made
    return find


class Cells:
    """Base of the classes of all components."""

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
        status, reason, samples = cache.get(cell, ABSENT)
        if status != "ok":
            raise (RuntimeError if status in REFUSED else NotImplementedError)(f"{cell}: {status}: {reason}")
        if _replay.key != cell:
            _replay.load(cell, samples)
            self.repeat = len(samples)


def _names() -> dict[str, str]:
    """Class name -> component, as declared.

    Raises:
        ValueError: two components have the same class name.
    """
    found: dict[str, str] = {}
    for name in declarations():
        word = re.sub(r"\W", "_", name)
        if word in found:
            raise ValueError(f"asv would give components {found[word]!r} and {name!r} one name: rename one of them")
        found[word] = name
    return found


def _class(name: str, module: str) -> type | None:
    """The class of component ``name``, like ``matmul_ladder`` with ``time_5x784x10``; ``None`` without cells.

    asv tells caches apart by the module and the line of ``setup_cache``: each class gets a copy, with a module name of
    its own.
    """
    versions: dict[str, str] = {}
    cells = _handed_over()
    if not cells:
        component = catalogue.component(name)
        cells = wishes.chosen(component, Wish.of().cells)
        versions = {case.name: version(component, case) for case in component.cases}
    own = f"perfsuite.cells.{name}"
    sys.modules.setdefault(own, types.ModuleType(own))
    cached: Any = types.FunctionType(_setup_cache.__code__, globals(), "setup_cache")
    cached.__module__ = own
    cached.timeout = LEAST + EACH * len(cells) + MARGIN
    body: dict[str, Any] = {"__module__": module, "setup_cache": cached, **_functions(name, cells, versions)}
    return type(re.sub(r"\W", "_", name), (Cells,), body) if cells else None


def _handed_over() -> list[Cell]:
    """In the process of a parameter: the cells that were measured for its class."""
    if sys.argv[1:2] != ["run"] or not CACHE.is_file():
        return []
    with CACHE.open("rb") as file:
        return [Cell.parse(cell) for cell in pickle.load(file)]


def _functions(name: str, cells: Sequence[Cell], versions: Mapping[str, str]) -> dict[str, Callable[..., None]]:
    """What asv times, a function for each case: like ``time_5x784x10``.

    Raises:
        ValueError: two cases have the same function name.
    """
    found: dict[str, Callable[..., None]] = {}
    for case in dict.fromkeys(cell.case for cell in cells):
        word = "time_" + re.sub(r"\W", "_", case)
        if word in found:
            raise ValueError(f"asv would give two cases of {name} the name {word!r}, one is {case!r}: rename it")
        found[word] = _benchmark(word, [str(cell) for cell in cells if cell.case == case], versions.get(case, ""))
    return found


def _benchmark(name: str, cells: list[str], version: str) -> Callable[..., None]:
    """The function that asv times for one case. It does nothing: the times come from the replay clock."""

    def time_case(self: Cells, cache: dict[str, Outcome], cell: str) -> None:
        pass

    made: Any = time_case
    made.__name__, made.params, made.version = name, cells, version
    return time_case


def version(component: Component, case: Case) -> str:
    """When this changes, asv drops older results: the component's version, the case, the code that makes its inputs.

    Of a decorated function only the body counts, and the mode of its modules: variants may be added to its decorator.
    """
    inputs: Any = component.inputs
    more: tuple[Any, ...] = ()
    if component.made:
        inputs = inputs.args[0]
        more = (component.mode, getattr(component.call, "train", None))
    elif isinstance(inputs, functools.partial):
        inputs, more = inputs.func, tuple(sorted(inputs.keywords.items()))
    source = inspect.getsource(inspect.unwrap(inputs))
    with contextlib.suppress(SyntaxError):  # the line of a lambda may not parse on its own
        parsed = ast.parse(textwrap.dedent(source))
        source = _body(parsed) if component.made else ast.unparse(parsed)
    text = repr((sorted(case.shape.items()), case.dtype, source, *more))
    text = re.sub(r" at 0x[0-9a-f]+", "", text)  # objects in a shape or a partial: addresses differ in each process
    return f"{component.version}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _body(parsed: ast.Module) -> str:
    """The text of a function without its decorators and docstring."""
    (function,) = parsed.body
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = []
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:] or [ast.Pass()]
    return ast.unparse(function)


def _setup_cache(self: Cells) -> dict[str, Outcome]:
    """Measure all cells of the component in the tree that asv installed, or look them up in ``BENCHMARKS_RECORD``.

    Raises:
        RuntimeError: there is no such tree, or the record is of another one.
        ValueError: the record is not valid.
    """
    wish, tree = Wish.of(), installed()
    cells = [cell for function in cases(type(self)) for cell in function.params]
    if run := wishes.stored(wish):
        if run.tree != catalogue.tree_hash(tree):
            raise RuntimeError(f"{wish.record} was measured on a different tree ({run.tree}) than {tree}")
        held = {record.cell: _outcome(record) for record in run.records}
        return {cell: held.get(cell, ABSENT) for cell in cells}
    measured = importlib.import_module("perfsuite.runners.measured")  # it takes a tenth of a second
    seconds = LEAST + EACH * len(cells)
    with interrupted_after(seconds):
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


def cases(cls: type) -> Iterator[Any]:
    """The functions of a class that asv times."""
    return (value for name, value in vars(cls).items() if name.startswith("time_"))


def installed() -> Path:
    """The first package as asv installed it, or the checkout's if asv installs nothing (``asv run -E existing``).

    The folders of the checkout come first on the path here, because components are imported from them. So only the
    folders of asv's environment are searched: today's code must not get the label of an old commit.

    Raises:
        RuntimeError: it is not in asv's environment.
    """
    if "ASV_ENV_DIR" not in os.environ:
        return catalogue.IMPLS
    name = next(iter(catalogue.PROJECT.measured))
    places = [place for place in sys.path if Path(place).is_relative_to(sys.prefix)]
    spec = PathFinder.find_spec(name, places)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"this commit has no {name}: asv installed none in its environment {sys.prefix}")
    return Path(spec.origin).parent


@contextlib.contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Raise KeyboardInterrupt after so many seconds: the session then stops its worker and keeps its results."""
    before = signal.signal(signal.SIGALRM, signals.interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
