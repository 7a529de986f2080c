"""The workflow for GitHub Actions: what it installs, and what it costs by this engine's own constants."""

from __future__ import annotations

import importlib.metadata
import json
import math
import shlex
import sys
import textwrap
from pathlib import Path

from perfsuite.judging import opening, outlook
from perfsuite.judging.record import Options
from perfsuite.running import effort
from perfsuite.scaffolding.repository import Repository

TEMPLATE = Path(__file__).parent / "templates" / "perfsuite.yml"
FOLDER = Path(".github", "workflows")
DISTRIBUTION = "torch-perf-suite"
INSTALLING = 15  # minutes that the installation may take, with an environment for each side where packages differ
COUNTS = (5, 20, 80)  # of cells, whose cost is told
WIDTH = 118


def path(repository: Repository) -> Path:
    """Where the workflow goes."""
    return repository.top / FOLDER / f"{_name(repository)}.yml"


def text(repository: Repository) -> str:
    """The workflow."""
    below = repository.below
    values = {
        "NAME": _name(repository),
        "FOLDER": below,
        "ENTER": "" if below == "." else f"cd {shlex.quote(below)} && ",
        "PACKAGES": " ".join(_packages(repository)),
        "COST": "\n".join(f"# {line}" for line in textwrap.wrap(cost(), WIDTH)),
        "TIMEOUT": str(INSTALLING + math.ceil(longest() / 60)),
        "PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}",
        "RESULTS": "results/" if below == "." else f"{below}/results/",
    }
    found = TEMPLATE.read_text(encoding="utf-8")
    for name, value in values.items():
        found = found.replace(f"@{name}@", value)
    return found


def cost() -> str:
    """What a comparison costs, in words."""
    alpha = Options((), "", "").alpha
    told = ", ".join(f"{count} cells {minutes(count)} min" for count in COUNTS)
    return (
        f"What it costs besides the installation: {opening.PER_CELL:g} s for each cell, at least {opening.SHORTEST:g} s"
        f" and at most {opening.LONGEST / 60:g} min, which `--budget SECONDS` replaces; before that, proofs of"
        f" {_proofs(1, 'eager'):.1f} s for a cell, {_proofs(1, 'compile'):g} s where it is compiled. Together at most:"
        f" {told}. Where no code differs, nothing is timed. A noisy runner gives fewer verdicts, not wrong ones: the"
        f" two commits take turns in one process, a comparison without a change reports a slowdown with a probability"
        f" of at most {100 * alpha:g} %, and a cell that stays undecided passes."
    )


def minutes(cells: int) -> int:
    """The most minutes that a comparison of so many eager cells takes."""
    budget = min(opening.LONGEST, max(opening.SHORTEST, opening.PER_CELL * cells))
    return math.ceil((effort.START + _proofs(cells, "eager") + budget * (1 + outlook.OVERTIME)) / 60)


def longest() -> float:
    """The most seconds that a comparison takes: as many compiled cells as the longest budget is for."""
    cells = math.ceil(opening.LONGEST / opening.PER_CELL)
    return effort.START + _proofs(cells, "compile") + opening.LONGEST * (1 + outlook.OVERTIME)


def _proofs(cells: int, executor: str) -> float:
    return cells * outlook.SIDES * effort.PROOF[executor]


def _name(repository: Repository) -> str:
    below = repository.below
    return "perfsuite" if below == "." else f"perfsuite-{below.replace('/', '-')}"


def _packages(repository: Repository) -> list[str]:
    """What is installed: torch, the project or what it requires, and this engine."""
    root = repository.root
    own = []
    if {"project", "build-system"} & set(repository.settings) or (root / "setup.py").exists():
        own = ["."]
    elif (root / "requirements.txt").exists():
        own = ["-r requirements.txt"]
    return ["torch", *own, _engine()]


def _engine() -> str:
    """This engine as pip is told of it: the release or the repository that it was installed from."""
    try:
        found = importlib.metadata.distribution(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return DISTRIBUTION
    origin = json.loads(found.read_text("direct_url.json") or "{}")
    if version := origin.get("vcs_info", {}):
        return f'"{DISTRIBUTION} @ {version["vcs"]}+{origin["url"]}@{version["commit_id"]}"'
    return f"{DISTRIBUTION}=={found.version}"
