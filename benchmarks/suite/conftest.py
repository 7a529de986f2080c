"""The pytest-benchmark front end: its options, the cells as tests, and the one run that all of them replay.

``pytest benchmarks/suite`` uses the quick set, and ``-k`` selects from it. The engine takes the samples, so that the
statistics, the stored files, ``--benchmark-compare`` and ``pytest-benchmark compare`` use verified times.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import shlex
from pathlib import Path
from typing import Any

import pytest

from perfsuite.host import machine
from perfsuite.model.record import Record, Run
from perfsuite.project import catalogue
from perfsuite.runners import measured, wishes
from perfsuite.runners.wishes import Wish

WISH = pytest.StashKey[Wish]()
CELLS = pytest.StashKey[list[str]]()
RUN = pytest.StashKey[Run]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of ``pytest benchmarks/suite``."""
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
    if not config.pluginmanager.hasplugin("benchmark"):
        raise pytest.UsageError("the cells need pytest-benchmark: pip install 'pytest-benchmark[histogram]'")
    if hasattr(config, "workerinput"):
        raise pytest.UsageError("cells that are timed in parallel disturb each other: run without -n")
    try:
        wish = config.stash[WISH] = _wish(config)
        if run := wishes.stored(wish):
            config.stash[RUN] = run
            cells = [record.cell for record in run.records]
        else:
            known = catalogue.components().values()
            cells = [str(cell) for component in known for cell in wishes.chosen(component, wish.cells)]
    except (ValueError, OSError) as problem:
        raise pytest.UsageError(str(problem)) from None
    if not cells:
        raise pytest.UsageError(f"--cells {wish.cells!r} names no cell: `{catalogue.PROJECT.command} list` prints all")
    if not wish.record and importlib.util.find_spec("torch") is None:
        raise pytest.UsageError("measuring needs torch: install it, or replay a stored run with --record FILE")
    config.stash[CELLS] = cells


def _wish(config: pytest.Config) -> Wish:
    """The options, with defaults from the environment."""
    options = {name: config.getoption(name, None) for name in ("cells", "launches", "budget", "record")}
    return dataclasses.replace(Wish.of(), **{name: value for name, value in options.items() if value is not None})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each cell; its id is the cell."""
    if "cell" in metafunc.fixturenames:
        cells = metafunc.config.stash[CELLS]
        metafunc.parametrize("cell", cells, ids=cells)


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Run:
    """The run that all tests replay: the stored one, or the selected cells, measured now."""
    config = request.config
    if RUN not in config.stash:
        cells = [item.callspec.params["cell"] for item in request.session.items if hasattr(item, "callspec")]
        every = sum(len(wishes.chosen(component, "full")) for component in catalogue.components().values())
        with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print()  # end pytest's line of dots
            found, path = measured.measure(
                cells,
                config.stash[WISH],
                catalogue.ROOT / "results",
                command=shlex.join(["pytest", *map(str, config.invocation_params.args)]),
                left_out=f"{every - len(cells)} cells; all of them: pytest benchmarks/suite --cells full",
            )
            print(f"record  {path}")
        if found.partial:
            pytest.exit(f"interrupted: `{catalogue.PROJECT.command} run --resume` goes on", returncode=130)
        config.stash[RUN] = found
    return config.stash[RUN]


@pytest.fixture
def record(cell: str, run: Run) -> Record:
    """The run's record of one cell."""
    return next(record for record in run.records if record.cell == cell)


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Add the machine class. Drop the current clock rate: with it every stored run looks like a different machine."""
    for name in ("hz_actual", "hz_actual_friendly"):
        machine_info["cpu"].pop(name, None)
    machine_info["machine_class"] = machine.machine_class(machine.machine())
