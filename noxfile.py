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
    """Install dependency groups, never ``.``: a second ``impls`` in site-packages would mislead."""
    session.install(*nox.project.dependency_groups(PROJECT, *groups), env=COMPILED)


def benchmarks(session: nox.Session, *arguments: str) -> None:
    session.run("python", "-m", "benchmarks", *arguments, env=QUIET)


@nox.session
def bench(session: nox.Session) -> None:
    """Prove, time and explain the quick set; `-- --full` for everything, `-- -k EXPR` for what matches."""
    install(session, "bench", "tensorboard")
    benchmarks(session, "run", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; `-- -m "not slow"` for those without real environments, browsers and servers."""
    install(session, "test")
    # Two processes: most tests wait for others. pytest-benchmark is what some of them test, in processes of their own.
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
    """Profile what matches: `-- CELL` or `-- -k EXPR`; traces for Perfetto and TensorBoard."""
    install(session, "bench", "tensorboard")
    benchmarks(session, "profile", *session.posargs)


@nox.session
def tensorboard(session: nox.Session) -> None:
    """Serve what was measured and profiled; `-- --port 6007` for another port."""
    install(session, "tensorboard")
    logs = Path("results") / "tensorboard"
    if not logs.is_dir():
        session.error("nothing to show yet: run `nox -s bench` or `nox -s profile -- CELL` first")
    session.run("tensorboard", "--logdir", str(logs), *session.posargs)


@nox.session
def report(session: nox.Session) -> None:
    """Write the HTML report of the newest run again; `-- FILE` for another record file."""
    install(session, "bench")
    benchmarks(session, "report", *session.posargs)


@nox.session
def asv(session: nox.Session) -> None:
    """Track commits with asv; `-- run HEAD^!`, `-- continuous HEAD~1 HEAD`, `-- publish`."""
    install(session, "asv")
    session.run("asv", "machine", "--yes", silent=True)
    session.run("asv", *(session.posargs or ["run", "--record-samples", "--show-stderr", "HEAD^!"]), env=QUIET)


@nox.session
def compare(session: nox.Session) -> None:
    """Did it get slower? `-- BASE HEAD`, `-- --only EXPR`; without names, what this branch and its edits changed."""
    install(session, "bench", "environments")
    benchmarks(session, "compare", *session.posargs)


@nox.session
def bisect(session: nox.Session) -> None:
    """Find the commit that made a cell slower: `-- GOOD BAD CELL`."""
    install(session, "bench", "environments")
    benchmarks(session, "bisect", *session.posargs)


@nox.session
def calibrate(session: nox.Session) -> None:
    """Count how often compare errs; adds to the project's record: `-- --minutes 60`, `-- --table`."""
    install(session, "bench", "statistics")
    benchmarks(session, "calibrate", *session.posargs)


@nox.session
def peers(session: nox.Session) -> None:
    """Put the same question to asv, pytest-benchmark and pyperf; adds to the project's record: `-- --rounds 2`."""
    install(session, "bench", "statistics", "peers")
    benchmarks(session, "peers", *session.posargs)


@nox.session
def doctor(session: nox.Session) -> None:
    """Say what is here, what is missing, and what on this machine bends results."""
    install(session, "bench", "tensorboard")
    benchmarks(session, "doctor")
