"""A package under another name: which imports are rewritten, and what stays as it was."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

import pytest

from perfsuite.project.renaming import rename, renamed

NAMES = {"mylib": "mylib_a", "perf": "perf_a"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import mylib", "import mylib_a as mylib"),
        ("import mylib.sub", "import mylib_a.sub; import mylib_a as mylib"),
        ("import mylib.sub as s", "import mylib_a.sub as s"),
        ("import os as o, mylib as m", "import os as o; import mylib_a as m"),
        ("from mylib import a", "from mylib_a import a"),
        ("from   mylib.sub import (\n    a,\n    b)", "from   mylib_a.sub import (\n    a,\n    b)"),
        ("def f():\n    from mylib.late import q; return q", "def f():\n    from mylib_a.late import q; return q"),
        ("from perf._help import x", "from perf_a._help import x"),
        ("import mylibrary, mylib_x", "import mylibrary, mylib_x"),
        ("from . import mylib", "from . import mylib"),
        ("from .mylib import a", "from .mylib import a"),
        ('x = "import mylib"  # import mylib', 'x = "import mylib"  # import mylib'),
        ('"""Ä"""; import mylib.ä', '"""Ä"""; import mylib_a.ä; import mylib_a as mylib'),
        ("this is no Python: mylib", "this is no Python: mylib"),
    ],
)
def test_imports_are_rewritten_and_nothing_else(before: str, after: str):
    assert renamed(before.encode(), NAMES).decode() == after


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_keep_their_numbers(newline: str):
    text = newline.join(["import mylib.a, \\", "    mylib.b  # why", "from \\", "  mylib import x", "y = 1", ""])
    changed = renamed(text.encode(), NAMES).decode()
    assert changed.count("\n") == text.count("\n") and changed.split(newline)[4] == "y = 1"
    ast.parse(changed)


def test_a_file_in_another_encoding_is_left_alone():
    text = "# coding: latin-1\nx = 'é'; import mylib\n".encode("latin-1")
    assert renamed(text, NAMES) == text


def test_two_copies_live_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for side, value in (("_a", 1), ("_b", 2)):
        folder = tmp_path / f"pkg{side}"
        (folder / "sub").mkdir(parents=True)
        (folder / "__init__.py").write_text("import pkg.sub.deep\nfrom pkg.sub import deep as again\n")
        (folder / "sub" / "__init__.py").write_text("")
        (folder / "sub" / "deep.py").write_text(f"VALUE = {value}\ndef late():\n    import pkg\n    return pkg\n")
        rename(folder, {"pkg": f"pkg{side}"})
    monkeypatch.syspath_prepend(str(tmp_path))
    one, two = importlib.import_module("pkg_a"), importlib.import_module("pkg_b")
    assert (one.again.VALUE, two.again.VALUE) == (1, 2)
    assert one.again.late() is one and two.again.late() is two and "pkg" not in sys.modules
