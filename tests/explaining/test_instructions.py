"""Instructions by function, counted for real where valgrind is installed, and what is said where it is not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import reasons

from perfsuite.explaining import taking
from perfsuite.explaining.watching import counting
from perfsuite.explaining.workers import Side

NEEDED = pytest.mark.skipif(not counting.where(), reason=counting.MISSING)
MANY = 1e6  # instructions that 500 operators need at least


@pytest.mark.long
@NEEDED
def test_five_hundred_operators_need_the_instructions_of_one_many_times(tmp_path: Path):
    project = reasons.project(tmp_path / "project")
    found: Any = reasons.explained(project, "dispatches", "--launches", "3", "--instructions")
    few, many = (sum(one.values()) for one in found["functions"])
    assert many > MANY and many > 50 * few, (few, many)
    assert found["kind"] == "dispatches", found["text"]  # the counts are no evidence of a rule
    assert not [side["missing"] for side in found["evidence"] if set(side["missing"]) - {"stacks"}]
    assert "_PyEval_EvalFrameDefault" in found["functions"][1]  # by name, not by address
    page = next((project / "results" / "explain").glob("*/index.html")).read_text()
    assert "all functions" in page and f"{many:,}" in page


def test_without_valgrind_a_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(counting.shutil, "which", lambda name: None)
    workers: Any = SimpleNamespace(referee=SimpleNamespace(seeds=lambda *_: [1]))
    progress: Any = SimpleNamespace(step=lambda text: pytest.fail("nothing is counted"))
    passes = taking.Passes(Side("a", reasons.CELLS["dispatches"][0], tmp_path, tmp_path), workers, progress)
    assert passes._functions(1e-3) == {}
    assert passes.missing == {"instructions": counting.MISSING} and "apt install valgrind" in counting.MISSING
