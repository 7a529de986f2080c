"""What every run of pytest loads: the options and the fixture. All else is imported only when it is used.

An ordinary run pays for the import of this module alone, in any repository, so it imports nothing of the engine.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "perfsuite.runners.pytest_plugin"
SELECTING = ("cells", "record")  # settings that mean nothing in a run of ordinary tests


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin; without ``--perfsuite`` it does nothing."""
    group = parser.getgroup("perfsuite", "measure the cells of this project")
    text = "measure the cells of this project, each as a test; without paths, only its components are collected"
    group.addoption("--perfsuite", action="store_true", help=text)
    group.addoption("--perfsuite-cells", metavar="CELLS", help="quick (default), full, or an expression as in -k")
    group.addoption("--perfsuite-launches", type=int, metavar="N", help="fresh processes per cell (default 6)")
    group.addoption("--perfsuite-budget", type=float, metavar="S", help="seconds of samples per cell and launch")
    text = "show this record file instead of measuring"
    group.addoption("--perfsuite-record", type=Path, metavar="FILE", help=text)
    text = "replay the samples in pytest-benchmark: its tables, files and comparisons"
    group.addoption("--perfsuite-benchmark", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Load what collects and measures cells, if they are asked for.

    Raises:
        pytest.UsageError: an option has no effect, or the project's table is not valid.
    """
    if config.getoption("perfsuite"):
        _check_project()
        config.pluginmanager.import_plugin(f"{PACKAGE}.cells")
    elif unused := next((name for name in SELECTING if config.getoption(f"perfsuite_{name}") is not None), ""):
        raise pytest.UsageError(f"--perfsuite-{unused} has no effect without --perfsuite: add it")


def _check_project() -> None:
    """Check the project's table, before modules that read it at import are imported.

    Raises:
        pytest.UsageError: it is not valid, or the current folder is in no project.
    """
    settings = importlib.import_module("perfsuite.project.settings")
    here = Path.cwd()
    try:
        root = settings.root(here, os.environ)
        settings.of(root)
    except ValueError as problem:
        raise pytest.UsageError(str(problem)) from None
    if root not in (here, *here.parents):
        raise pytest.UsageError(f"no [tool.perfsuite] in {here} or a folder above: `perfsuite init` writes it")


@pytest.fixture
def perfsuite(request: pytest.FixtureRequest) -> Any:
    """Time calls of an ordinary test: ``perfsuite(function, *inputs)`` and ``perfsuite.compare(new, old, *inputs)``.

    See :class:`perfsuite.runners.pytest_plugin.timing.Timing`.
    """
    return importlib.import_module(f"{PACKAGE}.timing").timing(request)
