"""TR-11: the gradients of a batch shared by two processes."""

from __future__ import annotations

from benchmarks.components.training import batch_size
from perfsuite.model.component import Case, Component

COMPONENT = Component(
    name="training.data_parallel",
    title="A batch shared by two processes",
    question="What does it cost to share a batch, and from what size does it pay off?",
    rows=("TR-11",),
    cases=(
        Case("64", {"n": 64}, only=("two_halves", "data_parallel", "one_process")),
        *(
            Case(f"{n}-shared", {"n": n}, series="shared", size=n, opt_in="starts a second process: 5 s each time")
            for n in (64, 512, 4096)
        ),
    ),
    inputs=batch_size.inputs,
    reference=batch_size.reference,
    tolerance=batch_size.tolerance,
    flops=batch_size.flops,
    bytes=batch_size.bytes,
    baseline="one_process",
    work={"two_processes": "Copies its inputs into shared memory, and uses two cores."},
    left_out={
        "the source's batch of 2": "Four samples make one step on two GPUs and two on one, as a test shows.",
        "the loss 0.6675": "It is for DistilBERT and its vocabulary, which would have to be downloaded.",
    },
)
