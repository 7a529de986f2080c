"""What is here, what is missing and what helps, and what on this machine bends results. It looks, and never fails.

torch is imported in a process of its own: a broken one may end it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks import asking, commits, data, machine, scratch, software
from benchmarks.printable import one_line

PROJECT = Path(__file__).resolve().parent.parent
PYTHON = (3, 11)
LACKING = {
    "measure": "nothing can be measured",
    "show": "no report",
    "kernels": "the variants that need it are skipped",
    "tensorboard": "no TensorBoard",
    "asv": "no asv",
}  # group of pyproject.toml -> what does not work without it
LONGEST = 1000  # characters of a line
FREE = 0.8  # share of a core's time that is idle where nothing else runs
SPACE = 2e9  # bytes: compiled kernels, traces and generated data sets need about as much
DEEPEN = "git fetch --unshallow"
SHARED = 64 << 20  # bytes of shared memory: what a container gets is soon full
TOGETHER = "install torch and torchvision together, from one index"
IMPORTS = """
import json
told = {}
for name in ("torch", "torchvision"):
    try:
        module = __import__(name)
        told[name] = {"version": module.__version__}
    except Exception as problem:
        told[name] = {"problem": f"{type(problem).__name__}: {problem}".splitlines()[0]}
        if isinstance(problem, ModuleNotFoundError) and problem.name == name:
            told[name] = {}
if "version" in told["torch"]:
    import torch
    told["built"] = torch.version.cuda or torch.version.hip or ""
    told["gpus"] = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())]
    told["capability"] = torch.backends.cpu.get_cpu_capability()
    told["threads"] = torch.get_num_threads()
