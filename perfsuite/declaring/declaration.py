"""The decorator that turns a function which makes inputs into a component.

torch is not imported here: a project whose variants are given by name can be listed without it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from perfsuite.declaring import defaults, references
from perfsuite.declaring.modules import ModuleCall
from perfsuite.declaring.references import Variants
from perfsuite.measuring.executors import parts
from perfsuite.model.component import Case, Component

MODES = ("forward", "backward", "step")
NAME = re.compile(r"[A-Za-z0-9._-]+")
CASE = ("dtype", "series", "size", "threads", "only", "cold", "opt_in", "memory")  # fields of a case, beside its shape
Executors = Sequence[str] | Mapping[str, Sequence[str]]


def component(
    *,
    variants: Variants,
    cases: Mapping[str, Mapping[str, Any]] | None = None,
    reference: Callable[..., Any] | str | None = None,
    tolerance: Callable[..., Any] | float | None = None,
    flops: Callable[[Any], int] | None = None,
    bytes: Callable[[Any], int] | None = None,
    mode: str = "",
    train: bool | None = None,
    loss: Callable[..., Any] | None = None,
    optimizer: Callable[..., Any] | None = None,
    executors: Executors = ("eager",),
    baseline: str = "",
    title: str = "",
    **more: Any,
) -> Callable[[Callable[..., Any]], Component]:
    """Declare a component: the decorated function ``(case, generator) -> inputs`` makes the inputs of each call.

    ``case`` has the values of one entry of ``cases`` as attributes (``case.b``); ``generator`` is a seeded
    ``torch.Generator`` on the CPU. A tuple is the arguments of a call, anything else is its only argument. Inputs are
    tensors, NumPy arrays, numbers, modules, and lists, tuples, dicts and dataclasses of them.

    Args:
        variants: what is compared, as a sequence, or as a mapping from names: functions, or their names
            (``"mylib.attention:fused"``), or ``nn.Module`` classes and functions that make modules.
        cases: name -> the values of a case. The keys ``dtype``, ``series``, ``size``, ``threads``, ``only``, ``cold``,
            ``opt_in`` and ``memory`` are those of :class:`perfsuite.model.component.Case`.
        reference: a function like the variants, or its name; it is called with the inputs in float64. Default: the
            first variant.
        tolerance: ``(case, reference, *inputs) -> allowed |error|``, or a number that is relative to the largest
            |element| of each part of the reference. Default: see :mod:`perfsuite.declaring.defaults`.
        flops: ``(case) -> count``. Default: what ``FlopCounterMode`` counts.
        bytes: ``(case) -> count``. Default: the bytes of inputs and outputs.
        mode: of modules: "forward" (default), "backward" (with the gradients of parameters and inputs) or "step" (with
            the parameters after a step of the optimizer; each call starts from the same parameters).
        train: whether modules are in training mode. Default: in "backward" and "step".
        loss: ``(output) -> scalar``, in "backward" and "step". Default: a weighted sum of the output.
        optimizer: ``(parameters) -> torch.optim.Optimizer``, in "step". Default: SGD with a learning rate of 0.01.
        executors: "eager", "compile", "cudagraph", and what :mod:`perfsuite.measuring.executors` lists; for all
            variants, or a mapping from variants.
        baseline: the variant that speed-ups are relative to. Default: the first.
        title: what the report calls it. Default: the function's name.
        more: other fields of :class:`perfsuite.model.component.Component`, such as ``stream`` or ``aliases``.

    Raises:
        ValueError: something is missing or does not fit; the text names the file and the remedy.
    """

    def declare(function: Callable[..., Any]) -> Component:
        where = f"{inspect.getsourcefile(function)}: component {function.__name__!r}"
        found = references.named(variants, where)
        chosen = mode or ("forward" if any(map(references.makes_module, found.values())) else "")
        if chosen and chosen not in MODES:
            raise ValueError(f"{where}: mode={chosen!r} is none of {', '.join(MODES)}")
        first = next(iter(found))
        if unknown := next((name for name in more if name not in Component.__dataclass_fields__), ""):
            raise ValueError(f"{where}: a component has no {unknown!r}")
        training = chosen != "forward" if train is None else train
        module = ModuleCall(chosen, training, loss, optimizer) if chosen else None
        told = defaults.Parts(
            found[first], first, module, reference, tolerance, flops, bytes, more.get("stream", False)
        )
        lines = (inspect.getdoc(function) or "").split("\n\n")
        return Component(
            **{
                "name": function.__name__,
                "title": title or function.__name__.replace("_", " "),
                "question": " ".join(lines[0].split()) or f"Which variant of {function.__name__} is fastest?",
                "rows": (),
                "cases": _cases(cases, where),
                "inputs": partial(_inputs, function),
                "reference": _missing,
                "tolerance": _missing,
                "flops": _missing,
                "bytes": _missing,
                "baseline": _known(baseline or first, found, where, "baseline"),
                "variants": {name: references.reference(value, name, function) for name, value in found.items()},
                "made": found,
                "executors": _executors(executors, found, where),
                "derive": partial(defaults.derived, told),
                "count": partial(defaults.count, told, tuple(found.values())),
                "defaults": defaults.told(told),
                "mode": chosen,
                "state": partial(defaults.state, found[first]) if chosen else None,
                "call": module,
                **more,
            }
        )

    return declare


def _missing(*_: Any) -> Any:
    raise NotImplementedError("derived: see Component.derive")


def _inputs(function: Callable[..., Any], case: Case, generator: Any) -> tuple[Any, ...]:
    """The inputs as a tuple of arguments."""
    made = function(case, generator)
    return tuple(made) if isinstance(made, tuple) and not hasattr(made, "_fields") else (made,)


def _cases(cases: Mapping[str, Mapping[str, Any]] | None, where: str) -> tuple[Case, ...]:
    if cases is not None and not isinstance(cases, Mapping):
        raise ValueError(f'{where}: cases must be a mapping from names, such as {{"b2": {{"b": 2}}}}')
    found = []
    for name, values in ({"default": {}} if cases is None else cases).items():
        if not NAME.fullmatch(str(name)):
            raise ValueError(f"{where}: case {name!r}: a name has letters, digits, '.', '_' and '-' only")
        fields = {key: value for key, value in values.items() if key in CASE}
        shape = {key: value for key, value in values.items() if key not in CASE}
        if taken := next((key for key in shape if key in Case.__dataclass_fields__), ""):
            raise ValueError(f"{where}: case {name!r}: {taken!r} is the name of something else here: choose another")
        found.append(Case(str(name), shape, **{"dtype": "", **fields}))
    if not found:
        raise ValueError(f"{where} has no cases: leave cases out, or name one")
    return tuple(found)


def _executors(executors: Executors, variants: Mapping[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    if isinstance(executors, str):
        raise ValueError(f"{where}: executors is {executors!r}; it must be a sequence, such as [{executors!r}]")
    if not isinstance(executors, Mapping):
        _exist(executors, where)
        return dict.fromkeys(variants, tuple(executors))
    for name, some in executors.items():
        _known(name, variants, where, "executors")
        _exist(some, where)
    return {name: tuple(executors.get(name, ("eager",))) for name in variants}


def _exist(executors: Sequence[str], where: str) -> None:
    try:
        for executor in executors:
            parts(executor)
    except ValueError as problem:
        raise ValueError(f"{where}: {problem}") from None


def _known(name: str, variants: Mapping[str, Any], where: str, part: str) -> str:
    if name not in variants:
        raise ValueError(f"{where}: {part} names {name!r}, which is no variant; there are {', '.join(variants)}")
    return name
