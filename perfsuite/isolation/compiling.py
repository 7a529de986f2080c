"""Check that a compiled variant really is compiled: a graph must have been compiled, and a call must run one.

``TORCHDYNAMO_DISABLE=1``, a stance, or graph breaks everywhere turn ``torch.compile`` into a no-op without an error.
Runs in a worker; torch is imported inside the functions.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from perfsuite.isolation import bindings
from perfsuite.model.cell import Cell

REGION = "Torch-Compiled Region"  # dynamo's name for its code in a profile
GRAPH = "CompiledFxGraph"  # inductor's name for a graph in a profile


class NotCompiled(Exception):
    """A variant that claims to be compiled ran uncompiled."""

    def __init__(self) -> None:
        switch = os.environ.get("TORCHDYNAMO_DISABLE", "0")
        why = f"TORCHDYNAMO_DISABLE={switch} is set" if switch != "0" else "no call ran a graph of torch.compile"
        super().__init__(f"nothing was compiled: {why}")


def graphs() -> int:
    """How many graphs this process has compiled: for one function, its graph breaks plus one."""
    if "torch._dynamo" not in sys.modules:
        return 0
    from torch._dynamo.utils import counters

    return int(counters["stats"]["unique_graphs"])


@contextlib.contextmanager
def watched(cell: Cell) -> Iterator[Callable[[Callable[[], Any]], None]]:
    """Watch the preparation of a variant; yields a check that a call of it runs compiled code, if it claims to.

    A cell with the executor ``compile`` claims to, and so does a variant that calls ``torch.compile`` itself.

    Raises (the check):
        NotCompiled: the call does not run compiled code.
    """
    import torch

    made, before = torch.compile, graphs()
    asked = [cell.compiles]

    def compile(*arguments: Any, **options: Any) -> Any:
        asked.append(True)
        return made(*arguments, **options)

    def check(call: Callable[[], Any]) -> None:
        if any(asked) and not _runs_compiled(call, new=graphs() > before):
            raise NotCompiled

    with bindings.replaced(torch, "compile", compile):
        yield check


def _runs_compiled(call: Callable[[], Any], new: bool) -> bool:
    """Whether a call runs a compiled graph; ``new`` says that one was compiled for it."""
    import torch

    with torch.autograd.profiler.profile(use_kineto=False) as profile:
        call()
    names = {event.name.split(":")[0] for event in profile.function_events}
    region = any(name.startswith(REGION) for name in names)
    return region and (new or any(GRAPH in name for name in names))
