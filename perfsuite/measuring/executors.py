"""Executors: how a callable is run: eager, compiled, captured, in another layout or precision, or a combination.

The name of an executor is its parts joined by "+": ``compile``, ``channels_last+compile``, ``autocast``. The parts are
defined in :data:`PARTS`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

Call = Callable[..., Any]


def _compiled(dynamic: bool | None, **options: Any) -> Callable[[Call], Call]:
    def change(call: Call) -> Call:
        import torch

        if getattr(call, "calls_module", False):  # compile only the module, not the code around it
            call = copy.copy(call)
            call.module = torch.compile(call.module, dynamic=dynamic, **options)  # type: ignore[attr-defined]
            return call
        compiled: Call = torch.compile(call, dynamic=dynamic, **options)
        return compiled

    return change


def _autocast(dtype: str) -> Callable[[Call], Call]:
    def change(call: Call) -> Call:
        import torch

        def under_autocast(*inputs: Any) -> Any:
            kind = next((one.device.type for one in inputs if isinstance(one, torch.Tensor)), "cpu")
            with torch.autocast(kind, getattr(torch, dtype)):
                return call(*inputs)

        return under_autocast

    return change


def _channels_last(call: Call) -> Call:
    """Use channels_last for the module and its four-dimensional inputs; inputs are converted in each call."""
    import torch

    if getattr(call, "calls_module", False):
        call.module = call.module.to(memory_format=torch.channels_last)  # type: ignore[attr-defined]

    def in_channels_last(*inputs: Any) -> Any:
        return call(*(_last(value) for value in inputs))

    def _last(value: Any) -> Any:
        four = isinstance(value, torch.Tensor) and value.dim() == 4
        return value.contiguous(memory_format=torch.channels_last) if four else value

    return in_channels_last


PARTS: dict[str, Callable[[Call], Call]] = {
    "eager": lambda call: call,
    "compile": _compiled(dynamic=False),
    "compile-dynamic": _compiled(dynamic=True),
    "compile-reduce-overhead": _compiled(dynamic=False, mode="reduce-overhead"),
    "compile-max-autotune": _compiled(dynamic=False, mode="max-autotune"),
    "autocast": _autocast("bfloat16"),
    "autocast-float16": _autocast("float16"),
    "channels_last": _channels_last,
}
CAPTURED = "cudagraph"
ADAPTIVE: dict[str, Callable[[Call], Call]] = {  # torch's default: a second shape makes the sizes that differ dynamic
    "compile": _compiled(dynamic=None),
    "compile-reduce-overhead": _compiled(dynamic=None, mode="reduce-overhead"),
    "compile-max-autotune": _compiled(dynamic=None, mode="max-autotune"),
}


def parts(executor: str) -> Sequence[str]:
    """The parts of ``executor``.

    Raises:
        ValueError: there is no such part.
    """
    found = executor.split("+")
    for part in found:
        if part not in PARTS and part != CAPTURED:
            raise ValueError(f"no executor {part!r}: use one of {', '.join((*PARTS, CAPTURED))}")
    return found


def coarse(executor: str) -> str:
    """The lower-precision dtype that ``executor`` computes in; "" if it computes in the dtype of the inputs."""
    found = [part for part in executor.split("+") if part.startswith("autocast")]
    return ("float16" if found[0].endswith("float16") else "bfloat16") if found else ""


def applied(executor: str, call: Call, adaptive: bool = False) -> Call:
    """``call`` wrapped for ``executor``; CUDA graphs are captured elsewhere.

    With ``adaptive``, it is compiled as by torch's default, where sizes become dynamic, and not for each shape anew.

    Raises:
        ValueError: there is no such executor.
    """
    ways = {**PARTS, **ADAPTIVE} if adaptive else PARTS
    for part in parts(executor):
        if part != CAPTURED:
            call = ways[part](call)
    return call
