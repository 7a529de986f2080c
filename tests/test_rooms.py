"""The boundary between the rooms is a test: who may import whom, seen in fresh processes and in the text."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"torch", "torchvision", "transformers", "tokenizers", "accelerate", "datasets"}


def modules(room: str) -> list[str]:
    """Every importable module of a room; no entry, no pytest suite, nothing that misbehaves or attacks."""
    names = []
    for path in sorted((ROOT / room).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] == "__main__" or {"suite", "misbehaviour", "attackers"} & set(parts):
            continue
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def loaded_after(statement: str, folder: Path = ROOT) -> set[str]:
    """The top-level packages that a fresh process holds after ``statement``."""
    code = f"import sys\n{statement}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("room", ["perfsuite", "benchmarks", "reports"])
def test_a_room_loads_without_torch(room: str):
    loaded = loaded_after(f"import importlib\nfor name in {modules(room)!r}: importlib.import_module(name)")
    assert not loaded & HEAVY
    assert "impls" not in loaded


def test_reports_alone_loads_no_worker():
    statement = f"import importlib\nfor name in {modules('reports')!r}: importlib.import_module(name)"
    assert "impls" not in loaded_after(statement)


def test_the_check_can_fail(tmp_path: Path):
    (tmp_path / "leaky.py").write_text("import torch\n")
    assert loaded_after("import leaky", tmp_path) & HEAVY


def imports(path: Path) -> list[ast.Import | ast.ImportFrom]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_impls_imports_nothing_of_ours_and_itself_only_relatively():
    ours = {"perfsuite", "benchmarks", "reports", "tests", "impls"}
    for path in (ROOT / "impls").rglob("*.py"):
        for node in imports(path):
            if isinstance(node, ast.ImportFrom) and node.level:
                continue
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            assert not {name.split(".")[0] for name in names} & ours, f"{path.relative_to(ROOT)}: {names}"


def test_reports_never_names_impls_or_torch():
    for path in [*(ROOT / "reports").rglob("*.py"), *(ROOT / "perfsuite" / "reporting").rglob("*.py")]:
        for node in imports(path):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            assert not {name.split(".")[0] for name in names} & {"impls", *HEAVY}, path


def test_operators_carry_the_name_of_their_package():
    from perfsuite.project import catalogue

    for name in catalogue.components():
        assert not catalogue.operators(name), name


def test_every_variant_says_what_it_teaches_and_names_its_row():
    from perfsuite.project import catalogue

    for name, component in catalogue.components().items():
        found = catalogue.variants(name)
        assert found, f"{name} has no file in impls/"
        for variant in found:
            assert variant.lesson, f"{name}.{variant.name} has no docstring"
            rows = component.rows or ("",)  # what belongs to no row of the catalogue names none
            assert any(row in variant.doc for row in rows), f"{name}.{variant.name} names none of its rows"
        named = {
            component.baseline,
            *component.quick_again,
            *component.compiled,
            *component.graphed,
            *component.work,
            *component.published,
        }
        named |= {variant for case in component.cases for variant in (*case.only, *case.cold, *(case.compiled or ()))}
        assert named <= {variant.name for variant in found}, f"{name} names variants that do not exist"
        assert len({case.name for case in component.cases}) == len(component.cases), f"{name} has two cases of one name"


def test_every_file_of_impls_has_its_component():
    from perfsuite.project import catalogue

    files = {f"{path.parent.name}.{path.stem}" for path in (ROOT / "impls").glob("*/[!_]*.py")}
    assert files == set(catalogue.components())
