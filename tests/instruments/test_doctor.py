"""What the doctor says, on machines that are laid out for it; that it never fails, and never loads torch itself."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fakecounters import every, made
from test_machine import clone, lay, repository

from perfsuite.host import commits, machine, software
from perfsuite.instruments import conditions, doctor, installed
from perfsuite.instruments import place as places
from perfsuite.instruments.place import Finding, Place
from perfsuite.measuring import processor

TORCH = {"version": "2.15.0+cu132"}
HEALTHY = {
    "torch": TORCH,
    "torchvision": {"version": "0.29.2+cu132"},
    "built": "13.2",
    "gpus": [],
    "capability": "AVX2",
    "threads": 4,
}


def place(root: Path, torch: Mapping[str, Any] = HEALTHY, **changes: Any) -> Place:
    """A place whose torch tells what it is told to, without a process."""
    made = Place(**{"root": root, "environ": {}, "project": root, "sleep": lambda _: None, **changes})
    made.__dict__["torch"] = torch
    return made


def marks(findings: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(finding.mark, finding.subject) for finding in findings]


# -- the report -------------------------------------------------------------------------------------------------------


def test_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def load(place: Place) -> Iterator[Finding]:
        yield Finding("ok", "python", "3.11")
        yield Finding("note", "C compiler", "cc not found: variants in C are skipped", "install gcc")

    monkeypatch.setattr(doctor, "CHECKS", (load,))
    assert doctor.report(place(tmp_path)) == (
        "ok       python      3.11\n"
        "note     C compiler  cc not found: variants in C are skipped\n"
        "                     -> install gcc\n"
        "\n"
        "ready",
        True,
    )


def test_what_is_missing_is_named_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lacking = [Finding("missing", name, "not installed") for name in ("torch", "numpy")]
    monkeypatch.setattr(doctor, "CHECKS", (lambda _: iter(lacking),))
    text, ready = doctor.report(place(tmp_path))
    assert text.endswith("\nnot ready: torch, numpy")
    assert not ready


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(place: Place) -> Iterator[Finding]:
        yield Finding("ok", "first", "seen")
        raise PermissionError("no")

    def after(place: Place) -> Iterator[Finding]:
        yield Finding("ok", "after", "seen")

    monkeypatch.setattr(doctor, "CHECKS", (broken, after))
    found = list(doctor.findings(place(tmp_path)))
    assert [finding.subject for finding in found] == ["first", "broken", "after"]
    assert found[1].text == "could not be checked: PermissionError: no"


def test_on_a_machine_that_tells_nothing_every_check_says_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "output", lambda *_: "")
    for check in doctor.CHECKS:
        found = list(check(place(tmp_path))) if check is not installed.packages else [Finding("ok", "", "x")]
        assert found, check.__name__
        assert all(finding.text for finding in found)
    text, _ = doctor.report(place(tmp_path, {}))
    assert "missing  torch" in text
    assert "packages" in text  # there is no pyproject.toml here: the check breaks, and says so


def test_the_doctor_does_not_load_torch():
    code = (
        "import sys; from perfsuite.instruments import doctor, place; place.IMPORTS = 'print({})'; doctor.report();"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=places.PROJECT, check=True)


# -- torch ------------------------------------------------------------------------------------------------------------


def fake(folder: Path, name: str, text: str) -> None:
    lay(folder, {f"{name}/__init__.py": text})


FAKE_TORCH = """
__version__ = "9.9.9"
class version: cuda, hip = None, None
class cuda: device_count = staticmethod(lambda: 0)
class backends:
    class cpu: get_cpu_capability = staticmethod(lambda: "AVX9")
