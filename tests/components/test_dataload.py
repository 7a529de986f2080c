"""The loaders: the same samples whatever the setting, the mistakes that loaders make, and no process left behind."""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import resource
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
import torch

from benchmarks import catalogue, contestant, gate
from benchmarks.component import Case
from benchmarks.components.dataload._epoch import lengths

# Python 3.12 and later warn of a fork beside other threads; the workers of a loader run no code of those.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

FAMILY = [name for name in catalogue.components() if name.startswith("dataload.")]
KEEPS_ORDER = {
    "dataload.dirichlet": {"slicing"},
    "dataload.images": {"slicing", "convert_first"},
    "dataload.decode": set(),
    "dataload.home_made": {"loader", "collate", "batch_sampler", "slicing_copy", "slicing"},
}
SMALL = Case("small", {"length": 50, "batch": 8})  # the last batch is short


def every_variant(but: str = "") -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in FAMILY
        for variant in catalogue.variants(name)
        if not (but and variant.name.startswith(but))
    ]


@contextlib.contextmanager
def ready(name: str, variant: str, inputs: tuple[Any, ...]) -> Iterator[contestant.Contestant]:
    """The variant, prepared and closed; fails if a process is left behind."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    made = contestant.prepare(getattr(importlib.import_module(f"impls.{name}"), variant), "eager", inputs)
    try:
        yield made
    finally:
        made.close()
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    assert not left, f"{name} {variant} leaves {left}"


def loaders(process: psutil.Process | None = None) -> set[int]:
    """The loader's workers among this process's children."""
    return {child.pid for child in (process or psutil.Process()).children()}


@pytest.mark.parametrize(("name", "variant"), every_variant())
def test_every_setting_delivers_the_same_samples_and_leaves_no_process(name: str, variant: str):
    truths = [gate.truth(catalogue.component(name), SMALL, seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    with ready(name, variant, inputs) as made:
        gate.prove(made, inputs, truths)


@pytest.mark.parametrize(("name", "variant"), every_variant())
def test_an_epoch_that_is_not_read_to_its_end_leaves_no_process(name: str, variant: str):
    truth = gate.truth(catalogue.component(name), SMALL, 0)
    with ready(name, variant, gate.copy(truth.inputs, "cpu")) as made:
        batches = iter(made())
        next(batches)
        del batches
        gate.match(made(), truth)


@pytest.mark.parametrize(("name", "variant"), every_variant(but="workers"))
def test_who_shuffles_and_who_keeps_the_order(name: str, variant: str):
    truth = gate.truth(catalogue.component(name), SMALL, 0)
    x, y = (truth.inputs[0], truth.inputs[1]) if len(truth.inputs) == 3 else (None, truth.inputs[2])
    with ready(name, variant, gate.copy(truth.inputs, "cpu")) as made:
        first, second = (list(made()) for _ in range(2))
    if variant in KEEPS_ORDER[name]:
        assert torch.equal(torch.cat([labels for _, labels in first]), y)
        assert name in ("dataload.images", "dataload.decode") or torch.equal(
            torch.cat([samples for samples, _ in first]), x.float()
        )
    else:
        assert not torch.equal(*(torch.cat([samples for samples, _ in epoch]) for epoch in (first, second)))


def test_workers_that_stay_are_the_same_processes_and_see_new_data():
    truths = [gate.truth(catalogue.component("dataload.images"), SMALL, seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    before = loaders()
    with ready("dataload.images", "persistent_2", inputs) as made:
        assert loaders() == before, "started with the first epoch, not before"
        gate.match(made(), truths[0])
        started = loaders() - before
        assert len(started) == 2
        gate.refill(inputs, truths[1].inputs)
        gate.match(made(), truths[1])
        assert loaders() - before == started
    with ready("dataload.images", "persistent_2", inputs):
        pass  # closed before its first epoch


def test_all_loaders_of_a_case_work_beside_each_other():
    name = "dataload.dirichlet"
    truths = [gate.truth(catalogue.component(name), SMALL, seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    with contextlib.ExitStack() as stack:
        every = [stack.enter_context(ready(name, variant.name, inputs)) for variant in catalogue.variants(name)]
        for truth in truths:
            gate.refill(inputs, truth.inputs)
            for made in every:
                gate.match(made(), truth)


def some_batches(name: str) -> tuple[gate.Truth, list[Any]]:
    """An epoch that is right."""
    truth = gate.truth(catalogue.component(name), SMALL, 0)
    module = importlib.import_module(f"impls.{name}")
    epoch = [tuple(batch) for batch in module.per_sample(*truth.inputs)] if hasattr(module, "per_sample") else []
    return truth, epoch or [tuple(batch) for batch in module.slicing(*truth.inputs)]


def _swapped(batches: list[Any]) -> list[Any]:
    """The labels of the first two batches change places."""
    (x, y), (other_x, other_y), *rest = batches
    return [(x, other_y), (other_x, y), *rest]


MISTAKES = {
    "every worker reads everything": lambda batches: [*batches, *batches],
    "the last batch is dropped": lambda batches: batches[:-1],
    "a batch comes twice, another never": lambda batches: [batches[1], *batches[1:]],
    "batches of another length": lambda batches: [
        (x, y) for batch in batches for x, y in zip(*(part.split(4) for part in batch), strict=True)
    ],
    "one batch of everything": lambda batches: [tuple(map(torch.cat, zip(*batches, strict=True)))],
    "labels of other samples": _swapped,
    "samples in reverse, labels not": lambda batches: [(x.flip(0), y) for x, y in batches],
    "nothing": lambda batches: [],
}


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_gate_knows_the_mistakes_that_loaders_make(name: str, mistake: str):
    truth, batches = some_batches(name)
    gate.match(batches, truth)
    gate.match(batches[::-1], truth) if name != "dataload.home_made" and len(batches[-1][0]) == 8 else None
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[mistake](batches), truth)


@pytest.mark.parametrize("name", FAMILY)
def test_data_sets_can_be_sent_to_workers_that_are_not_forked(name: str):
    module = importlib.import_module(f"impls.{name}")
    inputs = gate.truth(catalogue.component(name), SMALL, 0).inputs[:-1]
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__]
    assert bool(kinds) == (name != "dataload.home_made")
    for kind in kinds:
        data = pickle.loads(pickle.dumps(kind(*inputs)))
        assert len(data) == 50 and all(torch.equal(*pair) for pair in zip(data[7], kind(*inputs)[7], strict=True))


def test_dirichlet_samples_are_points_of_the_simplex_with_their_largest_feature_marked():
    """DL-01, DL-04: rows sum to 1, the mean is 1/10, and the label is one-hot."""
    component = catalogue.component("dataload.dirichlet")
    x, y, _ = component.inputs(Case("", {"length": 20_000, "batch": 64}), torch.Generator().manual_seed(0))
    assert x.dtype == torch.float64 and y.dtype == torch.int64
    assert (x.sum(1) - 1).abs().max() < 1e-6 and x.min() >= 0
    assert torch.equal(y.argmax(1), x.argmax(1)) and torch.equal(y.sum(1), torch.ones(20_000, dtype=torch.int64))
    assert (x.mean(0) - 0.1).abs().max() < 0.005  # six standard deviations of a mean of 20000
    assert (x.var(0) - 9 / 1100).abs().max() < 0.001  # (1/k) (1 - 1/k) / (k + 1)


def test_the_numbers_of_batches_of_the_source():
    assert len(lengths(60_000, 32)) == 1875 and len(lengths(10_000, 32)) == 313
    assert lengths(10_000, 32)[-1] == 16 and lengths(10_000, 32).sum() == 10_000


@pytest.mark.parametrize("name", FAMILY)
def test_a_whole_epoch_can_be_held_at_once(name: str):
    """Each of the two tensors of a worker's batch holds an open file, and many systems allow 1024 to a process."""
    for case in catalogue.component(name).cases:
        workers = any(variant.name.startswith("workers") for variant in catalogue.variants(name))
        assert not workers or 2 * len(lengths(case.shape["length"], case.shape["batch"])) < 900


