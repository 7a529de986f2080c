"""The tensors: what is shared and what is copied, what samples must show, all variants on other shapes, mistakes."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from variants import prepared, some

from benchmarks.components.tensors import _samples
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("tensors.")]


def variants(*names: str) -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in names
        for variant in catalogue.variants(name)
        if "cuda" not in variant.needs
    ]


SHAPES: dict[str, list[dict[str, Any]]] = {
    "tensors.zeros": [{"pages": 3}],
    "tensors.from_numpy": [{"n": 1}, {"n": 333}],
    "tensors.cast": [{"n": 1}, {"n": 333}],
    "tensors.from_list": [{"rows": 1, "columns": 1}, {"rows": 3, "columns": 7}],
    "tensors.elements": [{"n": 1}, {"n": 77}],
    "tensors.permuted": [{"n": 1, "uses": 1}, {"n": 17, "uses": 3}],
    "tensors.channels_last": [{"images": 2, "channels": 5, "height": 3, "width": 4}],
    "tensors.column": [{"n": 1, "by column": False}, {"n": 9, "by column": False}],
    "tensors.uniform": [{"n": 1000}, {"n": 5000}],
    "tensors.normal": [{"n": 100_000}],
    "tensors.dirichlet": [{"n": 1000, "features": 3}],
    "tensors.call": [{}],
}


@pytest.mark.parametrize(("component", "variant"), variants(*FAMILY))
def test_every_variant_is_right_on_other_shapes_and_when_its_inputs_change_in_place(component: str, variant: str):
    problem = catalogue.component(component)
    for shape in SHAPES[component]:
        truths = [gate.truth(problem, Case("other", shape), seed) for seed in range(3)]
        inputs = gate.copy(truths[0].inputs, "cpu")
        gate.prove(prepared(component, variant, inputs), inputs, truths)


# -- made: TN-01 -------------------------------------------------------------------------------------------------------


class Dispatched(TorchDispatchMode):
    """The names of the operators that were called."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.append(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))


def test_a_tensor_made_by_its_sizes_is_uninitialised_memory_and_not_random():
    """The source prints one as random values: nothing draws them, and nothing writes them."""
    with Dispatched() as seen:
        made = torch.Tensor(3, 2, 4)
    assert made.shape == (3, 2, 4) and made.dtype == torch.float32
    assert seen.names == ["empty"]
    with Dispatched() as seen:
        torch.rand(3, 2, 4)
    assert seen.names == ["rand"]


UNTOUCHED = """
import numpy as np
from perfsuite.instruments import cost
held = []
print(cost.resident_growth(lambda: held.append(np.zeros({size}, np.int8))))
print(cost.resident_growth(lambda: held[0].__setitem__(slice(None, None, 4096), 1)))
"""


def test_zeros_that_nobody_uses_take_no_memory():
    """In a new process: where much was freed before, the allocator hands out old pages and has to write the zeros."""
    size = 64 * 2**20
    ran = subprocess.run([sys.executable, "-c", UNTOUCHED.format(size=size)], stdout=subprocess.PIPE, check=True)
    untouched, used = map(int, ran.stdout.split())
    if not used:
        pytest.skip("needs a system that tells how much memory is in use")
    assert untouched < size / 8 and used > size * 7 / 8


def test_the_one_write_into_each_page_is_part_of_the_problem():
    truth = gate.truth(*some("tensors.zeros", "1024"), 0)
    with pytest.raises(gate.Wrong):
        gate.match(torch.zeros(1024), truth)


# -- shared or copied: TN-02 -------------------------------------------------------------------------------------------

COPIES = {
    "tensors.from_numpy": {"through_list", "tensor", "clone"},
    "tensors.cast": {"tensor_float", "astype", "constructor", "tensor", "from_numpy", "into"},
}


@pytest.mark.parametrize(("component", "variant"), variants(*COPIES))
def test_who_copies_and_who_shares(component: str, variant: str):
    (array,) = gate.truth(catalogue.component(component), Case("other", {"n": 5}), 0).inputs
    made = prepared(component, variant, (array,))()
    copies = variant in COPIES[component]
    assert (made.data_ptr() != array.ctypes.data) == copies
    before = array.tolist()
    made[0] = 100
    assert array.tolist() == (before if copies else [100, *before[1:]])
    array[1] = 200
    assert (made[1] == 200) == (not copies)


