"""What the operators of a call do, seen one by one on their way to their kernels, in a worker. Nothing is timed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfsuite.instruments.operators import VIEWS, moved
from perfsuite.model import nested

COPIES = {"copy_", "clone", "_to_copy", "contiguous"}
SYNCS = {"_local_scalar_dense"}
PRODUCTS = {"mm", "bmm", "addmm", "baddbmm", "mv", "addmv", "dot", "convolution", "linear"}  # read any order as quickly
LOOKED = 2000  # operators whose numbers are looked at, of each name: each look takes some microseconds
NUMBERS = 1 << 16  # of a tensor that are looked at
FEW = 0.01  # share of subnormal numbers from which an operator is named


@dataclass
class Seen:
    """Sums over the operators of a call."""

    operators: int = 0
    views: int = 0
    syncs: int = 0
    moved: int = 0
    copied: int = 0
    strided: int = 0
    wide: int = 0
    threads: int = 0
    numbers: int = 0
    subnormal: float = 0.0
    dtypes: Counter[str] = field(default_factory=Counter)
    culprits: dict[str, set[str]] = field(default_factory=dict)
    looked: Counter[str] = field(default_factory=Counter)

    def told(self) -> dict[str, Any]:
        """The sums as JSON types, named as in :class:`perfsuite.explaining.reasons.evidence.Evidence`."""
        names = ("operators", "views", "syncs", "moved", "copied", "strided", "wide")
        return {
            **{name: getattr(self, name) for name in names},
            "threads": self.threads or None,
            "subnormal": self.subnormal / self.numbers if self.numbers else 0.0,
            "dtypes": dict(self.dtypes),
            "culprits": {kind: sorted(operators) for kind, operators in self.culprits.items()},
        }


def seen(plain: Callable[[], object], inputs: Any) -> dict[str, Any]:
    """The sums over the operators that ``plain`` dispatches; ``inputs`` are those of its component."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    found = Seen()
    given = max((_width(leaf) for leaf in nested.leaves(inputs)), default=0)

    class Looking(TorchDispatchMode):  # type: ignore[misc]
        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return "torch._dynamo" in sys.modules

        def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = operator(*args, **(kwargs or {}))
            _add(found, operator, args, kwargs or {}, result, given)
            used = torch.get_num_threads()
            found.threads = min(found.threads or used, used)
            return result

    with Looking():
        plain()
    return found.told()


def _add(found: Seen, operator: Any, args: Any, kwargs: Any, result: Any, given: int) -> None:
    packet = str(getattr(getattr(operator, "overloadpacket", None), "__name__", ""))
    space = str(getattr(operator, "namespace", "aten"))
    if getattr(operator, "is_view", False) or packet in VIEWS:
        found.views += 1
        return
    if packet in SYNCS:
        found.syncs += 1
        return
    name, size = f"{space}::{packet}", int(moved(operator, args, kwargs, result))
    read, written = _tensors((args, kwargs)), _tensors(result)
    found.operators += 1
    found.moved += size
    found.dtypes.update(str(one.dtype).removeprefix("torch.") for one in written)
    if packet in COPIES:
        found.copied += size
        _blame(found, "copied", name)
    gaps = sum(_bytes(one) for one in read if _with_gaps(one, written, packet in PRODUCTS))
    if gaps:
        found.strided += gaps
        _blame(found, "strided", name)
    if given and any(_width(one) > given for one in (*read, *written)):
        found.wide += 1
        _blame(found, "wide", name)
    if found.looked[name] < LOOKED:
        found.looked[name] += 1
        shares = [(one.numel(), _subnormal(one)) for one in (*read, *written) if _width(one) and one.numel()]
        found.numbers += sum(number for number, _ in shares)
        found.subnormal += sum(number * share for number, share in shares)
        if any(share >= FEW for _, share in shares):
            _blame(found, "subnormal", name)


def _blame(found: Seen, kind: str, name: str) -> None:
    found.culprits.setdefault(kind, set()).add(name)


def _tensors(value: Any) -> list[Any]:
    import torch

    if isinstance(value, torch.Tensor):
        return [value] if value.layout == torch.strided else []
    if isinstance(value, dict):
        value = tuple(value.values())
    return [one for item in value for one in _tensors(item)] if isinstance(value, tuple | list) else []


def _width(value: Any) -> int:
    """Bytes of a floating number in ``value``; 0 for everything else."""
    dtype = getattr(value, "dtype", None)
    return int(value.element_size()) if getattr(dtype, "is_floating_point", False) else 0


def _bytes(tensor: Any) -> int:
    return int(tensor.numel() * tensor.element_size())


def _with_gaps(tensor: Any, written: Sequence[Any], any_order: bool) -> bool:
    """Whether no two neighbours in memory are read, or they are read in another order than the result is written."""
    steps = [step for size, step in zip(tensor.shape, tensor.stride(), strict=True) if size > 1 and step]
    if not steps:
        return False
    if min(steps) > 1:
        return True
    return not any_order and any(
        one.shape == tensor.shape and one.numel() > 1 and _order(one) != _order(tensor) and tensor.dim() > 1
        for one in written
    )


def _order(tensor: Any) -> list[int]:
    """The dimensions with more than one element, from the outermost to the innermost in memory."""
    steps = tensor.stride()
    moving = [at for at, size in enumerate(tensor.shape) if size > 1 and steps[at]]
    return sorted(moving, key=lambda at: -steps[at])


def _subnormal(tensor: Any) -> float:
    """The share of subnormal numbers among some of the numbers of ``tensor``."""
    import torch

    if tensor.element_size() < 4:
        return 0.0  # the narrow dtypes are computed in float32, where their subnormal numbers are normal
    some = tensor.detach().flatten()
    some = some[:: max(1, some.numel() // NUMBERS)].abs()
    few = (some > 0) & (some < torch.finfo(some.dtype).tiny)
    return float(few.double().mean())
