"""The correctness gate: compare a variant's result with the float64 reference, on inputs that change in place.

The variant and the reference are in different processes: the worker has :class:`Content` and splits a result into
plain tensors, the referee has :class:`Truth` and compares. torch is imported only inside the functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from perfsuite.model import nested
from perfsuite.model.component import Case, Component, Derived, Inputs
from perfsuite.proving.closeness import Match, errors, limits, real, within
from perfsuite.proving.farthest import outside

SEEDS = 3  # number of inputs that each variant is checked on


class Wrong(Exception):
    """The result is wrong; the message says how."""


@dataclass(frozen=True)
class Content:
    """The inputs of one seed."""

    component: Component
    case: Case
    inputs: Inputs  # on the CPU, never handed to a variant
    seed: int = 0


@dataclass(frozen=True)
class Truth:
    """The inputs of one seed and the expected result."""

    component: Component
    case: Case
    inputs: Inputs  # on the CPU, never handed to a variant
    expected: Any
    bound: Any  # allowed |error|, same structure as ``expected``
    derived: Derived | None = None  # where the component does not declare it all


def content(component: Component, case: Case, seed: int) -> Content:
    """The inputs of ``seed``."""
    import torch

    return Content(component, case, component.inputs(case, torch.Generator().manual_seed(seed)), seed)


def truth(component: Component, case: Case, seed: int) -> Truth:
    """Inputs, reference and tolerance for ``seed``."""
    inputs = content(component, case, seed).inputs
    if component.derive:
        told = component.derive(case, inputs)
        return Truth(component, case, inputs, _dense(told.expected), told.bound, told)
    expected = _dense(component.reference(case, *inputs))
    return Truth(component, case, inputs, expected, component.tolerance(case, expected, *inputs))


def _dense(value: Any) -> Any:
    """The same tensors, each contiguous, so that they are not copied for each comparison."""
    return nested.mapped(lambda leaf: leaf.contiguous() if hasattr(leaf, "contiguous") else leaf, value)


def copy(inputs: Inputs, device: str) -> Inputs:
    """A fresh copy of ``inputs`` on ``device``; values that are neither tensor nor array are passed through."""
    return tuple(nested.mapped(lambda leaf: _copied(leaf, device), value) for value in inputs)


def _copied(leaf: Any, device: str) -> Any:
    import numpy
    import torch

    if isinstance(leaf, torch.Tensor):
        return leaf.detach().to(device, copy=True).requires_grad_(leaf.requires_grad)
    return leaf.copy() if isinstance(leaf, numpy.ndarray) else leaf


def refill(inputs: Inputs, source: Inputs, unseen: bool = False) -> None:
    """Overwrite the contents of ``inputs`` with those of ``source``: same objects, new values.

    With ``unseen``, torch's version counter of each tensor does not change.

    Raises:
        ValueError: a part that is neither tensor nor array differs, so that it cannot be changed in place.
    """
    import numpy
    import torch

    for old, new in zip(nested.leaves(inputs), nested.leaves(source), strict=True):
        if isinstance(old, torch.Tensor):
            (old.data if unseen or old.requires_grad else old).copy_(new)
        elif isinstance(old, numpy.ndarray):
            old[...] = new
        elif not _same(old, new):
            raise ValueError(f"inputs() must change with the seed in tensors only, but {old!r} became {new!r}")


def differ(one: Inputs, other: Inputs) -> bool:
    """Whether any part of ``one``, on the CPU, differs from the same part of ``other``, bit by bit."""
    return any(not _same(mine, theirs) for mine, theirs in zip(nested.leaves(one), nested.leaves(other), strict=True))


def alike(one: Truth, other: Truth) -> bool:
    """Whether the expected result of ``one`` would be accepted as a result for the inputs of ``other``."""
    wanted, bounds = _wanted(other)
    got = list(nested.leaves(one.expected))
    return len(got) == len(wanted) and all(_alike(*parts) for parts in zip(got, wanted, bounds, strict=True))


def _alike(got: Any, wanted: Any, bound: Any) -> bool:
    got, wanted = real(got), real(wanted)
    if got.shape != wanted.shape:
        return False
    if not wanted.is_floating_point():
        return bool((got == wanted).all())
    return within(got, wanted, limits(bound, wanted)) is not None


def size(value: Any) -> int:
    """Bytes of the tensors and arrays in ``value``."""
    return sum(int(getattr(leaf, "nbytes", 0)) for leaf in nested.leaves(value))


def unchanged(inputs: Inputs, truth: Content | Truth) -> None:
    """Check that a variant left its inputs alone, bit by bit.

    Raises:
        Wrong: it did not.
    """
    for position, (now, then) in enumerate(zip(nested.leaves(inputs), nested.leaves(truth.inputs), strict=True)):
        if not _same(then, now):
            raise Wrong(f"changes its input number {position}")


def _same(mine: Any, theirs: Any) -> bool:
    """Whether a part, on the CPU, equals the same part of other inputs bit by bit, on whatever device that is."""
    import numpy
    import torch

    if isinstance(mine, torch.Tensor):
        return bool(torch.equal(mine, theirs.cpu()))
    if isinstance(mine, numpy.ndarray):
        return bool(numpy.array_equal(mine, theirs))
    return bool(mine == theirs) or (type(mine) is type(theirs) and type(mine).__eq__ is object.__eq__)  # type: ignore[comparison-overlap]


def match(output: Any, truth: Truth, device: str = "cpu") -> Match:
    """Compare ``output`` with the reference, leaf by leaf: type, device, dtype, shape, then every element.

    A stream is consumed first. If the reference is floating-point, the output must have the case's dtype; integers and
    booleans must have the reference's dtype.

    Raises:
        Wrong: something differs by more than the tolerance.
    """
    return compare([(_place(leaf), leaf) for leaf in leaves(output, truth, device)], truth, device)


def _place(leaf: Any) -> str:
    return str(leaf.device.type) if hasattr(leaf, "device") else ""


def leaves(output: Any, content: Content | Truth, device: str = "cpu") -> list[Any]:
    """The parts of a result, in the component's canonical form if it has one.

    Raises:
        Wrong: it cannot be converted to that form.
    """
    component, case = content.component, content.case
    if component.stream:
        output = list(output)
    if component.canonical is not None:
        try:
            output = component.canonical(case, output)
        except Exception as problem:
            raise Wrong(f"returns what cannot be compared: {type(problem).__name__}: {problem}") from problem
        output = _numbers(output, device)
    return list(nested.leaves(output))


def compare(got: Sequence[tuple[str, Any]], truth: Truth, device: str = "cpu", coarse: str = "") -> Match:
    """Compare the parts of a result, each with the device that it was on, with the reference.

    ``coarse`` is the dtype that was computed in, where it is a coarser one than the inputs' (autocast).

    Raises:
        Wrong: something differs by more than the tolerance.
    """
    wanted, bounds = _wanted(truth)
    if len(got) != len(wanted):
        raise Wrong(f"returns {len(got)} tensors, not {len(wanted)}")
    usual = [truth.case.dtype if value.is_floating_point() else _name(value.dtype) for value in wanted]
    dtypes = truth.derived.dtypes if truth.derived else usual
    found = [
        _leaf(place, part, value, bound, (dtype, coarse), device)
        for (place, part), value, bound, dtype in zip(got, wanted, bounds, dtypes, strict=True)
    ]
    return Match(max((leaf.error for leaf in found), default=0.0), max((leaf.share for leaf in found), default=0.0))


def _wanted(truth: Truth) -> tuple[list[Any], list[Any]]:
    """The parts of the expected result, and the allowed error of each."""
    wanted, bounds = list(nested.leaves(truth.expected)), list(nested.leaves(truth.bound))
    return wanted, bounds * len(wanted) if len(bounds) == 1 else bounds


def _numbers(value: Any, device: str) -> Any:
    """Python numbers, which have no device, as tensors on the device where the result is expected."""
    import torch

    if isinstance(value, list | tuple):
        return type(value)(_numbers(item, device) for item in value)
    return torch.tensor(value, device=device) if type(value) in (bool, int, float) else value


def _name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _leaf(place: str, got: Any, wanted: Any, bound: Any, dtypes: tuple[str, str], device: str) -> Match:
    import torch

    if not isinstance(got, torch.Tensor):
        raise Wrong(f"returns {type(got).__name__}, not a tensor")
    if place != device:
        raise Wrong(f"returns a tensor on {place}, not on {device}")
    if _name(got.dtype) not in dtypes:
        raise Wrong(f"returns {got.dtype}, not torch.{dtypes[0]}")
    got, wanted = (real(one) if got.is_complex() else one for one in (got, wanted))
    if got.shape != wanted.shape:
        raise Wrong(f"returns shape {tuple(got.shape)}, not {tuple(wanted.shape)}")
    if not wanted.numel():
        return Match(0.0, 0.0)
    values = got.detach().cpu()
    if not wanted.is_floating_point():
        if not torch.equal(values, wanted):
            differ = int((values != wanted).sum())
            raise Wrong(f"{differ} of {wanted.numel()} elements differ; they must be equal")
        return Match(0.0, 0.0)
    allowed = limits(bound, wanted)
    if dtypes[1]:
        fine, coarse = (torch.finfo(getattr(torch, dtype)).eps for dtype in dtypes)
        allowed = allowed * max(1.0, coarse / fine)
    near = within(values, wanted, allowed)
    if near is None:
        raise Wrong(outside(errors(values, wanted), allowed))
    return near


Judge = Callable[[Any, Any, str], Match]  # (output, content or truth, device) -> how close; Wrong if it is not


def prove(
    call: Callable[[], Any],
    inputs: Inputs,
    contents: Sequence[Content | Truth],
    device: str = "cpu",
    judge: Judge = match,
) -> Match:
    """Call on each of ``contents`` in turn, written in place into ``inputs``, and let ``judge`` check the results.

    The initial contents of ``inputs`` do not matter. The first of ``contents`` is repeated at the end, to detect a
    result that was kept from an earlier call.

    Raises:
        Wrong: a result is wrong, or an input was changed.
    """
    found = []
    for content in [*contents, contents[0]]:
        refill(inputs, content.inputs)
        found.append(judge(call(), content, device))
        unchanged(inputs, content)
    return Match(max(item.error for item in found), max(item.share for item in found))
