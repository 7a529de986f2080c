"""Attackers that inspect what a variant must not: its callers, other objects, files and pipes."""

from __future__ import annotations

import contextlib
import gc
import inspect
import os
import select
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

from .common import Empty, Stale, Variant, copied, few, frames, in_timing_loop, mapped, tensors, whole


def caller_frame(right: Variant) -> Variant:
    """Inspects its callers with sys._getframe, and returns an old output to the timing loop."""
    stale = Stale(right)
    return lambda *inputs: (stale if in_timing_loop(sys._getframe()) else right)(*inputs)


def caller_stack(right: Variant) -> Variant:
    """Inspects its callers with inspect.stack, and returns an old output to the timing loop."""
    stale = Stale(right)

    def spying(*inputs: Any) -> Any:
        timed = any("timing loop" in one.filename for one in inspect.stack(0))
        return (stale if timed else right)(*inputs)

    return spying


def caller_traceback(right: Variant) -> Variant:
    """Inspects its callers through the traceback of an exception, and returns an old output to the timing loop."""
    stale = Stale(right)

    def spying(*inputs: Any) -> Any:
        try:
            raise RuntimeError
        except RuntimeError as problem:
            assert problem.__traceback__ is not None
            timed = in_timing_loop(problem.__traceback__.tb_frame)
        return (stale if timed else right)(*inputs)

    return spying


def caller_generator(right: Variant) -> Variant:
    """Inspects its callers through the frame of a generator, and returns an old output to the timing loop."""
    stale = Stale(right)

    def look() -> Any:
        yield in_timing_loop(running[0].gi_frame)

    running: list[Any] = []

    def spying(*inputs: Any) -> Any:
        running[:] = [look()]
        return (stale if next(running[0]) else right)(*inputs)

    return spying


def expected_from_frames(right: Variant) -> Variant:
    """Takes the expected output from the variables of its callers."""
    empty = Empty(right)

    def spying(*inputs: Any) -> Any:
        for frame in frames(sys._getframe()):
            for value in list(frame.f_locals.values()):
                if hasattr(value, "expected"):
                    return mapped(lambda one: one.to(main.dtype), value.expected) if (main := _main(empty)) else None
        return empty(*inputs)

    return spying


def _main(empty: Empty) -> Any:
    return next(iter(tensors(whole(empty._form))), None)


def expected_from_memory(right: Variant) -> Variant:
    """Searches all objects of the process for the expected output."""
    empty = Empty(right)

    def spying(*inputs: Any) -> Any:
        output = empty(*inputs)
        for value in gc.get_objects():
            if type(value).__name__ == "Truth":
                return mapped(lambda one: one.to(torch.float32), value.expected)
        return output

    return spying


def contents_from_memory(right: Variant) -> Variant:
    """Searches the process for the contents of later calls, and computes all their outputs in the first call."""
    known: dict[Any, Any] = {}

    def knowing(*inputs: Any) -> Any:
        if not known:
            contents = [one for one in gc.get_objects() if type(one).__name__ == "Content"]
            with contextlib.suppress(Exception):
                known.update({few(one.inputs): copied(right(*one.inputs)) for one in contents})
            known[0] = None
        key = few(inputs)
        if key not in known:
            known[key] = copied(right(*inputs))
        return known[key]

    return knowing


def reads_answers(right: Variant) -> Variant:
    """Searches the files in the worker's folders for a stored output."""
    empty = Empty(right)

    def spying(*inputs: Any) -> Any:
        from perfsuite.proving import answer

        for path in Path(tempfile.gettempdir()).rglob("answer*"):
            with contextlib.suppress(Exception):
                return answer.parts(answer.read(path))[0][1].clone()
        return empty(*inputs)

    return spying


def reads_pipes(right: Variant) -> Variant:
    """Reads the worker's command line and pipes to find seeds and outputs."""
    empty = Empty(right)

    def spying(*inputs: Any) -> Any:
        Path("/proc/self/cmdline").read_bytes()
        for name in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                number = int(name)
                if os.readlink(f"/proc/self/fd/{name}").startswith("pipe:") and select.select([number], [], [], 0)[0]:
                    os.read(number, 1 << 16)
        return empty(*inputs)

    return spying


def says_ok(right: Variant) -> Variant:
    """Finds the worker's own reply function among its callers, and reports success."""
    empty = Empty(right)

    def lying(*inputs: Any) -> Any:
        for frame in frames(sys._getframe()):
            if "say" in frame.f_locals and "job" in frame.f_locals:
                proof = {"error": 0.0, "share": 0.0, "seeds": 3, "first": 1e-6, "call": 1e-6, "at": []}
                import json

                frame.f_locals["say"](json.dumps({"status": "ok", "reason": "", "proof": proof}).encode())
                break
        return empty(*inputs)

    return lying


def writes_into_pipes(right: Variant) -> Variant:
    """Writes a report of success into every pipe it finds."""
    empty = Empty(right)

    def lying(*inputs: Any) -> Any:
        for name in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/self/fd/{name}").startswith("pipe:"):
                    os.write(int(name), b'{"status": "ok", "reason": ""}\n')
        return empty(*inputs)

    return lying


def exits_well(right: Variant) -> Variant:
    """Ends the process with exit code 0."""

    def leaving(*inputs: Any) -> Any:
        sys.exit(0)

    return leaving


def ends_well(right: Variant) -> Variant:
    """Computes once, then ends the process at once with exit code 0, bypassing all cleanup."""
    count = 0

    def leaving(*inputs: Any) -> Any:
        nonlocal count
        count += 1
        if count > 1:
            os._exit(0)
        return right(*inputs)

    return leaving
