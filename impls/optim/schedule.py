"""The learning rates of ``epochs`` epochs, ten times smaller every 30: ``rate`` of shape () in float64 -> (epochs,).

Each variant goes through the epochs as training does, with an optimizer whose rate is read at each.
"""

import torch
from torch import nn

from .._contract import prepared

EVERY, FACTOR = 30, 0.1


def _optimizer(rate: torch.Tensor) -> torch.optim.SGD:
    return torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=float(rate))


def _followed(optimizer: torch.optim.Optimizer, scheduler: torch.optim.lr_scheduler.LRScheduler, epochs: int) -> list:
    rates = []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def sequential(rate: torch.Tensor, epochs: int) -> torch.Tensor:
    """``SequentialLR`` over constant ones: schedulers that call schedulers.

    OP-05.
    """
    optimizer = _optimizer(rate)
    ends = list(range(EVERY, epochs, EVERY))
    parts = [
        torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _, power=power: FACTOR**power)
        for power in range(len(ends) + 1)
    ]
    scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, parts, milestones=ends)
    return torch.tensor(_followed(optimizer, scheduler, epochs), dtype=torch.float64)


def step_lr(rate: torch.Tensor, epochs: int) -> torch.Tensor:
    """The source's ``StepLR(step_size=30, gamma=0.1)``, which in its five or ten epochs never fires.

    OP-05.
    """
    optimizer = _optimizer(rate)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=EVERY, gamma=FACTOR)
    return torch.tensor(_followed(optimizer, scheduler, epochs), dtype=torch.float64)


def multi_step(rate: torch.Tensor, epochs: int) -> torch.Tensor:
    """The same with the epochs named.

    OP-05.
    """
    optimizer = _optimizer(rate)
    milestones = list(range(EVERY, epochs, EVERY))
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma=FACTOR)
    return torch.tensor(_followed(optimizer, scheduler, epochs), dtype=torch.float64)


def lambda_lr(rate: torch.Tensor, epochs: int) -> torch.Tensor:
    """The factor as a function of the epoch.

    OP-05.
    """
    optimizer = _optimizer(rate)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: FACTOR ** (epoch // EVERY))
    return torch.tensor(_followed(optimizer, scheduler, epochs), dtype=torch.float64)


def by_hand(rate: torch.Tensor, epochs: int) -> torch.Tensor:
    """A line that writes into the parameter groups: all that a scheduler does in the end.

    OP-05.
    """
    optimizer = _optimizer(rate)
    first, rates = float(rate), []
    for epoch in range(epochs):
        for group in optimizer.param_groups:
            group["lr"] = first * FACTOR ** (epoch // EVERY)
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
    return torch.tensor(rates, dtype=torch.float64)


@prepared
def never(rate: torch.Tensor, epochs: int):
    """Optimizer steps without any scheduler, the rates from the formula: what the others cost beside theirs.

    OP-05.
    """
    optimizer = _optimizer(rate)

    def run() -> torch.Tensor:
        for _ in range(epochs):
            optimizer.step()
        return rate * FACTOR ** (torch.arange(epochs, dtype=torch.float64) // EVERY)

    return run
