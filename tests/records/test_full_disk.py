"""A journal on a disk that is full: what fits is whole, what does not fit is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_jsonl import Numbers

from perfsuite.records.jsonl import Journal


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_costs_the_line_that_did_not_fit_and_no_other(tmp_path: Path):
    journal = Journal.begin(tmp_path, Numbers, "numbers", {})
    journal.add("number", value=1)
    file, journal._file = journal._file, Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115
    with pytest.raises(OSError, match=r"No space left on device \(the results so far are saved"):
        journal.add("number", value=2)
    journal._file.close()
    journal._file = file
    journal.add("number", value=3)
    journal.close()
    assert [json.loads(line).get("value") for line in journal.path.read_text().splitlines()] == [None, 1, 3]


def test_half_a_line_that_did_not_fit_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    journal = Journal.begin(tmp_path, Numbers, "numbers", {})
    file = journal._file

    class Half:
        """A disk with room for ten bytes."""

        fileno, truncate, room = file.fileno, file.truncate, 10

        def write(self, data: bytes) -> int:
            if not self.room:
                raise OSError(28, "No space left on device")
            written = file.write(data[: self.room])
            self.room = 0
            return written

    journal._file = Half()
    with pytest.raises(OSError, match="No space left"):
        journal.add("number", value=2)
    journal._file = file
    journal.add("number", value=3)
    journal.close()
    assert [json.loads(line).get("value") for line in journal.path.read_text().splitlines()] == [None, 3]
