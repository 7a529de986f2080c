"""What counts as the same code in two trees: remarks do not, and all that a component reaches does."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest

from perfsuite.calibration import calibrate, peers, spread
from perfsuite.judging import equal, opening, outlook, session, stage
from perfsuite.judging.comparisons import Journal, load
from perfsuite.judging.record import Options
from perfsuite.judging.verdicts import fold
from perfsuite.model.cell import Cell
from perfsuite.project import catalogue
from perfsuite.project.trees import Tree
from perfsuite.running.progress import Progress

CODE = '''"""A component."""

from pathlib import Path

from .. import _build
from ..other import shared
from ._helper import help_me

LIMIT = 3


def fast(x, times=2):
    """Compute it."""
    assert x, "nothing"
    return shared.work(help_me(x)) * times
'''
FILES = {
    "__init__.py": '"""The root."""\n',
    "_build.py": "FLAGS = 1\n",
    "_unused.py": "X = 1\n",
    "family/__init__.py": "",
    "family/fast.py": CODE,
    "family/_helper.py": "from . import _deeper\n\n\ndef help_me(x):\n    return _deeper.go(x)\n",
    "family/_deeper.py": "def go(x):\n    return x\n",
    "family/slow.py": "def slow(x):\n    return x\n",
    "other/__init__.py": "",
    "other/shared.py": "def work(x):\n    return x + 1\n",
    "other/code.c": "int x;\n",
}
FAST = "family/fast.py"


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """Two trees that are the same."""
    for side in ("base", "head"):
        for name, text in FILES.items():
            path = tmp_path / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return tmp_path / "base", tmp_path / "head"


@pytest.fixture
def head(tmp_path: Path) -> Path:
    """The real tree with a remark."""
    copy = Path(shutil.copytree(catalogue.IMPLS, tmp_path / "impls", ignore=shutil.ignore_patterns("__pycache__")))
    put(copy, "matmul/ladder.py", '"""Three loops over', '"""Just three loops over')
    return copy


def same(sides: tuple[Path, Path]) -> set[str]:
    return equal.same(*sides, ["family.fast", "family.slow"])


def put(side: Path, name: str, old: str, new: str) -> None:
    text = (side / name).read_text(encoding="utf-8")
    assert old in text
    (side / name).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A component."""', '"""A component, in other words."""'),
        ('"""A component."""\n', ""),
        ('    """Compute it."""\n', ""),
        ("    return shared", "    # a remark\n\n    return shared"),
        ("LIMIT = 3\n", "\n\n\nLIMIT = (\n    3\n)  # three\n"),
        ('"nothing"', "'nothing'"),
    ],
)
def test_remarks_are_no_code(sides: tuple[Path, Path], old: str, new: str):
    put(sides[1], FAST, old, new)
    assert same(sides) == {"family.fast", "family.slow"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "LIMIT = 3.0"),
        ("times=2", "times=3"),
        ("(x, times", "(x: int, times"),
        ('"nothing"', '"nothing here"'),
        ("def fast", "@staticmethod\ndef fast"),
        ("    assert x", "    assert not x"),
        ("help_me(x)) * times", "help_me(x) * times)"),
        ("LIMIT = 3\n", "LIMIT = 3\n\n\ndef more():\n    pass\n"),
    ],
)
def test_code_is(sides: tuple[Path, Path], old: str, new: str):
    put(sides[1], FAST, old, new)
    assert same(sides) == {"family.slow"}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("_build.py", "1", "2"),
        ("family/_helper.py", "go(x)", "go(x + 0)"),
        ("family/_deeper.py", "return x", "return +x"),
        ("other/shared.py", "x + 1", "x + 2"),
        ("other/__init__.py", "", "import math\n"),
    ],
)
def test_so_is_all_that_it_imports(sides: tuple[Path, Path], name: str, old: str, new: str):
    put(sides[1], name, old, new)
    assert same(sides) == {"family.slow"}


def test_the_packages_that_it_lies_in_are_imported_too(sides: tuple[Path, Path]):
    put(sides[1], "family/__init__.py", "", "import math\n")
    assert same(sides) == set()


