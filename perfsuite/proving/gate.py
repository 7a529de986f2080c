"""No time without proof: a variant's answer against the float64 reference, on inputs that change under its feet.

The variant and the reference live in different processes: the worker holds :class:`Content` and takes an answer apart
into plain tensors, the referee holds :class:`Truth` and compares. torch is imported only inside the functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from perfsuite.model.component import Case, Component, Inputs
from perfsuite.proving.farthest import outside

SEEDS = 3  # inputs that each variant is proved on
LEAST = 1e-300  # an allowed error of nothing at all, so that it divides
CHUNK = 1 << 15  # elements that are compared at a time: what is computed on the way stays in a core's cache


class Wrong(Exception):
    """The answer is not the component's answer; the text says how."""


@dataclass(frozen=True)
class Content:
    """What the inputs of one seed hold."""

    component: Component
    case: Case
    inputs: Inputs  # on the CPU, never handed to a variant
    seed: int = 0


@dataclass(frozen=True)
class Truth:
    """The inputs of one seed and what must come out of them."""

    component: Component
    case: Case
    inputs: Inputs  # on the CPU, never handed to a variant
    expected: Any
    bound: Any  # allowed |error|, same structure as ``expected``


@dataclass(frozen=True)
class Match:
    """How close an accepted answer was."""

    error: float  # largest |error|
    share: float  # largest |error| / allowed


def content(component: Component, case: Case, seed: int) -> Content:
    """The inputs of ``seed``."""
    import torch

    return Content(component, case, component.inputs(case, torch.Generator().manual_seed(seed)), seed)


def truth(component: Component, case: Case, seed: int) -> Truth:
    """Inputs, reference and tolerance for ``seed``."""
    inputs = content(component, case, seed).inputs
    expected = _dense(component.reference(case, *inputs))
    return Truth(component, case, inputs, expected, component.tolerance(case, expected, *inputs))


def _dense(value: Any) -> Any:
    """The same tensors, each in order in memory: so they need not be copied for each answer."""
    if isinstance(value, list | tuple):
        return type(value)(_dense(item) for item in value)
    return value.contiguous() if hasattr(value, "contiguous") else value


def copy(inputs: Inputs, device: str) -> Inputs:
    """A fresh copy of ``inputs`` on ``device``; what is neither tensor nor array is passed on as it is."""
    return tuple(_copied(value, device) for value in inputs)


