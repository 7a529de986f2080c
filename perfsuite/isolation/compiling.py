"""Whether what is called compiled is: a graph must have been compiled, and a call must run one.

``TORCHDYNAMO_DISABLE=1``, a stance, or a graph that breaks everywhere turn ``torch.compile`` into nothing, without an
error. Runs in a worker; torch is imported inside the functions.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from perfsuite.isolation import bindings
from perfsuite.model.cell import Cell

REGION = "Torch-Compiled Region"  # what dynamo calls its code in a profile
GRAPH = "CompiledFxGraph"  # and inductor a graph of its own


class NotCompiled(Exception):
    """What says that it is compiled ran as it was written."""

    def __init__(self) -> None:
        switch = os.environ.get("TORCHDYNAMO_DISABLE", "0")
        why = f"TORCHDYNAMO_DISABLE={switch} is set" if switch != "0" else "no call ran a graph of torch.compile"
        super().__init__(f"nothing was compiled: {why}")


def graphs() -> int:
    """How many graphs this process has compiled: of one function, one more than its breaks."""
    if "torch._dynamo" not in sys.modules:
        return 0
    from torch._dynamo.utils import counters

    return int(counters["stats"]["unique_graphs"])


@contextlib.contextmanager
def watched(cell: Cell) -> Iterator[Callable[[Callable[[], Any]], None]]:
    """Watch a variant being prepared; yields a check that a call of it runs compiled code, if it says so.

    A cell of the executor ``compile`` says so, and a variant that calls ``torch.compile`` itself.

    Raises (the check):
        NotCompiled: it does not.
    """
    import torch

    made, before = torch.compile, graphs()
    asked = [cell.executor == "compile"]

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
