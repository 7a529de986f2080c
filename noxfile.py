"""The workflows of this project; ``nox -l`` lists them. Arguments after ``--`` go to the command."""

from __future__ import annotations

from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["bench"]
nox.options.reuse_existing_virtualenvs = True

PROJECT = nox.project.load_toml("pyproject.toml")
# uv compiles no bytecode by default, and every launch would pay for it: `import torch` takes 6 s instead of 3.
COMPILED = {"UV_COMPILE_BYTECODE": "1"}
QUIET = {"PYTHONDONTWRITEBYTECODE": None}


def install(session: nox.Session, *groups: str) -> None:
    """Install dependency groups, never ``.``: a second ``impls`` in site-packages would be confusing."""
    session.install(*nox.project.dependency_groups(PROJECT, *groups), env=COMPILED)


def benchmarks(session: nox.Session, *arguments: str) -> None:
    session.run("python", "-m", "benchmarks", *arguments, env=QUIET)


@nox.session
def bench(session: nox.Session) -> None:
    """Prove, time and explain the quick set; `-- --full` for everything, `-- -k EXPR` for matching cells."""
    install(session, "bench", "tensorboard")
    benchmarks(session, "run", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; `-- -m "not slow"` skips those with real environments, browsers and servers."""
    install(session, "test")
    # Two processes, because most tests wait for subprocesses. Tests of pytest-benchmark load it in their own processes.
    usual = ("-n", "2", "--dist", "worksteal", "-p", "no:benchmark", "-m", "not long")
    session.run("python", "-m", "pytest", *usual, *session.posargs, env=QUIET)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and types."""
    install(session, "lint", "show")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")


@nox.session
def profile(session: nox.Session) -> None:
    """Profile matching cells: `-- CELL` or `-- -k EXPR`; traces for Perfetto and TensorBoard."""
    install(session, "bench", "tensorboard")
    benchmarks(session, "profile", *session.posargs)


@nox.session
def tensorboard(session: nox.Session) -> None:
    """Show measurements and profiles in TensorBoard; `-- --port 6007` for another port."""
    install(session, "tensorboard")
    logs = Path("results") / "tensorboard"
    if not logs.is_dir():
        session.error("nothing to show yet: run `nox -s bench` or `nox -s profile -- CELL` first")
    session.run("tensorboard", "--logdir", str(logs), *session.posargs)


@nox.session
def report(session: nox.Session) -> None:
    """Write the HTML report of the newest run again; `-- FILE` for another, `-- OLD NEW` for what changed."""
    install(session, "bench")
    benchmarks(session, "report", *session.posargs)


@nox.session
def asv(session: nox.Session) -> None:
    """Track commits with asv; `-- run HEAD^!`, `-- continuous HEAD~1 HEAD`, `-- publish`."""
    install(session, "asv")
    session.run("asv", "machine", "--yes", silent=True)
    session.run("asv", *(session.posargs or ["run", "--record-samples", "--show-stderr", "HEAD^!"]), env=QUIET)


@nox.session
def history(session: nox.Session) -> None:
    """Since when is it slower? `-- -k EXPR`; `-- --backfill 10` measures commits first, `-- --confirm` compares."""
    install(session, "bench", "environments")
    benchmarks(session, "history", *session.posargs)


@nox.session
def compare(session: nox.Session) -> None:
    """Did it get slower? `-- BASE HEAD`, `-- --only EXPR`; by default, this branch and its edits against main."""
    install(session, "bench", "environments")
    benchmarks(session, "compare", *session.posargs)


@nox.session
def explain(session: nox.Session) -> None:
    """Why is one cell slower? `-- A B` for two cells, `-- CELL --base COMMIT` for one at two commits."""
    install(session, "bench", "environments", "explain")
    benchmarks(session, "explain", *session.posargs)


@nox.session
def bisect(session: nox.Session) -> None:
    """Find the commit that made a cell slower: `-- GOOD BAD CELL`."""
    install(session, "bench", "environments")
    benchmarks(session, "bisect", *session.posargs)


@nox.session
def calibrate(session: nox.Session) -> None:
    """Measure how often compare is wrong; adds to the project's record: `-- --minutes 60`, `-- --table`."""
    install(session, "bench", "statistics")
    benchmarks(session, "calibrate", *session.posargs)


@nox.session
def peers(session: nox.Session) -> None:
    """Make the same comparisons in asv, pytest-benchmark and pyperf; adds to the record: `-- --rounds 2`."""
    install(session, "bench", "statistics", "peers")
    benchmarks(session, "peers", *session.posargs)


@nox.session
def doctor(session: nox.Session) -> None:
    """Report what is available, what is missing, and what distorts results on this machine."""
    install(session, "bench", "tensorboard")
    benchmarks(session, "doctor")
