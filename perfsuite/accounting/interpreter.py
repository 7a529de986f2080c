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
SHORT = 0.2  # CPU seconds of tracing, after which there is no further trace
LONG = 1e-6  # seconds: only instructions that take longer may be native code
TIMED = 300_000  # instructions whose time is looked at: the clock is slow
MOST = 10_000_000  # instructions after which counting is given up
KEPT = 8  # native functions in the result
OTHERS = "others"
START = "run_backward"  # the native function that starts torch's autograd engine
PLAIN, ACROSS = 5, 12  # times the tracing's own: what takes less is only traced; ACROSS where a function is called
CHECKED = 400  # instructions of which the lower quartile is the tracing's own cost


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
    function counts if most of its calls took long, with the least of its sums: a busy machine prolongs some of them.
    """
    ends = time.thread_time() + SHORT
    found = _once(call, dispatched)
    for _ in range(RUNS - 1):
        if time.thread_time() > ends:
            break
        again = _once(call, dispatched).native
        found.native = {
            name: min(part, again[name], key=lambda one: one.seconds)
            for name, part in found.native.items()
            if name in again
        }
    found.native = _shortened(found.native)
    return found


def _once(call: Callable[[], object], dispatched: Dispatched) -> Traced:
    found, clock = Traced(), time.thread_time
    long: dict[Any, list[tuple[float, bool]]] = {}  # native function or instruction -> seconds, and whether across
    short: Counter[Any] = Counter()  # the same -> how often it did not
    began, operators, function, across = 0.0, 0, "", False  # of the instruction that runs
    instruction: tuple[str, int, int] = ("", 0, 0)
    seen: dict[str, Any] = {}  # native functions by name
    own: list[float] = []  # seconds of the first instructions, most of which are short: the tracing's own

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal began, operators, function, instruction, across
        if event == "call" and frame.f_code.co_name in HANDLERS and not dispatched.inside:
            dispatched.inside = True
            dispatched.operators += 1
        if dispatched.inside:
            return None
        frame.f_trace_opcodes = True
        if event != "opcode":
            across |= event != "line"
            return trace
        found.instructions += 1
        if found.instructions > TIMED:
            if found.instructions > MOST:
                found.whole = False
                sys.settrace(None)
            return trace
        spent = clock() - began if began else 0.0
        if len(own) < CHECKED:
            own.append(spent)
        if operators != dispatched.operators:
            operators = dispatched.operators
        elif spent > LONG:
            long.setdefault(function or instruction, []).append((spent, across or bool(function)))
        else:
            short[function or instruction] += 1
        function, across, instruction = "", False, (frame.f_code.co_name, frame.f_lineno, frame.f_lasti)
        began = clock()
        return trace

    def profile(frame: FrameType, event: str, called: Any) -> None:
        nonlocal function
        if event == "c_call" and not dispatched.inside:
            function = called.__qualname__  # as short as can be: this runs within the time of the instruction
            if function not in seen:
                seen[function] = called
            if function.endswith(START):
                found.starts += 1

    _run(call, trace, profile)
    less = sorted(own)[len(own) // 4] if own else 0.0
    for where, every in long.items():
        seconds = [one for one, ends in every if one > (ACROSS if ends else PLAIN) * less]
        if 2 * len(seconds) > len(every) + short[where]:
            name = named(seen[where]) if isinstance(where, str) else f"line {where[1]} of {where[0]}"
            before = found.native.get(name, Part(0, 0.0))
            taken = sum(max(0.0, one - 2 * less) for one in seconds)
            found.native[name] = Part(before.calls + len(seconds), before.seconds + taken)
    return found


def _forked() -> None:
    """A process that is forked meanwhile is not traced: nobody would read what is found there."""
    if _WATCHING:
        sys.settrace(None)
        sys.setprofile(None)


_WATCHING: list[bool] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _run(call: Callable[[], object], trace: Any, profile: Any) -> None:
    """One call under both functions, in this thread."""
    before = sys.gettrace(), sys.getprofile()
    _WATCHING.append(True)
    sys._getframe().f_trace_opcodes = True  # Python 3.12 traces instructions only if a frame requests it before
    sys.setprofile(profile)
    sys.settrace(trace)
    try:
        call()
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
