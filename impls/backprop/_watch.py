"""Whether inputs were written to: what a prepared variant asks before it uses again what it computed from them."""

import torch


class Watch:
    """Remembers how often each of some tensors was written to; torch counts it, whoever wrote."""

    def __init__(self, *tensors: torch.Tensor):
        self.tensors = tensors
        self.versions: list[int] = []

    def changed(self) -> bool:
        """Whether any of them was written to since this was asked last; true the first time."""
        versions = [tensor._version for tensor in self.tensors]
        changed = versions != self.versions
        self.versions = versions
        return changed
