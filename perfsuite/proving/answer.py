"""The result of a variant as evidence: plain tensors in their own memory, written to a file for the referee.

The functions that inspect a result are bound when a worker starts, before any variant is imported, so a variant that
replaces a torch function later cannot affect them. torch is imported only inside the functions, which run in a worker.
"""

from __future__ import annotations

import bisect
import json
import math
import mmap
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from perfsuite.model import nested
from perfsuite.model.component import Inputs
from perfsuite.proving.gate import Content, Wrong, leaves

NUMBERS = (bool, int, float, complex, str, type(None))  # Python's own types, which cannot compute when read
COUNTED = (bool, int, float, type(None))  # those that a derived reference takes as an answer
ALIGNED = 64  # bytes: alignment of a tensor's values in the file
REMEDY = '; where a view is meant, say so in its component: aliases="returns a view"'
Part = tuple[str, Any]  # the device that a tensor was on, and a copy of it on the CPU


@cache
def bound() -> SimpleNamespace:
    """The parts of torch and numpy used here, as they were at the first call."""
    import numpy
    import torch

    return SimpleNamespace(
        Tensor=torch.Tensor,
        plain=(torch.Tensor, torch.nn.Parameter),
        array=numpy.ndarray,
        empty=torch.empty,
        copy=torch.Tensor.copy_,
        detach=torch.Tensor.detach,
        storage=torch.Tensor.untyped_storage,
        reshape=torch.Tensor.reshape,
        view=torch.Tensor.view,
        contiguous=torch.Tensor.contiguous,
        numpy=torch.Tensor.numpy,
        uint8=torch.uint8,
        tensor=torch.tensor,
    )


def taken(output: Any, content: Content, inputs: Inputs, device: str) -> list[Part]:
    """The parts of a result, copied; where the reference is derived, with Python's numbers and without ``None``.

    Raises:
        Wrong: a part is not a plain tensor, or shares memory with an input although a new tensor is required.
    """
    if content.component.stream:
        output = list(output)
    for part in _parts(output):
        _plain(part)
    if not content.component.aliases:
        _own(output, inputs, REMEDY if content.component.derive else "")
    found = []
    for leaf in leaves(output, content, device) if content.component.canonical else _parts(output):
        if content.component.derive and type(leaf) in COUNTED:
            found += [(device, bound().tensor(leaf))] if leaf is not None else []
        elif type(leaf) in bound().plain:
            found.append((leaf.device.type, _copied(leaf)))
        else:
            raise Wrong(f"returns {type(leaf).__name__}, not a tensor")
    return found


def _copied(tensor: Any) -> Any:
    """The values of ``tensor``, copied to memory of exactly their size on the CPU."""
    with_own_memory = bound().empty(tensor.shape, dtype=tensor.dtype, device="cpu")
    return bound().copy(with_own_memory, bound().detach(tensor))


def write(parts: Sequence[Part], path: Path) -> None:
    """Write the parts of a result to ``path``: one line of JSON that describes them, followed by their bytes."""
    told = [(place, str(tensor.dtype).removeprefix("torch."), tensor.shape) for place, tensor in parts]
    with path.open("wb") as file:
        file.write(json.dumps(told).encode() + b"\n")
        for _, tensor in parts:
            file.write(bytes(-file.tell() % ALIGNED))
            file.write(bound().numpy(bound().view(bound().reshape(tensor, (-1,)), bound().uint8)))


def read(path: Path) -> mmap.mmap:
    """What :func:`write` wrote, in memory of this process: its writer cannot change it any more.

    Raises:
        OSError, ValueError: there is no such file, or it is empty.
    """
    with path.open("rb") as file:
        held = mmap.mmap(-1, os.fstat(file.fileno()).st_size)
        file.readinto(held)
    return held


