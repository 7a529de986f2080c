"""The split: every cell in one shard, rivals and series together, the same whatever the order, about equal loads."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from perfsuite.model.cell import Cell
from perfsuite.project import catalogue
from perfsuite.records import folding, journal
from perfsuite.records.options import Options
from perfsuite.running import session
from perfsuite.sharding import split

EVERY = tuple(map(str, catalogue.all_cells(catalogue.IMPLS)))


def options(cells: tuple[str, ...]) -> Options:
    return Options(cells=cells, selection="full", command="run --full", left_out="", traces=cells[:9])


def parts(cells: tuple[str, ...], count: int) -> list[frozenset[str]]:
    asked = options(cells)
    return [frozenset(split.of(asked, split.shard(asked, at, count)).cells) for at in range(1, count + 1)]


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_every_cell_is_in_exactly_one_shard_and_rivals_stay_together(count: int):
    found = parts(EVERY, count)
    assert sorted(cell for part in found for cell in part) == sorted(EVERY)
    where: dict[object, int] = {}
    for number, part in enumerate(found):
        assert part
        for cell in map(Cell.parse, part):
            assert where.setdefault(cell.group, number) == number, cell


def test_the_sizes_of_a_series_stay_together_because_small_ones_predict_large_ones():
    where: dict[object, int] = {}
    for number, part in enumerate(parts(EVERY, 20)):
        for cell in map(Cell.parse, part):
            case = next(one for one in catalogue.component(cell.component).cases if one.name == cell.case)
            if case.series:
                key = (cell.component, cell.device, cell.threads, cell.cold, case.series)
                assert where.setdefault(key, number) == number, cell
    assert len(where) > 20


def test_the_split_does_not_depend_on_the_order_of_the_cells():
    shuffled = list(EVERY)
    random.Random(1).shuffle(shuffled)
    assert parts(tuple(shuffled), 5) == parts(EVERY, 5)


def test_the_cells_of_a_shard_are_in_the_order_of_the_run_and_its_traces_are_its_own():
    asked = options(EVERY)
    for number in (1, 2, 3):
        part = split.shard(asked, number, 3)
        of = split.of(asked, part)
        assert of.cells == tuple(cell for cell in EVERY if cell in set(of.cells))
        assert set(of.traces) == {*EVERY[:9]} & {*of.cells}
        assert of.command == f"run --full --shards 3 --shard {number}"


def test_loads_are_about_equal_where_there_is_enough_to_share_out():
    asked = options(EVERY)
    loads = [sum(split.seconds(Cell.parse(cell), asked) for cell in part) for part in parts(EVERY, 8)]
    assert max(loads) < 1.1 * sum(loads) / 8


@pytest.mark.parametrize("number", [0, -1, 4])
def test_a_shard_out_of_range_is_told(number: int):
    with pytest.raises(ValueError, match=f"--shard {number} is out of range: with --shards 3 it is 1 to 3"):
        split.shard(options(EVERY), number, 3)


def test_more_shards_than_parts_are_told():
    cells = tuple(cell for cell in EVERY if cell.startswith("smallops.row_sum/") and "/5000x10/1" in cell)
    assert len(cells) > 2
    with pytest.raises(ValueError, match=r"--shards 1000 is too many: .* --shards \d+ at most"):
        split.shard(options(cells), 1, 1000)


def test_the_journal_keeps_the_shard_so_that_a_resumed_run_is_still_that_shard(tmp_path: Path):
    asked = options(tuple(cell for cell in EVERY if "/cpu/" in cell))
    part = split.shard(asked, 2, 3)
    begun = session.start(split.of(asked, part), tmp_path, shard=part)
    begun.close()
    resumed = journal.resume(tmp_path)
    resumed.close()
    run = folding.fold(resumed.found)
    (found,) = run.shards
    assert (found.number, found.count, found.cells, found.options) == (2, 3, part.cells, dict(part.options))
    assert (found.run, found.started, found.node) == (run.run, run.started, part.node)
    head = begun.path.read_text().replace('"number": 2', '"number": 9')
    begun.path.write_text(head)
    with pytest.raises(ValueError, match=r"shard\.number: must be 1 to 3, is 9"):
        journal.load(begun.path)
