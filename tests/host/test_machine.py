"""Facts of a machine, read from laid-out copies of /proc and /sys; the class of a machine; the commit of a folder."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from perfsuite.host import asking, commits, data, machine, software

KIB, MIB, GIB = 2**10, 2**20, 2**30
CPUINFO = """\
processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 1
model name\t: AMD EPYC 7763  64-Core Processor
stepping\t: 1
cpu MHz\t\t: 2445.404
flags\t\t: fpu vme sse4_2 avx avx2 fma hypervisor unknown_flag

processor\t: 1
model name\t: something else
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd sve bf16\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n"


def lay(root: Path, files: Mapping[str, str]) -> Path:
    """Write ``files`` below ``root``."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content + "\n", encoding="utf-8")
    return root


def cache(cpu: int, index: int, level: int, kind: str, size: str, shared: str) -> dict[str, str]:
    """The files that tell of one cache of one CPU."""
    folder = f"sys/devices/system/cpu/cpu{cpu}/cache/index{index}"
    facts = {"level": str(level), "type": kind, "size": size, "shared_cpu_list": shared}
    return {f"{folder}/{name}": value for name, value in facts.items()}


def chip() -> dict[str, str]:
    """Four CPUs with an L1 and L2 each, of which two at a time share an L3."""
    files: dict[str, str] = {}
    for cpu in range(4):
        pair = "0-1" if cpu < 2 else "2-3"
        files |= cache(cpu, 0, 1, "Instruction", "32K", str(cpu)) | cache(cpu, 1, 1, "Data", "48K", str(cpu))
        files |= cache(cpu, 2, 2, "Unified", "2048K", str(cpu)) | cache(cpu, 3, 3, "Unified", "32M", pair)
    return files


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "usable", lambda: [0, 1, 2, 3])


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command can be run."""
    monkeypatch.setattr(machine, "output", lambda *_: "")


# -- the machine ------------------------------------------------------------------------------------------------------


def test_a_whole_machine(tmp_path: Path, four: None, monkeypatch: pytest.MonkeyPatch):
    cpu = "sys/devices/system/cpu"
    lay(
        tmp_path,
        {
            "proc/cpuinfo": CPUINFO,
            **chip(),
            **{f"{cpu}/cpu{at}/cpufreq/scaling_governor": "powersave" for at in range(4)},
            f"{cpu}/cpufreq/boost": "1",
            f"{cpu}/smt/active": "0",
            "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
            "proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   24",
            "dev/nvidia0": "",
        },
    )
    monkeypatch.setattr(machine, "memory", lambda root: 64 * GIB)
    assert machine.machine(tmp_path) == {
        "cpu": "AMD EPYC 7763 64-Core Processor",
        "family": "AuthenticAMD 25 1 1",
        "arch": platform.machine(),
        "cores": 4,
        "caches": {"L1d": 48 * KIB, "L2": 2 * MIB, "L3": 32 * MIB},
        "memory": 64 * GIB,
        "gpus": ["NVIDIA H100 80GB HBM3"],
        "flags": ["avx", "avx2", "fma", "sse4_2"],
        "virtual": True,
        "smt": False,
        "governor": "powersave",
        "turbo": True,
        "huge_pages": "madvise",
        "system": platform.system(),
        "kernel": platform.release(),
    }