def _copied(value: Any, device: str) -> Any:
    import numpy
    import torch

    if isinstance(value, torch.Tensor):
        return value.to(device, copy=True)
    if isinstance(value, numpy.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return type(value)(_copied(item, device) for item in value)
    return value


def refill(inputs: Inputs, source: Inputs, unseen: bool = False) -> None:
    """Overwrite the contents of ``inputs`` with those of ``source``: same objects, new values.

    With ``unseen``, the version that torch counts for each tensor stays as it is.

    Raises:
        ValueError: a part that is neither tensor nor array differs, so that it cannot be changed in place.
    """
    import numpy
    import torch

    for old, new in zip(parts(inputs), parts(source), strict=True):
        if isinstance(old, torch.Tensor):
            (old.data if unseen else old).copy_(new)
        elif isinstance(old, numpy.ndarray):
            old[...] = new
        elif old != new:
            raise ValueError(f"inputs() must change with the seed in tensors only, but {old!r} became {new!r}")


def parts(value: Any) -> Iterator[Any]:
    """What is in nested lists and tuples."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from parts(item)
    else:
        yield value


def differ(one: Inputs, other: Inputs) -> bool:
    """Whether any part of ``one``, on the CPU, is not what the same part of ``other`` is, bit by bit."""
    return any(not _same(mine, theirs) for mine, theirs in zip(parts(one), parts(other), strict=True))


def size(value: Any) -> int:
    """Bytes of the tensors and arrays in ``value``."""
    return sum(int(getattr(leaf, "nbytes", 0)) for leaf in parts(value))


def unchanged(inputs: Inputs, truth: Content | Truth) -> None:
    """Check that a variant left its inputs alone, bit by bit.

    Raises:
        Wrong: it did not.
    """
    for position, (now, then) in enumerate(zip(parts(inputs), parts(truth.inputs), strict=True)):
        if not _same(then, now):
            raise Wrong(f"changes its input number {position}")


def _same(mine: Any, theirs: Any) -> bool:
    """Whether a part, on the CPU, is bit by bit what the same part of other inputs is, wherever that lies."""
    import numpy
    import torch

    if isinstance(mine, torch.Tensor):
        return bool(torch.equal(mine, theirs.cpu()))
    if isinstance(mine, numpy.ndarray):
        return bool(numpy.array_equal(mine, theirs))
    return bool(mine == theirs)


def match(output: Any, truth: Truth, device: str = "cpu") -> Match:
    """Compare ``output`` with the reference, leaf by leaf: type, device, dtype, shape, then every element.

    A stream is consumed first. Where the reference is floating, the output must have the case's dtype; integers and
    booleans must have the reference's own.

    Raises:
        Wrong: something differs by more than the tolerance.
    """
    return compare([(_place(leaf), leaf) for leaf in leaves(output, truth, device)], truth, device)


def _place(leaf: Any) -> str:
    return str(leaf.device.type) if hasattr(leaf, "device") else ""


def leaves(output: Any, content: Content | Truth, device: str = "cpu") -> list[Any]:
    """The parts of an answer, in the component's canonical form where it has one.

    Raises:
        Wrong: it cannot be brought into that form.
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
    return list(parts(output))


def compare(got: Sequence[tuple[str, Any]], truth: Truth, device: str = "cpu") -> Match:
    """Compare the parts of an answer, each with the device that it was on, with the reference.

    Raises:
        Wrong: something differs by more than the tolerance.
    """
    wanted = list(parts(truth.expected))
    bounds = list(parts(truth.bound))
    if len(bounds) == 1:
        bounds *= len(wanted)
    if len(got) != len(wanted):
        raise Wrong(f"returns {len(got)} tensors, not {len(wanted)}")
    found = [
        _leaf(place, part, value, bound, truth.case, device)
        for (place, part), value, bound in zip(got, wanted, bounds, strict=True)
    ]
    return Match(max((leaf.error for leaf in found), default=0.0), max((leaf.share for leaf in found), default=0.0))


def _numbers(value: Any, device: str) -> Any:
    """Python's numbers, which lie nowhere, as tensors where the answer is expected."""
    import torch

    if isinstance(value, list | tuple):
        return type(value)(_numbers(item, device) for item in value)
    return torch.tensor(value, device=device) if type(value) in (bool, int, float) else value


def _leaf(place: str, got: Any, wanted: Any, bound: Any, case: Case, device: str) -> Match:
    import torch

    if not isinstance(got, torch.Tensor):
        raise Wrong(f"returns {type(got).__name__}, not a tensor")
    if place != device:
        raise Wrong(f"returns a tensor on {place}, not on {device}")
    dtype = getattr(torch, case.dtype) if wanted.is_floating_point() else wanted.dtype
    if got.dtype != dtype:
        raise Wrong(f"returns {got.dtype}, not {dtype}")
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
    allowed = torch.as_tensor(bound, dtype=torch.float64).expand_as(wanted)
    found = []
    for some in zip(*(whole.reshape(-1).split(CHUNK) for whole in (values, wanted, allowed)), strict=True):
        near = _near(*some)
        if near is None:
            raise Wrong(outside(_errors(values, wanted), allowed))
        found.append(near)
    return Match(*map(max, zip(*found, strict=True)))


def _near(values: Any, wanted: Any, allowed: Any) -> tuple[float, float] | None:
    """The largest error, and the largest share of what is allowed; ``None`` if an element is outside its limit.

    Nearly all answers are right, and for those a few passes over the elements will do.
    """
    error = (values.double() - wanted.double()).abs_()
    largest = float(error.amax())
    share = largest and float(error.div_(allowed.clamp_min(LEAST)).amax())
    if share < 1:  # so that NaN and infinity are looked at more closely
        return largest, share
    error = _errors(values, wanted)
    if not bool((error <= allowed).all()):  # so that NaN is outside
        return None
    return float(error.max()), float((error / allowed).masked_fill_(error == 0, 0.0).max())


def _errors(values: Any, wanted: Any) -> Any:
    """How far each element is from what is wanted, in double precision."""
    values, wanted = values.double(), wanted.double()
    return (values - wanted).abs_().masked_fill_(values == wanted, 0.0)  # an infinity less itself is no number


Judge = Callable[[Any, Any, str], Match]  # (output, content or truth, device) -> how close; Wrong if it is not


def prove(
    call: Callable[[], Any],
    inputs: Inputs,
    contents: Sequence[Content | Truth],
    device: str = "cpu",
    judge: Judge = match,
) -> Match:
    """Call on each of ``contents`` in turn, in place in ``inputs``, and let ``judge`` look at the answers.

    What ``inputs`` hold at entry does not matter. A second pass over the first of them shows an answer kept from an
    earlier call.

    Raises:
        Wrong: an answer is wrong, or an input was changed.
    """
    found = []
    for content in [*contents, contents[0]]:
        refill(inputs, content.inputs)
        found.append(judge(call(), content, device))
        unchanged(inputs, content)
    return Match(max(item.error for item in found), max(item.share for item in found))
