"""The loaders: the same samples whatever the setting, the mistakes that loaders make, and no process left behind."""

from __future__ import annotations

import contextlib
import functools
import importlib
import pickle
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
import torch

from benchmarks.components.dataload._epoch import lengths
from perfsuite.measuring import prepared
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

# Python 3.12 and later warn of a fork beside other threads; the workers of a loader run no code of those.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

KEEPS_ORDER = {  # the components whose samples are in memory; those that read files have tests of their own
    "dataload.dirichlet": {"slicing"},
    "dataload.images": {"slicing", "convert_first"},
    "dataload.decode": set(),
    "dataload.home_made": {"loader", "collate", "batch_sampler", "slicing_copy", "slicing"},
}
FAMILY = list(KEEPS_ORDER)
SMALL = Case("small", {"length": 50, "batch": 8})  # the last batch is short


@functools.cache
def truth_of(name: str, seed: int = 0) -> gate.Truth:
    return gate.truth(catalogue.component(name), SMALL, seed)


def fresh(name: str) -> tuple[Any, ...]:
    return gate.copy(truth_of(name).inputs, "cpu")


def every_variant(but: str = "") -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in FAMILY
        for variant in catalogue.variants(name)
        if not (but and variant.name.startswith(but))
    ]


PATIENCE = 10.0  # seconds in which a process that was told to end is gone, on a busy machine too


def children() -> set[int]:
    """The Python processes below this one that run: a browser that another test left open has others of its own.

    One that has ended and is not waited for yet is gone.
    """
    found, own = set(), psutil.Process().exe()
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found |= {child.pid} if child.status() != psutil.STATUS_ZOMBIE and child.exe() == own else set()
    return found


@contextlib.contextmanager
def ready(name: str, variant: str, inputs: tuple[Any, ...]) -> Iterator[prepared.Prepared]:
    """The variant, prepared and closed; fails if a process is left behind."""
    before = children()
    made = prepared.prepare(getattr(importlib.import_module(f"impls.{name}"), variant), "eager", inputs)
    try:
        yield made
    finally:
        made.close()
    end = time.monotonic() + PATIENCE
    while children() - before and time.monotonic() < end:
        time.sleep(0.05)
    assert children() <= before, f"{name} {variant} leaves processes behind"


@pytest.mark.parametrize(("name", "variant"), every_variant())
def test_every_setting_delivers_the_same_samples_and_leaves_no_process(name: str, variant: str):
    inputs = fresh(name)
    with ready(name, variant, inputs) as made:
        gate.prove(made, inputs, [truth_of(name, seed) for seed in range(2)])


@pytest.mark.parametrize(("name", "variant"), every_variant())
def test_an_epoch_that_is_not_read_to_its_end_leaves_no_process(name: str, variant: str):
    with ready(name, variant, fresh(name)) as made:
        batches = iter(made())
        next(batches)
        del batches
        gate.match(made(), truth_of(name))


@pytest.mark.parametrize(("name", "variant"), every_variant(but="workers"))
def test_who_shuffles_and_who_keeps_the_order(name: str, variant: str):
    inputs = fresh(name)
    with ready(name, variant, inputs) as made:
        first, second = (torch.cat([labels for _, labels in made()]) for _ in range(2))
    if variant in KEEPS_ORDER[name]:
        labels = inputs[-2]
        assert torch.equal(first, labels) and torch.equal(second, labels)
    else:
        assert not torch.equal(first, second)


def test_workers_that_stay_are_the_same_processes_and_see_new_data():
    inputs, before = fresh("dataload.images"), children()
    with ready("dataload.images", "persistent_2", inputs) as made:
        assert children() == before, "they start with the first epoch"
        gate.match(made(), truth_of("dataload.images"))
        started = children() - before
        assert len(started) == 2
        gate.refill(inputs, truth_of("dataload.images", 1).inputs)
        gate.match(made(), truth_of("dataload.images", 1))
        assert children() - before == started


def test_workers_that_never_started_can_be_closed():
    with ready("dataload.images", "persistent_2", fresh("dataload.images")):
        pass


