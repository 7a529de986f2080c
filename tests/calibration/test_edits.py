"""Edits that do nothing: the text changes, the answers and the names do not."""

from __future__ import annotations

import importlib
import random
import shutil
import sys
from pathlib import Path

import pytest
import torch

from perfsuite.calibration import edits
from perfsuite.project import catalogue


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of impls to edit."""
    return Path(shutil.copytree(catalogue.IMPLS, tmp_path / "impls", ignore=shutil.ignore_patterns("__pycache__")))


@pytest.mark.parametrize("seed", range(3))
def test_every_file_changes_and_every_variant_stays(tree: Path, seed: int):
    done = edits.no_op(tree, random.Random(seed))
    assert done
    for name in catalogue.components():
        path = Path(*name.split(".")).with_suffix(".py")
        assert (tree / path).read_text() != (catalogue.IMPLS / path).read_text(), name
        before = {(each.name, each.needs, each.prepared) for each in catalogue.variants(name)}
        assert {(each.name, each.needs, each.prepared) for each in catalogue.variants(name, tree)} == before


def test_all_edits_together_leave_the_answers_alone(tree: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(random.Random, "sample", lambda self, population, k: list(population))
    edits.no_op(tree, random.Random(7))
    tree.rename(tree.parent / "impls_edited")
    monkeypatch.syspath_prepend(str(tree.parent))
    x = torch.randn(50, 10)
    for name, variants, inputs in (
        ("smallops.row_sum", ("slice_loop", "unbind_loop", "list_loops", "torch_sum"), (x,)),
        ("noise.elementwise", ("chain",), (x.flatten(),)),
        ("noise.train_step", ("autograd",), (x, torch.arange(50) % 4, torch.randn(10, 4), torch.randn(4))),
    ):
        for variant in variants:
            ours = getattr(importlib.import_module(f"impls.{name}"), variant)(*inputs)
            theirs = getattr(importlib.import_module(f"impls_edited.{name}"), variant)(*inputs)
            for one, other in zip(ours, theirs, strict=True) if isinstance(ours, tuple) else [(ours, theirs)]:
                assert torch.equal(one, other), f"{name}.{variant}"
    for module in [name for name in sys.modules if name.startswith("impls_edited")]:
        monkeypatch.delitem(sys.modules, module)


def test_locals_get_other_names_and_arguments_keep_theirs():
    import ast

    module = ast.parse("def f(a):\n    total = a\n    for i in a:\n        total += i\n    return total\n")
    edits._rename_locals(module, random.Random(1))
    text = ast.unparse(module)
    assert "def f(a)" in text and "total_" in text and "i_" in text and " total " not in text
