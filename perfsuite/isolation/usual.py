"""Permanent changes that libraries make on first use, which are not the fault of the variant that uses them first."""

from __future__ import annotations

import builtins
import re
import sys
from types import FunctionType, ModuleType
from typing import Any

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]  # CPython: functions here call these, even if a builtin is replaced


# Names that libraries rebind permanently on first use, and the library function that creates the wrapper around the
# previous value.
USUAL = (
    # torch's compiler marks functions that it must not trace,
    (r"torch\.manual_seed", "torch._compile", "_disable_dynamo"),
    (r"torch\.jit\.(trace|trace_module|_get_trace_graph)", "torch._dynamo.eval_frame", "DisableContext.__call__"),
    (r"torch\.optim\..*\.(step|_init_group|_fused_\w+)", "torch._dynamo.eval_frame", "DisableContext.__call__"),
    # and tracks new modules.
    (r"torch\.nn\.Module\.__(init|setstate)__", "torch._dynamo.mutation_guard", "install_generation_tagging_init"),
    # The first instance of an optimizer class wraps ``step`` for profilers.
    (r"torch\.optim\..*\.step", "torch.optim.optimizer", "Optimizer.profile_hook_step"),
)


def usual(name: str, before: Any, now: Any) -> bool:
    """Whether ``now`` is a wrapper that a library puts around ``before``, or what ``before`` wraps, on first use.

    Also true for a submodule whose name in its package hides a builtin: ``benchmarks.components.hf.map``.
    """
    if type(now) is ModuleType and sys.modules.get(name) is now:
        return True
    by = [(module, maker) for names, module, maker in USUAL if re.fullmatch(names, name)]
    if not any(_made(now, *one) for one in by):
        return False
    wrapped = [before, *(_enclosed(before) if any(_made(before, *one) for one in by) else [])]
    return any(inner is one or usual(name, one, inner) for inner in _enclosed(now) for one in wrapped)


def _made(function: Any, module: str, maker: str) -> bool:
    """Whether ``function`` was created by ``maker`` of ``module``."""
    if type(function) is not FunctionType or module not in sys.modules:
        return False
    if function.__globals__ is not vars(sys.modules[module]):
        return False
    found: Any = sys.modules[module]
    for part in maker.split("."):
        found = getattr(found, part, None)
    return found is not None and function.__code__ in found.__code__.co_consts


def _enclosed(function: FunctionType) -> list[Any]:
    return [content(cell) for cell in function.__closure__ or ()]


def content(cell: Any) -> Any:
    """The content of a closure cell; ``None`` if it is empty."""
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return None
