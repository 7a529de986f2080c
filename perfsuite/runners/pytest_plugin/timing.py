"""The fixture ``perfsuite``: calls of ordinary tests, timed like cells, for assertions on ratios.

>>> def test_fused(perfsuite):
...     assert perfsuite.compare(fused, naive, *inputs).ratio.high < 1
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from perfsuite.model.printable import one_line
from perfsuite.model.record import REFUSED
from perfsuite.runners import api
from perfsuite.runners.pytest_plugin import shared_run
from perfsuite.runners.results import Compared, Measured


def timing(request: pytest.FixtureRequest) -> Timing:
    """What a test gets.

    Raises:
        pytest.fail.Exception: tests run in parallel.
    """
    if shared_run.running_in_parallel(request.config):
        text = "calls that are timed beside other tests are disturbed: run tests with the fixture perfsuite with -n 0"
        pytest.fail(text, pytrace=False)
    return Timing(request.module)


@dataclass(frozen=True)
class Timing:
    """Times calls in worker processes, proved, in batches and rounds: the core that measures cells.

    A function that is refused (wrong, failing, hanging, impossibly fast) fails the test; one that has no time, because
    the machine was too busy, skips it; the text says why. ``check=False`` returns the result in both cases.

    A call takes about ten seconds, most of which start processes. The interval of three launches has a confidence of
    75 %, that of six 97 %: raise ``launches`` where a wrong verdict costs more than time.
    """

    module: ModuleType | None  # the module of the test

    def __call__(
        self,
        function: Callable[..., Any],
        *inputs: Any,
        reference: Callable[..., Any] | None = None,
        name: str = "",
        launches: int = 3,
        budget: float = 0.1,
        executor: str = "eager",
        check: bool = True,
    ) -> Measured:
        """The time of ``function(*inputs)``, proved against ``reference``, or itself in float64; see ``api.measure``.

        The result has ``seconds`` (``value``, ``low``, ``high``), ``status``, ``reason`` and ``samples``.
        """
        __tracebackhide__ = True
        label = name or _name(function, "function")
        found = self._compared({label: function}, inputs, reference, launches, budget, executor)
        if check:
            _checked(found)
        return found[label]

    def compare(
        self,
        function: Callable[..., Any],
        base: Callable[..., Any],
        *inputs: Any,
        reference: Callable[..., Any] | None = None,
        launches: int = 3,
        budget: float = 0.1,
        executor: str = "eager",
        check: bool = True,
    ) -> Compared:
        """``function(*inputs)`` and ``base(*inputs)``, timed in turns; ``base`` is the default reference.

        ``ratio`` of the result is the time of ``function`` over that of ``base``, from the same processes.
        """
        __tracebackhide__ = True
        first, last = _name(base, "base"), _name(function, "function")
        functions = {"base" if first == last else first: base, last: function}
        found = self._compared(functions, inputs, reference, launches, budget, executor)
        if check:
            _checked(found)
        return found

    def _compared(
        self,
        functions: Mapping[str, Callable[..., Any]],
        inputs: Sequence[Any],
        reference: Callable[..., Any] | None,
        launches: int,
        budget: float,
        executor: str,
    ) -> Compared:
        """What the core measures.

        Raises:
            pytest.fail.Exception: a function or input cannot be sent to a worker, or the run failed.
        """
        __tracebackhide__ = True
        try:
            with _sendable(self.module):
                return api.compare(
                    functions, inputs, reference=reference, launches=launches, budget=budget, executor=executor
                )
        except (ValueError, RuntimeError) as problem:
            said = str(problem)
        pytest.fail(one_line(said))


def _name(function: Callable[..., Any], otherwise: str) -> str:
    """The name of a function, if it has one that can be the name of a variant."""
    name = getattr(function, "__name__", "")
    return name if name.isidentifier() else otherwise


@contextlib.contextmanager
def _sendable(module: ModuleType | None) -> Iterator[None]:
    """Send what ``module`` defines to workers by its code: they need not be able to import a test module."""
    if not module or not importlib.util.find_spec("cloudpickle"):
        yield
        return
    import cloudpickle

    if module.__name__ in cloudpickle.list_registry_pickle_by_value():  # registered by the test
        yield
        return
    cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def _checked(found: Compared) -> None:
    """Fail or skip the test if a function has no time.

    Raises:
        pytest.fail.Exception: a function is refused.
        pytest.skip.Exception: a function has no time, by no fault of its own.
    """
    __tracebackhide__ = True
    for one in found.functions:
        if one.status in REFUSED:
            pytest.fail(one_line(str(one)))
    for one in found.functions:
        if one.status != "ok":
            pytest.skip(one_line(str(one)))
