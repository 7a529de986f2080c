"""What a call does, step by step: the profiler trace, its operator table and stacks, and a copy of it for TensorBoard.

No time from here is recorded, because the profiler slows down what it watches. The trace stays as torch wrote it.
"""

from __future__ import annotations

import gzip
import json
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRACE, STACKS, OPERATORS = "trace.json.gz", "stacks.txt", "operators.json"
EVENTS = 60_000  # with more, viewers and torch's own export take tens of seconds
FRAMES = 8  # Python calls recorded per operator, about
OURS = re.compile(r"tracing\.py\(\d+\): _steps$")  # the frame that makes the calls, as torch names it


@dataclass(frozen=True)
class Trace:
    """What a profile wrote to its folder."""

    trace: str  # name of the raw trace, for Perfetto
    operators: str  # name of the operator table
    stacks: str  # name of the folded stacks, for speedscope; "" if there are none
    steps: int  # calls, or items of a stream, in the trace
    wall: tuple[float, ...]  # seconds of each step under the profiler, longer than without it
    events: int  # operators and runtime calls of one step
    notes: tuple[str, ...]  # what was left out to keep the trace small, and why


@dataclass(frozen=True)
class Plan:
    """How much of a call to record in a trace."""

    steps: int
    details: bool  # shapes and memory
    stacks: bool
    share: float  # of one call
    notes: tuple[str, ...]