print(json.dumps(told))
"""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    mark: str  # "ok"; "note": optional, or it bends results; "missing": nothing can be measured without it
    subject: str
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Place:
    """Where to look."""

    root: Path = machine.ROOT
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    project: Path = PROJECT
    sleep: Callable[[float], None] = time.sleep
    usage: Callable[[Path], Any] = shutil.disk_usage
    temporary: str = field(default_factory=tempfile.gettempdir)

    @cached_property
    def torch(self) -> dict[str, Any]:
        """What a fresh process tells of torch and torchvision: per name a version, a problem, or nothing."""
        command = [sys.executable, "-P", "-c", IMPORTS]
        environ = dict(self.environ)
        done = subprocess.run(
            command, capture_output=True, timeout=180, env=environ, encoding="utf-8", errors="replace"
        )
        try:
            return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]
        except (IndexError, ValueError):
            last = ([line for line in done.stderr.splitlines() if line.strip()] or [""])[-1]
            return {"torch": {"problem": f"importing it ends with code {done.returncode} {last}".rstrip()}}


def report(place: Place | None = None) -> tuple[str, bool]:
    """The findings as text, and whether the suite can run here."""
    found = list(findings(place or Place()))
    width = max(len(finding.subject) for finding in found)
    lines = []
    for finding in found:
        lines.append(f"{finding.mark:7}  {finding.subject:{width}}  {finding.text}".rstrip())
        if finding.remedy:
            lines.append(f"{'':7}  {'':{width}}  -> {finding.remedy}")
    lines = [one_line(text, LONGEST) for text in lines]
    lacking = [finding.subject for finding in found if finding.mark == "missing"]
    lines += ["", f"not ready: {', '.join(lacking)}" if lacking else "ready"]
    return "\n".join(lines), not lacking


def findings(place: Place) -> Iterator[Finding]:
    """What each check finds; one that breaks is itself a finding."""
    for check in CHECKS:
        try:
            yield from check(place)
        except Exception as problem:
            yield Finding("note", check.__name__, f"could not be looked at: {type(problem).__name__}: {problem}")


# -- software ---------------------------------------------------------------------------------------------------------


def python(place: Place) -> Iterator[Finding]:
    """The interpreter."""
    text = f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}"
    if sys.version_info < PYTHON:
        yield Finding("missing", "python", text, f"use Python {'.'.join(map(str, PYTHON))} or newer")
    elif hasattr(sys, "gettotalrefcount"):
        yield Finding("note", "python", f"{text}, a debug build: its times say little", "use a release build")
    else:
        yield Finding("ok", "python", text)


def torch(place: Place) -> Iterator[Finding]:
    """What a fresh process says of torch and torchvision."""
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
            yield Finding(mark, name, f"{version} is another build than torch's", TOGETHER)
        else:
            yield Finding("ok", name, version)


def packages(place: Place) -> Iterator[Finding]:
    """What else ``pyproject.toml`` lists, by its groups."""
    import tomllib  # not there in a Python that is too old

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
                text = f"{version}, but {requirement} is asked for"
                yield Finding("note", name, text, f"pip install --group {group}")
            else:
                yield Finding("ok", name, version)


def _name(requirement: str) -> str:
    return re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]


def _suffices(version: str, requirement: str) -> bool:
    """Whether ``version`` obeys the first ``>=`` or ``==`` of ``requirement``."""
    bound = re.search(r"(>=|==)\s*([\d.]+)", requirement)
    if not bound:
        return True
    have, want = (tuple(map(int, re.findall(r"\d+", re.split(r"[^\d.]", text)[0]))) for text in (version, bound[2]))
    return have[: len(want)] == want if bound[1] == "==" else have >= want


def compilers(place: Place) -> Iterator[Finding]:
    """A C compiler with ``Python.h`` for the variants in C, a C++ compiler for ``torch.compile``."""
    include = f"-I{sysconfig.get_path('include')}"
    packages = "install gcc, g++ and Python's headers (packages build-essential, python3-dev)"
    # torch.compile brings its own OpenMP on a Mac.
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
    """What the compiler says against ``header``; nothing if it takes it."""
    text = f"#include <{header}>\n"
    done = subprocess.run(
        command, input=text, capture_output=True, encoding="utf-8", errors="replace", timeout=60, env=dict(environ)
    )
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    return (errors or [f"it ends with code {done.returncode}"])[0] if done.returncode else ""


def cuda(place: Place) -> Iterator[Finding]:
    """The GPUs, and whether this torch can use them."""
    built, here = place.torch.get("built", ""), machine.gpus(place.root)
    if gpus := place.torch.get("gpus"):
        yield Finding("ok", "CUDA", f"{', '.join(gpus)}, torch built for {built}")
    elif here and not built:
        yield Finding("note", "CUDA", f"{', '.join(here)}, but torch is built without CUDA", "install torch for CUDA")
    elif here:
        hidden = "CUDA_VISIBLE_DEVICES" in place.environ
        remedy = "unset CUDA_VISIBLE_DEVICES" if hidden else f"install a driver that suits CUDA {built}"
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
        yield Finding("note", "git", f"no commit: results cannot tell what was measured: {why}", remedy)
    if commits.shallow(place.project):
        text = "a shallow clone: compare and bisect find none of the commits that it leaves out"
        yield Finding("note", "git", text, DEEPEN)


# -- machine ----------------------------------------------------------------------------------------------------------


def load(place: Place) -> Iterator[Finding]:
    """Whether the cores are free now."""
    cores = machine.cores(place.root)
    average = asking.read(place.root / "proc/loadavg").split(" ")[0]
    free, stolen = _idle(place)
    if free is None:
        yield Finding("note", "load", "not readable here")
        return
    text = f"{free} of {cores} cores free, load average {average or 'unknown'}"
    if free < cores:
        yield Finding("note", "load", text, "close other programs: times on all cores wait for the slowest")
    else:
        yield Finding("ok", "load", text)
    if stolen > 0.02:
        yield Finding("note", "load", f"the hypervisor takes {stolen:.0%} of the time", "use a machine of your own")


def _idle(place: Place) -> tuple[int | None, float]:
    """How many usable cores were free over 0.2 s, ``None`` if that cannot be read, and the share that was stolen."""

    def ticks() -> dict[int, list[int]]:
        lines = asking.read(place.root / "proc/stat").splitlines()
        rows = (re.fullmatch(r"cpu(\d+) ([\d ]+)", line) for line in lines)
        return {int(row[1]): list(map(int, row[2].split())) for row in rows if row}

    before = ticks()
    place.sleep(0.2)
    after = ticks()
    spent = {
        cpu: [now - then for then, now in zip(before[cpu], after[cpu], strict=True)]
        for cpu in machine.usable()
        if cpu in before and cpu in after
    }
    total = sum(map(sum, spent.values()))
    if not total:
        return None, 0.0
    free = sum(sum(row[3:5]) >= FREE * sum(row) for row in spent.values())  # idle, and waiting for a disk
    return min(free, machine.cores(place.root)), sum(row[7] for row in spent.values() if len(row) > 7) / total


def clock(place: Place) -> Iterator[Finding]:
    """What changes the clock rate."""
    governor, turbo = machine.governor(root=place.root), machine.turbo(place.root)
    if governor and governor != "performance":
        yield Finding("note", "governor", governor, "as root: cpupower frequency-set -g performance")
    else:
        yield Finding("ok", "governor", governor or "not readable here")
    if turbo:
        remedy = "as root: echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo, or 0 > .../cpufreq/boost"
        yield Finding("note", "turbo", "on: the clock depends on heat and on other cores", remedy)
    else:
        yield Finding("ok", "turbo", "not readable here" if turbo is None else "off")


def memory(place: Place) -> Iterator[Finding]:
    """Memory, its limits, swap and huge pages."""
    total, free = machine.memory(place.root), machine.available(place.root)
    limited = any(limit <= total for limit, _ in machine.memory_limits(place.root))
    text = f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free{', limited by a control group' * limited}"
    if free < SPACE:
        yield Finding("note", "memory", text, "close other programs: large cases are skipped")
    else:
        yield Finding("ok", "memory", text)
    told = dict(re.findall(r"^(Swap\w+):\s+(\d+) kB", asking.read(place.root / "proc/meminfo"), re.MULTILINE))
    used = (int(told.get("SwapTotal", 0)) - int(told.get("SwapFree", 0))) * 1024
    if used:
        yield Finding("note", "swap", f"{used / 1e9:.2g} GB in use", "free memory, then as root: swapoff -a")
    else:
        yield Finding("ok", "swap", "not in use")
    pages = machine.huge_pages(place.root)
    if pages == "madvise":
        text = "madvise: numpy asks for huge pages, torch does not, so numpy's large temporaries cost less"
        yield Finding("note", "huge pages", text, "THP_MEM_ALLOC_ENABLE=1 makes torch ask too")
    else:
        yield Finding("ok", "huge pages", pages or "not readable here")


def space(place: Place) -> Iterator[Finding]:
    """Free disk space where results, caches and temporary files go."""
    cache = data.folder(place.environ).parent
    for subject, folder in (("project", place.project), ("cache", cache), ("temporary", Path(place.temporary))):
        there = next(part for part in (folder, *folder.parents) if part.exists())
        free = shutil.disk_usage(there).free
        text = f"{folder}: {free / 1e9:.1f} GB free"
        if not os.access(there, os.W_OK):
            yield Finding("note", subject, f"{folder} cannot be written to", "make it writable")
        elif free < SPACE:
            yield Finding("note", subject, text, "python -m benchmarks clean")
        else:
            yield Finding("ok", subject, text)


def shared(place: Place) -> Iterator[Finding]:
    """The memory through which processes of a DataLoader pass their batches (Linux)."""
    folder = place.root / "dev/shm"
    if not folder.is_dir():
        yield Finding("ok", "shared memory", "not looked at: there is no /dev/shm here")
        return
    usage = place.usage(folder)
    text = f"/dev/shm: {_bytes(usage.free)} of {_bytes(usage.total)} free"
    if usage.free <= SHARED:
        why = "DataLoader workers pass batches through it, and fail where it is full"
        remedy = "remount it larger (as root: mount -o remount,size=1g /dev/shm), or docker run --shm-size=1g"
        yield Finding("note", "shared memory", f"{text}: {why}", remedy)
    else:
        yield Finding("ok", "shared memory", text)


def _bytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 2**20:.3g} MiB"


def compiling(place: Place) -> Iterator[Finding]:
    """Where workers put what torch compiles: torch's compiler cannot take every folder."""
    folder = place.temporary
    if scratch.compilable(folder):
        yield Finding("ok", "compiling", f"below {folder}")
    elif refuge := scratch.base(folder):
        why = "torch's compiler can take no blank, quote or letter outside ASCII in a path"
        yield Finding("ok", "compiling", f"below {refuge}, not {folder}: {why}")
    else:
        text = f"torch cannot compile below {folder!r}, for the blank, quote or letter outside ASCII in it"
        yield Finding("note", "compiling", text, "set TMPDIR to a plain folder: compiled cells fail")


