"""CONTRIBUTING followed to the letter in a copy of the project: what is added appears everywhere, by that alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import record

pytestmark = pytest.mark.slow
TEXT = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text()
VARIANT, COMPONENT, SECTION = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
Command = Callable[..., subprocess.CompletedProcess[str]]


def collected(project: Path) -> str:
    """What pytest-benchmark's front end would run."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "benchmarks/suite", "--collect-only", "-q", "--cells", "full"],
        cwd=project,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def asv_params(project: Path) -> str:
    """What asv's front end would run."""
    code = """if True:
        import benchmarks.asv_cells as front
        for found in [found for found in vars(front).values() if isinstance(found, type)]:
            for case in list(vars(found).values()):
                print(*getattr(case, "params", ()), sep="\\n")
    """
    environment = {**os.environ, "BENCHMARKS_CELLS": "full"}
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_variant_is_one_function_in_one_file(project: Path, command: Command):
    path = project / "impls" / "smallops" / "row_sum.py"
    path.write_text(path.read_text() + "\n\n" + VARIANT)
    cell = "smallops.row_sum/chunked/eager/cpu/500x10/1"
    assert cell in command(project, "list", "-k", "chunked").stdout.splitlines()
    assert cell in collected(project)
    assert cell in asv_params(project)
    done = command(project, "run", "-k", cell, "--launches", "1", "--budget", "0.01")
    assert done.returncode == 0, done.stderr
    assert "chunked" in done.stdout
    assert "Sum halves first" in (project / "results" / "report" / "smallops.row_sum.html").read_text()


def test_a_component_is_two_files(project: Path, command: Command):
    for room in ("impls", "benchmarks/components"):
        family = project / room / "growth"
        family.mkdir()
        (family / "__init__.py").write_text('"""Growth."""\n')
    (project / "impls" / "growth" / "double.py").write_text(
        '"""Doubling."""\n\n\ndef multiply(x):\n    """Multiply.\n\n    RD-90.\n    """\n    return 2 * x\n\n\n'
        'def add(x):\n    """Add.\n\n    RD-90.\n    """\n    return x + x\n'
    )
    (project / "benchmarks" / "components" / "growth" / "double.py").write_text(COMPONENT)
    cell = "growth.double/add/eager/cpu/1000/1"
    assert cell in command(project, "list").stdout.splitlines()
    assert "RD-90" in command(project, "list", "--rows").stdout
    assert cell in collected(project)
    assert cell in asv_params(project)
    done = command(project, "run", "-k", "growth.double", "--launches", "1", "--budget", "0.01")
    assert done.returncode == 0, done.stderr
    run = record.read(record.latest(project / "results"))
    assert [cell.status for cell in run.records] == ["ok", "ok"]
    assert "Is adding faster than multiplying?" in (project / "results" / "report" / "growth.double.html").read_text()


def test_a_section_is_one_file_and_one_line(project: Path, command: Command):
    (project / "reports" / "sections" / "hello.py").write_text(SECTION)
    listing = project / "reports" / "sections" / "__init__.py"
    lines = listing.read_text()
    assert '    "limits",\n' in lines
    listing.write_text(lines.replace('    "limits",\n', '    "limits",\n    "hello",\n', 1))
    done = command(project, "run", "-k", "matmul.ladder/mm/eager/cpu/8/1", "--launches", "1", "--budget", "0.01")
    assert done.returncode == 0, done.stderr
    assert "cells were asked for" in (project / "results" / "report" / "index.html").read_text()
