"""Precision and recall at 127 thresholds: ``chances`` (n,), float32 between 0 and 1, and ``labels`` (n,) of bool.

Each variant returns the bytes of the event file, uint8.
"""

import torch

from ._log import logged

TAG, THRESHOLDS = "curve", 127


def add_pr_curve(chances: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """``add_pr_curve``: two weighted histograms by numpy, in float64.

    TB-07.
    """
    return logged(lambda writer: writer.add_pr_curve(TAG, labels, chances, num_thresholds=THRESHOLDS))


def bincount(chances: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Counted by torch where the numbers lie; 127 of each go to the writer.

    TB-07.
    """

    def write(writer) -> None:
        bucket = (chances * (THRESHOLDS - 1)).long()
        total = bucket.bincount(minlength=THRESHOLDS)
        right = bucket[labels].bincount(minlength=THRESHOLDS)
        tp = right.flip(0).cumsum(0).flip(0).double()
        fp = (total - right).flip(0).cumsum(0).flip(0).double()
        tn, fn = fp[0] - fp, tp[0] - tp
        precision, recall = tp / (tp + fp).clamp_min(1e-7), tp / (tp + fn).clamp_min(1e-7)
        columns = [column.numpy() for column in (tp, fp, tn, fn, precision, recall)]
        writer.add_pr_curve_raw(TAG, *columns, num_thresholds=THRESHOLDS)

    return logged(write)
