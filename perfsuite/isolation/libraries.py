"""Which shared libraries are in this process: not their names, only whether any were loaded since."""

from __future__ import annotations

import ctypes
import functools
from typing import Any


class _Info(ctypes.Structure):
    """The start of ``struct dl_phdr_info``, see dl_iterate_phdr(3)."""

    _fields_ = (
        ("address", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("headers", ctypes.c_void_p),
        ("count", ctypes.c_uint16),
        ("loaded", ctypes.c_ulonglong),
        ("unloaded", ctypes.c_ulonglong),
    )


@functools.cache
def _iterate() -> Any:
    return getattr(ctypes.CDLL(None), "dl_iterate_phdr", None)


def loaded() -> object:
    """A value that is equal to an earlier one only if no library was loaded or unloaded in between."""
    found: list[tuple[int, int]] = []

    def first(info: Any, size: int, data: Any) -> int:
        if size >= ctypes.sizeof(_Info):
            found.append((info.contents.loaded, info.contents.unloaded))
        return 1  # every entry has the same two counts

    if iterate := _iterate():
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Info), ctypes.c_size_t, ctypes.c_void_p)
        iterate(kind(first), None)
    return found[0] if found else object()
