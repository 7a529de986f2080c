"""What is looked at in a run: the catalogue's own answers, and a look that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import facts
from perfsuite.model import record
from perfsuite.records import store


@pytest.fixture(scope="module")
def looked() -> dict[str, record.Fact]:
    """All facts, looked at once."""
    return {fact.says: fact for fact in facts.look()}


@pytest.mark.parametrize(
    ("says", "seen"),
    [
        ("a softmax of exp / sum gives nan at [1000, 0]", "[nan, 0.0]"),
        ("a cross entropy of log(softmax) gives inf at [1000, 0]", "inf"),
        ("shifted, it is 500.0 with the gradient [0.5, -0.5]", "500.0, gradient [0.5, -0.5]"),
        (
            "BCEWithLogitsLoss is right at a logit of 200 where BCELoss and the formula are not",
            "formula inf, BCELoss 100.0, BCEWithLogitsLoss 200.0; the correct value is 200",
        ),
    ],
)
def test_the_answers_are_those_of_the_catalogue(says: str, seen: str, looked: dict[str, record.Fact]):
    assert (looked[says].holds, looked[says].seen) == (True, seen)


@pytest.mark.parametrize(
    ("says", "holds", "seen"),
    [
        ("network.forward(x) gives other gradients than network(x)", False, "6 of 6 gradients are equal"),
        ("a hook runs in network(x) and not in network.forward(x)", True, "1 by network(x), 0 by network.forward(x)"),
        (
            "a hundred products explode or vanish, but with randn / sqrt(512) they do neither",
            True,
            "20 nan or infinite",
        ),
        (
            "weights of variance 2 / inputs keep the mean square through a ReLU, 1 / inputs halve it",
            True,
            "in 20 draws",
        ),
        ("behind four convolutions a = 0 keeps more than ten times the spread that a = sqrt(5) does", True, "medians"),
        ("a naive tar loader delivers each file once for each worker", True, "16 samples with 2 workers"),
        ("torch.Tensor copies a float32 array", False, "uses the array's memory"),
        ("torch.Tensor copies an int64 array", True, "its own memory"),
        ("torch.from_numpy shares the array's memory", True, "uses the array's memory"),
        (
            "torch.load refuses a whole network unless it is told to trust the file",
            True,
            "by default UnpicklingError, with weights_only=False Linear",
        ),
        ("a whole network cannot be loaded without its class, its state can", True, "code_of_last_year"),
        ("a trusted pickle calls what it names, and the default refuses to", True, "the file's call gave 7"),
    ],
)
def test_what_the_sources_say_of_calls_weights_arrays_and_files(says: str, holds: bool, seen: str):
    found = facts.LOOKS[says]()
    assert found[0] is holds and seen in found[1]


def test_a_look_that_fails_is_no_fact(monkeypatch: pytest.MonkeyPatch):
    def fails() -> tuple[bool, str]:
        raise RuntimeError("no torch today")

    monkeypatch.setattr(facts, "LOOKS", {"x": fails})
    assert facts.look() == [record.Fact("x", None, "RuntimeError: no torch today")]


def test_facts_are_kept_in_the_record_and_older_records_have_none(tmp_path: Path):
    import dataclasses

    import made

    run = made.realistic()
    assert store.read(store.write(run, tmp_path / "old")).facts == ()
    seen = (record.Fact("x", True, "y"), record.Fact("z", None, ""))
    assert store.read(store.write(dataclasses.replace(run, facts=seen), tmp_path / "new")).facts == seen
