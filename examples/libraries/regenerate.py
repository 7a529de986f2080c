"""Write `docs/libraries.md` anew: three public libraries, two releases of each, as their users would compare them.

``python examples/libraries/regenerate.py`` makes an environment with torch, the libraries and this engine, runs the
commands that the page shows in a copy of each project folder beside this file, and writes what they print. It needs uv.
``--environment FOLDER`` keeps the environment there, and uses it where it exists.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs" / "libraries.md"
COLUMNS = 120
BUDGET = 120  # seconds for a comparison: enough on a machine that is busy, too
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PERFSUITE", "PYTHON"))}
TOP = """\
# Three libraries, two releases of each

What [your own repository](own-repository.md) describes, done with public libraries by what their users have: an
installed package, a table of three lines, and components of about ten. `perfsuite compare` takes releases, installs
both, and runs them in turns in one process. `--only cpu` leaves out the cells of a GPU, `--budget` is in seconds,
`--instructions` counts Python's instructions, and `--all` shows what is the same too.

`python examples/libraries/regenerate.py` wrote this page, and every number in it was measured by the commands that it
shows. The explanations are written by hand; each is shown only where its verdict came out again, and the lines that it
quotes stand in one of the two releases alone.
"""


@dataclass(frozen=True)
class Cause:
    """Why a cell got its verdict, in words that were written for this verdict."""

    cell: str
    verdict: str
    text: str
    file: str = ""  # of the package, where the lines stand
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class Library:
    """A library, its two releases, and what is shown of them."""

    name: str
    base: str
    head: str
    profiled: str  # the cell
    causes: tuple[Cause, ...]

    @property
    def releases(self) -> tuple[str, str]:
        """Both releases, as the command line takes them."""
        return f"{self.name}=={self.base}", f"{self.name}=={self.head}"

    @property
    def folder(self) -> Path:
        """Its project."""
        return HERE / self.name

    @property
    def files(self) -> list[Path]:
        """What its user writes."""
        return [self.folder / "pyproject.toml", *sorted(self.folder.glob("perf/*.py"))]

    @property
    def commands(self) -> list[list[str]]:
        """The commands of the page."""
        return [
            ["list", "-k", "cpu"],
            ["run", "-k", "cpu"],
            ["compare", *self.releases, "--only", "cpu", "--budget", str(BUDGET), "--instructions", "--all"],
            ["profile", self.profiled],
        ]


@dataclass(frozen=True)
class Shown:
    """A command and what it printed."""

    command: str
    output: str
    seconds: float


def libraries() -> list[Library]:
    """The libraries of ``libraries.toml``."""
    told = tomllib.loads((HERE / "libraries.toml").read_text(encoding="utf-8"))
    return [
        Library(**one, causes=tuple(Cause(**cause) for cause in causes))
        for one, causes in ((one, one.pop("cause")) for one in told["library"])
    ]


def files(library: Library) -> Iterator[str]:
    """The files of a project, each as a block of the page."""
    for path in library.files:
        name, kind = path.relative_to(library.folder).as_posix(), path.suffix.removeprefix(".").replace("py", "python")
        yield f"```{kind}\n# {name}\n{path.read_text(encoding='utf-8').strip()}\n```\n"


def told(cause: Cause, row: dict[str, Any], sources: Sequence[tuple[str, Path]]) -> str:
    """The verdict on a cell, what the counts say, and the cause if it was written for this verdict.

    Raises:
        ValueError: a release does not have the lines.
    """
    changed = f", {_percent(row['ratio'])} ({_interval(row)})" if row["ratio"] else ""
    verdict = f"**`{cause.cell}`: {row['verdict']}{changed}.**"
    if row["verdict"] != cause.verdict:
        return f"{verdict} The explanation at hand is one for {cause.verdict} and is left out.\n"
    counts = f"Counts: {counted}.\n" if (counted := _counts(row["counts"])) else ""
    text = f"{verdict}\n{counts}{cause.text.strip()}\n"
    return f"{text}\n{quoted(cause, sources)}" if cause.file else text


def quoted(cause: Cause, sources: Sequence[tuple[str, Path]]) -> str:
    """The lines of both releases that differ, as a diff.

    Raises:
        ValueError: they do not stand in the one release, or stand in the other as well.
    """
    texts = [(source / cause.file).read_text(encoding="utf-8") for _, source in sources]
    lines = []
    for here, block, mark in ((0, cause.old, "-"), (1, cause.new, "+")):
        wanted = f"\n{block.strip(chr(10))}\n"
        if wanted not in texts[here] or wanted in texts[1 - here]:
            raise ValueError(f"{cause.file} of {sources[here][0]} alone should have these lines:{wanted}")
        number = texts[here][: texts[here].index(wanted)].count("\n") + 2
        lines.append(f"{mark * 3} {sources[here][0]} {cause.file}, line {number}")
        lines += [f"{mark}{line}" for line in wanted.strip("\n").splitlines()]
    return "\n".join(["```diff", *lines, "```", ""])


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f} %"


def summary(found: Sequence[tuple[Library, dict[str, dict[str, Any]]]]) -> str:
    """All verdicts, a row of a table each."""
    lines = ["| release | against | cell | verdict | change | interval |", "|---|---|---|---|---:|---:|"]
    for library, rows in found:
        for cell, row in rows.items():
            numbers = [_percent(row["ratio"]), _interval(row)] if row["ratio"] else ["", ""]
            lines.append("| " + " | ".join([*library.releases[::-1], f"`{cell}`", row["verdict"], *numbers]) + " |")
    return "\n".join([*lines, ""])


def _interval(row: dict[str, Any]) -> str:
    return " … ".join(_percent(end) if end else "no bound" for end in (row["low"], row["high"]))


def _counts(counts: dict[str, dict[str, int | None]]) -> str:
    base, head = counts.get("base", {}), counts.get("head", {})
    return ", ".join(f"{name} {base[name]:,} → {head[name]:,}" for name in base if base[name] != head.get(name))


def section(library: Library, shown: Sequence[Shown], rows: dict[str, dict[str, Any]], sources: Any) -> str:
    """The part of the page on one library."""
    listed, run, compared, profiled = (f"```console\n$ {one.command}\n{one.output}\n```\n" for one in shown)
    took = ", ".join(f"`{one.command.split()[1]}` {one.seconds:.0f} s" for one in shown)
    return "\n".join(
        [
            f"## {library.name} {library.base} and {library.head}\n",
            *files(library),
            listed,
            run,
            compared,
            *(told(cause, rows[cause.cell], sources) for cause in library.causes),
            profiled,
            f"It took: {took}.\n",
        ]
    )


class Trial:
    """An environment, and a folder with a copy of each project."""

    def __init__(self, folder: Path, environment: Path, asked: Sequence[Library]) -> None:
        self.folder, self._environment = folder, environment
        self._python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
        if not self._python.exists():
            self._uv("venv", "--quiet", "--no-project", "--python", sys.executable, str(environment))
            self._install("torch", "uv", str(self._engine()), *(library.releases[1] for library in asked))

    def _engine(self) -> Path:
        """A copy of this engine to install, so that building it leaves nothing in the checkout."""
        folder = self.folder / "engine"
        shutil.copytree(ROOT / "perfsuite", folder / "perfsuite", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, folder)
        return folder

    def _install(self, *words: str) -> None:
        self._uv("pip", "install", "--quiet", "--python", str(self._python), *words)

    @staticmethod
    def _uv(*words: str) -> None:
        uv = ["uv"] if shutil.which("uv") else [sys.executable, "-m", "uv"]
        subprocess.run([*uv, *words], env={**os.environ, "UV_COMPILE_BYTECODE": "1"}, check=True)

    def section(self, library: Library) -> tuple[str, dict[str, dict[str, Any]]]:
        """Run the commands in a copy of the library's project; the part of the page, and the verdicts by cell."""
        folder = self.folder / library.name
        shutil.copytree(library.folder, folder, ignore=shutil.ignore_patterns("results", "__pycache__"))
        shown = [self._shown(folder, words) for words in library.commands]
        (document,) = (folder / "results" / "compare").glob("*.json")
        rows = {row["cell"]: row for row in json.loads(document.read_text(encoding="utf-8"))["rows"]}
        sources = []
        for release in library.releases:
            sources.append((release, self.folder / release))
            self._install("--no-deps", "--target", str(sources[-1][1]), release)
        return section(library, shown, rows, sources), rows

    def _shown(self, folder: Path, words: Sequence[str]) -> Shown:
        command = shlex.join(["perfsuite", *words])
        print(f"{folder.name}: {command}", file=sys.stderr, flush=True)
        began = time.monotonic()
        done = subprocess.run(
            [self._python, "-P", "-m", "perfsuite", *words],
            cwd=folder,
            env={**ENVIRONMENT, "COLUMNS": str(COLUMNS)},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if not done.stdout:
            raise ValueError(f"{command} printed nothing:\n{done.stderr}")
        output = "\n".join(line.rstrip() for line in done.stdout.strip().replace(f"{folder}/", "").splitlines())
        return Shown(command, output, time.monotonic() - began)

    def surroundings(self, asked: Sequence[Library]) -> str:
        """The machine and the versions, a line each."""
        script = (
            "import importlib.metadata as m, json, platform, sys\n"
            "from perfsuite.host import machine\n"
            "facts = machine.machine()\n"
            "print(json.dumps({'cpu': facts['cpu'], 'cores': facts['cores'], 'memory': facts['memory'],"
            " 'python': platform.python_version(), **{n: m.version(n) for n in sys.argv[1:]}}))"
        )
        names = ["torch", *(library.name for library in asked)]
        done = subprocess.run([self._python, "-P", "-c", script, *names], capture_output=True, check=True)
        found = json.loads(done.stdout)
        machine = f"{found['cpu']}, {found['cores']} cores, {found['memory'] / 2**30:.0f} GiB"
        versions = ", ".join(f"{name} {found[name]}" for name in names)
        return f"Machine: {machine}; one thread. Python {found['python']}; installed: {versions}.\n"


def page(trial: Trial, asked: Sequence[Library]) -> str:
    """The whole page."""
    made = [(library, *trial.section(library)) for library in asked]
    table = summary([(library, rows) for library, _, rows in made])
    return "\n".join([TOP, trial.surroundings(asked), table, *(text for _, text, _ in made)]).rstrip() + "\n"


def main() -> int:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--environment", type=Path, help="an environment to make here, or to use")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        environment = (options.environment or folder / "environment").resolve()
        text = page(Trial(folder, environment, libraries()), libraries())
    PAGE.write_text(text, encoding="utf-8")
    print(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
