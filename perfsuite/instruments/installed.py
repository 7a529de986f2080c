"""What is installed: Python, torch, packages, compilers, CUDA, git."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping

from perfsuite.host import commits, machine, software
from perfsuite.instruments.place import Finding, Place
from perfsuite.measuring import processor

PYTHON = (3, 11)
LACKING = {
    "measure": "nothing can be measured",
    "show": "no report",
    "kernels": "the variants that need it are skipped",
    "tensorboard": "no TensorBoard",
    "asv": "no asv",
    "explain": "explanations have no native frames",
    "export": "no Parquet, no DuckDB, no `query`",
}  # dependency group in pyproject.toml -> what does not work without it
DEEPEN = "git fetch --unshallow"
TOGETHER = "install torch and torchvision together, from one index"


def python(place: Place) -> Iterator[Finding]:
    """The interpreter."""
    text = f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}"
    if sys.version_info < PYTHON:
        yield Finding("missing", "python", text, f"use Python {'.'.join(map(str, PYTHON))} or newer")
    elif hasattr(sys, "gettotalrefcount"):
        yield Finding("note", "python", f"{text}, a debug build with unrepresentative times", "use a release build")
    else:
        yield Finding("ok", "python", text)


def torch(place: Place) -> Iterator[Finding]:
    """What a fresh process reports about torch and torchvision."""
    for name in ("torch", "torchvision"):
        told = place.torch.get(name, {})
        version, mark = told.get("version", ""), "missing" if name == "torch" else "note"
        if problem := told.get("problem"):
            yield Finding(mark, name, f"does not import: {problem}", TOGETHER)
        elif not version:
            yield Finding(mark, name, "not installed", "pip install --group measure")
        elif name == "torch":
            yield Finding("ok", name, f"{version}, {place.torch['capability']}, {place.torch['threads']} threads")
        elif version.partition("+")[2] != place.torch["torch"].get("version", "").partition("+")[2]:
            yield Finding(mark, name, f"{version} does not match torch's build", TOGETHER)
        else:
            yield Finding("ok", name, version)


def packages(place: Place) -> Iterator[Finding]:
    """The other packages that ``pyproject.toml`` lists, by group."""
    import tomllib  # not available in a Python that is too old

    groups = tomllib.loads((place.project / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    for group, lack in LACKING.items():
        for requirement in groups.get(group, ()):
            if not isinstance(requirement, str) or (name := _name(requirement)) in ("torch", "torchvision"):
                continue
            version = software.version(name)
            mark = "missing" if group == "measure" else "note"
            if not version:
                yield Finding(mark, name, f"not installed: {lack}", f"pip install --group {group}")
            elif not _suffices(version, requirement):
                text = f"{version}, but {requirement} is required"
                yield Finding("note", name, text, f"pip install --group {group}")
            else:
                yield Finding("ok", name, version)


def _name(requirement: str) -> str:
    return re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]


def _suffices(version: str, requirement: str) -> bool:
    """Whether ``version`` satisfies the first ``>=`` or ``==`` of ``requirement``."""
    bound = re.search(r"(>=|==)\s*([\d.]+)", requirement)
    if not bound:
        return True
    have, want = (tuple(map(int, re.findall(r"\d+", re.split(r"[^\d.]", text)[0]))) for text in (version, bound[2]))
    return have[: len(want)] == want if bound[1] == "==" else have >= want


def compilers(place: Place) -> Iterator[Finding]:
    """A C compiler with ``Python.h`` for the variants in C, a C++ compiler for ``torch.compile``."""
    include = f"-I{sysconfig.get_path('include')}"
    packages = "install gcc, g++ and Python's headers (packages build-essential, python3-dev)"
    # On macOS, torch.compile brings its own OpenMP.
    openmp, needed = ([], "vector") if sys.platform == "darwin" else (["-fopenmp"], "omp.h")
    for subject, variable, default, flags, header, lack in (
        ("C compiler", "CC", "cc", [include, "-x", "c"], "Python.h", "variants in C are skipped"),
        ("C++ compiler", "CXX", "g++", [*openmp, "-x", "c++"], needed, "compiled variants are skipped on the CPU"),
    ):
        name, *options = shlex.split(place.environ.get(variable) or default)
        found = shutil.which(name, path=place.environ.get("PATH"))
        if not found:
            yield Finding("note", subject, f"{name} not found: {lack}", packages)
            continue
        complaint = _cannot_include(header, [found, *options, "-fsyntax-only", *flags, "-"], place.environ)
        if complaint:
            yield Finding("note", subject, f"{name} cannot include {header}: {complaint}: {lack}", packages)
        else:
            yield Finding("ok", subject, found)


def _cannot_include(header: str, command: list[str], environ: Mapping[str, str]) -> str:
    """The compiler's error about ``header``; empty if it accepts it."""
    text = f"#include <{header}>\n"
    done = subprocess.run(
        command, input=text, capture_output=True, encoding="utf-8", errors="replace", timeout=60, env=dict(environ)
    )
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    return (errors or [f"it exits with code {done.returncode}"])[0] if done.returncode else ""


def valgrind(place: Place) -> Iterator[Finding]:
    """The program that counts instructions by function."""
    found = shutil.which("valgrind", path=place.environ.get("PATH"))
    if found:
        yield Finding("ok", "valgrind", found)
    else:
        yield Finding("note", "valgrind", "not found: `explain --instructions` counts nothing", "install valgrind")


def counters(place: Place) -> Iterator[Finding]:
    """The processor's counters, which explanations show where there are any."""
    with contextlib.closing(place.processor()) as found:
        names, problem = processor.available(found), found.problem
    if names:
        yield Finding("ok", "counters", ", ".join(names).replace("_", " "))
    else:
        why = processor.WHY.get(problem.errno or 0, problem.strerror) if problem else "they stay at zero"
        text = f"the processor's cannot be read ({why}), which is usual on virtual machines"
        remedy = processor.ADVICE.get(problem.errno or 0, "") if problem else ""
        yield Finding("note", "counters", text, remedy)


def cuda(place: Place) -> Iterator[Finding]:
    """The GPUs, and whether this torch can use them."""
    built, here = place.torch.get("built", ""), machine.gpus(place.root)
    if gpus := place.torch.get("gpus"):
        yield Finding("ok", "CUDA", f"{', '.join(gpus)}, torch built for {built}")
    elif here and not built:
        yield Finding("note", "CUDA", f"{', '.join(here)}, but torch is built without CUDA", "install torch for CUDA")
    elif here:
        hidden = "CUDA_VISIBLE_DEVICES" in place.environ
        remedy = "unset CUDA_VISIBLE_DEVICES" if hidden else f"install a driver for CUDA {built}"
        yield Finding("note", "CUDA", f"{', '.join(here)}, but torch sees none", remedy)
    else:
        yield Finding("note", "CUDA", "no GPU: cells on cuda are skipped")


def git(place: Place) -> Iterator[Finding]:
    """The commit that results are filed under."""
    commit, dirty = commits.commit(place.project)
    if commit:
        yield Finding("ok", "git", f"{commit[:10]}{', with changes that are not committed' * dirty}")
    else:
        why, remedy = commits.uncommitted(place.project)
        yield Finding("note", "git", f"no commit, so results do not record what was measured: {why}", remedy)
    if commits.shallow(place.project):
        text = "a shallow clone: compare and bisect cannot find the commits that it leaves out"
        yield Finding("note", "git", text, DEEPEN)
