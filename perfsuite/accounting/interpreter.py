"""What a call does in Python: bytecode instructions, and the time in native functions. Runs in a worker."""

from __future__ import annotations

import os
import re
import statistics
import sys
import time
from array import array
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType, MappingProxyType
from typing import Any, NamedTuple

from perfsuite.model.record import OTHERS, Part

RUNS = 9  # traces of a short call: the least time of each native function counts
FEW = 3  # the same for calls whose first traces take a while
SHORT = 0.06  # CPU seconds of tracing, after which there are no more than these; one that takes thrice that is the only
LONG = 1e-6  # seconds that the tracing of an instruction takes, if that cannot be measured
MANY, SMALL = 30, 3e-7  # runs of an instruction, and seconds beyond the usual: what is longer is native code
TIMED = 1_000_000  # instructions whose time is looked at: the clock is slow
MOST = 10_000_000  # instructions after which counting is given up
KEPT = 8  # native functions in the result
FREED = "freeing the result"
START = "run_backward"  # the native function that starts torch's autograd engine
BESIDE, ACROSS = 2, 4  # times the tracing's own: what takes less is only traced; ACROSS where a line or function begins
FAR = 50e-6  # seconds: what takes longer is native code even if most calls of this function are short
COLD = 2  # times what operators take: in another call, with cold caches between the tracing, they may take as long
RARE = 0.02  # share of the runs of an instruction without a call: less of them are not native code, however long
WRAPPERS = ("torch._compile", "torch._dynamo")  # modules of functions that torch calls a mode's function through
PLUMBING = re.compile(r"(_VariableFunctionsClass|pybind11_detail_function_record\w*)\.")  # owners that nobody names
CHECKED = 100  # calls of a native function that does nothing, to see what the tracing itself takes


@dataclass
class Traced:
    """What was seen of a call."""

    instructions: int = 0
    starts: int = 0  # of the autograd engine
    native: dict[str, Part] = field(default_factory=dict)
    whole: bool = True  # whether counting went on to the end


Place = tuple[str, int, int]  # of an instruction: the name of its function, its line, and its offset


def caller(frame: FrameType | None) -> Place:
    """The place that called a dispatch mode, from the ``frame`` before the mode's.

    Once torch's compiler is imported, torch calls the function of a mode through others.
    """
    while frame and frame.f_globals.get("__name__", "").startswith(WRAPPERS):
        frame = frame.f_back
    return (frame.f_code.co_name, frame.f_lineno, frame.f_lasti) if frame else ("", 0, 0)


def traced(call: Callable[[], object], operators: Mapping[Place, float] = MappingProxyType({})) -> Traced:
    """Trace ``call``, a short one several times.

    The time of an instruction is that of this thread's CPU, without the tracing's own. Waiting does not count. A native
    function counts if most of its calls took long, with the least of its sums: a busy machine prolongs some of them. Of
    others, such as the writing of large and small blocks, only calls count that took very long; and of what runs many
    times, what it usually takes beyond other instructions: a small function of numpy takes less than the tracing.

    An instruction that dispatches ``operators``, which take so many seconds in a call, counts with what it takes beyond
    them, where that is far more than they may take here.
    """
    ends = time.thread_time() + SHORT
    own = _own()
    seen = _once(call, operators)
    native = _native(seen, own, operators)
    long = time.thread_time() > ends + (FEW - 1) * SHORT
    for number in range(1, RUNS):
        if long or (number >= FEW and time.thread_time() > ends):
            break
        again = _native(_once(call, operators), own, operators)
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
    times: dict[Any, array[float]] = field(default_factory=dict)  # by function or place
    across: dict[Any, array[float]] = field(default_factory=dict)  # the same where a line or a function begins or ends
    named: dict[Any, Any] = field(default_factory=dict)  # native functions


