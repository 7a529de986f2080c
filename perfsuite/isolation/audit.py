"""Whether a variant looks at the frames of its callers, or at objects and memory that nobody gave it.

There it would find the loop that times it, and could do nothing while it is timed. Python tells of such looks by
auditing events. A hook for these cannot be taken out again, so it is put only into a process whose times nobody sees,
and listens only while it is asked to. Libraries look at frames for themselves: what counts is a look that a variant
causes by a line of its own, or through a function that hands on what it sees. torch is not imported.
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
LOOKS = {  # each event, and what is looked at
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
CALLED = {"ctypes.cdata": ("from_address", "in_dll")}  # what causes an event of another name
HEARD = {*LOOKS, "object.__getattr__", "ctypes.dlsym", "ctypes.cdata/buffer"}
READ = {"tb_frame", "gi_frame", "cr_frame", "ag_frame", "f_code"}  # attributes that are a frame, or of one
HANDED_ON = {"inspect", "traceback", "linecache", "logging", "ctypes"}  # modules that give others what they see
SUBJECTS: Mapping[str, Sequence[str]] = {  # components that are about such looks
    "timing.profilers": ("sys.settrace", "sys.setprofile", "sys._current_frames", "f_code"),
}


class Audit:
    """The hook, and what it has noted."""

    def __init__(self) -> None:
        self._trees: tuple[str, ...] = ()  # of the variants that are watched
        self._allowed: Sequence[str] = ()
        self._seen: list[str] = []
        self._busy: set[int] = set()  # threads in which the hook itself is looking
        self._buffers: set[int] = set()  # threads that look at the memory of an object next, which is no secret

    @contextmanager
    def armed(self, tree: Path, component: str) -> Iterator[list[str]]:
        """Listen to a variant of ``component`` below ``tree``; yields what it looks at, a phrase each, as it comes."""
        before = self._trees, self._allowed, self._seen
        self._trees = tuple({f"{path}{os.sep}" for path in (tree, tree.resolve())})
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
        """Where a variant caused a call of one of ``called`` in ``frame``; empty if it was somebody else's doing.

        A library's function that names what it calls does so for itself. One that does not was only given it, or
        runs what was written for it, and whoever called it is asked.
        """
        while frame is not None:
            code, module = frame.f_code, str(frame.f_globals.get("__name__"))
            for tree in self._trees:
                if code.co_filename.startswith(tree):
                    file = Path(code.co_filename.removeprefix(tree)).as_posix()
                    return f"impls/{file}, line {frame.f_lineno}"
            top = module.split(".")[0]
            if top in HANDED_ON:
                called = (code.co_name,)
            elif (top in catalogue.PROJECT.packages or _names(code) & {*called}) and _genuine(frame, module):
                return ""
            frame = frame.f_back
        return "a thread of its own"


def _look(event: str, arguments: tuple[Any, ...]) -> tuple[str, str]:
    """What is looked at, empty if it is nothing of the kind, and by which name."""
    if event == "object.__getattr__":
        return (FRAMES, str(arguments[1])) if arguments[1] in READ else ("", "")
    if event == "ctypes.dlsym":
        name = str(arguments[1])
        return (OBJECTS, name) if name.startswith(("Py", "_Py")) else ("", "")
    return LOOKS.get(event, ""), event


def _names(code: CodeType) -> set[object]:
    """The names and words that stand in a piece of code."""
    return {*code.co_names, *code.co_consts}


def _genuine(frame: FrameType, name: str) -> bool:
    """Whether a frame runs code of the file of a module that is loaded, not what was made of a text."""
    module = sys.modules.get(name)
    if module is None or vars(module) is not frame.f_globals:
        return False
    file = frame.f_code.co_filename
    return file in (getattr(module, "__file__", None), f"<frozen {name}>")


@cache
def installed() -> Audit:
    """The one hook of this process; from the first call on it is there for good."""
    audit = Audit()
    sys.addaudithook(audit.hear)
    return audit
