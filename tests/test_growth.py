"""CONTRIBUTING followed to the letter in a copy of the project: what is added appears everywhere, by that alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import copied

from perfsuite.records import store

pytestmark = pytest.mark.slow
TEXT = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text()
VARIANT, COMPONENT, SECTION, METRIC, COLUMN, FACT, LOOK, COMMAND, REASON = re.findall(
    r"```python\n(.*?)```", TEXT, re.DOTALL
)
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


@dataclass(frozen=True)
class Grown:
    """A copy of the project to which all four recipes were applied, and what its commands said."""

    folder: Path
    listed: str
    rows: str
    collected: str
    asv: str
    printed: str
    counted: str

    def page(self, name: str) -> str:
        """A page of the run's report."""
        return (self.folder / "results" / "report" / f"{name}.html").read_text()


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Grown:
    """One run shows the first three: what is measured and drawn takes longer than the additions."""
    project = copied(tmp_path_factory.mktemp("grown") / "project")
    add_variant(project)
    add_component(project)
    add_section(project)
    add_metric(project)
    add_fact(project)
    add_command(project)
    add_reason(project)
    selection = f"{CHUNKED} or growth.double"
    done = command(project, "run", "-k", selection, "--launches", "1", "--budget", "0.01")
    assert done.returncode == 0, done.stderr
    assert "Count the cells." in command(project, "--help").stdout
    counted = command(project, "count").stdout
    listed, rows = (command(project, "list", *more).stdout for more in ((), ("--rows",)))
    return Grown(project, listed, rows, collected(project), asv_params(project), done.stdout, counted)


CHUNKED = "smallops.row_sum/chunked/eager/cpu/500x10/1"


def add_variant(project: Path) -> None:
    path = project / "impls" / "smallops" / "row_sum.py"
    path.write_text(path.read_text() + "\n\n" + VARIANT)


def add_component(project: Path) -> None:
    for room in ("impls", "benchmarks/components"):
        family = project / room / "growth"
        family.mkdir()
        (family / "__init__.py").write_text('"""Growth."""\n')
    (project / "impls" / "growth" / "double.py").write_text(
        '"""Doubling."""\n\n\ndef multiply(x):\n    """Multiply.\n\n    RD-90.\n    """\n    return 2 * x\n\n\n'
        'def add(x):\n    """Add.\n\n    RD-90.\n    """\n    return x + x\n'
    )
    (project / "benchmarks" / "components" / "growth" / "double.py").write_text(COMPONENT)


def add_section(project: Path) -> None:
    (project / "reports" / "sections" / "hello.py").write_text(SECTION)
    listing = project / "reports" / "sections" / "__init__.py"
    lines = listing.read_text()
    assert '    "limits",\n' in lines
    listing.write_text(lines.replace('    "limits",\n', '    "limits",\n    "hello",\n', 1))


def after(path: Path, mark: str, line: str) -> None:
    """Put ``line`` below the one line that is ``mark``."""
    text = path.read_text()
    assert text.count(mark) == 1
    path.write_text(text.replace(mark, mark + line))


def add_metric(project: Path) -> None:
    path = project / "perfsuite" / "reporting" / "metrics.py"
    after(path, "METRICS: Mapping[str, Metric] = {\n", COLUMN)
    path.write_text(path.read_text().replace("METRICS: Mapping", f"{METRIC}\n\nMETRICS: Mapping"))


def add_fact(project: Path) -> None:
    path = project / "benchmarks" / "facts" / "tensors.py"
    after(path, "LOOKS = {\n", LOOK)
    path.write_text(path.read_text().replace("LOOKS = {", f"{FACT}\n\nLOOKS = {{"))


def add_command(project: Path) -> None:
    folder = project / "perfsuite" / "runners" / "commands"
    (folder / "count.py").write_text(COMMAND)
    listing = folder / "__init__.py"
    lines = listing.read_text()
    assert lines.count("COMMANDS = {\n") == 1
    listing.write_text(lines.replace("COMMANDS = {\n", 'COMMANDS = {\n    "count": "Count the cells.",\n'))


def add_reason(project: Path) -> None:
    path = project / "perfsuite" / "explaining" / "reasons" / "rules.py"
    text = path.read_text()
    head = "RULES: Mapping[str, Rule] = {"
    assert text.count(head) == 1
    start = text.index(head)
    text = text[:start] + f"{REASON}\n\n" + text[start:].replace("\n}", '\n    "views": views,\n}', 1)
    path.write_text(text)


def test_a_variant_is_one_function_in_one_file(grown: Grown):
    assert CHUNKED in grown.listed.splitlines()
    assert CHUNKED in grown.collected
    assert CHUNKED in grown.asv
    assert "chunked" in grown.printed
    assert "Sum halves first" in grown.page("smallops.row_sum")


def test_a_component_is_two_files(grown: Grown):
    cell = "growth.double/add/eager/cpu/1000/1"
    assert cell in grown.listed.splitlines()
    assert "RD-90" in grown.rows
    assert cell in grown.collected
    assert cell in grown.asv
    run = store.read(store.latest(grown.folder / "results"))
    found = {cell.cell: cell.status for cell in run.records}
    assert found == dict.fromkeys(
        (CHUNKED, *(f"growth.double/{way}/eager/cpu/1000/1" for way in ("multiply", "add"))), "ok"
    )
    assert "Is adding faster than multiplying?" in grown.page("growth.double")


def test_a_section_is_one_file_and_one_line(grown: Grown):
    assert "cells were asked for" in grown.page("index")


def test_a_metric_is_one_function_and_one_line(grown: Grown):
    head = (grown.folder / "results" / "report" / "cells.csv").read_text().splitlines()[0]
    assert "widest" in head.split(",")


def test_a_fact_is_one_function_and_one_line(grown: Grown):
    code = "from benchmarks import facts; print(*(f'{fact.says}: {fact.holds}' for fact in facts.look()), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], cwd=grown.folder, capture_output=True, text=True, check=True)
    assert "a view shares the memory of its base: True" in done.stdout.splitlines()


def test_a_command_is_one_file_and_one_line(grown: Grown):
    assert grown.counted == f"{len(grown.listed.splitlines())} cells\n"


def test_a_reason_is_one_function_and_one_line(grown: Grown):
    code = f"""if True:
        import sys
        sys.path.append({str(Path(__file__).parent / "explaining")!r})
        from test_rules import KNOWN, PLAIN, dataclasses, kind
        KNOWN["views"] = dataclasses.replace(PLAIN, seconds=1.2e-3, views=200), PLAIN, ("views",)
        print(kind(*KNOWN["views"][:2]))
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=grown.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "views\n"