def test_where_nothing_can_be_read_nothing_fails(tmp_path: Path, silent: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(os, "sysconf", raising=False)
    monkeypatch.setitem(sys.modules, "psutil", None)
    found = machine.machine(tmp_path)
    assert found["cpu"]
    assert found["cores"] == os.cpu_count()
    empty = {
        "memory": 0,
        "caches": {},
        "gpus": [],
        "flags": [],
        "virtual": None,
        "smt": None,
        "governor": "",
        "turbo": None,
    }
    assert {name: found[name] for name in empty} == empty
    assert json.loads(json.dumps(found)) == found
    assert machine.machine_class(found)


def test_this_machine():
    found = machine.machine()
    assert found["cores"] >= 1
    assert found["memory"] >= machine.available() > 0
    assert json.loads(json.dumps(found)) == found
    assert machine.machine_class(found) == machine.machine_class(machine.machine())


def test_an_arm_cpu_has_numbers_for_a_name(tmp_path: Path):
    found = machine.machine(lay(tmp_path, {"proc/cpuinfo": ARM}))
    assert found["cpu"].endswith("implementer 0x41 part 0xd40")
    assert (found["flags"], found["virtual"]) == (["asimd", "bf16", "sve"], None)


def test_a_mac_is_asked_by_sysctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    told = {
        "machdep.cpu.brand_string": "Apple M2",
        "hw.l1dcachesize": "65536",
        "hw.l2cachesize": "4194304",
        "hw.l3cachesize": "0",
    }
    monkeypatch.setattr(machine.sys, "platform", "darwin")
    monkeypatch.setattr(machine, "output", lambda *command: told.get(command[-1], ""))
    assert machine.caches([0], tmp_path) == {"L1d": 65536, "L2": 4194304}
    assert machine._cpu_name({}) == "Apple M2"


@pytest.mark.parametrize(
    ("cpus", "expected"),
    [
        ([0], {"L1d": 48 * KIB, "L2": 2 * MIB, "L3": 32 * MIB}),
        ([0, 1], {"L1d": 96 * KIB, "L2": 4 * MIB, "L3": 32 * MIB}),
        ([0, 1, 2, 3], {"L1d": 192 * KIB, "L2": 8 * MIB, "L3": 64 * MIB}),
        ([7], {}),
    ],
)
def test_caches_that_threads_reach_together(tmp_path: Path, cpus: list[int], expected: dict[str, int]):
    assert machine.caches(cpus, lay(tmp_path, chip())) == expected


def test_a_cache_whose_size_is_hidden_is_left_out(tmp_path: Path):
    lay(tmp_path, {**cache(0, 0, 1, "Data", "48K", "0"), **cache(0, 2, 2, "Unified", "", "0")})
    assert machine.caches([0], tmp_path) == {"L1d": 48 * KIB}


@pytest.mark.parametrize(
    ("files", "turbo"),
    [
        ({"intel_pstate/no_turbo": "0"}, True),
        ({"intel_pstate/no_turbo": "1", "cpufreq/boost": "1"}, False),
        ({"cpufreq/boost": "1"}, True),
        ({"cpufreq/boost": "0"}, False),
        ({}, None),
    ],
)
def test_turbo(tmp_path: Path, files: dict[str, str], turbo: bool | None):
    assert machine.turbo(lay(tmp_path, {f"sys/devices/system/cpu/{name}": on for name, on in files.items()})) is turbo


def test_governors_that_differ_are_all_named(tmp_path: Path):
    names = {0: "powersave", 1: "performance", 2: "powersave"}
    files = {f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor": name for cpu, name in names.items()}
    assert machine.governor([0, 1, 2], lay(tmp_path, files)) == "performance, powersave"


def test_a_gpu_of_the_host_that_the_container_has_not_does_not_count(tmp_path: Path):
    lay(tmp_path, {"proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: NVIDIA H100"})
    assert machine.gpus(tmp_path) == []
    lay(tmp_path, {"dev/nvidiactl": ""})
    assert machine.gpus(tmp_path) == []
    lay(tmp_path, {"dev/nvidia0": ""})
    assert machine.gpus(tmp_path) == ["NVIDIA H100"]


def test_without_a_driver_folder_nvidia_smi_is_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "read", lambda path: "")
    monkeypatch.setattr(machine, "output", lambda *command: "NVIDIA L4\nNVIDIA L4" if "nvidia-smi" in command else "")
    assert machine.gpus() == ["NVIDIA L4", "NVIDIA L4"]


# -- control groups ---------------------------------------------------------------------------------------------------

V2 = {"proc/self/cgroup": "0::/user.slice/job"}
V1 = {"proc/self/cgroup": "9:name=systemd:/x\n4:memory:/box/inner\n1:cpu,cpuacct:/box"}


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 4),
        ({**V2, "sys/fs/cgroup/user.slice/job/cpu.max": "max 100000"}, 4),
        ({**V2, "sys/fs/cgroup/user.slice/job/cpu.max": "250000 100000"}, 2),
        ({**V2, "sys/fs/cgroup/user.slice/cpu.max": "300000 100000"}, 3),  # a limit above counts as well
        ({**V2, "sys/fs/cgroup/cpu.max": "100000 100000"}, 1),  # a container sees its own group as the top
        ({**V2, "sys/fs/cgroup/user.slice/job/cpu.max": "50000 100000"}, 1),
        ({**V2, "sys/fs/cgroup/user.slice/job/cpu.max": "6400000 100000"}, 4),
        ({**V2, "sys/fs/cgroup/other/cpu.max": "100000 100000"}, 4),
        (
            {
                **V1,
                "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "200000",
                "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000",
            },
            2,
        ),
        (
            {
                **V1,
                "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu/box/cpu.cfs_period_us": "100000",
            },
            4,
        ),
        (
            {
                **V1,
                "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us": "300000",
                "sys/fs/cgroup/cpu/box/cpu.cfs_period_us": "100000",
            },
            3,
        ),
        (
            {
                **V1,  # /box/inner is this process's group for memory, not for the CPU
                "sys/fs/cgroup/cpu/box/inner/cpu.cfs_quota_us": "100000",
                "sys/fs/cgroup/cpu/box/inner/cpu.cfs_period_us": "100000",
            },
            4,
        ),
    ],
)
def test_cores_are_what_affinity_and_control_groups_grant(
    tmp_path: Path, four: None, files: dict[str, str], cores: int
):
    assert machine.cores(lay(tmp_path, files)) == cores


