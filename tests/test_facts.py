"""What is looked at in a run: the catalogue's own answers, and a look that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import facts, record


@pytest.mark.parametrize(
    ("says", "seen"),
    [
        ("a softmax of exp / sum gives nan at [1000, 0]", "[nan, 0.0]"),
        ("a cross entropy of log(softmax) gives inf at [1000, 0]", "inf"),
        ("shifted, it is 500.0 with the gradient [0.5, -0.5]", "500.0, gradient [0.5, -0.5]"),
        (
            "BCEWithLogitsLoss is right at a logit of 200 where BCELoss and the formula are not",
            "formula inf, BCELoss 100.0, BCEWithLogitsLoss 200.0; right is 200",
        ),
    ],
)
def test_the_answers_are_those_of_the_catalogue(says: str, seen: str):
    found = {fact.says: fact for fact in facts.look()}
    assert (found[says].holds, found[says].seen) == (True, seen)


def test_a_look_that_fails_is_no_fact(monkeypatch: pytest.MonkeyPatch):
    def fails() -> tuple[bool, str]:
        raise RuntimeError("no torch today")

    monkeypatch.setattr(facts, "LOOKS", {"x": fails})
    assert facts.look() == [record.Fact("x", None, "RuntimeError: no torch today")]


def test_facts_are_kept_in_the_record_and_older_records_have_none(tmp_path: Path):
    import dataclasses

    import made

    run = made.realistic()
    assert record.read(record.write(run, tmp_path / "old")).facts == ()
    seen = (record.Fact("x", True, "y"), record.Fact("z", None, ""))
    assert record.read(record.write(dataclasses.replace(run, facts=seen), tmp_path / "new")).facts == seen