def test_loaders_work_beside_workers_that_stay():
    name, inputs = "dataload.dirichlet", fresh("dataload.dirichlet")
    with ready(name, "persistent_2", inputs) as staying:
        for seed in range(2):
            gate.refill(inputs, truth_of(name, seed).inputs)
            for variant in catalogue.variants(name):
                gate.match(staying(), truth_of(name, seed))
                with ready(name, variant.name, inputs) as made:
                    gate.match(made(), truth_of(name, seed))


Batches = list[tuple[torch.Tensor, torch.Tensor]]


def right(name: str) -> Batches:
    """An epoch in order."""
    truth = truth_of(name)
    _, x, y = truth.expected
    return list(zip(x.float().split(8), y.split(8), strict=True))


def _halves(batches: Batches) -> Batches:
    return [half for x, y in batches for half in zip(x.split(4), y.split(4), strict=True)]


def _together(batches: Batches) -> Batches:
    xs, ys = zip(*batches, strict=True)
    return [(torch.cat(xs), torch.cat(ys))]


def _swapped(batches: Batches) -> Batches:
    (x, y), (other_x, other_y), *rest = batches
    return [(x, other_y), (other_x, y), *rest]


MISTAKES = {
    "every worker reads everything": lambda batches: [*batches, *batches],
    "the last batch is dropped": lambda batches: batches[:-1],
    "a batch comes twice, another never": lambda batches: [batches[1], *batches[1:]],
    "batches of another length": _halves,
    "one batch of everything": _together,
    "labels of other samples": _swapped,
    "samples in reverse, labels not": lambda batches: [(x.flip(0), y) for x, y in batches],
    "samples in bfloat16": lambda batches: [(x.bfloat16().float(), y) for x, y in batches],
    "samples a millionth too large": lambda batches: [(x * 1.000001, y) for x, y in batches],
    "nothing": lambda batches: [],
}


@pytest.mark.parametrize("name", FAMILY)
def test_any_order_of_the_samples_is_right(name: str):
    _, x, y = truth_of(name).expected
    for order in (torch.arange(50), torch.arange(50).flip(0), torch.randperm(50)):
        gate.match(zip(x[order].float().split(8), y[order].split(8), strict=True), truth_of(name))


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_gate_knows_the_mistakes_that_loaders_make(name: str, mistake: str):
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[mistake](right(name)), truth_of(name))


@pytest.mark.parametrize("name", FAMILY)
def test_data_sets_can_be_sent_to_workers_that_are_not_forked(name: str):
    module = importlib.import_module(f"impls.{name}")
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__]
    assert bool(kinds) == (name != "dataload.home_made")
    for kind in kinds:
        data = kind(*fresh(name)[:-1])
        sent = pickle.loads(pickle.dumps(data))
        assert len(sent) == 50 and all(torch.equal(*pair) for pair in zip(sent[7], data[7], strict=True))


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


def test_a_batch_from_a_worker_holds_two_files_until_it_is_dropped():
    module, process = importlib.import_module("impls.dataload.images"), psutil.Process()
    before = process.num_fds()
    batches = list(module.workers_1(*fresh("dataload.images")))
    assert process.num_fds() - before >= 2 * len(batches)
    del batches
    assert process.num_fds() - before < 3


@pytest.mark.parametrize("name", FAMILY)
def test_the_work_declared_is_that_of_the_tensors(name: str):
    component = catalogue.component(name)
    for case in component.cases:
        if case.opt_in or case.shape["length"] > 500:
            continue
        truth = gate.truth(component, case, 0)
        written = truth.expected[1].numel() * 4
        if name == "dataload.decode":  # what the streams come to differs by some per cent from set to set
            read = int(truth.inputs[1].sum())
            assert component.bytes(case) == pytest.approx(read + written, rel=0.05)
            continue
        views = name == "dataload.home_made"  # an epoch of it can be had without a byte moved
        assert component.bytes(case) == (0 if views else truth.inputs[0].nbytes + written)


@pytest.mark.parametrize("name", FAMILY)
def test_the_names_in_a_component_are_variants(name: str):
    component = catalogue.component(name)
    assert {component.baseline, *component.work} <= {variant.name for variant in catalogue.variants(name)}
