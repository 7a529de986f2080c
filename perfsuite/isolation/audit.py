"""Detect a variant that inspects the frames of its callers, or objects and memory that it was not given.

It could find the timing loop there and skip the work while it is timed. Python reports such access by audit events. An
audit hook cannot be removed, so it is installed only in a process whose times are not used, and is active only on
request. Libraries inspect frames too: what counts is an access that a variant causes by its own code, or through a
function that passes on what it sees. torch is not imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import get_ident
from types import CodeType, FrameType
from typing import Any

from perfsuite.project import catalogue

FRAMES, OBJECTS, MEMORY = "the frames of its callers", "objects that it was not given", "memory by its address"
LOOKS = {  # audit event -> what is inspected
    "sys._getframe": FRAMES,
    "sys._getframemodulename": FRAMES,
    "sys._current_frames": FRAMES,
    "sys._current_exceptions": FRAMES,
    "sys.settrace": FRAMES,
    "sys.setprofile": FRAMES,
    "sys.monitoring.register_callback": FRAMES,
    "sys.addaudithook": FRAMES,
    "gc.get_objects": OBJECTS,
    "gc.get_referrers": OBJECTS,
    "gc.get_referents": OBJECTS,
    "ctypes.PyObj_FromPtr": OBJECTS,
    "ctypes.cdata": MEMORY,
    "ctypes.string_at": MEMORY,
    "ctypes.wstring_at": MEMORY,
}
CALLED = {"ctypes.cdata": ("from_address", "in_dll")}  # functions whose event has another name
HEARD = {*LOOKS, "object.__getattr__", "ctypes.dlsym", "ctypes.cdata/buffer"}
READ = {"tb_frame", "gi_frame", "cr_frame", "ag_frame", "f_code"}  # attributes that give a frame, or belong to one
HANDED_ON = {"inspect", "traceback", "linecache", "logging", "ctypes"}  # modules that pass on what they see
SUBJECTS: Mapping[str, Sequence[str]] = {  # components whose subject is such access
    "timing.profilers": ("sys.settrace", "sys.setprofile", "sys._current_frames", "f_code"),
}


class Audit:
    """The audit hook, and what it has recorded."""

    def __init__(self) -> None:
        self._trees: dict[str, str] = {}  # of the watched variants
        self._allowed: Sequence[str] = ()
        self._seen: list[str] = []
        self._busy: set[int] = set()  # threads in which the hook itself is running
        self._buffers: set[int] = set()  # threads whose next event is harmless access to a buffer

    @contextmanager
    def armed(self, trees: Sequence[Path], component: str) -> Iterator[list[str]]:
        """Watch a variant of ``component`` below ``trees``, the folders of the measured packages.

        Yields a list that grows by one phrase per access.
        """
        before = self._trees, self._allowed, self._seen
        self._trees = {
            f"{path}{os.sep}": name
            for tree, name in zip(trees, catalogue.PROJECT.measured, strict=False)
            for path in (tree, tree.resolve())
        }
        self._allowed, self._seen = SUBJECTS.get(component, ()), []
        try:
            yield self._seen
        finally:
            self._trees, self._allowed, self._seen = before

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """The hook itself."""
        if not self._trees or event not in HEARD:
            return
        what, name = _look(event, arguments)
        thread = get_ident()
        if event == "ctypes.cdata" and thread in self._buffers:
            self._buffers.discard(thread)
            return
        if event == "ctypes.cdata/buffer":
            self._buffers.add(thread)
        if not what or name in self._allowed or thread in self._busy:
            return
        self._busy.add(thread)
        try:
            if where := self._culprit(sys._getframe(1), CALLED.get(event, (name.rpartition(".")[2],))):
                self._seen.append(f"looks at {what}: {name} in {where}")
        finally:
            self._busy.discard(thread)

    def _culprit(self, frame: FrameType | None, called: Sequence[str]) -> str:
        """Where a variant caused a call of one of ``called`` in ``frame``; empty if other code did.

        A library function whose code names the called function acts for itself. Otherwise it received the function
        from outside, or runs code written for it, so its caller is examined.
        """
        while frame is not None:
            code, module = frame.f_code, str(frame.f_globals.get("__name__"))
            for tree, name in self._trees.items():
                if code.co_filename.startswith(tree):
                    file = Path(code.co_filename.removeprefix(tree)).as_posix()
                    return f"{name}/{file}, line {frame.f_lineno}"
            top = module.split(".")[0]
            if top in HANDED_ON:
                called = (code.co_name,)
            elif (top in catalogue.PROJECT.packages or _names(code) & {*called}) and _genuine(frame, module):
                return ""
            frame = frame.f_back
        return "a thread of its own"


def _look(event: str, arguments: tuple[Any, ...]) -> tuple[str, str]:
    """What is inspected (empty if the event is harmless), and by which name."""
    if event == "object.__getattr__":
        return (FRAMES, str(arguments[1])) if arguments[1] in READ else ("", "")
    if event == "ctypes.dlsym":
        name = str(arguments[1])
        return (OBJECTS, name) if name.startswith(("Py", "_Py")) else ("", "")
    return LOOKS.get(event, ""), event


def _names(code: CodeType) -> set[object]:
    """The names and constants in a code object."""
    return {*code.co_names, *code.co_consts}


def _genuine(frame: FrameType, name: str) -> bool:
    """Whether a frame runs code from the file of a loaded module, not code compiled from a string."""
    module = sys.modules.get(name)
    if module is None or vars(module) is not frame.f_globals:
        return False
    file = frame.f_code.co_filename
    return file in (getattr(module, "__file__", None), f"<frozen {name}>")


@cache
def installed() -> Audit:
    """The only hook of this process; the first call installs it permanently."""
    audit = Audit()
    sys.addaudithook(audit.hear)
    return audit