def test_memory_limits_of_both_versions(tmp_path: Path):
    two, one = tmp_path / "two", tmp_path / "one"
    group = "sys/fs/cgroup/user.slice"
    lay(two, {**V2, f"{group}/job/memory.max": "max", f"{group}/memory.max": str(GIB)})
    lay(two, {f"{group}/memory.current": str(700 * MIB), f"{group}/memory.stat": f"anon 5\ninactive_file {300 * MIB}"})
    group = "sys/fs/cgroup/memory"
    lay(one, {**V1, f"{group}/box/inner/memory.limit_in_bytes": str(2 * GIB)})
    lay(one, {f"{group}/box/inner/memory.usage_in_bytes": str(GIB)})
    lay(one, {f"{group}/memory.limit_in_bytes": "9223372036854771712"})
    assert machine.memory_limits(two) == [(GIB, 400 * MIB)]
    assert machine.memory_limits(one) == [(2 * GIB, GIB)]
    assert machine.memory(two) == min(GIB, machine.memory(tmp_path))


def test_what_is_available_is_the_least_of_all_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import resource

    lay(tmp_path, {"proc/meminfo": "MemTotal: 999 kB\nMemAvailable:   4194304 kB", "proc/self/statm": "1024 5 5"})
    assert machine.available(tmp_path) == 4 * GIB
    ceiling = 1024 * os.sysconf("SC_PAGE_SIZE") + 3 * GIB
    monkeypatch.setattr(resource, "getrlimit", lambda _: (ceiling, ceiling))
    assert machine.available(tmp_path) == 3 * GIB
    lay(tmp_path, {**V2, "sys/fs/cgroup/memory.max": str(GIB), "sys/fs/cgroup/memory.current": "0"})
    assert machine.available(tmp_path) == GIB
    lay(tmp_path, {"sys/fs/cgroup/memory.current": str(2 * GIB)})
    assert machine.available(tmp_path) == 0


# -- its class --------------------------------------------------------------------------------------------------------

FACTS: dict[str, Any] = {
    "cpu": "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz",
    "family": "GenuineIntel 6 106 6",
    "arch": "x86_64",
    "cores": 8,
    "gpus": [],
    "flags": ["avx2", "avx512f"],
    "virtual": True,
    "system": "Linux",
    "caches": {"L2": MIB},
    "memory": GIB,
    "kernel": "6.1",
    "governor": "powersave",
    "turbo": True,
}


