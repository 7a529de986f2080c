"""LY-08: the class with the largest logit, for ten classes and for a vocabulary."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``logits`` (rows, classes), normal; the largest of a row is 0.01 ahead, which no rounding of a softmax hides."""
    import torch

    logits = torch.randn(case.shape["rows"], case.shape["classes"], generator=generator)
    best = logits.argmax(1, keepdim=True)
    return (logits.scatter_add(1, best, torch.full(best.shape, 0.01)),)


def reference(case: Case, logits: Any) -> Any:
    """The index of the largest logit."""
    return logits.double().argmax(1)


def tolerance(case: Case, expected: Any, logits: Any) -> Any:
    """Indices must be equal."""
    return 0.0


def flops(case: Case) -> int:
    """One comparison for each logit."""
    return int(case.shape["rows"] * case.shape["classes"])


def bytes(case: Case) -> int:
    """The logits read once, an index for each row written."""
    return int(case.shape["rows"]) * (4 * int(case.shape["classes"]) + 8)


def logits(rows: int, classes: int, **more: Any) -> Case:
    """``rows`` rows of ``classes``."""
    return Case(f"{rows}x{classes}", {"rows": rows, "classes": classes}, dtype="int64", **more)


COMPONENT = Component(
    name="layers.class_label",
    title="The class of the largest logit",
    question="What does an unnecessary softmax cost?",
    rows=("LY-08",),
    cases=(
        logits(10_000, 10),
        logits(5, 10, only=("softmax_argmax", "argmax")),
        logits(1024, 50_257, only=("softmax_argmax", "argmax"), opt_in="1 GB", memory=3_000_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="softmax_argmax",
    left_out={
        "a single row, as in the source": "A guess would be correct too often; five rows cost the same calls.",
        "topk(1)": "max with a search for more than one element.",
    },
    work={
        "softmax_argmax": "Computes and writes all probabilities.",
        "max_indices": "Also writes the largest logits.",
    },
)
