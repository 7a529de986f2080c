"""The time of each operator of a call by itself, on other data of the same shape, strides and type. Runs in a worker.

An operator is timed when it is first seen with its shapes, between its callers, on copies: random numbers for floating
point, so that the cost does not depend on values; the values themselves for integers, because they may be positions.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from perfsuite.instruments.operators import VIEWS
from perfsuite.model.record import OTHERS, Part

BUDGET = 1.0  # CPU seconds for one cell; operators that are first seen later are not timed, and explain nothing
EACH = 5e-4  # CPU seconds for one operator, or one call if that takes longer
GROWN = 31 << 20  # bytes: the largest block whose release makes glibc keep more memory
MOST = 400  # different operators of a cell that are timed
RANDOM = 1 << 16  # different random numbers
KEPT = 12  # names in the result; the others are summed up
SKIPPED = ("c10d", "_c10d_functional", "symm_mem", "prim")  # namespaces with effects on other processes


def alone(plain: Callable[[], object], clock: Callable[[], float] = time.thread_time) -> dict[str, Part] | None:
    """Calls and seconds of the operators that ``plain`` dispatches, without single views, by name.

    ``None`` if nothing could be timed, as on a machine whose ``clock`` is too coarse.
    """
    from torch.utils._python_dispatch import TorchDispatchMode

    seconds: dict[Any, tuple[float, float]] = {}
    _warm()
    calls: dict[Any, int] = {}
    ends = time.thread_time() + BUDGET

    class Timing(TorchDispatchMode):  # type: ignore[misc]
        """Time each operator once."""

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return "torch._dynamo" in sys.modules

        def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            if not _is_view(operator):
                key = (operator, _signature(args), _signature(tuple(kwargs.items())))
                if key not in seconds and len(seconds) < MOST and time.thread_time() < ends:
                    seconds[key] = _timed(operator, args, kwargs, clock)
                calls[key] = calls.get(key, 0) + 1
            return operator(*args, **kwargs)

    with Timing():
        plain()
    found: dict[str, Part] = {}
    for key, count in calls.items():
        name = key[0].overloadpacket.__name__
        before, (each, faults) = found.get(name, Part(0, 0.0)), seconds.get(key, (0.0, 0.0))
        found[name] = Part(before.calls + count, before.seconds + count * each, before.faults + count * faults)
    return _shortened(found)


def _shortened(found: dict[str, Part]) -> dict[str, Part]:
    """The parts that take longest, and the sum of the others."""
    order = sorted(found, key=lambda name: -found[name].seconds)
    kept = {name: found[name] for name in order[:KEPT]}
    rest = [found[name] for name in order[KEPT:]]
    if rest:
        sums = (sum(getattr(one, what) for one in rest) for what in ("calls", "seconds", "faults"))
        kept[OTHERS] = Part(*sums)
    return kept


def _is_view(operator: Any) -> bool:
    """Whether it makes one view; what makes many, such as ``unbind``, is timed like other operators."""
    if str(operator._schema.returns[0].type if operator._schema.returns else "") == "List[Tensor]":
        return False
    return bool(getattr(operator, "is_view", False)) or operator.overloadpacket.__name__ in VIEWS


def _signature(value: Any) -> Any:
    """What the cost of an operator depends on: shapes, strides and types of tensors, and all other arguments."""
    import torch

    if isinstance(value, torch.Tensor):
        strides = value.stride() if value.layout == torch.strided else ()
        return tuple(value.shape), strides, value.dtype
    if isinstance(value, tuple | list):
        return tuple(map(_signature, value))
    if isinstance(value, float):
        return "float"  # a learning rate that changes in each step makes no other operator
    if isinstance(value, torch.dtype | torch.device | torch.layout | torch.memory_format):
        return str(value)
    return value if isinstance(value, int | str | bool | type(None)) else type(value).__name__  # not a storage's text


def _timed(operator: Any, args: Any, kwargs: Any, clock: Callable[[], float]) -> tuple[float, float]:
    """Seconds and page faults of one call on copies of the arguments, without what only this way of calling costs.

    Both are 0 if it fails.
    """
    if operator.namespace in SKIPPED:
        return 0.0, 0.0
    try:
        copies: dict[int, Any] = {}
        call = partial(operator, *_copied(args, copies), **_copied(kwargs, copies))
        lists = any(isinstance(value, tuple | list) for value in [*args, *kwargs.values()])
        seconds, faults = best(call, EACH, clock)
        return max(0.0, seconds - boxing(lists, clock)), faults
    except Exception:  # not on such data: it explains nothing
        return 0.0, 0.0


def best(call: Callable[[], object], seconds: float, clock: Callable[[], float]) -> tuple[float, float]:
    """The least seconds per call of at least two bursts of 20 µs or more, and its page faults."""
    call()
    calls, least, end = 1, (math.inf, 0.0), time.thread_time() + seconds
    taken = 0
    while taken < 2 or (time.thread_time() < end and taken < 30):
        before, start = _faults(), clock()
        for _ in range(calls):
            call()
        spent = clock() - start
        if spent < 20e-6 and calls < 1 << 12:
            calls *= 4
            continue
        taken += 1
        least = min(least, (spent / calls, (_faults() - before) / calls))
    return least


def _faults() -> int:
    """Page faults of this thread so far; 0 where the system does not count them."""
    try:
        import resource

        return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    except (ImportError, AttributeError):
        return 0


def _warm() -> None:
    """Let the C library keep memory that is freed, as in a process that has run for long."""
    import torch

    torch.ones(GROWN, dtype=torch.uint8)


@cache
def boxing(lists: bool, clock: Callable[[], float]) -> float:
    """What calling an operator by its overload costs beyond calling it by its name, without or with a list."""
    import torch

    x, aten = torch.zeros(1), torch.ops.aten
    boxed: Callable[[], object] = partial(aten.view.default, x, [1]) if lists else partial(aten.add.Tensor, x, x)
    plain: Callable[[], object] = partial(x.view, 1) if lists else partial(x.add, x)
    return max(0.0, best(boxed, 5e-3, clock)[0] - best(plain, 5e-3, clock)[0])


def _copied(value: Any, copies: dict[int, Any]) -> Any:
    """``value`` with other tensors; one that appears twice does so in the copy."""
    import torch

    if isinstance(value, torch.Tensor):
        if id(value) not in copies:
            copies[id(value)] = _like(value)
        return copies[id(value)]
    if isinstance(value, tuple | list):
        return type(value)(_copied(item, copies) for item in value)
    if isinstance(value, dict):
        return {name: _copied(item, copies) for name, item in value.items()}
    return value


@cache
def _random() -> Any:
    """Random numbers in [0, 1) for all tensors, repeated in larger ones: drawing them takes longer than most calls."""
    import torch

    return torch.empty(RANDOM).uniform_(generator=torch.Generator().manual_seed(0))


def _like(tensor: Any) -> Any:
    """A tensor of the same shape, strides and type: random numbers in [0, 1), or the same integers."""
    import torch

    tensor = tensor.detach()
    if tensor.layout != torch.strided:
        return tensor.clone()
    span = 1 + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    flat = tensor.as_strided((span if tensor.numel() else 0,), (1,))
    if tensor.dtype.is_floating_point:
        fresh = _random()[: flat.numel()].to(flat.dtype)
        fresh = fresh.repeat(-(-flat.numel() // max(1, fresh.numel())))[: flat.numel()]
    else:
        fresh = flat.clone()
    return fresh.as_strided(tensor.shape, tensor.stride())