def test_what_it_does_not_import_is_not_its_code(sides: tuple[Path, Path]):
    put(sides[1], "_unused.py", "1", "2")
    assert same(sides) == {"family.fast", "family.slow"}


@pytest.mark.parametrize(
    "how",
    [
        "import importlib\nOTHER = importlib.import_module('.._unused', __package__)",
        "from importlib import import_module",
        "OTHER = __import__('x')",
        "WHERE = Path(__file__).parent",
        "import pkgutil",
        "from importlib.resources import files",
        "import sys\nOTHER = sys.modules",
        "from sys import path",
        "exec('from .._unused import X')",
        "OTHER = getattr(Path, '__file__', None)",
        "import inspect\nWHERE = inspect.getsourcefile(Path)",
        "import impls_a",
        "from impls_a import _unused",
        "from .other import *",
        "from ....outside import x",
    ],
)
def test_where_it_may_reach_others_unseen_the_whole_tree_counts(sides: tuple[Path, Path], how: str):
    for side in sides:
        put(side, FAST, "LIMIT = 3", how)
    assert same(sides) == {"family.fast", "family.slow"}
    put(sides[1], "_unused.py", "1", "2")
    assert same(sides) == {"family.slow"}


def test_methods_that_are_called_like_them_reach_nothing(sides: tuple[Path, Path]):
    for side in sides:
        put(side, FAST, "LIMIT = 3", "import os\nA, B, C = Path.eval, Path.modules, os.path")
    put(sides[1], "_unused.py", "1", "2")
    assert same(sides) == {"family.fast", "family.slow"}


def test_a_file_beside_it_that_is_named_is_its_code(sides: tuple[Path, Path]):
    for side in sides:
        put(side, FAST, "LIMIT = 3", "SCRIPT = Path(__file__).with_name('slow.py')")
    put(sides[1], "_unused.py", "1", "2")
    assert same(sides) == {"family.fast", "family.slow"}
    put(sides[1], "family/slow.py", "return x", "return +x")
    assert same(sides) == set()


@pytest.mark.parametrize("how", ["print(__doc__)", "import inspect\ninspect.getdoc(Path)", "LINE = Path.f_lineno"])
def test_where_it_reads_its_own_text_every_letter_counts(sides: tuple[Path, Path], how: str):
    for side in sides:
        put(side, FAST, "LIMIT = 3", how)
    assert same(sides) == {"family.fast", "family.slow"}
    put(sides[1], "family/_helper.py", "def", "# a remark\ndef")
    assert same(sides) == {"family.slow"}


def test_what_is_no_python_counts_for_all(sides: tuple[Path, Path]):
    put(sides[1], "other/code.c", "int", "long")
    assert same(sides) == set()
    put(sides[1], "other/code.c", "long", "int")
    (sides[1] / "new.h").write_text("")
    assert same(sides) == set()


def test_what_is_not_valid_python_is_the_same_only_by_the_letter(sides: tuple[Path, Path]):
    for side in sides:
        put(side, FAST, "def fast", "def def fast")
    assert same(sides) == {"family.fast", "family.slow"}
    put(sides[1], FAST, "LIMIT = 3", "LIMIT = 3  # three")
    assert same(sides) == {"family.slow"}
    put(sides[1], FAST, "LIMIT = 3  # three", "LIMIT = 3")
    put(sides[1], "_unused.py", "1", "2")
    assert same(sides) == {"family.slow"}, "nobody knows what it would import"


def test_a_file_that_is_gone_is_a_difference(sides: tuple[Path, Path]):
    (sides[1] / "family" / "_deeper.py").unlink()
    assert same(sides) == {"family.slow"}
    (sides[1] / FAST).unlink()
    assert same(sides) == {"family.slow"}


