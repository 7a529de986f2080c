"""Compare with other tools: all judge identical code and known slowdowns, side by side on one machine.

Every tool gets the same trees. In BASE each function of the calibration does its work 20 times; HEAD does it 20 times
too (the same), 21 times (5 % slower) or 22 times (10 % slower). One thread, the tools' default settings.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from perfsuite.calibration import calibrate
from perfsuite.host import scratch
from perfsuite.judging import opening, session
from perfsuite.judging.record import Options
from perfsuite.model.cell import Cell
from perfsuite.project import catalogue
from perfsuite.project.settings import ENGINE
from perfsuite.project.trees import git
from perfsuite.running.progress import Progress

TIMES = 20
HEADS = {"same": 20, "+5 %": 21, "+10 %": 22}  # kind -> how many times HEAD does its work
CELLS = tuple(cell for cell in calibrate.CELLS if cell not in (calibrate.WORKERS, calibrate.LARGE))
# pyperf starts a process for each of 30 values, so even its fastest setting takes a minute per function and run.
FEW = (CELLS[2], CELLS[5])
REPEATED = """

def _repeated(function, times):
    def run(*arguments):
        for _ in range(times):
            output = function(*arguments)
        return output

    return run
"""
FUNCTIONS = """
import functools, importlib, json, pathlib
import torch

torch.set_num_threads(1)
HERE = pathlib.Path({folder!r})


def load(cell):
    component, name = cell.split("/")[:2]
    function = getattr(importlib.import_module("impls." + component), name)
    return functools.partial(function, *torch.load(HERE / (cell.replace("/", "_") + ".pt"), weights_only=False))


CELLS = json.loads({cells!r})
"""
ASV = """{functions}
class Suite:
    params = CELLS
    param_names = ["cell"]

    def setup(self, cell):
        import impls

        assert "site-packages" in impls.__file__, impls.__file__  # the commit's own, not a checkout
        self.call = load(cell)

    def time_call(self, cell):
        self.call()
"""
PYTEST = """{functions}
import pytest


@pytest.mark.parametrize("cell", CELLS)
def test_call(benchmark, cell):
    benchmark(load(cell))
"""
PYPERF = """{functions}
import pyperf

runner = pyperf.Runner()
for cell in json.loads({few!r}):
    runner.bench_func(cell, load(cell))
"""


@dataclass(frozen=True)
class Ground:
    """A repository whose commits are the trees, and the other files that the tools need."""

    folder: Path
    commits: Mapping[str, str] = field(default_factory=dict)  # "base" or a kind -> commit

    @property
    def repository(self) -> Path:
        """The repository."""
        return self.folder / "repository"

    def tree(self, name: str) -> Path:
        """A checkout of "base" or of a kind's HEAD."""
        return self.folder / "trees" / ("base" if name == "base" else str(list(HEADS).index(name)))


def ground(folder: Path, tree: Path = catalogue.IMPLS) -> Ground:
    """Create the trees, as commits and as folders, and store the inputs."""
    import torch

    made = Ground(folder, {})
    inputs = folder / "inputs"
    inputs.mkdir()
    for cell in map(Cell.parse, CELLS):
        component = catalogue.component(cell.component)
        case = next(case for case in component.cases if case.name == cell.case)
        values = component.inputs(case, torch.Generator().manual_seed(0))
        torch.save(values, inputs / f"{str(cell).replace('/', '_')}.pt")
    functions = FUNCTIONS.format(folder=str(inputs), cells=json.dumps(CELLS))
    repository = made.repository
    (repository / "peers").mkdir(parents=True)
    (repository / "peers" / "__init__.py").write_text("")
    (repository / "peers" / "suite.py").write_text(ASV.format(functions=functions))
    (folder / "test_functions.py").write_text(PYTEST.format(functions=functions))
    (folder / "functions.py").write_text(PYPERF.format(functions=functions, few=json.dumps(FEW)))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(catalogue.ROOT / name, repository)
    settings = json.loads((catalogue.ROOT / "asv.conf.json").read_text(encoding="utf-8"))
    (repository / "asv.conf.json").write_text(json.dumps({**settings, "benchmark_dir": "peers"}))
    git(repository, "init", "--quiet", "-b", "main")
    commits = {}
    for name, times in {"base": TIMES, **HEADS}.items():
        shutil.rmtree(repository / "impls", ignore_errors=True)
        shutil.copytree(tree, repository / "impls", ignore=shutil.ignore_patterns("__pycache__"))
        (repository / "impls" / "_side.py").write_text(f'"""{name}"""\n')
        for cell in map(Cell.parse, CELLS):
            path = repository / "impls" / Path(*cell.component.split(".")).with_suffix(".py")
            text = path.read_text(encoding="utf-8")
            text += "" if "def _repeated(" in text else REPEATED
            if f"{cell.variant} = _repeated(" not in text:  # two cells may be cases of one function
                text += f"\n\n{cell.variant} = _repeated({cell.variant}, {times})\n"
            path.write_text(text, encoding="utf-8")
        git(repository, "add", "--all")
        git(repository, "-c", "user.name=peers", "-c", "user.email=peers@localhost", "commit", "--quiet", "-m", name)
        commits[name] = git(repository, "rev-parse", "HEAD")
        shutil.copytree(repository / "impls", made.tree(name) / "impls")
    return Ground(folder, commits)


# -- the tools: the verdict of each on every cell, "slower", "faster" or "" --------------------------------------------

Said = dict[str, dict[str, str]]  # rule -> cell -> verdict


