"""Each cell as a test: it replays what the engine measured, or says why there is no time."""

from __future__ import annotations

from typing import Any

import pytest

from perfsuite.measuring.replay import Replay
from perfsuite.model.record import REFUSED, Record, Run
from perfsuite.runners import wishes

replay = Replay()


def clock() -> float:
    """The replay clock, as a function: pytest-benchmark stores a timer's name."""
    return replay()


@pytest.mark.filterwarnings("ignore:Benchmark fixture was not used")
@pytest.mark.benchmark(timer=clock)
def test_cell(record: Record, run: Run, benchmark: Any) -> None:
    """The samples of one cell. Without a time the test is skipped, or fails if the variant is at fault."""
    cell = record.key
    if record.status in REFUSED:
        pytest.fail(f"{record.status}: {record.reason}", pytrace=False)
    if record.status != "ok":
        pytest.skip(f"{record.status}: {record.reason}")
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
    replay.load(record.cell, seconds)
    benchmark.pedantic(lambda: None, rounds=len(seconds), iterations=1)
