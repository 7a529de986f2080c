"""The parts predict times that they were not fitted to: programs that are no cells."""

from __future__ import annotations

from pathlib import Path

from perfsuite.accounting import trials


def test_the_parts_predict_programs_that_they_were_not_fitted_to():
    rows = trials.measure(0.05)
    assert {row["model"] for row in rows} == {
        *("operators", "autograd", "Python", "native code", "page faults", "data from memory", "waiting"),
    }
    far = [row for row in rows if not 0.4 < row["predicted"] / row["measured"] < 2.5]
    assert not far, trials.table(far)
    for row in rows:  # and the model that is tried is most of it, or removing it would go unnoticed
        least = 0.2 if row["model"] in ("autograd", "page faults") else 0.5
        assert row["parts"][row["model"]] > least * row["predicted"], row


def test_the_table_has_a_line_for_each_program():
    row = {"program": "one", "model": "Python", "predicted": 1e-6, "measured": 2e-6}
    assert trials.table([row]).splitlines()[2] == "| one | Python | 1.00 µs | 2.00 µs | 0.50 |"


def test_the_page_has_the_table_of_these_programs():
    page = (Path(__file__).resolve().parents[2] / "docs" / "parts.md").read_text(encoding="utf-8")
    lines = page.split("<!-- trials -->\n")[1].split("<!-- /trials -->")[0].splitlines()
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[2:]] == list(trials.programs())
