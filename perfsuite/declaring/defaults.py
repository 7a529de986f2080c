"""What a component gets that it does not declare: a reference, a tolerance, and how much work there is.

The reference is the first variant on float64 inputs, with float64 as torch's default dtype; where the variant does not
run in float64, it is its own result, and the tolerance counts twice. The tolerance of an element is

    F (|change| + rms of all changes) + 2 eps (|reference| + rms of the reference),

where *change* is how much the reference changes when each number of the inputs is moved by one unit of its last place,
up or down by chance: the condition of the problem. F is 8 plus the square root of the reduction length, which is what
rounding errors of a sum of so many terms come to. The length is half the FLOPs for each element of the result, or the
elements of the inputs for each of the result, whichever is more.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perfsuite.declaring import references, values
from perfsuite.declaring.modules import ModuleCall
from perfsuite.model import nested
from perfsuite.model.component import Case, Derived, Inputs

MOVED = 2  # times that the inputs are moved
FACTOR = 8.0
SEED = 20260101  # of the weights of modules, and of what the inputs are moved by


@dataclass(frozen=True)
class Parts:
    """What a component declares, ``None`` for what it does not, and its first variant."""

    first: Any
    name: str  # of the first variant
    module: ModuleCall | None
    reference: Callable[..., Any] | str | None
    tolerance: Callable[..., Any] | float | None
    flops: Callable[[Case], int] | None
    bytes: Callable[[Case], int] | None
    stream: bool = False  # a result is an iterable

    def called(self, call: Callable[..., Any], inputs: Inputs) -> list[Any]:
        """The result of a call in plain lists, without its graph."""
        ready = call(*inputs) if getattr(call, "__prepared__", False) else functools.partial(call, *inputs)
        result = ready()
        plain: list[Any] = values.detached(list(result) if self.stream else result)
        if close := getattr(ready, "close", None):
            close()
        return plain


def told(parts: Parts) -> dict[str, str]:
    """Which parts are not declared, and how each is derived, in words for the report."""
    held = ", of the parameters" if parts.module else ""
    texts = {
        "reference": f"{parts.name} on float64 inputs",
        "tolerance": "from the dtype, the reduction length and the condition of the reference",
        "flops": "the fewest of a variant: products, convolutions and attention, as torch.utils.flop_counter counts",
        "bytes": f"the bytes of the inputs{held} and of the outputs",
    }
    return {name: text for name, text in texts.items() if getattr(parts, name) is None}


def state(first: Any, case: Case) -> Mapping[str, Any]:
    """The state dict of the first variant's module, made from a fixed seed."""
    import torch

    torch.manual_seed(SEED)
    module = made(first, case)
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def made(factory: Any, case: Case) -> Any:
    """The module that ``factory`` makes, on the CPU."""
    return ModuleCall.made(references.resolved(factory), case)


def derived(parts: Parts, case: Case, inputs: Inputs) -> Derived:
    """What must come out for ``inputs``, how far a result may be from it, and the work.

    Raises:
        ValueError: the first variant, or the declared reference, does not give a result that can be one.
    """
    import torch

    own, flops, held = _own(parts, case, inputs)
    expected, twice = _expected(parts, case, inputs, own)
    wanted, results = list(nested.leaves(expected)), [leaf for leaf in own if isinstance(leaf, torch.Tensor)]
    if parts.reference and [leaf.shape for leaf in results] != [leaf.shape for leaf in wanted]:
        results = _inexact(parts, inputs)  # the first variant is wrong, and that is its own affair
    length = _length(flops, inputs, held, results)
    bound = _bound(parts, case, inputs, expected, results, length, 2.0 if twice else 1.0)
    if not parts.reference:
        _fits(parts, own, expected, bound)
    counted = sum(leaf.numel() * leaf.element_size() for leaf in (*values.tensors(inputs), *held, *results))
    return Derived(
        expected=expected,
        bound=bound,
        dtypes=tuple(str(leaf.dtype).removeprefix("torch.") for leaf in results),
        bytes=parts.bytes(case) if parts.bytes else counted,
    )


