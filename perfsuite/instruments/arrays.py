"""The memory that numpy's arrays hold for a call, to the byte: numpy asks an allocator of this module, which counts.

``tracemalloc`` counts arrays together with the Python objects around them, so its peak is larger than that of the
arrays. numpy lets a program replace the allocator of its arrays (NEP 49), but only from C: the function is found in
numpy's table of C functions, whose order is part of its binary interface and is the same in versions 1.22 to 2.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Call = Callable[[], object]

POSITION = 304  # of PyDataMem_SetHandler in the table: takes a capsule and returns the previous one
CAPSULE = b"mem_handler"
MODULES = ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath")  # since numpy 2, and before
MALLOC = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
CALLOC = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)
REALLOC = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
FREE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


class _Handler(ctypes.Structure):
    """numpy's ``PyDataMem_Handler``, version 1."""

    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("context", ctypes.c_void_p),
        ("malloc", MALLOC),
        ("calloc", CALLOC),
        ("realloc", REALLOC),
        ("free", FREE),
    )


class _Allocator:
    """The C library's allocator, with the bytes that its blocks hold.

    It is never removed: an array frees its memory with the allocator that it got it from, however long it lives.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        size, block = ctypes.c_size_t, ctypes.c_void_p
        for name, takes in (
            ("malloc", [size]),
            ("calloc", [size, size]),
            ("realloc", [block, size]),
            ("free", [block]),
        ):
            function = getattr(library, name)
            function.argtypes, function.restype = takes, None if name == "free" else block
        self._library = library
        self._sizes: dict[int, int] = {}
        self.held = self.peak = 0
        self._handler = _Handler(
            b"counting",
            1,
            None,
            MALLOC(lambda _, size: self._add(library.malloc(size), size)),
            CALLOC(lambda _, count, size: self._add(library.calloc(count, size), count * size)),
            REALLOC(lambda _, block, size: self._resize(block, size)),
            FREE(lambda _, block, size: self._free(block)),
        )
        pack = ctypes.pythonapi.PyCapsule_New
        pack.argtypes, pack.restype = [block, ctypes.c_char_p, block], ctypes.py_object
        self.capsule = pack(ctypes.addressof(self._handler), CAPSULE, None)

    def _add(self, block: int | None, size: int) -> int | None:
        if block:
            self._sizes[block] = size
            self.held += size
            self.peak = max(self.peak, self.held)
        return block

    def _resize(self, block: int | None, size: int) -> int | None:
        moved = self._library.realloc(block, size)
        if moved:
            self.held -= self._sizes.pop(block or 0, 0)
        return self._add(moved, size)

    def _free(self, block: int | None) -> None:
        self.held -= self._sizes.pop(block or 0, 0)
        self._library.free(block)


@functools.cache
def _allocator() -> tuple[_Allocator, Callable[[Any], Any]] | None:
    """The counting allocator and the function that installs one in numpy; ``None`` if numpy has no such function."""
    import numpy

    if not (1, 22) <= tuple(map(int, numpy.__version__.split(".")[:2])) < (3, 0):
        return None
    for name in MODULES:
        try:
            capsule = importlib.import_module(name)._ARRAY_API
        except (ImportError, AttributeError):
            continue
        unpack = ctypes.pythonapi.PyCapsule_GetPointer
        unpack.argtypes, unpack.restype = [ctypes.py_object, ctypes.c_char_p], ctypes.c_void_p
        table = ctypes.cast(unpack(capsule, None), ctypes.POINTER(ctypes.c_void_p))
        install = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(table[POSITION])
        return _Allocator(), install
    return None


@contextmanager
def _counting() -> Iterator[_Allocator | None]:
    """Count the memory of arrays that this thread makes inside; ``None`` if that is not possible."""
    found = _allocator()
    if found is None:
        yield None
        return
    allocator, install = found
    usual = install(allocator.capsule)
    try:
        yield allocator
    finally:
        install(usual)


def peak(call: Call) -> int | None:
    """The most bytes that arrays held above entry during the second of two calls; ``None`` if they cannot be counted.

    The second, because frees of older arrays are only seen if their allocation was. Other threads are not counted.
    """
    with _counting() as allocator:
        if allocator is None:
            return None
        call()
        entry = allocator.peak = allocator.held
        call()
        return allocator.peak - entry


@functools.cache
def sees_arrays() -> bool:
    """Whether an array of known size is counted; otherwise a silent change of numpy would read as 0."""
    import numpy

    return peak(lambda: numpy.empty(2**17)) == 2**20
