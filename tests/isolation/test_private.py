"""What of a measured package does not come from the copies that a worker has."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from perfsuite.isolation import private

RULES = SimpleNamespace(_lazy_module_init={"einops": []}, THIRDPARTY_SKIPLIST=("pandas",))
NAMES = ["einops", "mylib"]


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> private.Refusing:
    """The plain names are refused, as in a worker of two trees."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    return private.refuse(NAMES)


def test_who_asks_for_a_plain_name_is_told(refusing: private.Refusing):
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("mylib.deep")
    (told,) = private.strangers(NAMES, Path())
    assert "test_private.py, line " in told and "imports 'mylib' by that name" in told


def test_what_torch_compile_knows_by_name_is_told_where_something_is_compiled(
    refusing: private.Refusing, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "torch._dynamo.trace_rules", RULES)  # type: ignore[arg-type]
    assert private.strangers(NAMES, Path()) == []
    assert private.strangers(NAMES, Path(), compiled=True) == ["torch.compile knows 'einops' by that name"]


def test_a_process_of_its_own_has_the_name_that_torch_compile_knows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "torch._dynamo.trace_rules", RULES)  # type: ignore[arg-type]
    assert private.strangers(NAMES, Path(), compiled=True) == []


@pytest.mark.slow
def test_the_lists_that_torch_keeps_have_these_names():
    script = (
        "import torch._dynamo.trace_rules as rules\n"
        "print('einops' in rules._lazy_module_init, 'pandas' in rules.THIRDPARTY_SKIPLIST)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_what_was_loaded_from_elsewhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for side in ("a", "b"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "mylib.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path / "a")
    monkeypatch.setitem(sys.modules, "mylib", importlib.import_module("mylib"))
    assert private.strangers(NAMES, tmp_path / "a") == []
    (told,) = private.strangers(NAMES, tmp_path / "b")
    assert told.startswith("mylib was loaded from ")
