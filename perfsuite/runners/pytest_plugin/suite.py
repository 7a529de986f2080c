"""A folder of a project that pytest-benchmark runs by itself, such as ``benchmarks/suite``: options, cells as tests.

Its ``conftest.py`` imports the hooks from here; a test file has a test with a parameter ``cell``. The options have no
prefix: ``pytest FOLDER --cells full``.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from perfsuite.project import catalogue
from perfsuite.runners import wishes
from perfsuite.runners.pytest_plugin import replay, shared_run

__all__ = ["pytest_addoption", "pytest_configure", "pytest_generate_tests", "pytest_itemcollected"]

CELLS = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the folder."""
    group = parser.getgroup("cells", "cells of the suite")
    group.addoption("--cells", metavar="CELLS", help="quick (default), full, or an expression as in -k")
    group.addoption("--launches", type=int, help="fresh processes per cell (default 6)")
    group.addoption("--budget", type=float, help="seconds of samples per cell and launch")
    group.addoption("--record", type=Path, metavar="FILE", help="replay this record file instead of measuring")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the cells; if something is missing, say so in one line.

    Raises:
        pytest.UsageError: there is no torch, no pytest-benchmark, no such cell or no such record file.
    """
    replay.needed(config)
    every = shlex.join(["pytest", *config.args, "--cells", "full"])
    wish = shared_run.configure(config, "--", every)
    try:
        if run := config.stash.get(shared_run.RUN, None):
            cells = [record.cell for record in run.records]
        else:
            known = catalogue.components().values()
            cells = [str(cell) for component in known for cell in wishes.chosen(component, wish.cells)]
    except (ValueError, OSError) as problem:
        raise pytest.UsageError(str(problem)) from None
    if not cells:
        raise pytest.UsageError(f"--cells {wish.cells!r} names no cell: `{catalogue.PROJECT.command} list` prints all")
    config.stash[CELLS] = cells


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each cell; its id is the cell."""
    if "cell" in metafunc.fixturenames:
        cells = metafunc.config.stash[CELLS]
        metafunc.parametrize("cell", cells, ids=cells)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Remember the cell of a test."""
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if isinstance(cell := params.get("cell"), str):
        item.stash[shared_run.CELL] = cell
