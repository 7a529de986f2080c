"""Unit costs: each is measured, named as a roof, and left out where it cannot be measured."""

from __future__ import annotations

import dataclasses

import pytest

from perfsuite.instruments import limits, units
from perfsuite.instruments.devices import cpu
from perfsuite.model.roofs import UNITS


def test_every_unit_cost_is_measured_in_seconds():
    found = {roof.name: roof for roof in limits.probe(["1"], seconds=0.01, names=UNITS)}
    assert list(found) == list(UNITS) == list(units._UNITS)
    assert all(roof.unit == "s" and 0 < roof.value <= roof.typical for roof in found.values())
    assert found["instruction"].value < found["autograd node"].value < found["autograd start"].value


def test_only_the_wanted_ones_are_measured(monkeypatch: pytest.MonkeyPatch):
    asked = []
    told = {name: lambda bursts, seconds, name=name: asked.append(name) or (1.0, 2.0, "made up") for name in UNITS}
    monkeypatch.setattr(units, "_UNITS", told)
    found = list(units.probe(["page fault"], 1.0, cpu("1"), lambda call, seconds: (1.0, 1.0)))
    assert asked == ["page fault"]
    assert [(roof.name, roof.value, roof.typical) for roof in found] == [("page fault", 1.0, 2.0)]


def test_one_that_cannot_be_measured_is_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(units, "_UNITS", {"page fault": lambda bursts, seconds: (0.0, 0.0, "no faults")})
    assert not list(units.probe(UNITS, 1.0, cpu("1"), lambda call, seconds: (1.0, 1.0)))
    assert not list(
        units.probe(UNITS, 1.0, dataclasses.replace(cpu("1"), name="cuda"), lambda call, seconds: (1.0, 1.0))
    )


def test_a_step_is_what_a_longer_chain_costs_more():
    """With a fake clock: the engine takes 10 to start and 3 for each node; a view takes 1."""

    def bursts(call, seconds):
        nodes = {"detach": 0}.get(getattr(call, "__name__", ""))
        if nodes == 0:
            return 1.0, 1.0
        grad_of = call.__closure__
        length = 0
        node = next(cell.cell_contents for cell in grad_of if getattr(cell.cell_contents, "grad_fn", None)).grad_fn
        while node is not None and node.next_functions:
            length, node = length + 1, node.next_functions[0][0]
        return 10.0 + 3.0 * length, 10.0 + 3.0 * length

    best, _, _ = units._step(bursts, 1.0)
    assert best == pytest.approx(3.0 - 1.0)
