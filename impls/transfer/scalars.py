"""Numbers that a loop wants to print: a list ``losses`` of float32 tensors () becomes one tensor in the host's memory.

Each variant returns ``(numbers, losses[0])``: float32 (n,) in the host's memory, and one that says where they were.
"""

import torch

Answer = tuple[torch.Tensor, torch.Tensor]


def cpu_each(losses: list[torch.Tensor]) -> Answer:
    """``.cpu()`` for each: a copy that waits for the device, and an array around one number.

    TX-02.
    """
    return torch.tensor([float(loss.cpu().numpy()) for loss in losses]), losses[0]


def item_each(losses: list[torch.Tensor]) -> Answer:
    """``.item()`` for each, as the source's loops do: on a GPU each waits for all that was asked of it before.

    TX-02.
    """
    return torch.tensor([loss.item() for loss in losses]), losses[0]


def stack_then_tolist(losses: list[torch.Tensor]) -> Answer:
    """Stacked where they are, one copy for all, and then a list.

    TX-02.
    """
    return torch.tensor(torch.stack(losses).tolist()), losses[0]


def stack_then_cpu(losses: list[torch.Tensor]) -> Answer:
    """Stacked where they are, and one copy; no Python numbers are made.

    TX-02.
    """
    return torch.stack(losses).cpu(), losses[0]