def _once(call: Callable[[], object], operators: Mapping[Place, float] = MappingProxyType({})) -> _Seen:
    """Trace one call. Native functions are known by their names, other instructions and ``operators`` by places."""
    seen, clock = _Seen(), time.thread_time
    began, called, across = 0.0, None, False  # of the instruction that runs
    place: Place = ("", 0, 0)
    steps: dict[Any, Any] = {}

    def opened(frame: FrameType, _: str, __: object) -> Any:
        """A function begins, or a generator goes on. What this takes is left out: audit hooks make ``f_code`` slow."""
        nonlocal began, across
        entered = clock()
        code = frame.f_code
        frame.f_trace_opcodes = across = True
        if seen.instructions > TIMED:
            return counting
        if (step := steps.get(code)) is None:
            step = steps[code] = stepping("" if code.co_filename == __file__ else code.co_name)
        began += clock() - entered
        return step

    def stepping(name: str) -> Any:
        """What traces the frames of one function."""

        def step(frame: FrameType, event: str, _: object) -> Any:
            nonlocal began, called, place, across
            if event != "opcode":
                across = True
                return step
            spent = clock() - began
            seen.instructions += 1
            if seen.instructions > TIMED:
                sys.setprofile(None)
                return counting
            where: Any = place
            if called is not None:
                where = place if place in operators else called.__qualname__
                seen.named.setdefault(where, called)
                seen.starts += called.__qualname__.endswith(START)
            if seen.instructions > 1:
                found = seen.across if across else seen.times
                if where not in found:
                    found[where] = array("d")
                found[where].append(spent)
            called, across, place = None, False, (name, frame.f_lineno, frame.f_lasti)
            began = clock()
            return step

        return step

    def counting(_: FrameType, event: str, __: object) -> Any:
        """What traces all frames after the first instructions: it only counts, in a third of the time."""
        if event == "opcode":
            seen.instructions += 1
            if seen.instructions > MOST:
                seen.whole = False
                sys.settrace(None)
        return counting

    def profile(frame: FrameType, event: str, function: Any) -> None:
        nonlocal called
        if event == "c_call":
            called = function  # no more than this: it runs within the time of the instruction

    _run(call, opened, profile)
    return seen


class _Own(NamedTuple):
    """What the tracing itself takes, in seconds."""

    call: float  # of an instruction that calls a native function
    usual: float  # of what most instructions took meanwhile


def _own() -> _Own:
    found = _once(lambda: [len(()) for _ in range(CHECKED)])
    return _Own(statistics.median(found.times.get("len", [LONG])), _usual(found, {}))


def _native(seen: _Seen, own: _Own, operators: Mapping[Place, float]) -> dict[str, Part]:
    """The native code among the instructions."""
    native: dict[str, Part] = {}
    met = sum(seconds for where, seconds in operators.items() if where in seen.times or where in seen.across)
    if 2 * met < sum(operators.values()) and seen.instructions <= TIMED:  # unknown who dispatches them: no evidence
        return native
    usual = _usual(seen, operators)
    share = min(1.0, TIMED / seen.instructions)  # of the call that was looked at
    call = own.call * max(1.0, usual / own.usual)  # on a machine that is busier than when the tracing was measured
    for where in {**seen.times, **seen.across}:
        times, across = seen.times.get(where, array("d")), seen.across.get(where, array("d"))
        less = call if where in seen.named else usual
        if where in operators:
            engine = where in seen.named and seen.named[where].__qualname__.endswith(START)  # a part by itself
            found = [] if engine else _beyond(share * operators[where], [*times, *across], less)
        else:
            found = _long(times, across, less, call, where)
        if found:
            name = _title(where, seen)
            before = native.get(name, Part(0, 0.0))
            native[name] = Part(before.calls + len(found), before.seconds + sum(found))
    return native


def _beyond(operators: float, times: Sequence[float], less: float) -> list[float]:
    """What an instruction takes beyond the operators that it dispatches, for each time that it ran."""
    known = operators + less * len(times)
    return [] if sum(times) < COLD * known else [(sum(times) - known) / len(times)] * len(times)


def _long(times: Sequence[float], across: Sequence[float], less: float, call: float, where: Any) -> list[float]:
    """What an instruction takes each time that it is native code."""
    long = [one - less for one in times if one > BESIDE * call] + [one - less for one in across if one > ACROSS * call]
    runs = len(times) + len(across)
    if 2 * len(long) > runs:
        return long
    far = [one for one in long if one > FAR]
    if not isinstance(where, str) and len(far) < RARE * runs:  # on a busy machine any instruction is so long at times
        far = []
    if len(times) >= MANY and (beyond := statistics.median(times) - less) > SMALL:
        far += [beyond] * len(times)
    return far


def _usual(seen: _Seen, operators: Container[Place]) -> float:
    """What most instructions take that call no native function and no operator: nearly all of it is the tracing."""
    import numpy

    found = [times for where, times in seen.times.items() if not isinstance(where, str) and where not in operators]
    return float(numpy.median(numpy.concatenate(found))) if found else LONG


def _title(where: Any, seen: _Seen) -> str:
    """A native function by its name, another instruction by its place. After the call, only its result is freed."""
    if where in seen.named:
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
    return PLUMBING.sub("", f"{module}.{name}" if module and module != "builtins" else str(name))


def _shortened(exact: dict[str, Part]) -> dict[str, Part]:
    """Those that take longest, and the sum of the others."""
    order = sorted(exact, key=lambda name: -exact[name].seconds)
    kept = {name: exact[name] for name in order[:KEPT]}
    rest = [exact[name] for name in order[KEPT:]]
    return {**kept, OTHERS: Part(sum(one.calls for one in rest), sum(one.seconds for one in rest))} if rest else kept