@pytest.mark.parametrize(
    "change",
    [
        {"cpu": "Intel(R) Xeon(R) Gold 6348 CPU @ 2.60GHz"},
        {"family": "GenuineIntel 6 143 8"},
        {"cores": 4},
        {"gpus": ["NVIDIA L4"]},
        {"flags": ["avx2"]},
        {"virtual": False},
        {"arch": "aarch64"},
        {"system": "Darwin"},
    ],
)
def test_another_machine_has_another_class(change: dict[str, Any]):
    assert machine.machine_class(FACTS | change) != machine.machine_class(FACTS)


@pytest.mark.parametrize(
    "change",
    [{"caches": {}}, {"memory": 0}, {"kernel": "6.2"}, {"governor": "performance"}, {"turbo": None}, {"smt": True}],
)
def test_the_same_machine_keeps_its_class(change: dict[str, Any]):
    assert machine.machine_class(FACTS | change) == machine.machine_class(FACTS)


def test_a_class_survives_the_record_file():
    assert machine.machine_class(json.loads(json.dumps(FACTS))) == machine.machine_class(FACTS)


@pytest.mark.parametrize(
    ("facts", "start"),
    [
        ({}, "intel-xeon-gold-6338-8c-"),
        ({"cpu": "AMD EPYC 7763 64-Core Processor", "cores": 64}, "amd-epyc-7763-64c-"),
        ({"cpu": "Apple M2 Pro"}, "apple-m2-pro-8c-"),
        ({"cpu": "AMD Ryzen 7 5800U with Radeon Graphics"}, "amd-ryzen-7-5800u-8c-"),
        ({"gpus": ["NVIDIA H100 80GB HBM3"]}, "intel-xeon-gold-6338-8c-nvidia-h100-80gb-hbm3-"),
        ({"gpus": ["NVIDIA L4", "NVIDIA L4"]}, "intel-xeon-gold-6338-8c-2x-nvidia-l4-"),
        ({"cpu": ""}, "cpu-8c-"),
        ({"cpu": "../../etc"}, "etc-8c-"),
        ({"cpu": "x" * 300}, "x" * 40 + "-8c-"),
    ],
)
def test_a_class_reads_as_the_machine_and_names_a_folder(facts: dict[str, Any], start: str):
    name = machine.machine_class(FACTS | facts)
    assert name[:-8] == start
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


# -- the worker's software --------------------------------------------------------------------------------------------


def test_the_environment_of_this_process():
    import torch

    found = software.environment()
    assert json.loads(json.dumps(found)) == found
    assert found["torch"] == torch.__version__
    assert found["numpy"] == software.version("numpy") != ""
    assert found["threads"] == torch.get_num_threads()
    assert (found["cuda"] is None) is not torch.cuda.is_available()
    assert found["capability"]
    assert found["blas"]
    assert found["data"] == data.origin()


def test_flushed_denormals_are_told():
    import torch

    assert software.environment()["flush_denormal"] is False
    if not torch.set_flush_denormal(True):
        pytest.skip("this CPU cannot flush denormals")
    try:
        assert software.environment()["flush_denormal"] is True
    finally:
        torch.set_flush_denormal(False)


def test_the_devices_that_torch_sees(monkeypatch: pytest.MonkeyPatch):
    import torch

    gpu = types.SimpleNamespace(name="NVIDIA H100", major=9, minor=0, total_memory=80 * GIB)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: gpu)
    monkeypatch.setattr(torch.cuda, "get_allocator_backend", lambda: "native")
    told = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build"
    monkeypatch.setattr(software, "read", lambda path: told)
    found = software.environment()["cuda"]
    assert found["gpus"] == ["NVIDIA H100"] * 2
    assert (found["capability"], found["memory"]) == (["9.0"] * 2, [80 * GIB] * 2)
    assert found["driver"] == "550.54.15"


