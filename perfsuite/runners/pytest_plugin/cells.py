"""``pytest --perfsuite``: each component of the project is a file to collect, and each of its cells an item."""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from perfsuite.model import estimates
from perfsuite.model.printable import one_line
from perfsuite.project import catalogue
from perfsuite.project.declarations import WHOLE, declarations
from perfsuite.reporting.text import terminal
from perfsuite.runners import wishes
from perfsuite.runners.pytest_plugin import replay, shared_run

EVERY = "pytest --perfsuite --perfsuite-cells full"  # the command for all cells
LINE = pytest.StashKey[int]()  # of an item: the line that declares its component


def pytest_configure(config: pytest.Config) -> None:
    """Read the options; without paths, collect the components alone.

    Raises:
        pytest.UsageError: an option or the project is not valid, or something is missing.
    """
    if config.getoption("perfsuite_benchmark"):
        replay.needed(config)
    shared_run.configure(config, "--perfsuite-", EVERY)
    try:
        declarations()
    except (ValueError, OSError) as problem:
        raise pytest.UsageError(one_line(str(problem))) from None
    if config.args_source != pytest.Config.ArgsSource.ARGS:
        config.args[:] = [str(catalogue.COMPONENTS)]


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, list[Any], list[Any]]:
    """Collect the components of a file. It is a test module, too, only if it is named like one."""
    others = yield
    path = file_path.resolve()
    if not any(one.path == path for one in declarations().values()):
        return others
    if not any(fnmatch(file_path.name, pattern) for pattern in parent.config.getini("python_files")):
        others = []
    return [Components.from_parent(parent, path=file_path), *others]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Check that cells were found, before some are deselected.

    Raises:
        pytest.UsageError: there are none; the text says why.
    """
    if session.testsfailed or any(shared_run.CELL in item.stash for item in items):
        return
    wish, config = session.config.stash[shared_run.WISH], session.config
    where = f" in {' '.join(config.args)}" if config.args_source == pytest.Config.ArgsSource.ARGS else ""
    told = f"the components are in {catalogue.COMPONENTS}, and `{catalogue.PROJECT.command} list` prints all cells"
    if wish.record:
        raise pytest.UsageError(f"{wish.record} has no cell of a component{where}: {told}")
    raise pytest.UsageError(f"--perfsuite-cells {wish.cells!r} names no cell{where}: {told}")


class Components(pytest.Module):
    """A file that declares components. It is a module for pytest, so that fixtures of modules have a place."""

    obj = None

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each selected cell.

        Raises:
            pytest.Collector.CollectError: the file cannot be imported, or a component is not valid.
        """
        replays = self.config.getoption("perfsuite_benchmark")
        for name, declaration in declarations().items():
            if declaration.path != self.path.resolve():
                continue
            line = self._line(declaration.name)
            for cell in self._cells(name):
                found = (
                    Replayed.from_parent(self, name=cell, callobj=replayed)
                    if replays
                    else Cell.from_parent(self, name=cell)
                )
                found.stash[shared_run.CELL], found.stash[LINE] = cell, line
                yield found

    def _cells(self, name: str) -> list[str]:
        """The selected cells of component ``name``; those of the record if one is shown."""
        if run := self.config.stash.get(shared_run.RUN, None):
            return [record.cell for record in run.records if record.key.component == name]
        try:
            wish = self.config.stash[shared_run.WISH]
            return [str(cell) for cell in wishes.chosen(catalogue.component(name), wish.cells)]
        except (ValueError, OSError) as problem:
            raise self.CollectError(one_line(str(problem))) from None

    def _line(self, name: str) -> int:
        """The line that declares a component, counted from 0."""
        start = re.compile(rf"{name}\b" if name == WHOLE else rf"def {name}\b")
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        return next((number for number, line in enumerate(lines) if start.match(line)), 0)


class Cell(pytest.Item):
    """A cell: it passes if it has a time, fails if its variant is refused, and is skipped if neither."""

    def runtest(self) -> None:
        """Look at its record; add its time to the properties that a JUnit file shows."""
        if found := estimates.seconds(shared_run.record(self)):
            self.user_properties += [("seconds", found.value), ("low", found.low), ("high", found.high)]

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where its component is declared, and the heading of its failure."""
        return _place(self)


class Replayed(pytest.Function):
    """A cell whose samples pytest-benchmark shows."""

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where its component is declared, and the heading of its failure."""
        return _place(self)


def _place(item: pytest.Item) -> tuple[Path, int, str]:
    """A heading that is the end of the item's id would be shown with ``::`` for the point in the component's name."""
    return item.path, item.stash[LINE], f"cell {item.name}"


@pytest.mark.filterwarnings("ignore:Benchmark fixture was not used")
@pytest.mark.benchmark(timer=replay.clock)
def replayed(request: pytest.FixtureRequest, benchmark: Any) -> None:
    """Replay the samples of a cell."""
    replay.replay(shared_run.record(request.node), request.config.stash[shared_run.RUN], benchmark)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The ladders of the run, unless pytest is quiet or pytest-benchmark shows its own table."""
    run = config.stash.get(shared_run.RUN, None)
    if run and terminalreporter.verbosity >= 0 and not config.getoption("perfsuite_benchmark"):
        terminalreporter.section("perfsuite")
        width = shutil.get_terminal_size((120, 24)).columns
        terminalreporter.write_line(terminal.show(run, terminalreporter.hasmarkup, width))