def _own(parts: Parts, case: Case, inputs: Inputs) -> tuple[list[Any], int, list[Any]]:
    """The result of the first variant as it is, its FLOPs, and the parameters that it reads beside its inputs.

    Where it fails and there is a declared reference, that is called in its place.

    Raises:
        ValueError: it returns no tensor, or something that is neither a tensor nor a number.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED + 1)  # another than in float64, so that a random variant shows
        try:
            call, held = _native(parts, case)
            own, flops = _counted(parts, call, values.fresh(inputs))
        except Exception:
            if not parts.reference:
                raise
            held = []
            own, flops = _counted(parts, references.resolved(parts.reference), values.fresh(inputs))
    if not any(isinstance(leaf, torch.Tensor) for leaf in own):
        raise ValueError(f"{parts.name} returns nothing with a tensor in it: there is nothing to compare")
    if strange := {type(leaf).__name__ for leaf in own if not isinstance(leaf, torch.Tensor)}:
        raise ValueError(f"{parts.name} returns {min(strange)}: only tensors and numbers can be compared")
    return own, flops, held


def count(parts: Parts, variants: Sequence[Any], case: Case, inputs: Inputs) -> int:
    """The declared FLOPs; else the fewest that torch counts in a variant, of those in which it counts any.

    What all of them do is not known: of two that compute the same, one may do it twice.
    """
    if parts.flops:
        return parts.flops(case)
    found = []
    for variant in variants:
        with contextlib.suppress(Exception):  # one that does not run here is told of when it is checked
            call, _ = _native(dataclasses.replace(parts, first=variant), case, parts.first)
            found.append(_counted(parts, call, values.fresh(inputs))[1])
    return min((flops for flops in found if flops), default=0)


def _native(parts: Parts, case: Case, weighed: Any = None) -> tuple[Callable[..., Any], list[Any]]:
    """The first variant as it is, and the parameters and buffers that it reads beside its inputs.

    ``weighed`` is the variant that the weights come from, if that is another.
    """
    if not parts.module:
        return references.resolved(parts.first), []
    weights = state(weighed or parts.first, case)
    return parts.module(references.resolved(parts.first), case, weights), list(weights.values())


def _counted(parts: Parts, call: Callable[..., Any], inputs: Inputs) -> tuple[list[Any], int]:
    """A result, and how many FLOPs torch counts in it."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        result = parts.called(call, inputs)
    return result, int(counter.get_total_flops())


def _expected(parts: Parts, case: Case, inputs: Inputs, own: Any) -> tuple[Any, bool]:
    """The reference, and whether it is no more exact than a variant."""
    try:
        return _exact(parts, case, inputs), False
    except Exception:
        return (_inexact(parts, inputs) if parts.reference else nested.mapped(values.wide, own)), True