def test_the_sources_example_copies_only_because_its_numbers_are_whole():
    """K02: after ``d[0, 0] = 100`` the source sees 1 in ``torch.Tensor(d)``. With float32 it would see 100."""
    for dtype, seen in ((np.int64, 1), (np.float64, 1), (np.float32, 100)):
        d = np.array([[1, 2], [3, 4]], dtype)
        b, c = torch.from_numpy(d), torch.Tensor(d)
        d[0, 0] = 100
        assert b[0, 0] == 100 and c[0, 0] == seen and c.dtype == torch.float32


def test_what_becomes_of_arrays_that_do_not_lie_plainly():
    array = np.arange(10, dtype=np.float32)
    gaps = torch.from_numpy(array[::3])
    assert gaps.stride() == (3,) and gaps.data_ptr() == array.ctypes.data
    for make in (torch.from_numpy, torch.as_tensor, torch.tensor, torch.Tensor):
        with pytest.raises(ValueError, match="negative"):
            make(array[::-1])
    assert torch.asarray(array[::-1].copy())[0] == 9
    array.flags.writeable = False
    with pytest.warns(UserWarning, match="not writable"):
        shared = torch.from_numpy(array)
    assert shared.data_ptr() == array.ctypes.data


def test_a_tensor_as_an_array_is_the_same_memory_too():
    x = torch.zeros(3)
    for array in (x.numpy(), x.cpu().numpy(), np.asarray(x), np.from_dlpack(x), x.detach().numpy()):
        assert array.ctypes.data == x.data_ptr()
    array = x.numpy()
    array[0], x[1] = 1, 2
    assert x.tolist() == array.tolist() == [1, 2, 0]
    assert x.numpy().copy().ctypes.data != x.data_ptr()
    with pytest.raises(RuntimeError, match="requires grad"):
        torch.zeros(1, requires_grad=True).numpy()


def test_two_slips_of_the_sources():
    assert np.random.default_rng(0).normal([3, 5]).shape == (2,)  # two means, not a shape of 3 x 5
    with pytest.warns(UserWarning, match="clone"):
        torch.tensor(torch.zeros(2))


def test_lists_of_whole_numbers_keep_their_type_but_in_the_constructor():
    assert torch.tensor([[1, 2], [3, 4]]).dtype == torch.int64
    assert torch.Tensor([[1, 2], [3, 4]]).dtype == torch.float32


@pytest.mark.parametrize("variant", [each.name for each in catalogue.variants("tensors.from_list")])
def test_a_list_added_to_a_tensor(variant: str):
    inputs = [[1.0, 1], [2, 3]], torch.tensor([[0.5, 1], [0, -3]])
    assert prepared("tensors.from_list", variant, inputs)().tolist() == [[1.5, 2], [2, 0]]


@pytest.mark.skipif(np.__version__ < "2", reason="needs numpy 2: before, a Python float made the sum float64")
def test_a_sum_of_numpys_scalars_stays_in_float32():
    total = 0.0
    for element in np.full(3, 0.1, np.float32):
        total += element
    assert total.dtype == np.float32


# -- views: TN-03, TN-04 -----------------------------------------------------------------------------------------------


def test_what_the_source_prints_of_a_permuted_matrix():
    x = torch.arange(12).view(3, 4)
    turned = x.permute(1, 0)
    assert turned.tolist() == [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]]
    assert turned.stride() == (1, 4) and turned.data_ptr() == x.data_ptr() and not turned.is_contiguous()
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        turned.view(12)
    assert turned.reshape(12).data_ptr() != x.data_ptr()
    cube = torch.randn(2, 3, 5).permute(2, 0, 1)
    assert cube.shape == (5, 2, 3) and cube.stride() == (1, 15, 5)


