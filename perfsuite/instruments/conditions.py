"""Conditions on this machine that distort or prevent results: load, clock, memory, disks, shared memory, variables."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from perfsuite.host import asking, data, machine, scratch, software
from perfsuite.instruments.place import Finding, Place
from perfsuite.project import catalogue

FREE = 0.8  # share of a core's time that must be idle for the core to count as free
SPACE = 2e9  # bytes: compiled kernels, traces and generated data sets need about this much
SHARED = 64 << 20  # bytes of shared memory: the default of a container, which fills up quickly


def load(place: Place) -> Iterator[Finding]:
    """Whether the cores are currently free."""
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
        yield Finding("note", "load", f"the hypervisor takes {stolen:.0%} of the time", "use a dedicated machine")


def _idle(place: Place) -> tuple[int | None, float]:
    """How many usable cores were free over 0.2 s (``None`` if that cannot be read), and the share of stolen time."""

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
    """Settings that change the clock rate."""
    governor, turbo = machine.governor(root=place.root), machine.turbo(place.root)
    if governor and governor != "performance":
        yield Finding("note", "governor", governor, "as root: cpupower frequency-set -g performance")
    else:
        yield Finding("ok", "governor", governor or "not readable here")
    if turbo:
        remedy = "as root: echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo, or 0 > .../cpufreq/boost"
        yield Finding("note", "turbo", "on: the clock rate depends on temperature and on other cores", remedy)
    else:
        yield Finding("ok", "turbo", "not readable here" if turbo is None else "off")


def memory(place: Place) -> Iterator[Finding]:
    """Memory, memory limits, swap and huge pages."""
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
            yield Finding("note", subject, text, f"{catalogue.PROJECT.command} clean")
        else:
            yield Finding("ok", subject, text)


def shared(place: Place) -> Iterator[Finding]:
    """Shared memory, through which the processes of a DataLoader pass their batches (Linux)."""
    folder = place.root / "dev/shm"
    if not folder.is_dir():
        yield Finding("ok", "shared memory", "not checked: there is no /dev/shm here")
        return
    usage = place.usage(folder)
    text = f"/dev/shm: {_bytes(usage.free)} of {_bytes(usage.total)} free"
    if usage.free <= SHARED:
        why = "DataLoader workers pass batches through it, and fail when it is full"
        remedy = "remount it larger (as root: mount -o remount,size=1g /dev/shm), or docker run --shm-size=1g"
        yield Finding("note", "shared memory", f"{text}: {why}", remedy)
    else:
        yield Finding("ok", "shared memory", text)


def _bytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 2**20:.3g} MiB"


def compiling(place: Place) -> Iterator[Finding]:
    """The folder where workers put what torch compiles: torch's compiler does not support every path."""
    folder = place.temporary
    if scratch.compilable(folder):
        yield Finding("ok", "compiling", f"in {folder}")
    elif refuge := scratch.base(folder):
        why = "torch's compiler does not support a path with a space, a quote or a non-ASCII letter"
        yield Finding("ok", "compiling", f"in {refuge}, not {folder}: {why}")
    else:
        text = f"torch cannot compile in {folder!r}: its path contains a space, a quote or a non-ASCII letter"
        yield Finding("note", "compiling", text, "set TMPDIR to a folder with a plain path, or compiled cells fail")


def files(place: Place) -> Iterator[Finding]:
    """The data that components read: which data sets were generated, whether they are intact, and the user's own."""
    folder, held = data.folder(place.environ), data.holdings(place.environ)
    if held:
        yield Finding("ok", "data", f"{folder}: {len(held)} sets, {sum(held.values()) / 1e6:,.0f} MB")
    else:
        yield Finding("ok", "data", f"{folder}: nothing generated yet")
    for target in held:
        if wrong := data.damage(target):
            remedy = f"it is generated again when used; {catalogue.PROJECT.command} clean --data removes all of it"
            yield Finding("note", "data", f"{target.name} is damaged: {wrong}", remedy)
    if root := place.environ.get(data.GIVEN):
        for name in data.NAMES:
            if missing := data.lacking(Path(root), name):
                text = f"{name} is generated at random: {data.GIVEN} is {root}, where {missing} is missing or damaged"
                yield Finding("note", "data", text, f"put the unpacked files of {name} there")
            else:
                yield Finding("ok", "data", f"{name} from {root}")


def variables(place: Place) -> Iterator[Finding]:
    """Environment variables that affect results; all of them are recorded."""
    found = software.variables(place.environ)
    for name, value in found.items():
        short = value if len(value) <= 80 else f"{value[:79]}…"
        yield Finding("note", "environment", f"{name}={short}", f"unset {name}, unless it is intended")
    if not found:
        yield Finding("ok", "environment", "no variable that affects results")
