"""Of resources measured twice, those count in which others on the machine were in the way less."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from perfsuite.explaining import taking
from perfsuite.explaining.workers import Side

CELL = "matmul.ladder/mm/eager/cpu/8/1"
CALM: dict[str, Any] = {"wall": 1.0, "waited": 0.01, "cpu": 1.0}
BUSY: dict[str, Any] = {"wall": 2.0, "waited": 0.9, "cpu": 1.0}


@pytest.mark.parametrize("order", [[CALM, BUSY], [BUSY, CALM], [{}, CALM], [CALM, {}]])
def test_the_calmest_measurement_counts(order: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = iter(order)

    def ask(self: taking.Passes, name: str, do: str, **job: Any) -> dict[str, Any]:
        return {"counts": dict(next(found))} if do == "resources" else {}

    monkeypatch.setattr(taking.Passes, "_ask", ask)
    monkeypatch.setattr(taking.sampling, "where", lambda: "")
    workers: Any = SimpleNamespace(referee=SimpleNamespace(seeds=lambda *_: [1]))
    progress: Any = SimpleNamespace(step=lambda text: None)
    taken = taking.Passes(Side("a", CELL, tmp_path, tmp_path), workers, progress).take(1e-3, None, tmp_path)
    assert (taken.evidence.wall, taken.evidence.waited) == (1.0, 0.01)
    assert taken.evidence.running == pytest.approx(1.0)