def files(place: Place) -> Iterator[Finding]:
    """The data that components read: what was made, whether it is whole, and the user's own."""
    folder, held = data.folder(place.environ), data.holdings(place.environ)
    if held:
        yield Finding("ok", "data", f"{folder}: {len(held)} sets, {sum(held.values()) / 1e6:,.0f} MB")
    else:
        yield Finding("ok", "data", f"{folder}: nothing made yet")
    for target in held:
        if wrong := data.damage(target):
            remedy = "it is made again when it is read; python -m benchmarks clean --data removes all of it"
            yield Finding("note", "data", f"{target.name} is damaged: {wrong}", remedy)
    if root := place.environ.get(data.GIVEN):
        for name in data.NAMES:
            if missing := data.lacking(Path(root), name):
                text = f"{name} is drawn: {data.GIVEN} names {root}, where {missing} is not there or not whole"
                yield Finding("note", "data", text, f"put the unpacked files of {name} there")
            else:
                yield Finding("ok", "data", f"{name} from {root}")


def variables(place: Place) -> Iterator[Finding]:
    """Environment variables that bend results; all of them are recorded."""
    found = software.variables(place.environ)
    for name, value in found.items():
        short = value if len(value) <= 80 else f"{value[:79]}…"
        yield Finding("note", "environment", f"{name}={short}", f"unset {name}, unless it is meant")
    if not found:
        yield Finding("ok", "environment", "no variable that bends results")


CHECKS: tuple[Callable[[Place], Iterator[Finding]], ...] = (
    python,
    torch,
    packages,
    compilers,
    cuda,
    git,
    load,
    clock,
    memory,
    shared,
    space,
    compiling,
    files,
    variables,
)
