"""The machine that a result was measured on. Facts only, no judgement.

What cannot be read, on another system or in a container, is left empty and never raises. Functions take the root of
the file system, so that tests can simulate another machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from perfsuite.host.asking import output, read

ROOT = Path("/")
FLAGS = re.compile("sse4_2|avx.*|fma|f16c|amx_.*|asimd|fphp|sve2?|bf16|i8mm|sme")  # CPU flags that select kernels
IDENTITY = ("cpu", "family", "arch", "cores", "gpus", "flags", "virtual", "system")  # the facts that make a class


def machine(root: Path = ROOT) -> dict[str, Any]:
    """The hardware that this process may use. Values that cannot be read are empty, ``None`` or 0."""
    info = _cpuinfo(root)
    cpus = usable()
    flags = set((info.get("flags") or info.get("Features") or "").split())
    return {
        "cpu": _cpu_name(info),
        "family": " ".join(filter(None, map(info.get, ("vendor_id", "cpu family", "model", "stepping")))),
        "arch": platform.machine(),
        "cores": cores(root),
        "caches": caches(root=root),
        "memory": memory(root),
        "gpus": gpus(root),
        "flags": sorted(filter(FLAGS.fullmatch, flags)),
        "virtual": "hypervisor" in flags if "flags" in info else None,
        "smt": {"0": False, "1": True}.get(read(root / "sys/devices/system/cpu/smt/active")),
        "governor": governor(cpus, root),
        "turbo": turbo(root),
        "huge_pages": huge_pages(root),
        "system": platform.system(),
        "kernel": platform.release(),
    }


def machine_class(machine: Mapping[str, Any]) -> str:
    """A folder name for machines whose results are comparable, like ``amd-epyc-7763-8c-3f2a91c0``.

    It distinguishes CPU models and their instruction sets, usable cores, GPUs, and virtual from bare machines. It does
    not change with load, reboots, containers, or what the kernel lets this process read about caches and memory.
    """
    identity = json.dumps([machine.get(name) for name in IDENTITY])
    gpus = machine.get("gpus") or []
    parts = [
        _slug(machine.get("cpu") or "") or "cpu",
        f"{machine.get('cores')}c",
        *([f"{len(gpus)}x" if len(gpus) > 1 else "", _slug(gpus[0])] if gpus else []),
        hashlib.sha256(identity.encode()).hexdigest()[:8],
    ]
    return "-".join(filter(None, parts))


def usable() -> list[int]:
    """The logical CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def cores(root: Path = ROOT) -> int:
    """How many threads can run at once: the usable CPUs, or the container's share of them. The meaning of ``all``."""
    shares = [len(usable())]
    for folder in control_groups("cpu", root):
        limit, _, period = read(folder / "cpu.max").partition(" ")
        limit = limit or read(folder / "cpu.cfs_quota_us")
        period = period or read(folder / "cpu.cfs_period_us")
        if limit.isdigit() and period.isdigit():  # "max" and "-1" are no limit
            shares.append(int(limit) // max(1, int(period)))
    return max(1, min(shares))


def caches(cpus: Collection[int] | None = None, root: Path = ROOT) -> dict[str, int]:
    """Bytes of ``L1d``, ``L2`` and ``L3`` available to threads on ``cpus`` together; by default the first usable CPU.

    A cache that several of them share counts once. A level that the system does not report is left out.
    """
    sizes: dict[str, int] = {}
    seen = set()
    for cpu in usable()[:1] if cpus is None else cpus:
        for index in sorted((root / f"sys/devices/system/cpu/cpu{cpu}/cache").glob("index*")):
            level, kind, size, shared = (read(index / name) for name in ("level", "type", "size", "shared_cpu_list"))
            if kind == "Instruction" or (level, shared or index) in seen or not size[:-1].isdigit():
                continue
            seen.add((level, shared or index))
            name = "L1d" if level == "1" else f"L{level}"
            sizes[name] = sizes.get(name, 0) + int(size[:-1]) * {"K": 2**10, "M": 2**20, "G": 2**30}.get(size[-1], 0)
    if not sizes and sys.platform == "darwin":
        told = {name: output("sysctl", "-n", f"hw.{name.lower()}cachesize") for name in ("L1d", "L2", "L3")}
        sizes = {name: int(size) for name, size in told.items() if size.isdigit() and int(size)}
    return sizes


def memory(root: Path = ROOT) -> int:
    """Maximum bytes of memory that this process may use: the machine's, or the container's limit."""
    total = 0
    with contextlib.suppress(AttributeError, OSError, ValueError):
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if not total:
        with contextlib.suppress(ImportError):
            import psutil

            total = psutil.virtual_memory().total
    limits = [limit for limit, _ in memory_limits(root)]
    return min([total, *limits]) if total else min(limits, default=0)


def available(root: Path = ROOT) -> int:
    """Bytes that this process can allocate now: the least free in the machine, the container and the process limit."""
    told = re.search(r"^MemAvailable:\s+(\d+) kB", read(root / "proc/meminfo"), re.MULTILINE)
    free = [int(told[1]) * 1024] if told else []
    if not free:
        with contextlib.suppress(ImportError):
            import psutil

            free = [psutil.virtual_memory().available]
    free += [limit - used for limit, used in memory_limits(root)]
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        ceiling, _ = resource.getrlimit(resource.RLIMIT_AS)
        if ceiling != resource.RLIM_INFINITY:
            free.append(ceiling - int(read(root / "proc/self/statm").split(" ")[0]) * os.sysconf("SC_PAGE_SIZE"))
    return max(0, min(free, default=0))


def memory_limits(root: Path = ROOT) -> list[tuple[int, int]]:
    """``(limit, used)`` in bytes of each control group that limits the memory of this process.

    Inactive file pages do not count as used: the kernel reclaims them when memory is needed.
    """
    found = []
    for folder in control_groups("memory", root):
        for limit, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            size, now = read(folder / limit), read(folder / used)
            if size.isdigit() and int(size) < 1 << 60:  # cgroup v1 writes "no limit" as a number near 2**63
                files = re.search(r"^(?:total_)?inactive_file (\d+)", read(folder / "memory.stat"), re.MULTILINE)
                found.append((int(size), int(now or 0) - int(files[1] if files else 0)))
    return found


def control_groups(controller: str, root: Path = ROOT) -> list[Path]:
    """The folders of this process's control group of ``controller`` and its ancestors, in the layouts of v1 and v2.

    A container may see its own group as the top, so the top is always included.
    """
    top = root / "sys/fs/cgroup"
    folders = []
    for line in read(root / "proc/self/cgroup").splitlines():
        _, names, path = line.split(":", 2) if line.count(":") >= 2 else ("", "-", "")
        if names and controller not in names.split(","):
            continue
        for start in (top / names, top / controller) if names else (top, top / "unified"):
            inner = start / path.strip("/")
            folders += [folder for folder in (inner, *inner.parents) if folder.is_relative_to(start)]
    return list(dict.fromkeys(folder for folder in folders if folder.is_dir()))


def governor(cpus: Sequence[int] | None = None, root: Path = ROOT) -> str:
    """The frequency governor, such as ``performance``; several if the CPUs differ, empty if there is none."""
    folder = root / "sys/devices/system/cpu"
    found = {read(folder / f"cpu{cpu}/cpufreq/scaling_governor") for cpu in (usable() if cpus is None else cpus)}
    return ", ".join(sorted(filter(None, found)))


def turbo(root: Path = ROOT) -> bool | None:
    """Whether the clock may rise above its nominal frequency; ``None`` if the system does not report it."""
    folder = root / "sys/devices/system/cpu"
    told = {"0": True, "1": False}.get(read(folder / "intel_pstate/no_turbo"))
    return {"0": False, "1": True}.get(read(folder / "cpufreq/boost")) if told is None else told


def huge_pages(root: Path = ROOT) -> str:
    """When the kernel uses transparent huge pages: ``always``, ``madvise`` or ``never``; empty if it has none."""
    chosen = re.search(r"\[(\w+)\]", read(root / "sys/kernel/mm/transparent_hugepage/enabled"))
    return chosen[1] if chosen else ""


def gpus(root: Path = ROOT) -> list[str]:
    """Names of the NVIDIA GPUs of this machine or container, regardless of which are visible to a process.

    Makes no CUDA call, because it runs in processes that never load torch.
    """
    told = [read(path) for path in sorted((root / "proc/driver/nvidia/gpus").glob("*/information"))]
    names = [match[1].strip() for text in told if (match := re.search(r"^Model:(.*)$", text, re.MULTILINE))]
    if names and list((root / "dev").glob("nvidia[0-9]*")):  # /proc lists the host's GPUs, /dev only the container's
        return names
    return output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").splitlines() if root == ROOT else []


def _cpuinfo(root: Path) -> dict[str, str]:
    """The first processor's entries."""
    first = read(root / "proc/cpuinfo").split("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _cpu_name(info: Mapping[str, str]) -> str:
    if name := info.get("model name") or info.get("cpu model"):
        return " ".join(name.split())
    if part := info.get("CPU part"):  # ARM reports only numbers
        return f"{platform.machine()} implementer {info.get('CPU implementer', '?')} part {part}"
    return output("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor() or platform.machine()


def _slug(name: str) -> str:
    """``Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz`` as ``intel-xeon-gold-6338``."""
    plain = re.sub(r"\((r|tm|c)\)|@.*|\bcpu\b|\b\d+-core\b|\bprocessor\b|\bwith .*", " ", name.lower())
    return "-".join(re.findall("[a-z0-9]+", plain))[:40].strip("-")
