"""The file that a killed process leaves behind: torn lines, what is complete, what is damaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.lines import Journal, load


@dataclass
class Numbers:
    """Findings that are numbers."""

    head: dict[str, Any]
    values: list[int] = field(default_factory=list)
    ended: bool = False

    def add(self, line: Mapping[str, Any]) -> None:
        """Take in one line."""
        if line["kind"] == "end":
            self.ended = True
        else:
            self.values.append(line["value"])


def read(path: Path) -> Numbers:
    return load(path, Numbers)


def begin(folder: Path, *values: int) -> Path:
    journal = Journal.begin(folder, Numbers, "numbers", {"folder": "any name may be a fact"})
    for value in values:
        journal.add("number", value=value)
    journal.close()
    return journal.path


def test_what_was_written_is_read_again(tmp_path: Path):
    found = read(begin(tmp_path, 1, 2))
    assert found.values == [1, 2] and found.head["kind"] == "numbers"
    assert found.head["folder"] == "any name may be a fact"


def test_each_finding_is_in_the_file_at_once(tmp_path: Path):
    journal = Journal.begin(tmp_path, Numbers, "numbers", {})
    journal.add("number", value=1)
    assert read(journal.path).values == [1]
    journal.close()


def test_a_torn_last_line_is_dropped_and_what_follows_stands_on_a_line_of_its_own(tmp_path: Path):
    path = begin(tmp_path, 1)
    with path.open("a") as file:
        file.write('{"kind": "number", "val')
    assert read(path).values == [1]
    journal = Journal.resume(tmp_path, read, "sum")
    journal.add("number", value=2)
    journal.close()
    assert read(path).values == [1, 2]


def test_the_newest_that_did_not_end_goes_on(tmp_path: Path):
    first, second = begin(tmp_path, 1), begin(tmp_path, 2)
    older, newer = sorted([first, second])
    journal = Journal.resume(tmp_path, read, "sum")
    assert journal.path == newer
    journal.add("end")
    journal.close()
    other = Journal.resume(tmp_path, read, "sum")
    other.close()
    assert other.path == older
    with pytest.raises(ValueError, match=f"sum {newer.stem} is complete"):
        Journal.resume(tmp_path, read, "sum", newer.stem)


@pytest.mark.parametrize(("run", "told"), [("", "no interrupted sum in"), ("no-such", "no sum 'no-such' in")])
def test_nothing_to_resume_is_told(tmp_path: Path, run: str, told: str):
    with pytest.raises(ValueError, match=told):
        Journal.resume(tmp_path, read, "sum", run)


@pytest.mark.parametrize("text", ["", "no json\n", '{"kind": "numbers"}\n{"kind": "number"}\n', "[1]\n{}\n"])
def test_damage_elsewhere_than_at_the_end_is_named(tmp_path: Path, text: str):
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"x\.jsonl is damaged .*: delete it and start again"):
        read(path)