@pytest.mark.parametrize(("component", "variant"), variants("tensors.channels_last"))
def test_channels_move_as_a_view_or_as_a_copy(component: str, variant: str):
    x = torch.arange(24.0).view(1, 2, 3, 4)
    moved = prepared(component, variant, (x,))()
    assert moved.tolist() == x.numpy().transpose(0, 2, 3, 1).tolist()
    copies = variant in ("contiguous", "memory_format", "numpy")
    assert copies == (moved.data_ptr() != x.data_ptr()) == (variant in catalogue.component(component).work)
    assert moved.stride() == ((24, 8, 2, 1) if copies else (24, 4, 1, 12))


def test_the_copied_matrix_lies_by_rows_and_the_view_does_not():
    x = torch.randn(4, 4)
    with Dispatched() as seen:
        prepared("tensors.permuted", "copied", (x, [x, x]))()
    assert seen.names == ["t", "clone", "add", "add"]
    with Dispatched() as seen:
        prepared("tensors.permuted", "view", (x, [x, x]))()
    assert seen.names == ["t", "add", "add"]


def test_the_sources_three_ways_into_a_matrix():
    x = torch.arange(9).view(3, 3)
    assert x[0].tolist() == [0, 1, 2] and x[:, 0].tolist() == [0, 3, 6] and x[..., -1].tolist() == [2, 5, 8]
    assert [x[0].stride(), x[:, 0].stride(), x[..., -1].stride()] == [(1,), (3,), (3,)]


@pytest.mark.parametrize(("component", "variant"), variants("tensors.column"))
def test_a_column_is_a_copy_that_lies_together(component: str, variant: str):
    x = torch.arange(9.0).view(3, 3)
    column = prepared(component, variant, (x,))()
    assert column.tolist() == [2, 5, 8] and column.is_contiguous()
    x.zero_()
    assert column.tolist() == [2, 5, 8]


def test_a_matrix_by_columns_reaches_the_variants_as_such():
    component, case = some("tensors.column", "4096x4096-by-column")
    inputs = gate.copy(component.inputs(Case("other", {**case.shape, "n": 5}), torch.Generator()), "cpu")
    assert inputs[0].stride() == (1, 5)


# -- random numbers: TN-05 ---------------------------------------------------------------------------------------------

DRAWN = ("tensors.uniform", "tensors.normal", "tensors.dirichlet")


@pytest.mark.parametrize(("component", "variant"), variants(*DRAWN))
def test_each_call_draws_fresh_numbers(component: str, variant: str):
    inputs = gate.truth(catalogue.component(component), Case("other", {"n": 100, "features": 3}), 0).inputs
    call = prepared(component, variant, inputs)
    first = call().clone()
    assert (call() != first).any()


def test_the_kurtosis_of_features():
    """Of two features with concentration 1 each is uniform: 9/5. A sample of three agrees with the formula."""
    component = importlib.import_module("benchmarks.components.tensors.dirichlet")
    assert component.kurtosis(torch.ones(2, dtype=torch.float64)).tolist() == pytest.approx([1.8, 1.8])
    concentration = torch.tensor([1.0, 2, 5], dtype=torch.float64)
    sample = torch.distributions.Dirichlet(concentration).sample((200_000,))
    fourth = ((sample - sample.mean(0)) / sample.std(0)).pow(4).mean(0)
    assert fourth.tolist() == pytest.approx(component.kurtosis(concentration).tolist(), rel=0.1)


def test_the_distance_of_distributions():
    """Of n numbers spread evenly it is half a step; of half the range, a half."""
    even = (torch.arange(100) + 0.5) / 100
    assert _samples.distance(even) == pytest.approx(0.005 * 10, rel=1e-4)
    assert _samples.distance(even / 2) == pytest.approx(0.505 * 10, rel=0.02)
    assert _samples.distance(even.flip(0)) == _samples.distance(even)


def test_the_correlation_of_neighbours():
    alternating = torch.tensor([1.0, -1] * 50)
    assert _samples.succession(alternating) == -10
    assert _samples.succession(torch.ones(100)) == 10


def test_a_wrong_number_among_a_million_normal_ones_is_found():
    component, case = some("tensors.normal", "1000000")
    truth = gate.truth(component, case, 0)
    sample = importlib.import_module("impls.tensors.normal").normal(*truth.inputs)
    gate.match(sample, truth)
    sample[7] = 20 * truth.inputs[0][1] + truth.inputs[0][0]
    with pytest.raises(gate.Wrong):
        gate.match(sample, truth)