def ours(place: Ground, kind: str) -> Said:
    """``python -m benchmarks compare`` with default settings."""
    with scratch.Scratch() as folder:
        options = Options(
            cells=(), selection=" or ".join(CELLS), command=f"{catalogue.PROJECT.command} peers", equal=True
        )
        base, head = (str(place.tree(name) / "impls") for name in ("base", kind))
        journal = opening.start(options, folder, base, head)
        found = session.measure(journal, Progress())
    if found.partial:
        raise KeyboardInterrupt
    words = {"SLOWER": "slower", "FASTER": "faster"}
    return {"compare": {row.cell: words.get(row.verdict, "") for row in found.rows}}


def asv(place: Ground, kind: str) -> Said:
    """``asv continuous``; the same samples are also judged with a second factor."""
    base, head = place.commits["base"], place.commits[kind]
    _run([sys.executable, "-m", "asv", "continuous", base, head], place.repository, codes=(0, 1), imports=False)
    said = {}
    for factor in ("1.1", "1.05"):
        words = ["compare", "--factor", factor, base, head]
        said[f"factor {factor}"] = read_asv(
            _run([sys.executable, "-m", "asv", *words], place.repository, imports=False)
        )
    return said


def read_asv(text: str) -> dict[str, str]:
    """The verdicts of ``asv compare``: a line of its table begins with + if a benchmark got slower."""
    said = dict.fromkeys(CELLS, "")
    for line in text.splitlines():
        sign, _, rest = line.strip("| ").partition(" ")
        for cell in CELLS:
            if f"({cell!r})" in rest and sign in ("+", "-"):
                said[cell] = "slower" if sign == "+" else "faster"
    return said


def pytest_benchmark(place: Ground, kind: str) -> Said:
    """``pytest --benchmark-compare-fail=median:5%`` of one run against the previous; it only reports slowdowns."""
    with scratch.Scratch() as folder:
        words = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--rootdir",
            str(folder),
        ]
        words += [f"--benchmark-storage=file://{folder}", str(place.folder / "test_functions.py")]
        _run([*words, "--benchmark-save=base"], place.tree("base"))
        words += ["--benchmark-compare=0001", "--benchmark-compare-fail=median:5%"]
        return {"median:5%": read_pytest(_run(words, place.tree(kind), codes=(0, 1)))}


def read_pytest(text: str) -> dict[str, str]:
    """The verdicts of pytest-benchmark's gate."""
    failed = re.findall(r"test_call\[(.+?)\] \([^)]*\) - Field 'median' has failed", text)
    return {cell: "slower" if cell in failed else "" for cell in CELLS}


def pyperf(place: Ground, kind: str) -> Said:
    """``pyperf compare_to`` of two runs of two functions, at pyperf's fastest setting."""
    with scratch.Scratch() as folder:
        made: list[str] = []
        for name in ("base", kind):
            made.append(str(folder / f"{len(made)}.json"))
            words = [sys.executable, str(place.folder / "functions.py"), "--fast", "--quiet", "-o", made[-1]]
            _run([*words, "--inherit-environ", "PYTHONPATH,OMP_NUM_THREADS"], place.tree(name))
        return {"compare_to": read_pyperf(_run([sys.executable, "-m", "pyperf", "compare_to", *made], place.folder))}


def read_pyperf(text: str) -> dict[str, str]:
    """The differences that ``pyperf compare_to`` calls significant."""
    said = dict.fromkeys(FEW, "")
    for line in text.splitlines():
        cell, _, rest = line.partition(": ")
        if cell in said and (found := re.search(r"x (slower|faster)$", rest.strip())):
            said[cell] = found[1]
    return said


TOOLS: dict[str, Callable[[Ground, str], Said]] = {
    "asv continuous": asv,
    "pytest-benchmark": pytest_benchmark,
    "pyperf": pyperf,
    "this": ours,
}


def _run(words: Sequence[str], cwd: Path, codes: Sequence[int] = (0,), *, imports: bool = True) -> str:
    """The output of a tool, run in a tree whose ``impls`` it imports, unless it installs them itself as asv does.

    Raises:
        ValueError: it fails.
    """
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    folder = cwd if imports else ENGINE.parent  # asv imports this engine's plugin, and drops the variable in benchmarks
    variables |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(folder)}
    done = subprocess.run(
        words, cwd=cwd, capture_output=True, check=False, encoding="utf-8", errors="replace", env=variables
    )
    if done.returncode not in codes:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise ValueError(f"{' '.join(words[1:5])} failed: {''.join(last)[:300]}")
    return done.stdout + done.stderr


# -- the record and the table ------------------------------------------------------------------------------------------


def sitting(path: Path, rounds: int, tools: Sequence[str]) -> None:
    """Let every tool judge every kind once per round, in random order; each result is recorded at once."""
    with scratch.Scratch() as folder:
        place = ground(folder)
        if "asv continuous" in tools:  # the time of a one-off installation does not count
            _run([sys.executable, "-m", "asv", "machine", "--yes"], place.repository, imports=False)
            _run(
                [sys.executable, "-m", "asv", "setup"], place.repository, codes=(0, 1), imports=False
            )  # asv's setup always exits with 1
        for _ in range(rounds):
            turns = [(tool, kind) for tool in tools for kind in HEADS]
            for tool, kind in random.sample(turns, len(turns)):
                print(f"{tool}: {kind}", file=sys.stderr, flush=True)
                began = time.monotonic()
                said = TOOLS[tool](place, kind)
                found = {
                    "tool": tool,
                    "kind": kind,
                    "when": datetime.now(UTC).isoformat(timespec="seconds"),
                    "seconds": round(time.monotonic() - began, 1),
                    "said": said,
                }
                calibrate.add(path, found)
