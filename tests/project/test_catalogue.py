"""Names are read from the text, cells span what they should, and -k chooses as pytest's does."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import quick
from perfsuite.model.cell import Cell
from perfsuite.project import catalogue, selecting

CELLS = [
    Cell("matmul.ladder", "mm", "eager", "cpu", "8", "1"),
    Cell("matmul.ladder", "mm", "compile", "cpu", "8", "1"),
    Cell("matmul.ladder", "mm_out", "eager", "cpu", "8", "1"),
    Cell("matmul.ladder", "mm", "eager", "cuda", "8", "1"),
    Cell("smallops.row_sum", "total", "eager", "cpu", "8", "1", cold=True),
]


def indices(expression: str) -> list[int]:
    return [CELLS.index(cell) for cell in selecting.select(CELLS, expression)]


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("mm", [0, 1, 2, 3]),
        ("/mm/", [0, 1, 3]),
        ("MM_OUT", [2]),
        ("mm and not compile", [0, 2, 3]),
        ("cuda or smallops", [3, 4]),
        ("not (cuda or compile)", [0, 2, 4]),
        ("matmul.ladder/mm/eager/cpu/8/1", [0]),
        ("matmul.ladder/mm/eager/cpu/8/1 or @cold", [0, 4]),
        ("smallops.row_sum/total/eager/cpu/8/1@cold", [4]),
        ("mm and eager and cpu", [0, 2]),
    ],
)
def test_selection(expression: str, chosen: list[int]):
    assert indices(expression) == chosen


@pytest.mark.parametrize("expression", ["mm and", "and", "(mm", "mm)", "not", "()", "mm eager"])
def test_an_expression_that_does_not_read(expression: str):
    with pytest.raises(ValueError, match="is not valid"):
        selecting.select(CELLS, expression)


def test_a_selection_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="matches no cell"):
        selecting.select(CELLS, "nothing")


def test_variants_are_read_without_running_them(tmp_path: Path):
    (tmp_path / "family").mkdir()
    (tmp_path / "family" / "x.py").write_text(
        "raise SystemExit  # never run\n"
        "@needs('cuda', \"triton\")\n@prepared\ndef second(a):\n    '''Teaches.\n\n    MM-01.\n    '''\n    return a\n"
        "def first(a): return a\ndef _private(a): return a\nclass Not: pass\n"
    )
    second, first = catalogue.variants("family.x", tmp_path)
    assert (second.name, second.needs, second.prepared, second.lesson) == (
        "second",
        ("cuda", "triton"),
        True,
        "Teaches.",
    )
    assert second.source.startswith("@needs('cuda'") and second.source.endswith("return a")
    assert (first.name, first.needs, first.prepared) == ("first", (), False)
    assert catalogue.variants("family.none", tmp_path) == ()


def test_a_file_that_is_no_python_is_named(tmp_path: Path):
    (tmp_path / "family").mkdir()
    (tmp_path / "family" / "y.py").write_text("def (:\n")
    with pytest.raises(ValueError, match=r"y\.py is not valid Python"):
        catalogue.variants("family.y", tmp_path)


def test_cells_hold_every_axis_once():
    cells = catalogue.all_cells()
    assert len({str(cell) for cell in cells}) == len(cells)
    for cell in cells:
        assert Cell.parse(str(cell)) == cell
        needs = next(v.needs for v in catalogue.variants(cell.component) if v.name == cell.variant)
        assert not (cell.device == "cuda" and "cpu" in needs) and not (cell.device == "cpu" and "cuda" in needs)


def test_slugs_are_unique_and_plain():
    slugs = [cell.slug for cell in catalogue.all_cells()]
    assert len(set(slugs)) == len(slugs)
    assert not any(set(slug) & set('/\\@:*?"<>| ') for slug in slugs)


@pytest.mark.parametrize("line", [*quick.QUICK, *quick.TRACED])
def test_every_line_of_the_quick_set_still_matches_something(line: str):
    assert selecting.pick(catalogue.all_cells(), [line])


def test_the_quick_set_stays_small_and_what_is_traced_is_in_it():
    chosen = selecting.pick(catalogue.all_cells(), quick.QUICK)
    assert len(chosen) <= 80
    assert set(selecting.pick(catalogue.all_cells(), quick.TRACED)) <= set(chosen)


def test_the_hash_of_a_tree_sees_names_and_contents_but_not_bytecode(tmp_path: Path):
    (tmp_path / "a.py").write_text("x = 1\n")
    first = catalogue.tree_hash(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("bytes")
    assert catalogue.tree_hash(tmp_path) == first
    (tmp_path / "a.py").write_text("x = 2\n")
    assert catalogue.tree_hash(tmp_path) != first
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert len({first, catalogue.tree_hash(tmp_path)}) == 2


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('torch.library.custom_op("impls::scale", mutates_args=())', {"impls::scale"}),
        ('Library("impls", "DEF")', {"impls"}),
        ('torch.library.custom_op(NS + "::scale", mutates_args=())', set()),
        ('torch.library.custom_op(f"{NS}::scale", mutates_args=())', set()),
    ],
)
def test_operators_with_a_fixed_name_are_found_in_the_text(tmp_path: Path, line: str, found: set[str]):
    (tmp_path / "family").mkdir()
    (tmp_path / "family" / "one.py").write_text(f"x = {line}\n")
    assert catalogue.operators("family.one", tmp_path) == found
    assert catalogue.operators("family.none", tmp_path) == set()
