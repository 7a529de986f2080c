"""What a variant returned, as evidence: plain tensors in memory of their own, written down for the referee.

What looks at an answer is bound when a worker starts, before any variant is imported: a variant that replaces a
function of torch later does not reach it. torch is imported only inside the functions, which run in a worker.
"""

from __future__ import annotations

import json
import math
import mmap
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from perfsuite.model.component import Inputs
from perfsuite.proving.gate import Content, Wrong, leaves

NUMBERS = (bool, int, float, complex, str, type(None))  # of Python's own, which hold what they are
ALIGNED = 64  # bytes: where the values of a tensor may begin in a file
Part = tuple[str, Any]  # where a tensor was, and what it holds, on the CPU


@cache
def bound() -> SimpleNamespace:
    """What of torch and numpy is used here, as it was when this was first called."""
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
        numpy=torch.Tensor.numpy,
        uint8=torch.uint8,
    )


def taken(output: Any, content: Content, inputs: Inputs, device: str) -> list[Part]:
    """The parts of an answer, copied.

    Raises:
        Wrong: a part is no plain tensor, or lies in the memory of an input although a new one was promised.
    """
    if content.component.stream:
        output = list(output)
    for part in _parts(output):
        _plain(part)
    if not content.component.aliases:
        _own(output, inputs)
    found = []
    for leaf in leaves(output, content, device):
        if type(leaf) not in bound().plain:
            raise Wrong(f"returns {type(leaf).__name__}, not a tensor")
        found.append((leaf.device.type, _copied(leaf)))
    return found


def _copied(tensor: Any) -> Any:
    """The values of ``tensor`` in memory that is as large as they are, on the CPU."""
    with_own_memory = bound().empty(tensor.shape, dtype=tensor.dtype, device="cpu")
    return bound().copy(with_own_memory, bound().detach(tensor))


def write(parts: Sequence[Part], path: Path) -> None:
    """Write the parts of an answer to ``path``: a line of JSON that says what they are, and then their bytes."""
    told = [(place, str(tensor.dtype).removeprefix("torch."), tensor.shape) for place, tensor in parts]
    with path.open("wb") as file:
        file.write(json.dumps(told).encode() + b"\n")
        for _, tensor in parts:
            file.write(bytes(-file.tell() % ALIGNED))
            file.write(bound().numpy(bound().view(bound().reshape(tensor, (-1,)), bound().uint8)))


def read(path: Path) -> list[Part]:
    """Read what :func:`write` wrote; no code of whoever wrote it is run.

    Raises:
        Exception: it is something else.
    """
    with path.open("rb") as file:
        told, at = json.loads(file.readline()), file.tell()
        held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    found = []
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
    """The leaves of the containers in which an answer may come.

    Raises:
        Wrong: a container is of a type of the variant's own, which could compute when it is read.
    """
    kind = type(output)
    if kind in (tuple, list) or kind.__module__ == "torch.return_types":
        for item in output:
            yield from _parts(item)
    elif kind is dict:
        for item in output.values():
            yield from _parts(item)
    elif isinstance(output, tuple | list | dict):
        raise Wrong(f"returns a {kind.__name__}: an answer comes in plain tuples, lists and dicts")
    else:
        yield output


def _plain(part: Any) -> None:
    """Check that a part is a number or a tensor of torch's own kind, which cannot compute its values when it is read.

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


def _own(output: Any, inputs: Inputs) -> None:
    """Check that no part of ``output`` lies in the memory of an input."""
    theirs = [(number, span) for number, value in enumerate(inputs) for span in _spans(value)]
    for start, stop in (span for part in _parts(output) for span in _spans(part)):
        for number, (low, high) in theirs:
            if start < high and low < stop:
                raise Wrong(f"returns the memory of its input number {number}, where a new tensor is promised")


def _spans(value: Any) -> Iterator[tuple[int, int]]:
    """The addresses at which tensors and arrays have their memory."""
    if isinstance(value, list | tuple):
        for item in value:
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