def test_a_worker_sends_files_that_are_closed_with_the_batches():
    inputs = gate.truth(catalogue.component("dataload.images"), SMALL, 0).inputs
    module = importlib.import_module("impls.dataload.images")
    before = len(os.listdir("/proc/self/fd"))
    batches = list(module.workers_1(*inputs))
    assert len(os.listdir("/proc/self/fd")) - before >= len(batches)
    del batches
    assert len(os.listdir("/proc/self/fd")) - before < 3


@pytest.mark.parametrize("name", FAMILY)
def test_the_work_declared_is_that_of_the_tensors(name: str):
    component = catalogue.component(name)
    for case in component.cases:
        if case.opt_in or case.shape["length"] > 1000:
            continue
        truth = gate.truth(component, case, 0)
        written = truth.expected[1].numel() * 4
        if name == "dataload.decode":  # what the streams come to differs by some per cent from set to set
            read = int(truth.inputs[1].sum())
            assert component.bytes(case) == pytest.approx(read + written, rel=0.05)
            continue
        labels = 2 * truth.inputs[1].nbytes if name == "dataload.home_made" else 0
        assert component.bytes(case) == truth.inputs[0].nbytes + written + labels


@pytest.mark.parametrize("name", FAMILY)
def test_the_names_in_a_component_are_variants(name: str):
    component = catalogue.component(name)
    assert {component.baseline, *component.work} <= {variant.name for variant in catalogue.variants(name)}
