"""An operation of known cost: it tells a process that has become slow from one that has not."""

from __future__ import annotations

import pytest

from perfsuite.measuring import yardstick


def test_a_process_that_is_as_it_was_is_not_called_slow():
    assert yardstick.Yardstick().slowed() == ""


def test_one_that_has_become_slow_is_told_by_how_much(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(yardstick, "PATIENCE", 0.05)
    one = yardstick.Yardstick()
    monkeypatch.setattr(one, "before", 2e-6)
    monkeypatch.setattr(one, "_seconds", lambda: 9e-6)
    assert one.slowed() == "slows its neighbours down: adding 64 numbers takes 4.5 times as long"


def test_one_quick_look_among_slow_ones_clears_it(monkeypatch: pytest.MonkeyPatch):
    one, looks = yardstick.Yardstick(), iter([90e-6, 90e-6, 2.5e-6])
    monkeypatch.setattr(one, "before", 2e-6)
    monkeypatch.setattr(one, "_seconds", lambda: next(looks))
    assert one.slowed() == ""
