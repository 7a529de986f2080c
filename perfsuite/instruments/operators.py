"""Counts of a call: dispatched operators, the bytes they move, and Python instructions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

Call = Callable[[], object]

# By torch's names for their overload packets.
VIEWS = {"_unsafe_view"}  # moves no data although its schema says that it returns a new tensor
BLANK = {"empty", "empty_like", "empty_strided", "empty_permuted", "new_empty", "new_empty_strided"}  # writes nothing
OVERWRITES = {"copy_", "fill_", "zero_", "normal_", "uniform_", "bernoulli_", "random_"}  # do not read what they change
INDEXED = {  # access only the indexed part of their first tensor
    *("index", "index_select", "gather", "take", "embedding"),
    *("index_put_", "_index_put_impl_", "index_add_", "index_copy_", "scatter_", "scatter_add_"),
}


def operators(plain: Call) -> tuple[int, int, int]:
    """Counts of the operators that ``plain`` dispatches: non-views, views, and the bytes that the non-views move.

    The bytes are those of the program as written, without fusion: each operator reads its inputs and writes its output.
    Elements that an expanded input repeats count once. Work outside torch's dispatcher is not counted.
    """
    from torch.utils._python_dispatch import TorchDispatchMode

    ops = views = traffic = 0

    class Counting(TorchDispatchMode):  # type: ignore[misc]
        """Count each operator on its way to its kernel."""

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            """Whether the compiler must ignore this mode; if nothing compiles, importing it would only cost 1 s."""
            return "torch._dynamo" in sys.modules

        def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            nonlocal ops, views, traffic
            result = operator(*args, **(kwargs or {}))
            if getattr(operator, "is_view", False) or _name(operator) in VIEWS:
                views += 1
            else:
                ops += 1
                traffic += int(moved(operator, args, kwargs or {}, result))  # sizes are tensors while torch.jit traces
            return result

    with Counting():
        plain()
    return ops, views, traffic


def moved(operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> int:
    """Bytes that one operator reads and writes.

    A returned tensor is written unless it is one of the arguments. An argument is read unless it is ``out=`` or
    overwritten, and written if the schema says that it changes.
    """
    schema, name = getattr(operator, "_schema", None), _name(operator)
    if schema is None or name in BLANK:
        return 0
    values = [*args, *(kwargs.get(argument.name) for argument in schema.arguments[len(args) :])]
    results = result if len(schema.returns) > 1 else [result]
    made = [
        tensor
        for returned, value in zip(schema.returns, results, strict=False)
        if returned.alias_info is None
        for tensor in _tensors(value)
    ]
    reach = max((tensor.numel() for tensor in [*made, *_tensors(values[1:])]), default=0) if name in INDEXED else None
    total = sum(map(_bytes, made))
    for position, (argument, value) in enumerate(zip(schema.arguments, values, strict=False)):
        changed = argument.alias_info is not None and argument.alias_info.is_write
        read = not argument.is_out and not (changed and name in OVERWRITES)
        for tensor in _tensors(value):
            size = _bytes(tensor)
            if position == 0 and reach is not None:
                size = min(size, reach * tensor.element_size())
            total += size * (read + changed)
    return total


def instructions(call: Call) -> int:
    """The number of bytecode instructions that Python executes in one ``call``, which is the same in every process."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 traces instructions only if a frame requests it before
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def _name(operator: Any) -> str:
    """``add`` for ``aten.add.Tensor``."""
    packet = getattr(operator, "overloadpacket", None)
    return str(getattr(packet, "__name__", ""))


def _tensors(value: Any) -> Iterator[Any]:
    """The tensors in ``value``: itself, or those in a list or tuple."""
    import torch

    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _tensors(item)


def _bytes(tensor: Any) -> int:
    """Bytes of the distinct elements: strides of 0 repeat elements, overlapping windows share them."""
    import torch

    if tensor.layout != torch.strided:
        return int(tensor.numel() * tensor.element_size())
    steps = [(size, stride) for size, stride in zip(tensor.shape, tensor.stride(), strict=True) if stride]
    distinct = span = 1
    for size, stride in steps:
        distinct *= size
        span += (size - 1) * stride
    return min(distinct, span) * int(tensor.element_size()) if tensor.numel() else 0
