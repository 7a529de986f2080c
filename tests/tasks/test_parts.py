"""Of which cells the check counts the parts of a call."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from perfsuite.model.cell import Cell
from perfsuite.tasks import passes

X = torch.rand(9)


class Ready:
    """A prepared variant of two operators."""

    def __call__(self) -> torch.Tensor:
        return X.mul(2).add(1)

    plain = __call__


@pytest.mark.parametrize(
    ("device", "most", "known"), [("cpu", 2, True), ("cpu", 1, False), ("cuda", 2, False)], ids=str
)
def test_parts_are_counted_on_the_cpu_unless_the_operators_are_very_many(
    monkeypatch: pytest.MonkeyPatch, device: str, most: int, known: bool
):
    monkeypatch.setattr(passes, "MANY", most)
    context: Any = SimpleNamespace(step=lambda what, cell: None)
    content: Any = SimpleNamespace(component=SimpleNamespace(stream=False))
    ready: Any = Ready()
    found = passes._cost(context, Cell("a.b", "c", "eager", device, "9", "1"), ready, content)["cost"]
    assert found["ops"] == 2
    assert (found["parts"] is not None) == known
