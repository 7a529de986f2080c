"""Transfers: what is a copy and what is none, all variants that run here, mistakes, the work. GPUs need one."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._pytree import tree_leaves
from variants import prepared_or_skipped as prepared
from variants import some

from perfsuite.measuring import prepared as preparing
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("transfer.")]
STREAM = {"transfer.copy", "transfer.scale", "transfer.add", "transfer.triad"}
SHAPES: dict[str, list[dict[str, Any]]] = {
    **{name: [{"n": 1}, {"n": 3001}] for name in ("transfer.to_device", "transfer.to_host", *STREAM)},
    "transfer.batch": [{"batch": 1}, {"batch": 3}],
    "transfer.scalars": [{"n": 1}, {"n": 7}],
    "transfer.model": [{"sizes": (3, 2)}, {"sizes": (5, 4, 3, 2)}],
}
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs cuda")


@pytest.mark.parametrize(
    ("component", "variant"),
    [pytest.param(name, each.name, id=f"{name}-{each.name}") for name in FAMILY for each in catalogue.variants(name)],
)
def test_every_variant_is_right_on_other_shapes_and_when_its_inputs_change_in_place(component: str, variant: str):
    problem = catalogue.component(component)
    for shape in SHAPES[component]:
        truths = [gate.truth(problem, Case("other", shape), seed) for seed in range(3)]
        inputs = gate.copy(truths[0].inputs, "cpu")
        made = prepared(component, variant, inputs)
        gate.prove(made, inputs, truths)
        made.close()


def test_what_crosses_a_bus_is_never_shown_as_a_number_of_the_cpu():
    """A row of the CPU may only be a copy within one memory, and its title says so."""
    for name in FAMILY:
        devices = catalogue.component(name).devices
        if name in ("transfer.to_device", "transfer.to_host", "transfer.batch", "transfer.model"):
            assert devices == ("cuda",), name
    assert "within one memory" in catalogue.component("transfer.copy").title


def test_to_the_device_where_it_is_copies_nothing():
    x = torch.ones(3)
    assert x.to("cpu") is x and x.cpu() is x
    assert x.to("cpu", copy=True).data_ptr() != x.data_ptr()
    assert x.cpu().numpy().ctypes.data == x.data_ptr()


@pytest.mark.parametrize("variant", [each.name for each in catalogue.variants("transfer.copy")])
def test_a_copy_is_a_copy(variant: str):
    x = torch.randn(3001)
    copy = prepared("transfer.copy", variant, (x,))()
    kept = copy.clone()
    x.zero_()
    assert torch.equal(copy, kept) and copy.data_ptr() != x.data_ptr()


def test_the_host_keeps_arrays_where_tensors_go_to_the_device():
    component, case = some("transfer.to_device", "25088")
    x, again, like = gate.copy(gate.truth(component, case, 0).inputs, "cpu")
    assert isinstance(x, np.ndarray) and isinstance(like, torch.Tensor)
    assert x.nbytes == 32 * 28 * 28 * 4
    assert np.array_equal(x, again) and not np.shares_memory(x, again), "who pins one leaves the other as it is"


def test_the_networks_have_the_parameters_of_the_sources():
    for case, parameters in (("mlp", 669_706), ("mlp-wide", 4 * 4097 * 4096)):
        component, found = some("transfer.model", case)
        assert component.bytes(found) == 8 * parameters
    assert 4 * 4097 * 4096 > 66_000_000


@needs_cuda
def test_a_copy_that_nobody_waits_for_has_not_arrived():
    """TX-02: the host reads what was in the memory before."""
    x = torch.ones(64 << 20, device="cuda")
    copy = torch.zeros(x.shape, pin_memory=True)
    torch.cuda.synchronize()
    copy.copy_(x, non_blocking=True)
    arrived = bool(copy[-1] == 1)
    torch.cuda.synchronize()
    assert not arrived and bool(copy[-1] == 1)


@needs_cuda
@pytest.mark.parametrize("variant", [each.name for each in catalogue.variants("transfer.to_device")])
def test_there_and_back_again(variant: str):
    component, case = some("transfer.to_device", "4000000")
    truths = [gate.truth(component, case, seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cuda")
    made = preparing.prepare(getattr(importlib.import_module("impls.transfer.to_device"), variant), "eager", inputs)
    gate.prove(made, inputs, truths, "cuda")
    assert torch.equal(made().cpu(), torch.from_numpy(inputs[0]))
    made.close()


MISTAKES: dict[str, dict[str, Callable[..., Any]]] = {
    "transfer.to_device": {
        "by way of bfloat16": lambda x, again, like: torch.from_numpy(x).bfloat16().float(),
        "the last piece is left out": lambda x, again, like: torch.from_numpy(x[:-1].copy()),
        "what was there before": lambda x, again, like: torch.zeros(len(x)),
    },
    "transfer.to_host": {
        "what was there before": lambda x: (torch.zeros_like(x), x),
        "by way of half precision": lambda x: (x.half().float(), x),
        "another place": lambda x: (x.roll(1), x),
    },
    "transfer.batch": {
        "not divided": lambda images, like: torch.from_numpy(images).float(),
        "divided by 256": lambda images, like: torch.from_numpy(images).float() / 256,
        "without the channel": lambda images, like: torch.from_numpy(images).float().squeeze(1) / 255,
    },
    "transfer.scalars": {
        "the mean": lambda losses: (torch.stack(losses).mean().expand(len(losses)), losses[0]),
        "the first": lambda losses: (losses[0].expand(len(losses)), losses[0]),
        "six digits": lambda losses: (torch.tensor([float(f"{x.item():.6f}") for x in losses]), losses[0]),
    },
    "transfer.model": {
        "weights transposed": lambda arrays, like: [torch.from_numpy(array.T.copy()) for array in arrays],
        "memory as it came": lambda arrays, like: [torch.zeros(array.shape) for array in arrays],
    },
    "transfer.copy": {"by way of half precision": lambda x: x.half().float(), "a piece too few": lambda x: x[:-1]},
    "transfer.scale": {"twice": lambda b: 2 * b, "in half precision": lambda b: (3 * b.half()).float()},
    "transfer.add": {"difference": lambda b, c: b - c, "in half precision": lambda b, c: (b.half() + c.half()).float()},
    "transfer.triad": {
        "the other operand": lambda b, c: 3 * b + c,
        "without the factor": lambda b, c: b + c,
        "in half precision": lambda b, c: (b.half() + 3 * c.half()).float(),
    },
}


@pytest.mark.parametrize(("name", "mistake"), [(name, mistake) for name, all_ in MISTAKES.items() for mistake in all_])
def test_the_gate_knows_the_mistakes_of_transfers(name: str, mistake: str):
    component = catalogue.component(name)
    truth = gate.truth(component, component.cases[0], 0)
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name][mistake](*gate.copy(truth.inputs, "cpu")), truth)


BY_HAND = {
    ("to_device", "25088"): (0, 2 * 100_352),
    ("to_host", "25088"): (0, 2 * 100_352),
    ("batch", "32x1x28x28"): (25_088, 25_088 + 100_352),
    ("scalars", "100"): (0, 800),
    ("copy", "262144"): (0, 2 << 20),
    ("scale", "262144"): (262_144, 2 << 20),
    ("add", "262144"): (262_144, 3 << 20),
    ("triad", "262144"): (2 * 262_144, 3 << 20),
}


@pytest.mark.parametrize(("name", "case"), BY_HAND)
def test_the_work_declared_is_that_of_the_tensors(name: str, case: str):
    component, found = some(f"transfer.{name}", case)
    assert (component.flops(found), component.bytes(found)) == BY_HAND[name, case]
    truth = gate.truth(component, found, 0)
    inputs = truth.inputs[1:] if name == "to_device" else truth.inputs  # of the two arrays each way reads one
    read = sum(each.nbytes for each in tree_leaves(inputs) if each.shape or name == "scalars")
    assert component.bytes(found) == read + 4 * sum(each.numel() for each in tree_leaves(truth.expected))


@pytest.mark.parametrize("name", FAMILY)
def test_the_names_in_a_component_are_variants(name: str):
    component = catalogue.component(name)
    assert {component.baseline, *component.work} <= {variant.name for variant in catalogue.variants(name)}
