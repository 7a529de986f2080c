"""What a call does in Python: bytecode instructions, and the time in native functions. Runs in a worker."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from perfsuite.model.record import Part

HANDLERS = ("find_torch_dispatch_rule", "__torch_dispatch__")  # torch calls these only because operators are counted
RUNS = 9  # traces of a short call: the least time of each native function counts
SHORT = 0.06  # CPU seconds of tracing, after which there is no further trace
LONG = 1e-6  # seconds: only instructions that take longer may be native code
TIMED = 300_000  # instructions whose time is looked at: the clock is slow
MOST = 10_000_000  # instructions after which counting is given up
KEPT = 8  # native functions in the result
OTHERS = "others"
FREED = "freeing the result"
START = "run_backward"  # the native function that starts torch's autograd engine
BESIDE, ACROSS = 2, 4  # times the tracing's own: what takes less is only traced; ACROSS where a function begins or ends
FAR = 50e-6  # seconds: what takes longer is native code even if most calls of this function are short
CHECKED = 100  # calls of a native function that does nothing, to see what the tracing itself takes


@dataclass
class Traced:
    """What was seen of a call."""

    instructions: int = 0
    starts: int = 0  # of the autograd engine
    native: dict[str, Part] = field(default_factory=dict)
    whole: bool = True  # whether counting went on to the end


@dataclass
class Dispatched:
    """How many operators a dispatch mode has been given, and whether its own Python runs now; the mode clears it."""

    operators: int = 0
    inside: bool = False


def traced(call: Callable[[], object], dispatched: Dispatched) -> Traced:
    """Trace ``call``, a short one several times. An instruction that dispatches operators is theirs, not native code.

    The time of an instruction is that of this thread's CPU, without the tracing's own. Waiting does not count. A native
    function counts if most of its calls took long, with the least of its sums: a busy machine prolongs some of them. Of
    others, such as the writing of large and small blocks, only calls count that took very long.
    """
    ends = time.thread_time() + SHORT
    own = _own()
    seen = _once(call, dispatched)
    native = _native(seen, own)
    for _ in range(RUNS - 1):
        if time.thread_time() > ends:
            break
        again = _native(_once(call, dispatched), own)
        native = {
            name: min(part, again[name], key=lambda one: one.seconds) for name, part in native.items() if name in again
        }
    return Traced(seen.instructions, seen.starts, _shortened(native), seen.whole)


@dataclass
class _Seen:
    """The instructions of one call."""

    instructions: int = 0
    starts: int = 0
    whole: bool = True
    times: dict[Any, list[tuple[float, bool]]] = field(default_factory=dict)  # of those that were not very short
    short: Counter[Any] = field(default_factory=Counter)
    named: dict[str, Any] = field(default_factory=dict)  # native functions


def _once(call: Callable[[], object], dispatched: Dispatched) -> _Seen:
    """Trace one call. Native functions are known by their names, other instructions by their places."""
    seen, clock = _Seen(), time.thread_time
    times, short = seen.times, seen.short
    began, operators, called, across = 0.0, 0, None, False  # of the instruction that runs
    place: tuple[str, int, int] = ("", 0, 0)
    steps: dict[Any, Any] = {}

    def opened(frame: FrameType, _: str, __: object) -> Any:
        """A function begins, or a generator goes on. What this takes is left out: audit hooks make ``f_code`` slow."""
        nonlocal began, across
        entered = clock()
        code = frame.f_code
        if code.co_name in HANDLERS and not dispatched.inside:
            dispatched.inside = True
            dispatched.operators += 1
        step = None
        if not dispatched.inside:
            frame.f_trace_opcodes = across = True
            if (step := steps.get(code)) is None:
                step = steps[code] = stepping("" if code.co_filename == __file__ else code.co_name)
        began += clock() - entered
        return step

    def stepping(name: str) -> Any:
        """What traces the frames of one function."""

        def step(frame: FrameType, event: str, _: object) -> Any:
            nonlocal began, operators, called, place, across
            if event != "opcode":
                across |= event != "line"
                return step
            spent = clock() - began
            seen.instructions += 1
            if seen.instructions > TIMED:
                if seen.instructions > MOST:
                    seen.whole = False
                    sys.settrace(None)
                return step
            where: Any = place
            if called is not None:
                where = called.__qualname__
                seen.named.setdefault(where, called)
                seen.starts += where.endswith(START)
            if operators != dispatched.operators:
                operators = dispatched.operators
            elif spent > LONG and seen.instructions > 1:
                times.setdefault(where, []).append((spent, across))
            else:
                short[where] += 1
            called, across, place = None, False, (name, frame.f_lineno, frame.f_lasti)
            began = clock()
            return step

        return step

    def profile(frame: FrameType, event: str, function: Any) -> None:
        nonlocal called
        if event == "c_call" and not dispatched.inside:
            called = function  # no more than this: it runs within the time of the instruction

    _run(call, opened, profile)
    return seen


def _own() -> tuple[float, float]:
    """What the tracing itself takes: of an instruction, and of one that calls a native function."""
    found = _once(lambda: [len(()) for _ in range(CHECKED)], Dispatched())
    calls = sorted(seconds for seconds, _ in found.times.get("len", [(LONG, False)]))
    return calls[len(calls) // 2] / 3, calls[len(calls) // 2]  # tracing and two notices of the call


def _native(seen: _Seen, own: tuple[float, float]) -> dict[str, Part]:
    """The native code among the instructions."""
    native: dict[str, Part] = {}
    for where, times in seen.times.items():
        less = own[isinstance(where, str)]
        seconds = [one - less for one, across in times if one > (ACROSS if across else BESIDE) * own[1]]
        if 2 * len(seconds) <= len(times) + seen.short[where]:
            seconds = [one for one in seconds if one > FAR]
        if seconds:
            name = _title(where, seen)
            before = native.get(name, Part(0, 0.0))
            native[name] = Part(before.calls + len(seconds), before.seconds + sum(seconds))
    return native


def _title(where: Any, seen: _Seen) -> str:
    """A native function by its name, another instruction by its place. After the call, only its result is freed."""
    if isinstance(where, str):
        return named(seen.named[where])
    return f"line {where[1]} of {where[0]}" if where[0] else FREED


def _forked() -> None:
    """A process that is forked meanwhile is not traced: nobody would read what is found there."""
    if _WATCHING:
        sys.settrace(None)
        sys.setprofile(None)


_WATCHING: list[bool] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _run(call: Callable[[], object], trace: Any, profile: Any) -> None:
    """One call under both functions, in this thread. What it returns is freed there too, as in a timed call."""

    def whole() -> None:
        call()

    before = sys.gettrace(), sys.getprofile()
    _WATCHING.append(True)
    sys._getframe().f_trace_opcodes = True  # Python 3.12 traces instructions only if a frame requests it before
    sys.setprofile(profile)
    sys.settrace(trace)
    try:
        whole()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
        _WATCHING.clear()


def named(function: Any) -> str:
    """The module and name of a native function: ``zlib.crc32``, ``ImagingDecoder.decode``."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__qualname__", "") or getattr(function, "__name__", "?")
    module = getattr(function, "__module__", None) or (type(owner).__module__ if owner is not None else "")
    return f"{module}.{name}" if module and module != "builtins" else str(name)


def _shortened(exact: dict[str, Part]) -> dict[str, Part]:
    """Those that take longest, and the sum of the others."""
    order = sorted(exact, key=lambda name: -exact[name].seconds)
    kept = {name: exact[name] for name in order[:KEPT]}
    rest = [exact[name] for name in order[KEPT:]]
    return {**kept, OTHERS: Part(sum(one.calls for one in rest), sum(one.seconds for one in rest))} if rest else kept
