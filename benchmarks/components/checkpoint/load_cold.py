"""CK-01, CK-03: the same states, read from the disk.

Cold means cold for this operating system: its pages are dropped before each call. Caches of a virtual machine's host, a
controller or the disk itself are not dropped, so a disk may look faster here than it is.
"""

from __future__ import annotations

from benchmarks.components.checkpoint import _states as states
from benchmarks.components.checkpoint.load import MEMOS, inputs, reference
from perfsuite.model.component import Component

COMPONENT = Component(
    name="checkpoint.load_cold",
    title="A state loaded from the disk",
    question="Which format is fastest when nothing of the file is in memory?",
    rows=("CK-01", "CK-03"),
    cases=(
        states.network("mlp"),
        states.copies(8),
        states.copies(100, opt_in="2.4 GB of files", memory=2_000_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=states.exact,
    flops=states.nothing,
    bytes=states.moved,
    baseline="torch_load",
    quick_again={"dropped": "Reads nothing: the time depends only on whether the tensors are in the caches."},
    devices=("cpu",),
    accepts={
        "bf16 arithmetic": "The numbers come from a file: there is nothing to round first.",
        **dict.fromkeys((*MEMOS, "answers made beforehand"), "There are three checkpoints: no content is new."),
    },
    work={"dropped": "Loads nothing: it only drops the pages, as all others do too."},
    left_out={
        "direct reading": "O_DIRECT bypasses the page cache; none of the libraries for these formats offers it.",
    },
)
