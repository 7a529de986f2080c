"""TB-07: precision and recall by threshold."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tblog import _events as log
from perfsuite.model.component import Case, Component, Inputs

THRESHOLDS = 127


def inputs(case: Case, generator: Any) -> Inputs:
    """``chances`` (n,) in (0, 1), float32, a tenth of their distance away from thresholds; ``labels`` (n,)."""
    import torch

    n = case.shape["n"]
    bucket = torch.randint(THRESHOLDS - 1, (n,), generator=generator)
    chances = (bucket + 0.1 + 0.8 * torch.rand(n, generator=generator)) / (THRESHOLDS - 1)
    return chances, torch.rand(n, generator=generator) < chances


def canonical(case: Case, output: Any) -> Any:
    """``(counts, rates)``: the four counts at each threshold, int64, and precision and recall, float32.

    Raises:
        ValueError: a count is not an integer.
    """
    import torch

    (entry,) = log.events(output).Tensors("curve")
    table = torch.tensor(list(entry.tensor_proto.float_val)).view(6, THRESHOLDS)
    counts = table[:4].to(torch.int64)
    if not bool((counts == table[:4]).all()):
        raise ValueError("a count is not an integer")
    return counts, table[4:]


def reference(case: Case, chances: Any, labels: Any) -> Any:
    """Both from the positions of the thresholds among the sorted probabilities of each class."""
    import torch

    thresholds = torch.arange(THRESHOLDS, dtype=torch.float64) / (THRESHOLDS - 1)
    yes, no = chances[labels].double().sort().values, chances[~labels].double().sort().values
    fn, tn = torch.searchsorted(yes, thresholds), torch.searchsorted(no, thresholds)
    tp, fp = len(yes) - fn, len(no) - tn
    rates = torch.stack([tp / (tp + fp).clamp_min(1e-7), tp / (tp + fn).clamp_min(1e-7)])
    return torch.stack([tp, fp, tn, fn]), rates.double()


def tolerance(case: Case, expected: Any, chances: Any, labels: Any) -> Any:
    """Counts are exact, rates are rounded to float32 once or twice."""
    return 0.0, 2.0**-22 * expected[1]


def flops(case: Case) -> int:
    """A product for each probability, and two counts."""
    return 3 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """Probabilities and labels read once."""
    return 5 * int(case.shape["n"])


COMPONENT = Component(
    name="tblog.pr_curve",
    title="Precision and recall in a log",
    question="What does a precision-recall curve of many predictions cost?",
    rows=("TB-07",),
    cases=(Case("200000", {"n": 200_000}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="add_pr_curve",
    devices=("cpu",),
    canonical=canonical,
    left_out={"more than 127 thresholds": "The writer limits them to 127."},
)
