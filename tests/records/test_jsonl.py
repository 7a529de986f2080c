"""The file that a killed process leaves behind: torn lines, what is complete, what is damaged."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pytest

from perfsuite.host import signals
from perfsuite.records.jsonl import Journal, load


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


class Head(TypedDict):
    kind: str
    run: str
    started: str
    began: float
    folder: NotRequired[str]


class Number(TypedDict):
    kind: str
    value: int
    cell: NotRequired[str]


class End(TypedDict):
    kind: str


KINDS = {"numbers": Head, "number": Number, "end": End}


def check(line: Mapping[str, Any]) -> None:
    if line["kind"] == "number" and line["value"] < 0:
        raise ValueError(f"value: {line['value']} is below 0")


def read(path: Path) -> Numbers:
    return load(path, Numbers, KINDS, check)


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


def test_an_interrupt_leaves_the_file_and_the_findings_in_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(found: Numbers, line: Mapping[str, Any]) -> None:
        signal.raise_signal(signal.SIGINT)
        found.values.append(line["value"])

    journal = Journal.begin(tmp_path, Numbers, "numbers", {})
    monkeypatch.setattr(Numbers, "add", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), signals.interrupting():
            journal.add("number", value=1)
    finally:
        signal.signal(signal.SIGINT, before)
    monkeypatch.undo()
    journal.close()
    assert journal.found.values == read(journal.path).values == [1]


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


def test_a_last_line_is_dropped_wherever_it_was_cut(tmp_path: Path):
    """Also inside a letter of several bytes, and where what is left of it is whole JSON but for its line feed."""
    path = begin(tmp_path, 1)
    whole = path.read_bytes()
    last = '{"kind": "number", "value": 2, "cell": "é\U0001f525"}\n'.encode()
    for length in range(len(last)):
        path.write_bytes(whole + last[:length])
        assert read(path).values == [1], last[:length]
        journal = Journal.resume(tmp_path, read, "sum")
        journal.close()
        assert path.read_bytes() == whole, last[:length]
    path.write_bytes(whole + last)
    assert read(path).values == [1, 2]


def test_a_carriage_return_ends_no_line(tmp_path: Path):
    path = begin(tmp_path, 1)
    with path.open("ab") as file:
        file.write(b'{"kind": "number",\r"value": 2}\n{"kind": "number", "value": 3}\n')
    assert read(path).values == [1, 2, 3]


HEAD = '{"kind": "numbers", "run": "r", "started": "s", "began": 1.0}\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it has no complete line"),
        (HEAD[:-1], "it has no complete line"),
        ("no json\n", "line 1: is not JSON: Expecting value at character 1"),
        ("[1]\n{}\n", "line 1: is not an object, but list"),
        (HEAD + '{"kind": "number"}\n', "line 2: value: is missing"),
        (HEAD + '{"kind": "number", "value": "2"}\n', "line 2: value: expected int, got str"),
        (HEAD + '{"kind": "number", "value": true}\n', "line 2: value: expected int, got bool"),
        (HEAD + '{"kind": "number", "value": -2}\n', "line 2: value: -2 is below 0"),
        (HEAD + '{"kind": "number", "value": -2, "cell": "a\\u001b"}\n', "line 2: a\\x1b: value: -2 is below 0"),
        (
            HEAD + '{"kind": "number", "value": 2, "valeu": 2}\n',
            "line 2: valeu: is not a field that this version knows",
        ),
        (HEAD + '{"kind": "number", "value": 2, "value": 2}\n', "line 2: value: appears twice"),
        (HEAD + '{"kind": "letter"}\n', "line 2: kind: 'letter' is not one of number, end"),
        (HEAD + HEAD, "line 2: kind: 'numbers' is not one of number, end"),
        ('{"kind": "end"}\n', "line 1: kind: 'end' is not one of numbers"),
        (HEAD + "null\n", "line 2: is not an object, but NoneType"),
        (HEAD + "\n" + HEAD, "line 2: is not JSON: Expecting value at character 1"),
        (
            HEAD + '{"kind": "number", "value": ' + 5000 * "9" + "}\n",
            "line 2: contains a number with thousands of digits",
        ),
        (HEAD + 100_000 * "[" + "\n", "line 2: is nested too deeply"),
    ],
)
def test_damage_elsewhere_than_at_the_end_is_named(tmp_path: Path, text: str, told: str):
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError) as problem:
        read(path)
    assert str(problem.value) == f"{path} is damaged: {told}: delete it and start again"


def test_what_is_no_text_at_all_is_named(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(HEAD.encode() + b'{"kind": "\xff"}\n')
    with pytest.raises(ValueError, match="is damaged: line 2: is not UTF-8 at byte 11: delete it"):
        read(path)


def test_half_a_character_can_be_written_down_and_read(tmp_path: Path):
    journal = Journal.begin(tmp_path, Numbers, "numbers", {})
    journal.add("number", value=1, cell="a\ud800\x1b")
    journal.close()
    assert read(journal.path).values == [1]


def test_another_schema_is_told(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"kind": "numbers", "schema": 99}\n')
    with pytest.raises(ValueError, match="is damaged: line 1: schema 99, this version reads 1: delete it"):
        load(path, Numbers, KINDS, check, schema=1)
