"""What the losses give as formulas, and what the library gives instead."""

from __future__ import annotations


def softmax_by_hand() -> tuple[bool, str]:
    """``exp / sum`` of [1000, 0]."""
    import torch

    power = torch.tensor([1000.0, 0.0]).exp()
    found = power / power.sum()
    return bool(found.isnan().any()), f"{found.tolist()}"


def cross_entropy_by_hand() -> tuple[bool, str]:
    """``-sum(target log(softmax))`` of [1000, 0] and [0.5, 0.5]."""
    import torch

    found = -(torch.tensor([0.5, 0.5]) * torch.tensor([1000.0, 0.0]).softmax(0).log()).sum()
    return bool(found.isinf()), f"{found.item()}"


def cross_entropy_shifted() -> tuple[bool, str]:
    """The same through ``log_softmax``, and its gradient."""
    import torch

    x = torch.tensor([1000.0, 0.0], requires_grad=True)
    found = -(torch.tensor([0.5, 0.5]) * x.log_softmax(0)).sum()
    (slope,) = torch.autograd.grad(found, x)
    return found.item() == 500.0 and slope.tolist() == [0.5, -0.5], f"{found.item()}, gradient {slope.tolist()}"


def binary_cross_entropy() -> tuple[bool, str]:
    """The losses of a logit of 200 on the wrong side: by formula, by ``BCELoss``, and with logits."""
    import torch

    logit, target = torch.tensor([200.0]), torch.tensor([0.0])
    p = logit.sigmoid()
    formula = -(target * p.log() + (1 - target) * (1 - p).log()).mean().item()
    apart = torch.nn.functional.binary_cross_entropy(p, target).item()
    whole = torch.nn.functional.binary_cross_entropy_with_logits(logit, target).item()
    seen = f"formula {formula}, BCELoss {apart}, BCEWithLogitsLoss {whole}; the correct value is 200"
    return whole == 200.0 and abs(apart - 200) > 1 and formula == float("inf"), seen


LOOKS = {
    "a softmax of exp / sum gives nan at [1000, 0]": softmax_by_hand,
    "a cross entropy of log(softmax) gives inf at [1000, 0]": cross_entropy_by_hand,
    "shifted, it is 500.0 with the gradient [0.5, -0.5]": cross_entropy_shifted,
    "BCEWithLogitsLoss is right at a logit of 200 where BCELoss and the formula are not": binary_cross_entropy,
}