get_num_threads = lambda: 7
"""


def told(folder: Path) -> tuple[dict[str, Any], list[Finding]]:
    """What a real process tells where ``folder`` comes first on the path."""
    here = Place(environ={**os.environ, "PYTHONPATH": str(folder)}, project=folder)
    return here.torch, list(installed.torch(here))


def test_a_process_of_its_own_tells_of_torch(tmp_path: Path):
    fake(tmp_path, "torch", FAKE_TORCH)
    fake(tmp_path, "torchvision", "__version__ = '8.8'")
    facts, found = told(tmp_path)
    assert facts == {
        "torch": {"version": "9.9.9"},
        "torchvision": {"version": "8.8"},
        "built": "",
        "gpus": [],
        "capability": "AVX9",
        "threads": 7,
    }
    assert found == [Finding("ok", "torch", "9.9.9, AVX9, 7 threads"), Finding("ok", "torchvision", "8.8")]


def test_torchvision_of_another_index_is_named_with_its_error(tmp_path: Path):
    fake(tmp_path, "torch", FAKE_TORCH)
    fake(tmp_path, "torchvision", "raise RuntimeError('operator torchvision::nms does not exist\\nmore')")
    _, found = told(tmp_path)
    assert found[1] == Finding(
        "note",
        "torchvision",
        "does not import: RuntimeError: operator torchvision::nms does not exist",
        "install torch and torchvision together, from one index",
    )


def test_a_torch_that_kills_its_process_is_missing(tmp_path: Path):
    fake(tmp_path, "torch", "import os, sys; print('half a line', file=sys.stderr, flush=True); os._exit(9)")
    _, found = told(tmp_path)
    assert found[0].mark == "missing"
    assert found[0].text == "does not import: importing it exits with code 9 half a line"


def test_a_torch_that_lacks_a_library_is_broken_rather_than_absent(tmp_path: Path):
    fake(tmp_path, "torch", "import a_library_that_is_not_here")
    _, found = told(tmp_path)
    assert found[0].text == "does not import: ModuleNotFoundError: No module named 'a_library_that_is_not_here'"


def test_the_folder_at_hand_does_not_stand_for_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fake(tmp_path, "torch", "raise SystemError('the wrong torch')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(places, "IMPORTS", "import sys, json; print(json.dumps({'path': sys.path[0]}))")
    assert Path(Place().torch["path"]).resolve() != tmp_path.resolve()


@pytest.mark.parametrize(
    ("torchvision", "mark"),
    [
        ({"version": "0.29.2+cu132"}, "ok"),
        ({"version": "0.29.2+cpu"}, "note"),
        ({}, "note"),
        ({"problem": "RuntimeError"}, "note"),
    ],
)
def test_torchvision_is_a_note_at_most(tmp_path: Path, torchvision: dict[str, str], mark: str):
    found = installed.torch(place(tmp_path, {**HEALTHY, "torchvision": torchvision}))
    assert marks(found) == [("ok", "torch"), (mark, "torchvision")]


def test_without_torch_nothing_can_be_measured(tmp_path: Path):
    found = list(installed.torch(place(tmp_path, {"torch": {}, "torchvision": {}})))
    assert (found[0].mark, found[0].remedy) == ("missing", "pip install --group measure")


# -- packages and compilers -------------------------------------------------------------------------------------------

GROUPS = """
[dependency-groups]
measure = ["torch>=2.11", "numpy>=1.26"]
show = ["pandas>=2.2", { include-group = "measure" }]
kernels = ["numba>=0.60"]
tensorboard = ["torch-tb-profiler==0.4.3"]
asv = ["asv[extra]>=0.6.6"]
"""


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (
            {"numpy": "2.4.6", "pandas": "3.1", "numba": "0.60.0", "torch-tb-profiler": "0.4.3", "asv": "0.6.10"},
            ["ok", "ok", "ok", "ok", "ok"],
        ),
        ({}, ["missing", "note", "note", "note", "note"]),
        (
            {"numpy": "1.25", "pandas": "2.2", "numba": "0.7rc1", "torch-tb-profiler": "0.4.4", "asv": "0.6.6+local"},
            ["note", "ok", "note", "note", "ok"],
        ),
    ],
)
def test_packages_by_the_projects_own_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], expected: list[str]
):
    monkeypatch.setattr(software, "version", lambda name: versions.get(name, ""))
    found = marks(installed.packages(place(lay(tmp_path, {"pyproject.toml": GROUPS}))))
    names = ["numpy", "pandas", "numba", "torch-tb-profiler", "asv"]
    assert found == list(zip(expected, names, strict=True))


def test_the_groups_that_the_doctor_knows_are_in_pyproject():
    import tomllib

    groups = tomllib.loads((places.PROJECT / "pyproject.toml").read_text())["dependency-groups"]
    assert {*installed.LACKING} <= {*groups}


@pytest.fixture
def compiler(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Make a compiler called ``cc`` and ``g++`` out of a shell script, and an environment that has only those."""

    def make(script: str) -> dict[str, str]:
        for name in ("cc", "g++"):
            path = lay(tmp_path, {f"bin/{name}": f"#!/bin/sh\n{script}"}) / "bin" / name
            path.chmod(0o755)
        return {"PATH": str(tmp_path / "bin")}

    return make


