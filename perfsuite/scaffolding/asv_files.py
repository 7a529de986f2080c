"""What `perfsuite asv` writes: the settings of asv, and a folder with one benchmark file.

asv builds the project's package of each commit and installs it into an environment of its own. Two decisions:

* The engine is not a requirement of that environment. The plugin that ``asv.conf.json`` names finds it beside asv and
  tells the environment where it is (:mod:`perfsuite.runners.asv_plugin`). So all commits are measured by one engine, a
  checkout or a folder serves as well as a release, and the file, which is committed, has no path of a machine.
* The environment gets what the project's ``pyproject.toml`` requires today, and packages are installed without their
  dependencies. So all commits are measured with the same torch, and a change of time is a change of the package.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from perfsuite.project import trees
from perfsuite.project.declarations import COMPONENTS, ROOT, declarations
from perfsuite.project.environments import WORKER
from perfsuite.project.packages import PROJECT
from perfsuite.project.settings import TABLE
from perfsuite.scaffolding import writing

FOLDER = "_asv"  # below the components; the underscore says that it has none
PLUGIN = ".perfsuite.runners.asv_plugin"
ENGINE = (*WORKER, "msgspec")  # what the engine imports to measure
REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(.*?)\s*", re.DOTALL)
SINGLE = re.compile(r'\[\s+("[^\n]*")\s+\]')  # a list of one text

START = '''"""asv's benchmarks: the components of this project. `perfsuite asv` wrote this folder.

asv's environments have no engine. The plugin that asv.conf.json names sets PERFSUITE_ENGINE to the engine beside asv;
set it yourself to use another one: the folder of the package `perfsuite`. Without both, an installed one is used.
"""

import importlib.util
import os
import sys
from pathlib import Path

os.environ["PERFSUITE_ROOT"] = str(Path(__file__).resolve().parents[{depth}])
if _folder := os.environ.get("PERFSUITE_ENGINE"):  # this package alone: what is installed beside it stays there
    _spec = importlib.util.spec_from_file_location(
        "perfsuite", Path(_folder) / "__init__.py", submodule_search_locations=[_folder]
    )
    sys.modules["perfsuite"] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules["perfsuite"])
'''
BENCHMARKS = '''"""A class for each component, a benchmark for each of its cases, a parameter for each cell."""

from perfsuite.runners import asv_front

__getattr__ = asv_front.benchmarks(globals())
'''
NEXT = {
    "pip install asv uv": "into the environment that has perfsuite",
    "asv machine --yes": "describe this machine, once",
    "asv run HEAD^!": "measure the last commit; BENCHMARKS_CELLS='attn and eager' selects cells",
    "asv continuous {branch} HEAD": "measure two commits, and print what changed",
    "asv publish && asv preview": "pages with a graph for each cell",
}


def carry_out() -> Iterator[str]:
    """Write the files that do not exist yet; yields a line for each, and what to type next.

    Raises:
        ValueError: asv could not measure this project; nothing is written.
    """
    if not declarations():
        raise ValueError(f"{COMPONENTS} declares no component: `{PROJECT.command} init MODULE:FUNCTION` writes a first")
    for name in PROJECT.package:
        if not (ROOT / name / "__init__.py").is_file():
            told = f"package in [tool.perfsuite] of {ROOT / TABLE} names what is measured"
            raise ValueError(f"asv builds a package of this repository, and {name} is not in it: {told}")
    folder = f"{PROJECT.benchmarks}/{FOLDER}"
    config = next((name for name in ("asv.conf.jsonc", "asv.conf.json") if (ROOT / name).exists()), "asv.conf.json")
    texts = {
        config: SINGLE.sub(r"[\1]", json.dumps(settings(), indent=4)) + "\n",
        f"{folder}/__init__.py": START.format(depth=len(Path(folder).parts)),
        f"{folder}/cells.py": BENCHMARKS,
    }
    if not _ignored(".asv/"):
        texts[".asv/.gitignore"] = "*\n"
    for name, text in texts.items():
        yield f"wrote {name}" if writing.create(ROOT / name, text) else f"kept {name}: it exists"
    if PLUGIN not in (ROOT / config).read_text(encoding="utf-8", errors="replace"):
        yield f'edit {config}: it needs "plugins": ["{PLUGIN}"] and "benchmark_dir": "{folder}"'
    yield f"{config} lists what asv installs: add what else your components import"
    yield "next:"
    for command, text in NEXT.items():
        yield f"  {command.format(branch=_branch()):28s}  {text}"


def settings() -> dict[str, Any]:
    """What ``asv.conf.json`` says.

    Raises:
        ValueError: the project is in no git repository, or cannot be built.
    """
    try:
        top = Path(trees.git(ROOT, "rev-parse", "--show-toplevel"))
    except ValueError:
        raise ValueError(f"{ROOT} is in no git repository, and asv measures commits: `git init`, and commit") from None
    about = tomllib.loads((ROOT / TABLE).read_text(encoding="utf-8"))
    if not about.keys() & {"project", "build-system"} and not (ROOT / "setup.py").is_file():
        raise ValueError(f"asv builds the package, and {ROOT / TABLE} has no [project]: add it, with name and version")
    required = requirements(about.get("project", {}).get("dependencies", []))
    inside = ROOT.resolve().relative_to(top)
    return {
        "version": 1,
        "project": about.get("project", {}).get("name", PROJECT.package[0].split("/")[-1]),
        "repo": os.path.relpath(top, ROOT.resolve()),
        **({"repo_subdir": inside.as_posix()} if inside.parts else {}),
        "branches": [_branch()],
        "show_commit_url": "#",
        "plugins": [PLUGIN],
        "environment_type": "uv-install",
        "matrix": {"req": {name: [required.get(name, "")] for name in dict.fromkeys(["torch", *required, *ENGINE])}},
        "build_command": ["python -m pip wheel --no-deps -w {build_cache_dir} {build_dir}"],
        "install_command": ["in-dir={env_dir} python -m pip install --no-deps --force-reinstall {wheel_file}"],
        "uninstall_command": ["return-code=any python -m pip uninstall -y {project}"],
        "benchmark_dir": f"{PROJECT.benchmarks}/{FOLDER}",
        "env_dir": ".asv/env",
        "results_dir": ".asv/results",
        "html_dir": ".asv/html",
    }


def requirements(lines: Sequence[str]) -> dict[str, str]:
    """Package -> the rest of what is declared of it: ``{"torch": ">=2.6"}``."""
    matches = (REQUIREMENT.fullmatch(line) for line in lines)
    return {re.sub(r"[-_.]+", "-", match[1]).lower(): match[2] for match in matches if match}


def _branch() -> str:
    """The branch whose history asv shows."""
    known = trees.git(ROOT, "branch", "--format=%(refname:short)").split()
    current = trees.git(ROOT, "branch", "--show-current")
    return next((name for name in ("main", "master") if name in known), current or "HEAD")


def _ignored(name: str) -> bool:
    try:
        trees.git(ROOT, "check-ignore", "--quiet", name)
    except ValueError:
        return False
    return True
