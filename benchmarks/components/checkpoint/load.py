"""CK-01, CK-03: a state read from a file in the page cache, with every number read."""

from __future__ import annotations

from typing import Any

from benchmarks.components.checkpoint import _states as states
from perfsuite.model.component import Case, Component, Inputs

SWEEP = ("torch_load", "mapped", "safetensors_read", "safetensors")
MANY = ("torch_load", "unrestricted", "safetensors", "raw", "kept")


def inputs(case: Case, generator: Any) -> Inputs:
    """A folder, the same for all seeds, and the number of the checkpoint in it, int64 (), which the seed chooses.

    Three checkpoints of each case lie in the folder of made data. They were read when that was checked: they are in the
    page cache.
    """
    return states.choose(states.stored(case), generator)


def reference(case: Case, folder: str, which: Any) -> Any:
    """The state's tensors in float64."""
    return states.read(folder, which)


MEMOS = ("memo by address", "memo by element", "memo by few elements", "memo by content", "memo on disk")
COMPONENT = Component(
    name="checkpoint.load",
    title="A state loaded from the page cache",
    question="How much of the loading time is the format, and what does lazy loading save if every number is read?",
    rows=("CK-01", "CK-03"),
    cases=(
        states.network("mlp"),
        states.network("lenet", only=SWEEP),
        states.copies(3, only=SWEEP),
        states.copies(8, only=SWEEP),
        states.copies(100, only=SWEEP, opt_in="2.4 GB of files", memory=2_000_000_000),
        states.small(1000, only=MANY),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=states.exact,
    flops=states.nothing,
    bytes=states.moved,
    baseline="torch_load",
    quick_again={"kept": "Reads nothing: the time depends only on whether the tensors are in the caches."},
    devices=("cpu",),
    accepts={
        "bf16 arithmetic": "The numbers come from a file: there is nothing to round first.",
        **dict.fromkeys(MEMOS, "There are three checkpoints: no content is new, and `kept` itself is such a memo."),
    },
    work={
        "compressed": "Unpacks.",
        "unrestricted": "Would run any code that the file names.",
        "mapped": "Copies nothing: the tensors are mapped pages of the file.",
        "safe_open": "Copies nothing.",
        "safetensors": "Copies nothing.",
        "raw": "Knows names and shapes in advance.",
        "kept": "Loads nothing.",
    },
    left_out={
        "lazy loading without reading": "It does no work that can be timed fairly: see the tests.",
        "map_location": "There is only one device to load to here; checkpoint.to_device has the others.",
    },
)