def test_a_compiler_that_compiles(tmp_path: Path, compiler: Callable[[str], dict[str, str]]):
    here = place(tmp_path, environ=compiler("exit 0"))
    assert marks(installed.compilers(here)) == [("ok", "C compiler"), ("ok", "C++ compiler")]


def test_a_compiler_without_headers(tmp_path: Path, compiler: Callable[[str], dict[str, str]]):
    script = "echo 'In file' >&2; echo '<stdin>:1: fatal error: Python.h: No such file' >&2; exit 1"
    found = list(installed.compilers(place(tmp_path, environ=compiler(script))))
    assert [finding.mark for finding in found] == ["note", "note"]
    assert "cannot include Python.h: <stdin>:1: fatal error: Python.h: No such file" in found[0].text


def test_no_compiler(tmp_path: Path):
    found = list(installed.compilers(place(tmp_path, environ={"PATH": str(tmp_path), "CXX": "clang++ -x"})))
    assert [finding.text.split(":")[0] for finding in found] == ["cc not found", "clang++ not found"]


# -- GPU --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "torch", "environ", "text", "remedy"),
    [
        (["L4"], {"gpus": ["L4"], "built": "13.2"}, {}, "L4, torch built for 13.2", ""),
        (["L4"], {"gpus": [], "built": ""}, {}, "L4, but torch is built without CUDA", "install torch for CUDA"),
        (["L4"], {"gpus": [], "built": "13.2"}, {}, "L4, but torch sees none", "install a driver for CUDA 13.2"),
        (
            ["L4"],
            {"gpus": [], "built": "13.2"},
            {"CUDA_VISIBLE_DEVICES": ""},
            "L4, but torch sees none",
            "unset CUDA_VISIBLE_DEVICES",
        ),
        ([], {"gpus": [], "built": "13.2"}, {}, "no GPU: cells on cuda are skipped", ""),
        ([], {}, {}, "no GPU: cells on cuda are skipped", ""),
    ],
)
def test_gpus(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: list[str],
    torch: dict[str, Any],
    environ: dict[str, str],
    text: str,
    remedy: str,
):
    monkeypatch.setattr(machine, "gpus", lambda _: names)
    (found,) = installed.cuda(place(tmp_path, torch, environ=environ))
    assert (found.text, found.remedy) == (text, remedy)
    assert found.mark == ("ok" if torch.get("gpus") else "note")


REFUSED = dict.fromkeys(processor.EVENTS.values(), errno.EACCES)
ABSENT = dict.fromkeys(processor.EVENTS.values(), errno.ENOENT)


@pytest.mark.parametrize(
    ("step", "refuse", "mark", "text", "remedy"),
    [
        (50_000, {}, "ok", "cpu instructions, cycles, cache misses, branch misses", ""),
        (0, {}, "note", "the processor's cannot be read (they stay at zero)", ""),
        (0, ABSENT, "note", "the processor's cannot be read (it offers none)", ""),
        (0, REFUSED, "note", "the processor's cannot be read (Permission denied)", "perf_event_paranoid=2"),
    ],
)
def test_the_processors_counters(tmp_path: Path, step: int, refuse: dict[int, int], mark: str, text: str, remedy: str):
    (found,) = installed.counters(place(tmp_path, processor=lambda: made(every(step), refuse)))
    assert found.mark == mark and found.text.startswith(text)
    assert remedy in found.remedy and bool(remedy) == bool(found.remedy)


