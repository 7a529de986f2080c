"""Pairs of functions whose difference has a known reason: the command names it, from real times and real evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import own
import pytest
import reasons

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reasons.project(tmp_path_factory.mktemp("known") / "project")


@pytest.mark.parametrize("reason", reasons.CELLS)
def test_the_reason_is_named(project: Path, reason: str):
    found: Any = reasons.explained(project, reason, "--launches", "3")
    if reason in reasons.DEPENDS and found["ratio"]["low"] <= 1:
        pytest.skip(f"{reasons.DEPENDS[reason]}: {found['text']}")
    assert found["kind"] == reason, found["text"]
    assert found["reasons"][0]["role"] == "reason"
    assert not [side["missing"] for side in found["evidence"] if set(side["missing"]) - {"stacks"}]


def test_two_commits_are_explained_and_called_base_and_head(project: Path):
    text = (project / "reasons/known.py").read_text()
    (project / "reasons/known.py").write_text(text.replace("return x.sum(1)\n\n\ndef row_by_row", reasons.SLOWED))
    cell = reasons.CELLS["dispatches"][0]
    try:
        found = json.loads(own.perfsuite(project, "explain", cell, "--base", "HEAD", "--json", seconds=580).stdout)
    finally:
        (project / "reasons/known.py").write_text(text)
    assert found["names"] == ["BASE", "HEAD"]
    assert found["kind"] == "dispatches", found["text"]
    assert found["text"].startswith("HEAD takes")
    assert found["evidence"][1]["operators"] > 100 * found["evidence"][0]["operators"]
    assert (project / "results" / "explain").is_dir()
