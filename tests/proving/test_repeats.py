"""A call on new contents against one on the same: who works each time, and who remembers; with a clock that is told."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from perfsuite.measuring import timing
from perfsuite.proving import gate, repeats

Made = Callable[[torch.Tensor], Callable[[], float]]  # of the inputs: a call that says how long it takes


def measured(made: Made, enough: float = 1.0) -> repeats.Pairs:
    x, seeds = torch.zeros(64), count(1)
    call = made(x)

    def fresh() -> Any:
        return SimpleNamespace(inputs=(torch.randn(64, generator=torch.Generator().manual_seed(next(seeds))),))

    def timed(calls: int, /, look: Any = None) -> timing.Batch:
        return timing.Batch(call())

    return repeats.measure(timed, (x,), (torch.zeros(64),), fresh, enough)


def honest(x: torch.Tensor) -> Callable[[], float]:
    return lambda: 10e-6


def remembering(key: Callable[[torch.Tensor], Any]) -> Made:
    def made(x: torch.Tensor) -> Callable[[], float]:
        known = set()

        def call() -> float:
            seen = key(x)
            took = 1e-6 if seen in known else 10e-6
            known.add(seen)
            return took

        return call

    return made


def test_who_works_at_each_call_takes_as_long_again():
    pairs = measured(honest)
    assert len(pairs.same) == repeats.PAIRS and pairs.ratio == 1


@pytest.mark.parametrize(
    "key",
    [
        lambda x: (x.data_ptr(), x._version),
        lambda x: float(x[3]),
        lambda x: float(x.sum()),
        lambda x: x.numpy().tobytes(),
    ],
    ids=["address and version", "one element", "sum", "all bytes"],
)
def test_who_remembers_is_found(key):
    with pytest.raises(
        gate.Wrong, match="answers repeated inputs from memory: a call takes 10 µs on new contents and 1"
    ):
        measured(remembering(key))


def test_who_keeps_a_half_is_not_called_a_liar():
    def made(x: torch.Tensor) -> Callable[[], float]:
        versions = []

        def call() -> float:
            versions.append(x._version)
            return 10e-6 if versions[-2:-1] == versions[-1:] else 19e-6

        return call

    assert measured(made).ratio == pytest.approx(1.9)


def test_a_few_slow_calls_are_looked_at_again():
    slow = iter([10e-6, 100e-6])  # the call before a pair, and the first of it
    pairs = measured(lambda x: lambda: next(slow, 10e-6), enough=0.0)
    assert len(pairs.same) == repeats.SURE and pairs.ratio < repeats.MUCH
    assert len(measured(honest, enough=0.0).same) == 1


def test_inputs_that_no_seed_changes_are_not_asked_about():
    x = torch.ones(3)
    same: Any = SimpleNamespace(inputs=(torch.ones(3),))
    pairs = repeats.measure(lambda calls, look=None: timing.Batch(1e-6), (x,), (torch.ones(3),), lambda: same, 1.0)
    assert not pairs.same


def test_writing_the_same_again_leaves_no_trace():
    x = torch.zeros(3)
    before = x._version
    gate.refill((x,), (torch.ones(3),), unseen=True)
    assert x._version == before and x.tolist() == [1, 1, 1]
    gate.refill((x,), (torch.ones(3),))
    assert x._version > before
