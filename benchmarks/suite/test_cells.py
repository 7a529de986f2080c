"""Each cell as a test: it replays what the engine measured, or says why there is no time."""

from __future__ import annotations

from typing import Any

import pytest

from perfsuite.runners.pytest_plugin import replay, shared_run


@pytest.mark.filterwarnings("ignore:Benchmark fixture was not used")
@pytest.mark.benchmark(timer=replay.clock)
def test_cell(cell: str, request: pytest.FixtureRequest, benchmark: Any) -> None:
    """The samples of one cell. Without a time the test is skipped, or fails if the variant is at fault."""
    replay.replay(shared_run.record(request.node), request.config.stash[shared_run.RUN], benchmark)
