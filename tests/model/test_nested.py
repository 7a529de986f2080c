"""Nested values: their leaves in a fixed order, and copies of the same shape."""

from __future__ import annotations

import collections
import dataclasses

import pytest
import torch

from perfsuite.model import nested

Pair = collections.namedtuple("Pair", "a b")


@dataclasses.dataclass(frozen=True)
class Batch:
    x: object
    y: object


@pytest.mark.parametrize(
    ("value", "leaves"),
    [
        (1, [1]),
        ([1, (2, 3)], [1, 2, 3]),
        ({"b": 1, "a": 2}, [2, 1]),
        (Pair(1, [2]), [1, 2]),
        (Batch(1, {"z": 2}), [1, 2]),
        ((), []),
    ],
)
def test_leaves_come_in_a_fixed_order_and_a_copy_has_the_same_shape(value: object, leaves: list):
    assert list(nested.leaves(value)) == leaves
    doubled = nested.mapped(lambda leaf: 2 * leaf, value)
    assert type(doubled) is type(value) and list(nested.leaves(doubled)) == [2 * leaf for leaf in leaves]
    assert list(nested.leaves(value)) == leaves, "the original is left alone"


def test_a_dict_keeps_its_order_and_its_kind():
    value = collections.OrderedDict(b=1, a=2)
    copied = nested.mapped(lambda leaf: leaf + 1, value)
    assert type(copied) is collections.OrderedDict and list(copied.items()) == [("b", 2), ("a", 3)]


def test_a_module_is_its_parameters_and_buffers():
    module = torch.nn.BatchNorm1d(3)
    assert [leaf.shape for leaf in nested.leaves(module)] == [(3,), (3,), (3,), (3,), ()]
    copied = nested.mapped(lambda leaf: leaf.double() if leaf.is_floating_point() else leaf, module)
    assert copied.weight.dtype == torch.float64 and module.weight.dtype == torch.float32
    assert nested.is_module(module) and not nested.is_module(torch.nn.BatchNorm1d)
