"""The one run that all cells of a pytest session share: its options, its time, and the outcome of each item.

It is measured between collection and the first test, so that time limits of single tests do not end it.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import shlex
import sys
from pathlib import Path

import pytest

from perfsuite.host import signals
from perfsuite.model.fault import Fault
from perfsuite.model.printable import one_line, visible
from perfsuite.model.record import REFUSED, Record, Run
from perfsuite.project import catalogue, selecting
from perfsuite.runners import measured, wishes
from perfsuite.runners.pytest_plugin import replay
from perfsuite.runners.wishes import Wish

CELL = pytest.StashKey[str]()  # of an item: its cell
WISH = pytest.StashKey[Wish]()
RUN = pytest.StashKey[Run]()
WRITTEN = pytest.StashKey[Path]()  # the record file of the run
REST = pytest.StashKey[str]()  # the command for all cells


def configure(config: pytest.Config, option: str, every: str) -> Wish:
    """Read the options that begin with ``option``, and the stored run if one is to be replayed.

    ``every`` is the command for all cells.

    Raises:
        pytest.UsageError: an option is not valid, tests run in parallel, or torch or the record file is missing.
    """
    if running_in_parallel(config):
        raise pytest.UsageError("cells that are timed in parallel disturb each other: run without -n, or with -n 0")
    try:
        wish = config.stash[WISH] = _wish(config, option)
        if run := wishes.stored(wish):
            config.stash[RUN] = run
    except (ValueError, OSError) as problem:
        raise pytest.UsageError(one_line(str(problem))) from None
    if not wish.record and importlib.util.find_spec("torch") is None:
        text = f"measuring needs torch: install it, or replay a stored run with {option}record FILE"
        raise pytest.UsageError(text)
    config.stash[REST] = every
    for module in (sys.modules[__name__], replay):
        if not config.pluginmanager.is_registered(module):
            config.pluginmanager.register(module)
    return wish


def running_in_parallel(config: pytest.Config) -> bool:
    """Whether pytest-xdist distributes the tests, in its workers and in the process that controls them."""
    return hasattr(config, "workerinput") or config.getoption("dist", "no") != "no"


def _wish(config: pytest.Config, option: str) -> Wish:
    """The options, with defaults from the environment."""
    names = [field.name for field in dataclasses.fields(Wish)]
    given = {name: config.getoption(f"{option}{name}", None) for name in names}
    wish = dataclasses.replace(Wish.of(), **{name: value for name, value in given.items() if value is not None})
    for name in ("launches", "budget"):
        value = getattr(wish, name)
        if value is not None and value <= 0:
            raise ValueError(f"{option}{name} {value} is not above 0")
    if wish.cells not in ("quick", "full"):
        try:
            selecting.expression(wish.cells)
        except ValueError as problem:
            raise ValueError(f"{option}cells: {problem}") from None
    return wish


def record(item: pytest.Item) -> Record:
    """The run's record of the cell of ``item``.

    Raises:
        pytest.fail.Exception: its variant is refused; the text says why.
    """
    found = next(one for one in item.config.stash[RUN].records if one.cell == item.stash[CELL])
    if found.status in REFUSED:
        pytest.fail(one_line(f"{found.status}: {found.reason}"), pytrace=False)
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Measure the cells of the selected items, and skip those without a time."""
    options = session.config.option
    if options.collectonly or (session.testsfailed and not options.continue_on_collection_errors):
        return
    items = [item for item in session.items if CELL in item.stash and not item.get_closest_marker("skip")]
    if items and RUN not in session.config.stash:
        session.config.stash[RUN] = _measured(session.config, list(dict.fromkeys(item.stash[CELL] for item in items)))
    records = {one.cell: one for one in session.config.stash[RUN].records} if items else {}
    for item in items:
        found = records[item.stash[CELL]]
        if found.status not in ("ok", *REFUSED):
            item.add_marker(pytest.mark.skip(reason=one_line(f"{found.status}: {found.reason}")))


def _measured(config: pytest.Config, cells: list[str]) -> Run:
    """Measure ``cells``, with the progress on the terminal.

    Raises:
        pytest.UsageError: something is not valid, or cannot be written.
        pytest.exit.Exception: it was interrupted, or a worker failed.
    """
    every = sum(len(wishes.chosen(component, "full")) for component in catalogue.components().values())
    capture = config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled(), signals.interrupting():
            run, config.stash[WRITTEN] = measured.measure(
                cells,
                config.stash[WISH],
                catalogue.ROOT / "results",
                command=shlex.join(["pytest", *map(str, config.invocation_params.args)]),
                left_out=f"{every - len(cells)} cells; all of them: {config.stash[REST]}",
            )
    except (ValueError, OSError) as problem:
        raise pytest.UsageError(one_line(str(problem))) from None
    except Fault as fault:
        pytest.exit(one_line(f"the worker failed: {fault.reason}"), returncode=3)
    if run.partial:
        told = f"interrupted: `{catalogue.PROJECT.command} run --resume` goes on; record  {config.stash[WRITTEN]}"
        pytest.exit(one_line(told), returncode=130)
    return run


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where the record of the run is."""
    if WRITTEN in terminalreporter.config.stash:
        terminalreporter.write_line(f"record  {visible(str(terminalreporter.config.stash[WRITTEN]))}")