def plan(events: int, steps: int) -> Plan:
    """What to record of a call with that many ``events``: first fewer steps, then no stacks, then part of one call."""
    fit = max(1, min(steps, EVENTS // max(events, 1)))
    share = min(1.0, EVENTS / max(events, 1))
    stacks = events * fit * FRAMES <= EVENTS
    notes = []
    if fit < steps:
        notes.append(f"{fit} of {steps} steps: one has {events:,} events")
    if share < 1:
        notes.append(f"only the first {100 * share:.2g} % of a call, without shapes and memory")
    if not stacks:
        notes.append("no stacks: they would make the trace too large")
    return Plan(fit, share == 1, stacks, share, tuple(notes))


def trace(call: Callable[[], Any], folder: Path, *, steps: int = 3, stream: bool) -> Trace:
    """Profile ``steps`` calls of the warm ``call``, or ``steps`` items of the stream that it returns, into ``folder``.

    One extra step runs first, to count its events and to warm up the profiler. A call with too many events is
    interrupted after its first part: 60,000 events of a loop over tensor elements show as much as a million.

    Raises:
        ValueError: the stream has no items, or the call can be neither traced whole nor interrupted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (TRACE, STACKS, OPERATORS):
        (folder / name).unlink(missing_ok=True)
    source = _steps(call, stream)
    try:
        events, seconds = _count(source)
        planned = plan(events, steps)
        if planned.share < 1:
            seen, wall = _profile_part(source, planned.share * seconds)
        else:
            seen, wall = _profile(source, planned)
    finally:
        source.close()
    seen.export_chrome_trace(str(folder / TRACE))
    notes = list(planned.notes)
    stacks = _write_stacks(seen, folder / STACKS) if planned.stacks else ""
    if planned.stacks and not stacks:
        notes.append("no stacks: nothing took a microsecond")
    made = Trace(TRACE, OPERATORS, stacks, len(wall), tuple(wall), events, tuple(notes))
    table = {"steps": made.steps, "notes": made.notes, "operators": operator_table(seen)}
    (folder / OPERATORS).write_text(json.dumps(table, indent=1, allow_nan=False) + "\n")
    return made


def _steps(call: Callable[[], Any], stream: bool) -> Generator[None, None, None]:
    """Run one step each time it is advanced: a call, or one item of a stream, which restarts when it ends."""
    while True:
        if not stream:
            call()
            yield
            continue
        empty = True
        for _ in call():
            empty = False
            yield
        if empty:
            raise ValueError("no trace: the stream has no items")


def _activities() -> list[Any]:
    import torch
    from torch.profiler import ProfilerActivity

    return [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if torch.cuda.is_initialized() else [])]


def _step(source: Iterator[None]) -> float:
    """Seconds of the next step, including the device's work."""
    import torch

    start = time.perf_counter()
    next(source)
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _count(source: Iterator[None]) -> tuple[int, float]:
    """Events of one step, and its CPU seconds under the profiler."""
    from torch.profiler import profile

    with profile(activities=_activities()) as seen:
        start = time.process_time()
        _step(source)
        seconds = time.process_time() - start
    results = getattr(seen.profiler, "kineto_results", None)  # private to torch; the public list takes minutes to build
    return len(results.events() if results else seen.events()), seconds


def _profile(source: Iterator[None], planned: Plan) -> tuple[Any, list[float]]:
    """Profile whole steps, after one that is not profiled and one whose profile is discarded."""
    from torch.profiler import profile, schedule

    with profile(
        activities=_activities(),
        schedule=schedule(wait=1, warmup=1, active=planned.steps, repeat=1),
        record_shapes=planned.details,
        profile_memory=planned.details,
        with_stack=planned.stacks,
    ) as seen:
        wall = []
        for _ in range(2 + planned.steps):
            wall.append(_step(source))
            seen.step()
    return seen, wall[2:]


class _Enough(BaseException):
    """Interrupts a call whose trace is long enough; an ``except Exception`` in the call must not catch it."""


def _profile_part(source: Iterator[None], seconds: float) -> tuple[Any, list[float]]:
    """Profile the first CPU ``seconds`` of a step."""
    from torch.profiler import profile, record_function

    with profile(activities=_activities()) as seen, record_function("ProfilerStep#0"):
        start = time.perf_counter()
        with _interrupt(after=seconds):
            next(source)
        wall = time.perf_counter() - start
    return seen, [wall]


@contextmanager
def _interrupt(after: float) -> Iterator[None]:
    """End the block after that many CPU seconds of this process, between two Python instructions.

    Raises:
        ValueError: signals do not reach this thread.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        raise ValueError("no trace: one call has too many events, and it cannot be interrupted here")

    running = True

    def enough(*_: object) -> None:
        if running:
            raise _Enough

    before = signal.signal(signal.SIGPROF, enough)
    try:
        try:
            signal.setitimer(signal.ITIMER_PROF, after)
            yield
        finally:
            running = False
            signal.setitimer(signal.ITIMER_PROF, 0)
    except _Enough:
        pass
    finally:
        signal.signal(signal.SIGPROF, before)


def fold(events: Iterable[Any]) -> Counter[tuple[str, ...]]:
    """Microseconds of CPU time by stack: Python frames and operators, from the call downwards.

    Torch's own ``export_stacks`` leaves out the operators, includes the profiler, and writes an empty file unless a
    private setting is given; here the stacks are built from the parents of the events.
    """
    stacks: Counter[tuple[str, ...]] = Counter()
    for event in events:
        frames = [_frame(event.name)]
        parent = event.cpu_parent
        while parent is not None and not OURS.search(parent.name):
            frames.append(_frame(parent.name))
            parent = parent.cpu_parent
        if parent is not None and event.self_cpu_time_total >= 1:
            stacks[tuple(reversed(frames))] += round(event.self_cpu_time_total)
    return stacks


def _frame(name: str) -> str:
    """The name of a frame without object addresses, which would separate frames that belong together."""
    return re.sub(r" object at 0x[0-9a-f]+", "", name).translate(str.maketrans(";\n\t", "__ "))


def _write_stacks(seen: Any, path: Path) -> str:
    """Write folded stacks and return the file's name, or ``""`` if there are none."""
    stacks = fold(seen.events())
    if not stacks:
        return ""
    path.write_text("".join(f"{';'.join(frames)} {weight}\n" for frames, weight in stacks.items()), encoding="utf-8")
    return path.name


def operator_table(seen: Any) -> list[dict[str, Any]]:
    """One row per operator of a finished profile, the costliest first: calls, microseconds and bytes over all steps.

    There are device columns only if a device was used.
    """
    rows = [
        {
            "name": item.key,
            "calls": item.count,
            "self_cpu_us": round(item.self_cpu_time_total, 3),
            "cpu_us": round(item.cpu_time_total, 3),
            "self_bytes": item.self_cpu_memory_usage,
            "self_device_us": round(item.self_device_time_total, 3),
            "device_us": round(item.device_time_total, 3),
            "self_device_bytes": item.self_device_memory_usage,
        }
        for item in seen.key_averages()
        if not item.key.startswith("ProfilerStep")
    ]
    if not any(row["device_us"] for row in rows):
        rows = [{name: value for name, value in row.items() if "device" not in name} for row in rows]
    return sorted(rows, key=lambda row: row.get("self_device_us", 0) + row["self_cpu_us"], reverse=True)


# Categories that torch-tb-profiler 0.4.3 knows only under older names.
CATEGORIES = {"cuda_runtime": "runtime", "cuda_driver": "runtime"}
ANNOTATED = ("enumerate(DataLoader)#", "Optimizer.", "DistributedDataParallel.forward")


def tensorboard_copy(raw: Path, target_dir: Path, worker: str) -> Path:
    """Write a copy of a trace that torch-tb-profiler 0.4.3 reads correctly: ``<worker>.pt.trace.json.gz``.

    The plugin drops all annotations except those of steps, so its overview would show no time in the DataLoader and the
    optimizer; in the copy these are operators. Its device times need the runtime events under their older name.

    Raises:
        ValueError: ``raw`` is not a trace.
    """
    with gzip.open(raw, "rt", encoding="utf-8") if raw.suffix == ".gz" else raw.open(encoding="utf-8") as file:
        try:
            content = json.load(file, strict=False)  # names may hold control characters
            events = content["traceEvents"]
        except (ValueError, KeyError, TypeError, EOFError, OSError) as problem:
            raise ValueError(f"{raw} is not a profiler trace: {problem}") from problem
    for event in events:
        category = event.get("cat")
        if category in CATEGORIES:
            event["cat"] = CATEGORIES[category]
        elif category == "user_annotation" and event.get("name", "").startswith(ANNOTATED):
            event["cat"] = "cpu_op"
    target_dir.mkdir(parents=True, exist_ok=True)
    copy = target_dir / f"{worker}.pt.trace.json.gz"
    copy.write_bytes(gzip.compress(json.dumps(content).encode(), compresslevel=6, mtime=0))
    return copy