def test_only_variables_that_bend_results_are_kept_and_no_secret():
    kept = {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "2",
        "TORCHINDUCTOR_FX_GRAPH_CACHE": "1",
        "TORCH_LOGS": "",
        "MALLOC_ARENA_MAX": "1",
        "LD_PRELOAD": "libjemalloc.so",
        "CUDA_VISIBLE_DEVICES": "0",
        "NVIDIA_TF32_OVERRIDE": "0",
        "PYTORCH_CUDA_ALLOC_CONF": "x",
        "PYTORCH_ALLOC_CONF": "x",
        "KMP_AFFINITY": "compact",
        "GLIBC_TUNABLES": "x",
        "PYTHONHASHSEED": "0",
        "CC": "gcc",
    }
    dropped = {
        "HOME": "/root",
        "PATH": "/bin",
        "NVIDIA_API_KEY": "k",
        "TORCH_HUB_TOKEN": "t",
        "CCX": "1",
        "MY_OMP_X": "1",
        "NVIDIA_REQUIRE_CUDA": "cuda>=13.0",
        "CUDA_HOME": "/usr/local/cuda",
        "CUDA_CACHE_PATH": "/x",
        "TORCHINDUCTOR_CACHE_DIR": "/x",
        "OMPI_MCA_plm": "isolated",
    }
    assert software.variables({**dropped, **kept}) == kept


def test_a_package_that_is_not_here_has_no_version():
    assert software.version("no-such-package") == ""


# -- the commit -------------------------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_commit_and_changes(tmp_path: Path):
    git(tmp_path, "init", "-q")
    lay(tmp_path, {"a.py": "1", ".gitignore": "results/"})
    assert commits.commit(tmp_path) == ("", False)  # nothing committed yet
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert commits.commit(tmp_path) == (head, False)
    lay(tmp_path, {"results/x": "1"})
    assert commits.commit(tmp_path) == (head, False)
    lay(tmp_path, {"new.py": "1"})
    assert commits.commit(tmp_path) == (head, True)
    (tmp_path / "new.py").unlink()
    lay(tmp_path, {"a.py": "2"})
    assert commits.commit(tmp_path) == (head, True)


def repository(folder: Path, commits: int = 1) -> Path:
    """A repository with so many commits."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    for number in range(commits):
        git(folder, "commit", "-q", "--allow-empty", "-m", f"number {number}")
    return folder


def clone(source: Path, folder: Path, *options: str) -> Path:
    """A clone of ``source`` as over a network: a depth counts."""
    git(source.parent, "clone", "-q", *options, source.as_uri(), str(folder))
    return folder


def test_why_there_is_no_commit_and_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "a b").mkdir()
    why, remedy = commits.uncommitted(tmp_path / "a b")
    assert why == f"{tmp_path}/a b is not in a git repository" and f"'{tmp_path}/a b'" in remedy
    git(tmp_path / "a b", "init", "-q")
    assert commits.uncommitted(tmp_path / "a b") == ("there are no commits yet", "git commit")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    why, remedy = commits.uncommitted(tmp_path / "a b")
    assert why == f"git does not trust {tmp_path}/a b, which belongs to another user"
    assert remedy.startswith("git config --global --add safe.directory ") and "a b" in remedy
    monkeypatch.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
    (tmp_path / "a b/.git/config").write_text("[broken")
    why, remedy = commits.uncommitted(tmp_path / "a b")
    assert why.startswith("git says: fatal: bad config") and remedy.startswith("git -C ")
    monkeypatch.setenv("PATH", "")
    assert commits.uncommitted(tmp_path) == ("git is not installed, or does not respond", "install git")


def test_outside_a_repository_or_without_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert commits.commit(tmp_path / "nowhere") == ("", False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert commits.commit(tmp_path) == ("", False)
    monkeypatch.setenv("PATH", "")
    assert commits.commit(Path(__file__).parent) == ("", False)


def test_a_command_that_fails_hangs_or_is_not_here_says_nothing(monkeypatch: pytest.MonkeyPatch):
    assert asking.output("no-such-command") == ""
    assert asking.output(sys.executable, "-c", "print('told'); raise SystemExit(1)") == ""
    assert asking.output(sys.executable, "-c", "print(' told ')") == "told"

    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("x", 20)

    monkeypatch.setattr(subprocess, "run", hang)
    assert asking.output(sys.executable) == ""
