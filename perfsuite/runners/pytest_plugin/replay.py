"""pytest-benchmark with the samples of a run: its statistics, files and comparisons then use verified times."""

from __future__ import annotations

from typing import Any

import pytest

from perfsuite.host import machine
from perfsuite.measuring.replay import Replay
from perfsuite.model.record import Record, Run
from perfsuite.runners import wishes

MISSING = "the cells need pytest-benchmark: pip install 'pytest-benchmark[histogram]'"
_replay = Replay()


def clock() -> float:
    """The replay clock, as a function: pytest-benchmark stores a timer's name."""
    return _replay()


def needed(config: pytest.Config) -> None:
    """Check that pytest-benchmark is loaded.

    Raises:
        pytest.UsageError: it is not.
    """
    if not config.pluginmanager.hasplugin("benchmark"):
        raise pytest.UsageError(MISSING)


def replay(record: Record, run: Run, benchmark: Any) -> None:
    """Give the samples of ``record`` to the fixture ``benchmark`` of a test whose timer is :func:`clock`."""
    cell = record.key
    benchmark.group = f"{cell.component}/{cell.case}"
    benchmark.extra_info.update(
        cell=record.cell,
        device=cell.device,
        dtype=record.dtype,
        threads=cell.threads,
        executor=cell.executor,
        torch=run.environment.get("torch", ""),
        launches=len(record.launches),
        calls=[launch.calls for launch in record.launches],
        status=record.status,
        run=run.run,
        tree=run.tree,
        commit=run.commit,
        machine_class=run.machine_class,
    )
    seconds = wishes.seconds(record)
    _replay.load(record.cell, seconds)
    benchmark.pedantic(lambda: None, rounds=len(seconds), iterations=1)


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Add the machine class. Drop the current clock rate: with it every stored run looks like a different machine."""
    for name in ("hz_actual", "hz_actual_friendly"):
        machine_info["cpu"].pop(name, None)
    machine_info["machine_class"] = machine.machine_class(machine.machine())