# -- the machine ------------------------------------------------------------------------------------------------------


def stat(*rows: str) -> str:
    return "\n".join(["cpu  9 9 9 9 9 9 9 9", *(f"cpu{at} {row}" for at, row in enumerate(rows)), "intr 5"])


@pytest.mark.parametrize(
    ("after", "marked", "text"),
    [
        (("100 0 0 120 0 0 0 0", "100 0 0 110 10 0 0 0"), ["ok"], "2 of 2 cores free, load average 0.50"),
        (("100 0 0 120 0 0 0 0", "110 0 0 110 0 0 0 0"), ["note"], "1 of 2 cores free, load average 0.50"),
        (("101 0 0 118 0 0 0 1", "100 0 0 119 0 0 0 1"), ["ok", "note"], "2 of 2 cores free, load average 0.50"),
        (("100 0 0 100 0 0 0 0", "100 0 0 100 0 0 0 0"), ["note"], "not readable here"),
    ],
)
def test_free_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: tuple[str, str], marked: list[str], text: str
):
    monkeypatch.setattr(machine, "usable", lambda: [0, 1])
    lay(tmp_path, {"proc/loadavg": "0.50 0.4 0.3 1/9 5", "proc/stat": stat(*["100 0 0 100 0 0 0 0"] * 2)})
    here = place(tmp_path, sleep=lambda seconds: lay(tmp_path, {"proc/stat": stat(*after)}))
    found = list(conditions.load(here))
    assert [finding.mark for finding in found] == marked
    assert found[0].text == text


def test_only_cores_that_may_be_used_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "usable", lambda: [1])
    lay(tmp_path, {"proc/stat": stat("100 0 0 100", "100 0 0 100")})
    here = place(tmp_path, sleep=lambda _: lay(tmp_path, {"proc/stat": stat("100 0 0 120", "120 0 0 100")}))
    assert next(conditions.load(here)).text == "0 of 1 cores free, load average unknown"


@pytest.mark.parametrize(
    ("governor", "turbo", "expected"),
    [
        ("performance", "0", ["ok", "ok"]),
        ("powersave", "1", ["note", "note"]),
        (None, None, ["ok", "ok"]),
    ],
)
def test_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, governor: str | None, turbo: str | None, expected: list[str]
):
    monkeypatch.setattr(machine, "usable", lambda: [0])
    files = {"cpu0/cpufreq/scaling_governor": governor, "cpufreq/boost": turbo}
    lay(tmp_path, {f"sys/devices/system/cpu/{name}": text for name, text in files.items() if text is not None})
    assert [finding.mark for finding in conditions.clock(place(tmp_path))] == expected


def test_memory_swap_and_huge_pages(tmp_path: Path):
    sizes = "MemAvailable: {} kB\nSwapTotal: 2000000 kB\nSwapFree: {} kB"
    pages = "sys/kernel/mm/transparent_hugepage/enabled"
    lay(tmp_path, {"proc/meminfo": sizes.format(8_000_000, 2_000_000), pages: "[always] madvise never"})
    calm = list(conditions.memory(place(tmp_path)))
    assert marks(iter(calm)) == [("ok", "memory"), ("ok", "swap"), ("ok", "huge pages")]
    assert calm[2].text == "always"
    assert calm[0].text.endswith(" GB free")
    lay(tmp_path, {"proc/meminfo": sizes.format(100_000, 1_500_000), pages: "always [madvise] never"})
    lay(tmp_path, {"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": "1000000000"})
    short = list(conditions.memory(place(tmp_path)))
    assert marks(iter(short)) == [("note", "memory"), ("note", "swap"), ("note", "huge pages")]
    assert short[0].text == "0.1 of 1.0 GB free, limited by a control group"
    assert short[1].text == "0.51 GB in use"