# -- the floor: TN-06 --------------------------------------------------------------------------------------------------

OPERATORS = {
    "clone": ["clone"],
    "add": ["add"],
    "add_in_place": ["add_"],
    "numpy": ["detach", "lift_fresh"],
    "empty": ["empty"],
    "view": ["view"],
    "detach": ["detach"],
    "identity": [],
    "device": [],
    "shape": [],
    "dtype": [],
    "nothing": [],
}


@pytest.mark.parametrize(("component", "variant"), variants("tensors.call"))
def test_what_a_call_that_computes_nothing_calls(component: str, variant: str):
    x = torch.rand(2, 3)
    call = prepared(component, variant, (x,))
    with Dispatched() as seen:
        returned = call()
    assert [name for name in seen.names if name != "alias"] == OPERATORS[variant]
    assert (returned.data_ptr() == x.data_ptr()) == (variant not in ("clone", "add"))


# -- wrong ideas -------------------------------------------------------------------------------------------------------


def between(low: float, high: float, n: int) -> torch.Tensor:
    return torch.empty(n).uniform_(low, high)


MISTAKES: dict[tuple[str, str], dict[str, Callable[..., Any]]] = {
    ("tensors.zeros", "1024"): {
        "uninitialised": lambda x: torch.cat([x, torch.full((1023,), 4.7424e30)]),
        "one page short": lambda x: torch.cat([x, torch.zeros(1022)]),
    },
    ("tensors.from_numpy", "100"): {
        "in float64": lambda array: torch.from_numpy(array.astype(np.float64)),
        "read as another type": lambda array: torch.from_numpy(array).view(torch.int32).float(),
        "backwards": lambda array: torch.from_numpy(array[::-1].copy()),
    },
    ("tensors.cast", "1000000"): {
        "bits instead of numbers": lambda array: torch.from_numpy(array).view(torch.float32)[::2].contiguous(),
        "by way of bfloat16": lambda array: torch.from_numpy(array).bfloat16().float(),
        "by way of int16": lambda array: torch.from_numpy(array).short().float(),
    },
    ("tensors.from_list", "2x2"): {
        "transposed": lambda values, x: x + torch.tensor(values).T,
        "flat and broadcast": lambda values, x: x + torch.tensor(values).flatten()[:2],
        "whole numbers": lambda values, x: x + torch.tensor(values).long(),
    },
    ("tensors.elements", "1000"): {
        "in float32": lambda x: float(sum(x)),
        "the last one missing": lambda x: sum(x.tolist()[:-1]),
        "the mean": lambda x: x.mean().item(),
    },
    ("tensors.permuted", "64x64-1"): {
        "not transposed": lambda x, ys: [x + y for y in ys],
        "reshaped instead": lambda x, ys: [x.reshape(x.shape[::-1]) + y for y in ys],
        "the others transposed": lambda x, ys: [x + y.t() for y in ys],
    },
    ("tensors.channels_last", "1x3x32x32"): {
        "viewed instead": lambda x: x.reshape(1, 32, 32, 3),
        "height and width exchanged": lambda x: x.permute(0, 3, 2, 1),
    },
    ("tensors.column", "3x3"): {
        "the last row": lambda x: x[-1],
        "the first column": lambda x: x[:, 0],
        "a column that keeps its dimension": lambda x: x[:, -1:],
    },
    ("tensors.uniform", "1000"): {
        "between 0 and 1": lambda bounds, n: torch.rand(n),
        "the source's bounds for everybody": lambda bounds, n: torch.rand(n) * 20 - 10,
        "the width forgotten": lambda bounds, n: torch.rand(n) + bounds[0],
        "one number for all": lambda bounds, n: between(*bounds.tolist(), 1).expand(n),
        "normal": lambda bounds, n: torch.randn(n) * (bounds[1] - bounds[0]) / 12**0.5 + bounds.mean(),
        "in order": lambda bounds, n: torch.linspace(*bounds.tolist(), n),
        "every number twice": lambda bounds, n: between(*bounds.tolist(), n // 2).repeat_interleave(2),
    },
    ("tensors.normal", "1000000"): {
        "mean 0, deviation 1": lambda moments, n: torch.randn(n),
        "the variance as deviation": lambda moments, n: torch.randn(n) * moments[1] ** 2 + moments[0],
        "uniform": lambda moments, n: (torch.rand(n) - 0.5) * 12**0.5 * moments[1] + moments[0],
        "cut off at three": lambda moments, n: torch.randn(n).clamp(-3, 3) * moments[1] + moments[0],
    },
    ("tensors.dirichlet", "10000x10"): {
        "uniform": lambda concentration, n: (lambda x: x / x.sum(1, keepdim=True))(torch.rand(n, 10)),
        "all concentrations 1": lambda concentration, n: torch.distributions.Dirichlet(torch.ones(10)).sample((n,)),
        "concentrations a fifth too large": lambda concentration, n: (
            torch.distributions.Dirichlet(1.2 * concentration).sample((n,)).float()
        ),
        "not divided": lambda concentration, n: torch._standard_gamma(concentration.float().expand(n, -1)),
        "divided down the columns": lambda concentration, n: (lambda x: x / x.sum(0))(
            torch._standard_gamma(concentration.float().expand(n, -1))
        ),
        "the mean for all": lambda concentration, n: (concentration / concentration.sum()).float().expand(n, -1),
    },
    ("tensors.call", "2x3"): {
        "one added": lambda x: x + 1,
        "flat": lambda x: x.view(6),
    },
}


@pytest.mark.parametrize(
    ("name", "case", "mistake"), [(*where, mistake) for where, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_the_gate_knows_the_wrong_ideas(name: str, case: str, mistake: str):
    truth = gate.truth(*some(name, case), 0)
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name, case][mistake](*gate.copy(truth.inputs, "cpu")), truth)


# -- work --------------------------------------------------------------------------------------------------------------

BY_HAND = {
    ("tensors.zeros", "1024"): (0, 4 * 1024 + 8),
    ("tensors.from_numpy", "100"): (0, 0),
    ("tensors.cast", "1000000"): (0, 12_000_000),
    ("tensors.from_list", "2x2"): (4, 48),
    ("tensors.elements", "1000"): (1000, 4000),
    ("tensors.permuted", "64x64-8"): (8 * 64 * 64, (1 + 8 + 8) * 4 * 64 * 64),
    ("tensors.channels_last", "1x3x32x32"): (0, 0),
    ("tensors.column", "3x3"): (0, 3 * 68),
    ("tensors.uniform", "1000"): (2000, 4000),
    ("tensors.normal", "1000000"): (6_000_000, 4_000_000),
    ("tensors.dirichlet", "10000x10"): (200_000, 400_000),
    ("tensors.call", "2x3"): (0, 0),
}
VIEWS = ("tensors.from_numpy", "tensors.channels_last", "tensors.call")  # nothing need be read


@pytest.mark.parametrize(("name", "case"), BY_HAND)
def test_the_work_declared_is_that_of_the_tensors(name: str, case: str):
    component, found = some(name, case)
    assert (component.flops(found), component.bytes(found)) == BY_HAND[name, case]
    if name in (*VIEWS, *DRAWN, "tensors.zeros", "tensors.column", "tensors.elements"):
        return  # samples are compared by their figures; the docstrings say what is touched more than once, or in part
    truth = gate.truth(component, found, 0)
    numbers = [leaf for leaf in tree_leaves(truth.inputs) if isinstance(leaf, float)]
    read = sum(leaf.nbytes for leaf in tree_leaves(truth.inputs) if hasattr(leaf, "nbytes")) + 4 * len(numbers)
    assert component.bytes(found) == read + sum(4 * leaf.numel() for leaf in tree_leaves(truth.expected))


@pytest.mark.parametrize("name", FAMILY)
def test_every_component_has_its_shapes_its_mistakes_and_its_work_by_hand(name: str):
    assert name in SHAPES
    assert any(name == component for component, _ in MISTAKES) and any(name == component for component, _ in BY_HAND)
