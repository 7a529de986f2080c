"""What a history keeps of each record file: read once, and never instead of another file."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from histories import CELL, again, run, stored

from perfsuite.history import index
from perfsuite.model.estimates import seconds
from perfsuite.records import brief as briefs
from perfsuite.records.brief import brief
from perfsuite.records.store import read

OTHER = "lib.more/f/eager/cpu/n1/1"


def test_a_brief_has_the_times_of_the_record(tmp_path: Path):
    (path,) = stored(tmp_path, [run(0, "a" * 40, {CELL: 1e-3, OTHER: 2e-3})])
    found, whole = brief(path), read(path)
    assert list(found.cells) == [record.cell for record in whole.records]
    for record, start in zip(whole.records, (0, 3), strict=True):
        estimate = seconds(record)
        assert estimate and sorted(found.medians[start : start + 3])[1] == estimate.value
    assert found.roofs == {"fp32/cpu/1": 1e-9} and found.machine == whole.machine and found.commit == whole.commit


def test_the_work_of_a_cell_is_told_apart_and_so_is_its_function(tmp_path: Path):
    one = run(0, "a" * 40, {CELL: 1e-3})
    larger = again(one, run="2", records=tuple(again(record, flops=5) for record in one.records))
    edited = run(1, "a" * 40, {CELL: 1e-3})
    first, second, third = (brief(path) for path in stored(tmp_path, [one, larger, edited]))
    assert first.work != second.work and first.source == second.source
    assert first.work == third.work and first.source != third.source


def test_a_record_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (path,) = stored(tmp_path, [run(0, "a" * 40, {CELL: 1e-3, OTHER: 2e-3})])
    first = index.briefs(path, tmp_path / "index")
    monkeypatch.setattr(index, "brief", lambda path: pytest.fail("read again"))
    again = index.briefs(path, tmp_path / "index")
    for name in briefs.Brief.__dataclass_fields__:
        was, now = getattr(first, name), getattr(again, name)
        assert list(was) == list(now) if name in ("cells", "work", "source", "launches") else was == now, name


def test_a_record_that_changed_is_read_again(tmp_path: Path):
    (path,) = stored(tmp_path, [run(0, "a" * 40, {CELL: 1e-3})])
    index.briefs(path, tmp_path / "index")
    text = gzip.decompress(path.read_bytes()).replace(b'"commit": "a', b'"commit": "b')
    path.write_bytes(gzip.compress(text))
    os.utime(path, ns=(1, 1))
    assert index.briefs(path, tmp_path / "index").commit.startswith("b")


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"x", b'{"key": 1}\n', None])
def test_a_damaged_entry_is_read_anew(tmp_path: Path, damage: bytes | None):
    (path,) = stored(tmp_path, [run(0, "a" * 40, {CELL: 1e-3})])
    first = index.briefs(path, tmp_path / "index")
    (entry,) = (tmp_path / "index").iterdir()
    entry.write_bytes(entry.read_bytes()[:-4] if damage is None else damage)
    assert index.briefs(path, tmp_path / "index").medians == first.medians


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path):
    (path,) = stored(tmp_path, [run(0, "a" * 40, {CELL: 1e-3})])
    (tmp_path / "index").write_text("a file in its place")
    assert index.briefs(path, tmp_path / "index").commit


def test_many_new_files_are_read_by_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    paths = stored(tmp_path / "results", [run(at, "a" * 40, {CELL: 1e-3}) for at in range(6)])
    (tmp_path / "results" / "broken.jsonl.gz").write_bytes(b"no record")
    every = [*paths, tmp_path / "results" / "broken.jsonl.gz"]
    index.fill(every, tmp_path / "few", processes=2)
    assert not (tmp_path / "few").exists(), "few files are read in this process"
    monkeypatch.setattr(index, "ENOUGH", 2)
    index.fill(every, tmp_path / "many", processes=2)
    assert len(list((tmp_path / "many").iterdir())) == len(paths)
    monkeypatch.setattr(index, "brief", lambda path: pytest.fail(f"{path} is read again"))
    for path in paths:
        assert list(index.briefs(path, tmp_path / "many").cells) == [CELL]
    monkeypatch.undo()
    with pytest.raises(ValueError, match="broken"):
        index.briefs(every[-1], tmp_path / "many")
