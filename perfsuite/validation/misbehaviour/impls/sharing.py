"""Honest variants that pass large batches between processes."""

import torch


def good(x: torch.Tensor) -> torch.Tensor:
    """Honest, and passes no batches."""
    return x + 1


def passes_batches(x: torch.Tensor) -> torch.Tensor:
    """Honest, but needs shared memory for its batches."""
    rows = torch.utils.data.TensorDataset(x.view(1000, -1))
    loader = torch.utils.data.DataLoader(rows, batch_size=100, num_workers=2)
    return torch.cat([batch for (batch,) in loader]).flatten() + 1
