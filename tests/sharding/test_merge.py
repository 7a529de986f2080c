"""Merging: the whole record again, where each cell comes from, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import made
import own
import pytest
import several

from perfsuite.model.record import Run
from perfsuite.records import store
from perfsuite.runners import cli
from perfsuite.sharding.merge import merge


def merged(files: list[Path], folder: Path) -> Run:
    head, records = merge(files)
    return store.read(store.save(head, records, store.place(head, folder)))


def changed(path: Path, **fields: Any) -> None:
    store.save(run := dataclasses.replace(store.read(path), **fields), run.records, path)


def test_the_merged_record_is_the_whole_one(tmp_path: Path):
    whole = made.tiny()
    found = merged(several.shards(tmp_path / "shards")[::-1], tmp_path)
    assert [record.cell for record in found.records] == [record.cell for record in whole.records]
    assert [one.name for one in found.problems] == [one.name for one in whole.problems]
    assert found.command == whole.command and found.secrets == whole.secrets
    assert found.started == "2026-11-21T23:50:01+00:00"
    for mine, old in zip(found.records, whole.records, strict=True):
        assert [one.wall for one in mine.launches] == [one.wall for one in old.launches]


def test_each_cell_says_where_it_was_measured(tmp_path: Path):
    found = merged(several.shards(tmp_path / "shards"), tmp_path)
    assert [part.node for part in found.shards] == ["node1", "node2", "node3"]
    of = {at: part for part in found.shards for at in part.cells}
    for at, record in enumerate(found.records):
        for launch, old in zip(record.launches, made.tiny().records[at].launches, strict=True):
            later = of[at].number - 1  # seconds after the first shard
            assert launch.at == pytest.approx([later + one for one in old.at])


def test_merging_twice_gives_the_same_file(tmp_path: Path):
    files = several.shards(tmp_path / "shards")
    paths = [store.save(*merge(order), tmp_path / name) for order, name in ((files, "a"), (files[::-1], "b"))]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_records_from_before_shards_are_whole(tmp_path: Path):
    path = store.write(made.tiny(), tmp_path)
    assert store.read(path).shards == () and "-shard" not in path.name


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    code = cli.main(["merge", *map(str, words)])
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1), (code, out, err)
    return err


CASES: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"machine_class": "other-4c"}, ("machine class is xeon", "but other-4c in", "each kind of machine apart")),
    ({"commit": "beef" * 10}, ("commit is ", "but " + "beef" * 10, "the same commit")),
    ({"tree": "beef"}, ("tree hash is", "but beef in", "the same code")),
    ({"selection": "full"}, ("selection is", "but full in", "the same selection")),
    (
        {"environment": {**made.tiny().environment, "torch": "1.0"}},
        ("software torch is", "but 1.0 in", "the same software"),
    ),
    ({"partial": True}, ("was interrupted: finish it first, with `run --resume 20261121-235002-0002`",)),
    ({"shards": ()}, ("holds a whole run: merge only records of `run --shards N --shard I`",)),
]


@pytest.mark.parametrize(("fields", "told"), CASES, ids=lambda one: "" if isinstance(one, tuple) else next(iter(one)))
def test_what_does_not_belong_together_is_refused(
    fields: dict[str, Any], told: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    files = several.shards(tmp_path)
    changed(files[1], **fields)
    err = refused(capsys, *files, "--results", tmp_path / "results")
    assert str(files[1]) in err and all(one in err for one in told), err
    assert not (tmp_path / "results").exists()


PARTS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda part: dataclasses.replace(part, options={"launches": 3}), "option launches is 6 in"),
    (lambda part: dataclasses.replace(part, selected="0" * 16), "hash of the selected cells is"),
    (lambda part: dataclasses.replace(part, total=part.total + 1), "split is 3 shards of"),
    (lambda part: dataclasses.replace(part, number=1), "shard 1 of 3 is in"),
    (lambda part: dataclasses.replace(part, cells=(0, *part.cells[1:])), "cell 1 is in"),
]


@pytest.mark.parametrize(("change", "told"), PARTS, ids=[told for _, told in PARTS])
def test_shards_of_different_runs_are_refused(
    change: Callable[[Any], Any], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    files = several.shards(tmp_path)
    changed(files[1], shards=(change(store.read(files[1]).shards[0]),))
    assert told in refused(capsys, *files, "--results", tmp_path / "results")


def test_a_missing_shard_is_told_with_its_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    files = several.shards(tmp_path)
    err = refused(capsys, files[0], files[2])
    assert "shard 2 of 3 missing: measure with `run --shards 3 --shard 2`" in err
    assert "shards 1, 3 of 3 missing" in refused(capsys, files[1])


def test_a_very_large_number_of_shards_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    files = several.shards(tmp_path)
    for path in files:
        part = store.read(path).shards[0]
        changed(path, shards=(dataclasses.replace(part, count=10**15, total=10**15),))
    assert f"shards 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and {10**15 - 13} more" in refused(capsys, *files)


DAMAGE: list[tuple[dict[str, Any], str]] = [
    ({"number": 4}, "shards[0].number: must be 1 to 3, is 4"),
    ({"number": 0}, "shards[0].number: must be 1 to 3, is 0"),
    ({"count": 0}, "shards[0].count: must be at least 1, is 0"),
    ({"cells": ()}, "shards[0].cells: must be positions in order, each once"),
    ({"cells": (1, 1)}, "shards[0].cells: must be positions in order, each once"),
    ({"cells": (0, 10**6)}, "shards[0].cells: must be positions below"),
    ({"started": "yesterday"}, "shards[0].started: 'yesterday' is not a time"),
    ({"secrets": (-1,)}, "shards[0].secrets[0]: must be not below 0, is -1"),
]


@pytest.mark.parametrize(("fields", "told"), DAMAGE, ids=[str(one) for one, _ in DAMAGE])
def test_a_damaged_shard_is_told(fields: dict[str, Any], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    files = several.shards(tmp_path)
    changed(files[1], shards=(dataclasses.replace(store.read(files[1]).shards[0], **fields),))
    assert f"{files[1]} is damaged: line 1: {told}" in refused(capsys, *files)


def test_a_cell_that_was_measured_twice_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    files = several.shards(tmp_path)
    twice = store.read(files[0]).records[0]
    second = store.read(files[1])
    problems = {problem.name: problem for problem in (*second.problems, *made.tiny().problems)}
    changed(files[1], records=(twice, *second.records[1:]), problems=tuple(problems.values()))
    err = refused(capsys, *files, "-o", tmp_path / "out.jsonl.gz")
    assert f"cell {twice.cell} is in {files[0]} and in {files[1]}" in err
    assert not list(tmp_path.glob("out*"))


def test_a_cell_in_place_of_another_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    files = several.shards(tmp_path)
    last = store.read(files[2])
    other = dataclasses.replace(last.records[-1], cell=last.records[-1].cell + "@cold")
    changed(files[2], records=(*last.records[:-1], other))
    assert "not those that the run selected" in refused(capsys, *files, "-o", tmp_path / "out.jsonl.gz")
    changed(files[2], records=last.records[:-1])
    assert "fewer records than its shard has cells" in refused(capsys, *files, "-o", tmp_path / "out.jsonl.gz")


def test_foreign_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    files = several.shards(tmp_path)
    foreign = tmp_path / "foreign.jsonl.gz"
    foreign.write_bytes(b"PK not ours")
    assert f"{foreign} is not a readable record file" in refused(capsys, files[0], foreign)
    changed(files[1], schema=99)
    assert "has schema 99, this version reads up to" in refused(capsys, *files)
    assert "is neither a record file nor the id of a run" in refused(capsys, tmp_path / "nowhere")


def test_a_cut_file_is_refused_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    files = several.shards(tmp_path)
    files[1].write_bytes(files[1].read_bytes()[:-40])
    assert f"{files[1]} is not a readable record file" in refused(capsys, *files, "-o", tmp_path / "out.jsonl.gz")
    assert not list(tmp_path.glob("out*"))


def test_what_exists_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    files = several.shards(tmp_path)
    out = tmp_path / "out.jsonl.gz"
    assert cli.main(["merge", *map(str, files), "-o", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["shards"] == 3 and told["nodes"] == ["node1", "node2", "node3"] and told["record"] == str(out)
    assert "exists, and is not replaced" in refused(capsys, *files, "-o", out)
    assert "must end with .jsonl.gz" in refused(capsys, *files, "-o", tmp_path / "out.json")


def test_memory_does_not_grow_with_the_records(tmp_path: Path):
    """One record is held at a time: ten times more of them need about as much memory."""
    peaks = []
    for copies in (2, 12):
        whole = made.tiny()
        records = [
            dataclasses.replace(one, cell=one.cell.replace("/1", f"/{at + 1}"))
            for at in range(copies)
            for one in whole.records
        ]
        long = [
            dataclasses.replace(
                one,
                launches=tuple(
                    dataclasses.replace(
                        launch,
                        **{
                            name: values * 20
                            for name in ("at", "wall", "cpu", "delay", "switches", "faults")
                            if (values := getattr(launch, name))
                        },
                        parts={},
                        judged=(),
                    )
                    for launch in one.launches
                ),
            )
            for one in records
        ]
        files = several.shards(tmp_path / str(copies), run=dataclasses.replace(whole, records=tuple(long)))
        del records, long
        tracemalloc.start()
        store.save(*merge(files), tmp_path / f"{copies}.jsonl.gz")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0], peaks


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--shards", "3", "--shard", "4"], "--shard 4 is out of range: with --shards 3 it is 1 to 3"),
        (["--shards", "3", "--shard", "0"], "--shard 0 is out of range"),
        (["--shard", "2"], "--shard 2 needs --shards"),
        (["--shards", "3"], "--shards 3 needs --shard"),
        (["--slurm", "time=5"], "--slurm time=5 needs --engine slurm"),
    ],
)
def test_a_shard_that_does_not_exist_is_told(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    code = cli.main(["run", *words, "--results", str(tmp_path)])
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1) and told in err, err
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_a_sharded_run_is_the_unsharded_one_in_everything_but_times(tmp_path: Path):
    root = several.repository(tmp_path / "one")
    same = ("run", "--seed", "5", *several.QUICK)
    own.perfsuite(root, *same, "--results", "results/whole")
    for number in (3, 1, 2):
        own.perfsuite(root, *same, "--shards", "3", "--shard", str(number), "--results", "results/parts")
    own.perfsuite(root, "merge", "results/parts", "--results", "results/merged")
    whole, merged = (store.read(store.latest(root / "results" / name)) for name in ("whole", "merged"))
    assert several.plain(merged) == several.plain(whole)
    assert len(merged.records) == 20
    timed = [record for record in merged.records if record.key.device == "cpu"]
    assert all(record.status in ("ok", *several.NOISY) and len(record.launches) == 2 for record in timed)
    assert sorted(at for part in merged.shards for at in part.cells) == list(range(20))