def test_space_is_looked_for_where_the_suite_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import shutil
    import types

    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=50e9))
    here = place(tmp_path, environ={"XDG_CACHE_HOME": str(tmp_path / "xdg")})
    found = {finding.subject: finding for finding in conditions.space(here)}
    assert found["cache"] == Finding("ok", "cache", f"{tmp_path / 'xdg' / 'torch-perf-suite'}: 50.0 GB free")
    home = {finding.subject: finding for finding in conditions.space(place(tmp_path, environ={"HOME": "/home/x"}))}
    assert home["cache"].text.startswith("/home/x/.cache/torch-perf-suite: ")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=1e9))
    assert {finding.mark for finding in conditions.space(here)} == {"note"}
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert {finding.text.split(" ", 1)[1] for finding in conditions.space(here)} == {"cannot be written to"}


def test_made_data_are_told_with_their_size_and_damage(tmp_path: Path):
    from perfsuite.host import data

    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    here = place(tmp_path, environ=environ)
    folder = data.folder(environ)
    assert list(conditions.files(here)) == [Finding("ok", "data", f"{folder}: nothing generated yet")]
    lay(folder, {"digits-1/a.bin": "x" * 2_000_000, "photos-1/b.bin": "y" * 1_000_000})
    for name in ("digits-1", "photos-1"):
        (folder / name / data.MANIFEST).write_text(json.dumps(data._sums(folder / name)))
    assert list(conditions.files(here)) == [Finding("ok", "data", f"{folder}: 2 sets, 3 MB")]
    (folder / "photos-1" / "b.bin").unlink()
    held, damaged = conditions.files(here)
    assert held.text == f"{folder}: 2 sets, 2 MB"
    assert (damaged.mark, damaged.text) == ("note", "photos-1 is damaged: b.bin is missing")


def test_the_users_own_data_are_told_and_what_they_lack(tmp_path: Path):
    from test_data import sets

    root = sets(tmp_path / "own", "MNIST")
    here = place(tmp_path, environ={"XDG_CACHE_HOME": str(tmp_path), "TORCH_PERF_DATA": str(root)})
    _, fashion, digits = conditions.files(here)
    assert fashion.mark == "note" and "FashionMNIST/raw/train-images-idx3-ubyte is missing" in fashion.text
    assert digits == Finding("ok", "data", f"MNIST from {root}")


def test_each_variable_that_bends_results_is_named(tmp_path: Path):
    environ = {"OMP_NUM_THREADS": "1", "HOME": "/root", "LD_PRELOAD": "libtcmalloc.so"}
    found = list(conditions.variables(place(tmp_path, environ=environ)))
    assert [finding.text for finding in found] == ["LD_PRELOAD=libtcmalloc.so", "OMP_NUM_THREADS=1"]
    assert {finding.mark for finding in found} == {"note"}
    assert marks(conditions.variables(place(tmp_path))) == [("ok", "environment")]
    (long,) = conditions.variables(place(tmp_path, environ={"LD_LIBRARY_PATH": "/a" * 500}))
    assert len(long.text) < 100 and long.text.endswith("…") and long.remedy.startswith("unset LD_LIBRARY_PATH")


@pytest.mark.parametrize(
    ("commit", "mark", "text"),
    [
        (("0123456789abcdef", False), "ok", "0123456789"),
        (("0123456789abcdef", True), "ok", "0123456789, with changes that are not committed"),
    ],
)
def test_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commit: tuple[str, bool], mark: str, text: str):
    monkeypatch.setattr(commits, "commit", lambda _: commit)
    (found,) = installed.git(place(tmp_path))
    assert (found.mark, found.text) == (mark, text)