def parts(held: mmap.mmap) -> list[Part]:
    """The parts of a result that was read, without running any code from the file.

    Raises:
        Exception: it is not valid.
    """
    told, at, found = json.loads(held.readline()), held.tell(), []
    for place, name, shape in told:
        tensor = _placed(held, at + -at % ALIGNED, name, shape)
        at += -at % ALIGNED + tensor.nbytes
        found.append((place, tensor))
    return found


def _placed(held: mmap.mmap, at: int, dtype: str, shape: Sequence[int]) -> Any:
    """The tensor whose values begin at byte ``at``."""
    import torch

    if not math.prod(shape):
        return torch.empty(shape, dtype=getattr(torch, dtype))
    return torch.frombuffer(held, dtype=getattr(torch, dtype), count=math.prod(shape), offset=at).reshape(shape)


def _parts(output: Any) -> Iterator[Any]:
    """The leaves of the containers in a result, read without running the containers' own code.

    Raises:
        Wrong: a container has a custom type, which could compute when it is read.
    """
    kind = type(output)
    if kind in (tuple, list) or kind.__module__ == "torch.return_types" or hasattr(kind, "_fields"):
        for item in (list if isinstance(output, list) else tuple).__iter__(output):
            yield from _parts(item)
    elif isinstance(output, dict) and (kind in (dict, OrderedDict) or is_dataclass(kind)):
        for _, item in sorted(dict.items(output), key=lambda one: str(one[0])):
            yield from _parts(item)
    elif is_dataclass(kind):
        for field in fields(kind):
            yield from _parts(object.__getattribute__(output, field.name))
    elif isinstance(output, tuple | list | dict):
        raise Wrong(f"returns a {kind.__name__}: custom subclasses of tuple, list and dict are not allowed")
    else:
        yield output


def _plain(part: Any) -> None:
    """Check that a part is a number or a plain torch tensor, which cannot compute its values when it is read.

    Raises:
        Wrong: it is not.
    """
    if type(part) in NUMBERS:
        return
    if not isinstance(part, bound().Tensor):
        raise Wrong(f"returns {type(part).__name__}, not a tensor")
    if type(part) not in bound().plain:
        raise Wrong(f"returns a {type(part).__name__}, a subclass of Tensor: only plain tensors count as an answer")
    if part.device.type == "meta":
        raise Wrong("returns a tensor on meta, which holds nothing")
    shadowed = sorted(name for name in vars(part) if hasattr(bound().Tensor, name) and callable(vars(part)[name]))
    if shadowed:
        raise Wrong(f"returns a tensor with a method of its own: {shadowed[0]}")


def _own(output: Any, inputs: Inputs, remedy: str) -> None:
    """Check that no part of ``output`` shares memory with an input.

    Raises:
        Wrong: one does; the message ends with ``remedy``.
    """
    theirs = sorted((*span, number) for number, value in enumerate(inputs) for span in _spans(value))
    farthest = list(accumulate((stop for _, stop, _ in theirs), max))  # since spans of one input may overlap
    for start, stop in (span for part in _parts(output) for span in _spans(part)):
        before = bisect.bisect_left(theirs, (stop,))  # of these, one overlaps if any ends after ``start``
        if before and farthest[before - 1] > start:
            number = min(number for _, end, number in theirs[:before] if end > start)
            raise Wrong(f"returns the memory of its input number {number}, where a new tensor is required{remedy}")


def _spans(value: Any) -> Iterator[tuple[int, int]]:
    """The address ranges of tensors and arrays in ``value``."""
    if (held := nested.branches(value)) is not None:
        for item in held:
            yield from _spans(item)
    elif isinstance(value, bound().Tensor):
        storage = bound().storage(value)
        if storage.nbytes():
            yield storage.data_ptr(), storage.data_ptr() + storage.nbytes()
    elif isinstance(value, bound().array) and value.nbytes:
        while isinstance(value.base, bound().array):
            value = value.base
        start = value.__array_interface__["data"][0]
        yield start, start + value.nbytes