def test_of_the_real_components_each_reaches_a_few_files(head: Path):
    tree = equal._Tree(catalogue.IMPLS)
    files = sum(1 for _ in catalogue.IMPLS.rglob("*.py"))
    reached = {name: tree.reached(name) for name in catalogue.components()}
    assert max(map(len, reached.values())) < files / 4, "one of them may import anything"
    assert {"matmul/ladder.py", "_build.py", "_contract.py", "__init__.py"} <= reached["matmul.ladder"]
    names = {"matmul.ladder", "matmul.norm", "training.progress"}
    assert equal.same(catalogue.IMPLS, head, names) == names
    put(head, "matmul/ladder.py", "return torch.mm(a, b)", "return 1 * torch.mm(a, b)")
    assert equal.same(catalogue.IMPLS, head, names) == names - {"matmul.ladder"}


def begun(results: Path, head: Path, selection: str, **options: Any) -> Journal:
    asked = Options(cells=(), selection=selection, command="", **options)
    return opening.start(asked, results, str(catalogue.IMPLS), str(head))


def test_a_comparison_of_equal_code_starts_no_worker(tmp_path: Path, head: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stage, "Process", None)
    journal = begun(tmp_path, head, "matmul.ladder and 5x784x10")
    assert outlook.told(journal.found) == ""
    found = session.measure(journal, Progress(io.StringIO()))
    assert len(found.rows) > 20 and {(row.verdict, row.reason) for row in found.rows} == {("SAME", equal.REASON)}
    assert (found.exit_code, found.rule, found.partial, found.epochs) == (0, None, False, 0)
    assert fold(load(journal.path)) == found
    assert not list((tmp_path / "compare").glob(".trees-*"))


def test_only_what_differs_is_timed_and_counted(tmp_path: Path, head: Path):
    put(head, "smallops/row_sum.py", "torch.sum(x, dim=0)", "torch.sum(x + 0, dim=0)")
    selection = "matmul.ladder/mm/eager/cpu/64/1 or smallops.row_sum/torch_sum/eager/cpu/50x10/1"
    journal = begun(tmp_path, head, selection)
    assert outlook.waiting(journal.found) == ["smallops.row_sum/torch_sum/eager/cpu/50x10/1"]
    many = begun(tmp_path, head, "matmul.ladder or smallops.row_sum and cpu and 50x10")
    assert many.found.options.budget == opening.PER_CELL * len(outlook.waiting(many.found)), "the others take no time"
    for one in (journal, many):
        one.close()


@pytest.mark.parametrize("options", [{"equal": True}, {"apart": True}, {"scales": {"x": 0.05}}])
def test_who_wants_it_timed_gets_it_timed(tmp_path: Path, head: Path, options: dict[str, Any]):
    cell = "matmul.ladder/mm/eager/cpu/64/1"
    journal = begun(tmp_path, head, cell, **options)
    assert outlook.waiting(journal.found) == [cell]
    journal.close()


@pytest.mark.parametrize(
    ("requirements", "expected"), [((("a",), ("a",)), 1), ((("a",), ("b",)), 0), ((("a",), ()), 1), (((), ()), 1)]
)
def test_with_other_packages_nothing_is_the_same(
    sides: tuple[Path, Path], requirements: tuple[tuple[str, ...], tuple[str, ...]], expected: int
):
    laid = [Tree("", "", side, "", wanted) for side, wanted in zip(sides, requirements, strict=True)]
    cells = [Cell("family.fast", "fast", "eager", "cpu", "1", "1")]
    assert len(opening._same(laid, cells, Options(cells=(), selection="", command=""))) == expected


def test_who_compares_equal_trees_on_purpose_times_them(monkeypatch: pytest.MonkeyPatch):
    asked = []

    def start(options, *rest):
        asked.append(options)
        raise KeyboardInterrupt

    for module in (calibrate, spread, peers):
        monkeypatch.setattr(module.opening, "start", start)
    place = peers.Ground(Path("nowhere"))
    for begin in (
        lambda: calibrate.run(calibrate.kind("same")),
        lambda: spread.measure(1, 1, spread.Progress()),
        lambda: peers.ours(place, "same"),
    ):
        with pytest.raises(KeyboardInterrupt):
            begin()
    assert [options.equal for options in asked] == [True] * 3