def _exact(parts: Parts, case: Case, inputs: Inputs) -> Any:
    """The declared reference, or the first variant, in float64."""
    import torch

    with _float64(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        if parts.module and not parts.reference:
            weights = {name: values.wide(value) for name, value in state_of(parts, case).items()}
            call = parts.module(references.resolved(parts.first), case, weights, double=True)
        else:
            call = references.resolved(parts.reference or parts.first)
        return parts.called(call, values.wider(inputs))


def _inexact(parts: Parts, inputs: Inputs) -> Any:
    """The declared reference in the dtypes of the inputs."""
    return parts.called(references.resolved(parts.reference), values.fresh(inputs))


def state_of(parts: Parts, case: Case) -> Mapping[str, Any]:
    """The weights of the first variant in its own dtype, whatever torch's default is at the moment."""
    import torch

    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        return state(parts.first, case)
    finally:
        torch.set_default_dtype(usual)


@contextlib.contextmanager
def _float64() -> Iterator[None]:
    """What is made without a dtype is float64."""
    import torch

    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(usual)


def _bound(
    parts: Parts, case: Case, inputs: Inputs, expected: Any, results: list[Any], length: float, times: float
) -> Any:
    """The allowed |error| of each element."""
    wanted = list(nested.leaves(expected))
    if callable(parts.tolerance):
        return parts.tolerance(case, expected, *values.fresh(inputs))
    if parts.tolerance is not None:
        return [float(parts.tolerance) * values.largest(leaf) for leaf in wanted]
    moved = [list(nested.leaves(_moved(parts, case, inputs, at))) for at in range(MOVED)]
    factor = times * (FACTOR + math.sqrt(length))
    return [
        _allowed(leaf, [some[index] for some in moved], own, factor)
        for index, (leaf, own) in enumerate(zip(wanted, results, strict=True))
    ]


def _moved(parts: Parts, case: Case, inputs: Inputs, at: int) -> Any:
    """The reference on inputs of which each number is moved by one unit of its last place."""
    import torch

    generator = torch.Generator().manual_seed(SEED + at)
    shifted = tuple(nested.mapped(lambda leaf: values.shifted(leaf, generator), value) for value in inputs)
    try:
        return _exact(parts, case, shifted)
    except Exception:
        narrow = values.narrowed(shifted, inputs)
        return _inexact(parts, narrow) if parts.reference else parts.called(_native(parts, case)[0], narrow)


def _allowed(wanted: Any, moved: list[Any], own: Any, factor: float) -> Any:
    import torch

    if not (wanted.is_floating_point() or wanted.is_complex()) or not wanted.numel():
        return 0.0
    told = torch.finfo(own.dtype.to_real() if own.is_complex() else own.dtype)
    wide = values.numbers(wanted)
    changes = torch.stack([(values.numbers(some) - wide).abs().nan_to_num_(0.0, 0.0, 0.0) for some in moved])
    spread = float(changes.square().mean().sqrt())
    size = wide.abs().nan_to_num_(0.0, 0.0, 0.0)
    rounding = 2 * told.eps * (size + float(size.square().mean().sqrt()))
    return factor * (changes.amax(0) + spread) + rounding + told.tiny


def _fits(parts: Parts, own: Any, expected: Any, bound: Any) -> None:
    """Check that the first variant is a right answer to its own reference.

    Raises:
        ValueError: it is not: another structure, or numbers that differ from call to call.
    """
    import torch

    mine, wanted = list(nested.leaves(own)), list(nested.leaves(expected))
    if len(mine) != len(wanted):
        raise ValueError(f"the reference returns {len(wanted)} tensors, and {parts.name} {len(mine)}")
    bounds = list(nested.leaves(bound))
    bounds = bounds * len(wanted) if len(bounds) == 1 else bounds
    for got, leaf, allowed in zip(mine, wanted, bounds, strict=True):
        if got.shape != leaf.shape:
            raise ValueError(f"the reference returns shape {tuple(leaf.shape)}, and {parts.name} {tuple(got.shape)}")
        mine_now, theirs = values.numbers(got), values.numbers(leaf)
        error = (mine_now - theirs).abs().masked_fill_(mine_now == theirs, 0.0)
        outside = ~(error <= torch.as_tensor(allowed, dtype=torch.float64))
        if bool((outside & ~(torch.isnan(mine_now) & torch.isnan(theirs))).any()):
            hint = "give tolerance=, or reference=; where it draws random numbers, as dropout does, turn that off"
            raise ValueError(
                f"{parts.name} differs from the reference by {float(error.max()):.3g}, more than allowed: {hint}"
            )


def _length(flops: int, inputs: Inputs, held: list[Any], results: list[Any]) -> float:
    """About how many terms are added up for one element of the result."""
    elements = max(1, sum(leaf.numel() for leaf in results))
    read = sum(leaf.numel() for leaf in (*values.tensors(inputs), *held))
    return float(max(1.0, flops / 2 / elements, read / elements))