def test_a_checkout_of_another_owner_is_told_as_git_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    repository(tmp_path / "project")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own switch, for its own tests
    (found,) = installed.git(place(tmp_path / "project"))
    assert found == Finding(
        "note",
        "git",
        "no commit, so results do not record what was measured:"
        f" git does not trust {tmp_path}/project, which belongs to another user",
        f"git config --global --add safe.directory {tmp_path}/project",
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_that_was_given_to_another_user_is_such_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    project = repository(tmp_path / "project")
    for path in (project, *project.rglob("*")):
        os.chown(path, 12345, 12345)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    (found,) = installed.git(place(project))
    assert "belongs to another user" in found.text
    subprocess.run(found.remedy.split(), check=True)  # what it says helps
    (found,) = installed.git(place(project))
    assert found.mark == "ok"


def test_a_shallow_clone_is_named_with_what_deepens_it(tmp_path: Path):
    repository(tmp_path / "whole", commits=3)
    clone(tmp_path / "whole", tmp_path / "shallow", "--depth", "1")
    assert marks(installed.git(place(tmp_path / "whole"))) == [("ok", "git")]
    _, found = installed.git(place(tmp_path / "shallow"))
    assert found.mark == "note" and "shallow clone" in found.text and found.remedy == "git fetch --unshallow"
    subprocess.run(found.remedy.split(), cwd=tmp_path / "shallow", check=True, capture_output=True)
    assert marks(installed.git(place(tmp_path / "shallow"))) == [("ok", "git")]


# -- where things are put ----------------------------------------------------------------------------------------------


def of_size(total: int, free: int) -> Callable[[Path], SimpleNamespace]:
    return lambda path: SimpleNamespace(total=total, free=free)


def test_shared_memory_is_told_and_named_where_it_is_small(tmp_path: Path):
    assert next(conditions.shared(place(tmp_path))).text == "not checked: there is no /dev/shm here"
    (tmp_path / "dev/shm").mkdir(parents=True)
    (found,) = conditions.shared(place(tmp_path, usage=of_size(2 * 10**9, 10**9)))
    assert found == Finding("ok", "shared memory", "/dev/shm: 1.0 GB of 2.0 GB free")
    for total, free, text in (
        (64 << 20, 64 << 20, "/dev/shm: 64 MiB of 64 MiB free"),  # a container's
        (64 << 10, 0, "/dev/shm: 0 MiB of 0.0625 MiB free"),
        (8 * 10**9, 1 << 20, "/dev/shm: 1 MiB of 8.0 GB free"),  # full
    ):
        (found,) = conditions.shared(place(tmp_path, usage=of_size(total, free)))
        assert (found.mark, found.text) == (
            "note",
            f"{text}: DataLoader workers pass batches through it, and fail when it is full",
        )
        assert "--shm-size=1g" in found.remedy


@pytest.mark.parametrize("folder", ["/tmp/a dir é", "/tmp/a\tb", "/tmp/it's", '/tmp/"x" \\y', "/tmp/é"])
def test_a_folder_in_which_nothing_compiles_is_avoided_or_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
):
    (found,) = conditions.compiling(place(tmp_path, temporary=folder))
    assert (found.mark, found.text.split(":")[0]) == ("ok", f"in /tmp, not {folder}")
    monkeypatch.setattr(conditions.scratch, "OTHERS", ())
    (found,) = conditions.compiling(place(tmp_path, temporary=folder))
    assert found.mark == "note" and repr(folder) in found.text and "TMPDIR" in found.remedy
    (found,) = conditions.compiling(place(tmp_path, temporary="/tmp"))
    assert found == Finding("ok", "compiling", "in /tmp")


@pytest.mark.long
@pytest.mark.parametrize(("name", "compiles"), [("a dir", False), ("é", True)])
def test_it_is_the_blank_that_breaks_compiling(tmp_path: Path, name: str, compiles: bool):
    """With the torch that is installed: when this fails, the doctor warns of what does no harm any more."""
    folder = tmp_path / name
    folder.mkdir()
    code = "import torch; print(torch.compile(lambda x: x * 2 + 1)(torch.ones(64)).sum().item())"
    # To precompile the headers into an empty folder takes four times as long as to compile this with them.
    environ = {**os.environ, "TMPDIR": str(folder), "TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS": "0"}
    environ.pop("TORCHINDUCTOR_CACHE_DIR", None)
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, timeout=300, check=False)
    assert (done.returncode == 0) == compiles, done.stderr.decode(errors="replace")[-500:]


def test_an_old_python_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert next(installed.python(place(tmp_path))).mark in ("ok", "note")  # a debug build is a note
    monkeypatch.setattr(installed, "PYTHON", (99, 1))
    assert marks(installed.python(place(tmp_path))) == [("missing", "python")]
