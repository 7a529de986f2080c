"""Loading from files, splitting, ordering, collating: right answers, the sources' mistakes, and no process left."""

from __future__ import annotations

import collections
import contextlib
import functools
import importlib
import io
import itertools
import math
import pickle
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from torch.utils.data import BatchSampler, DataLoader, DistributedSampler, IterableDataset, random_split

from benchmarks import pictures
from perfsuite.measuring import prepared
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

# Python 3.12 and later warn of a fork beside other threads; the workers of a loader run no code of those.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The image decoding and encoding:DeprecationWarning"),  # torchvision 0.29
]

CASES = {  # files are those of the components' own cases, which are made once per machine
    "dataload.order": Case("", {"length": 50, "batch": 8}, "uint8"),
    "dataload.collate": Case("", {"count": 5, "sample": (2, 3, 4)}),
    "dataload.points": Case("", {"count": 300}, "float64"),
    "dataload.labels": Case("", {"count": 50}, "int64"),
    "dataload.directory": Case("", {"length": 16, "side": 128}, "uint8"),
    "dataload.tar": Case("", {"length": 16, "side": 128}, "uint8"),
    "dataload.container": Case("", {"length": 64}, "uint8"),
    "dataload.split": Case("", {"length": 50, "batch": 8}),
    "dataload.read_file": Case("", {"length": 5000, "rows": 70}),
    "dataload.to_device": Case("", {"length": 50, "batch": 8}),
}
EPOCHS = ("dataload.order", "dataload.directory", "dataload.tar", "dataload.split")


@functools.cache
def truth_of(name: str, seed: int = 0) -> gate.Truth:
    return gate.truth(catalogue.component(name), CASES[name], seed)


def fresh(name: str) -> tuple[Any, ...]:
    return gate.copy(truth_of(name).inputs, "cpu")


def every_variant(*names: str) -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in names or CASES
        for variant in catalogue.variants(name)
        if "cuda" not in variant.needs
    ]


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def function(name: str, variant: str) -> Any:
    """The variant; the test is skipped where it says that it needs what is not here."""
    found = getattr(importlib.import_module(f"impls.{name}"), variant)
    if reason := prepared.missing(getattr(found, "__needs__", ()), "eager", "cpu"):
        pytest.skip(reason)
    return found


@contextlib.contextmanager
def ready(name: str, variant: str, inputs: tuple[Any, ...]) -> Iterator[prepared.Prepared]:
    """The variant, prepared and closed; fails if a process is left behind."""
    before = children()
    made = prepared.prepare(function(name, variant), "eager", inputs)
    try:
        yield made
    finally:
        made.close()
    assert children() <= before, f"{name} {variant} leaves processes behind"


@pytest.mark.parametrize(("name", "variant"), every_variant())
def test_every_variant_is_right_on_inputs_that_change_and_leaves_no_process(name: str, variant: str):
    inputs = fresh(name)
    with ready(name, variant, inputs) as made:
        gate.prove(made, inputs, [truth_of(name, seed) for seed in range(2)])


@pytest.mark.parametrize(("name", "variant"), every_variant("dataload.directory", "dataload.tar"))
def test_an_epoch_that_is_not_read_to_its_end_leaves_no_process(name: str, variant: str):
    with ready(name, variant, fresh(name)) as made:
        batches = iter(made())
        next(batches)
        del batches
        gate.match(made(), truth_of(name))


def test_workers_that_stay_are_the_same_processes_and_see_new_labels():
    name, before = "dataload.directory", children()
    inputs = fresh(name)
    with ready(name, "persistent_2", inputs) as made:
        gate.match(made(), truth_of(name))
        started = children() - before
        assert len(started) == 2
        gate.refill(inputs, truth_of(name, 1).inputs)
        gate.match(made(), truth_of(name, 1))
        assert children() - before == started


@pytest.mark.parametrize(("name", "variant"), every_variant(*EPOCHS))
def test_who_shuffles_and_who_keeps_the_order(name: str, variant: str):
    keeps = {"sequential", "slices", "stream", "tar_per_worker_2", "stride_2"}
    keeps.add("distributed")  # it shuffles, but in the same way until it is told the number of the epoch
    with ready(name, variant, fresh(name)) as made:
        first, second = (torch.cat([labels for _, labels in made()]) for _ in range(2))
    assert torch.equal(first, second) == (variant in keeps)


Batches = list[tuple[torch.Tensor, torch.Tensor]]


def right(name: str) -> Batches:
    """An epoch in the order of its labels."""
    truth = truth_of(name)
    _, x, y = truth.expected
    x = x.to(getattr(torch, CASES[name].dtype))
    return list(zip(x.split(8), y.split(8), strict=True))


MISTAKES = {
    "every worker reads everything": lambda batches: [*batches, *batches],
    "the last batch is dropped": lambda batches: batches[:-1],
    "a batch comes twice, another never": lambda batches: [batches[1], *batches[1:]],
    "labels of other samples": lambda batches: [(x, y.roll(1)) for x, y in batches],
    "the colours or columns turned round": lambda batches: [(x.flip(1), y) for x, y in batches],
    "bytes a sixteenth too bright": lambda batches: [((x * 1.0625).to(x.dtype), y) for x, y in batches],
    "nothing": lambda batches: [],
}


@pytest.mark.parametrize("name", EPOCHS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_gate_knows_the_mistakes_that_loaders_make(name: str, mistake: str):
    gate.match(right(name), truth_of(name))
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[mistake](right(name)), truth_of(name))


# -- DL-03: samplers ---------------------------------------------------------------------------------------------------


def test_the_numbers_of_batches_of_the_source():
    """1875 batches of 32 in 60000, 313 in 10000, the last of 16; 312 if that one is dropped."""
    assert len(BatchSampler(range(60_000), 32, drop_last=False)) == 1875
    batches = list(BatchSampler(range(10_000), 32, drop_last=False))
    assert len(batches) == 313 and len(batches[-1]) == 16
    assert len(BatchSampler(range(10_000), 32, drop_last=True)) == 312


def test_a_block_shuffle_keeps_eight_neighbours_together():
    images, labels, _ = fresh("dataload.order")
    labels.copy_(torch.arange(50))
    order = torch.cat([labels for _, labels in function("dataload.order", "blocks")(images, labels, 50)])
    assert not torch.equal(order, labels) and torch.equal(order.sort().values, labels)
    starts = (order % 8 == 0).nonzero().flatten().tolist()
    for start in starts:
        run = order[start : start + min(8, 50 - int(order[start]))]
        assert torch.equal(run, torch.arange(len(run)) + run[0])


def test_sorted_batches_are_random_batches_in_the_order_of_memory():
    images, labels, _ = fresh("dataload.order")
    labels.copy_(torch.arange(50))
    batches = [labels for _, labels in function("dataload.order", "sorted_batches")(images, labels, 8)]
    assert all(torch.equal(batch, batch.sort().values) for batch in batches)
    assert not torch.equal(torch.cat(batches), labels)


def test_the_samplers_of_two_machines_share_the_data_and_shuffle_anew_when_they_are_told_the_epoch():
    halves = [list(DistributedSampler(range(50), num_replicas=2, rank=rank)) for rank in range(2)]
    assert sorted(itertools.chain(*halves)) == list(range(50))
    sampler = DistributedSampler(range(50), num_replicas=1, rank=0)
    first, second = list(sampler), list(sampler)
    sampler.set_epoch(1)
    assert first == second != list(sampler) and first != sorted(first)


@pytest.mark.parametrize("variant", [variant.name for variant in catalogue.variants("dataload.order")])
def test_a_batch_is_a_copy(variant: str):
    images, labels, _ = fresh("dataload.order")
    before = images.clone()
    for batch, _ in function("dataload.order", variant)(images, labels, 8):
        batch.zero_()
    assert torch.equal(images, before)


def test_only_a_shared_batch_can_be_mapped_by_another_process():
    (samples,) = fresh("dataload.collate")
    names = [variant.name for variant in catalogue.variants("dataload.collate") if not variant.prepared]
    found = {name for name in names if function("dataload.collate", name)(samples).is_shared()}
    assert found == {"shared"}


def test_a_batch_in_memory_that_is_there_writes_over_the_one_before():
    with ready("dataload.collate", "stack_out", fresh("dataload.collate")) as made:
        assert made().data_ptr() == made().data_ptr()


# -- DL-04: made data --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", [variant.name for variant in catalogue.variants("dataload.points")])
def test_each_call_draws_anew(variant: str):
    draw = function("dataload.points", variant)
    alpha, count = fresh("dataload.points")
    assert not torch.equal(draw(alpha, count), draw(alpha, count))


def _sorted_rows(x: torch.Tensor) -> torch.Tensor:
    return x.sort(dim=1).values


OTHER_POINTS = {
    "uniform numbers over their sum": lambda n: torch.rand(n, 10, dtype=torch.float64),
    "another parameter": lambda n: torch.distributions.Gamma(torch.full((n, 10), 2.0).double(), 1.0).sample(),
    "a feature that is always the largest": lambda n: _sorted_rows(torch.empty(n, 10).double().exponential_()),
    "exponentials of normal numbers": lambda n: torch.randn(n, 10, dtype=torch.float64).exp(),
    "rounded to float32": lambda n: torch.empty(n, 10).exponential_(),
}


@pytest.mark.parametrize("kind", OTHER_POINTS)
def test_the_gate_knows_points_of_another_distribution(kind: str):
    case = Case("", {"count": 5000}, "float64")
    truth = gate.truth(catalogue.component("dataload.points"), case, 0)
    good = torch.empty(5000, 10, dtype=torch.float64).exponential_()
    gate.match(good / good.sum(1, keepdim=True), truth)
    x = OTHER_POINTS[kind](5000)
    with pytest.raises(gate.Wrong):
        gate.match((x / x.sum(1, keepdim=True)).double(), truth)


@pytest.mark.parametrize("count", [100, 5000, 100_000])
def test_right_points_are_hardly_ever_turned_away(count: int):
    """DL-04: how often a share is off by more than the tolerance follows exactly from the binomial distribution."""
    component, case = catalogue.component("dataload.points"), Case("", {"count": count}, "float64")
    expected = component.reference(case, None, count)
    allowed = component.tolerance(case, expected, None, count)[2]
    numbers = torch.arange(count + 1, dtype=torch.float64)
    ways = math.lgamma(count + 1) - torch.lgamma(numbers + 1) - torch.lgamma(count - numbers + 1)
    for share, most in zip(expected[2][:, 0], allowed[:, 0], strict=True):
        chances = (ways + numbers * share.log() + (count - numbers) * (1 - share).log()).exp()
        assert abs(float(chances.sum()) - 1) < 1e-6
        assert float(chances[(numbers / count - share).abs() > most].sum()) < 1e-9


def test_two_equal_maxima_are_both_marked_by_a_comparison_and_one_by_the_others():
    """DL-04: the source compares, so a tie gives a row with two ones."""
    x = torch.tensor([[0.4, 0.4, 0.2]], dtype=torch.float64)
    ones = {v.name: int(function("dataload.labels", v.name)(x).sum()) for v in catalogue.variants("dataload.labels")}
    assert ones == {"numpy_equal": 2, "equal": 2, "one_hot": 1, "eye": 1, "scatter": 1}


# -- DL-05, DL-06: files -----------------------------------------------------------------------------------------------


def test_the_files_hold_the_same_images_in_every_kind_of_container():
    folder = pictures.crops(16, 128)
    files = sorted((folder / "jpeg").iterdir())
    assert [file.name for file in files] == [f"{at:05}.jpg" for at in range(16)]
    with tarfile.open(folder / "all.tar") as tar:
        assert [tar.extractfile(member).read() for member in tar] == [file.read_bytes() for file in files]
    for part in range(2):
        with tarfile.open(folder / f"part-{part}.tar") as tar:
            assert tar.getnames() == [file.name for file in files[part::2]]
    pixels = np.load(folder / "pixels.npy")
    assert pixels.shape == (16, 3, 128, 128) and pixels.dtype == np.uint8
    assert len(np.unique(pixels.reshape(16, -1), axis=0)) == 16


def test_names_drawn_at_random_leave_files_out():
    """DL-05: the source draws each name by ``random.choice``; of n files a third never comes in an epoch of n."""
    random.seed(0)
    labels, pixels = truth_of("dataload.directory").inputs[1], truth_of("dataload.directory").expected[1]
    order = torch.tensor([random.choice(range(16)) for _ in range(16)])
    assert len(order.unique()) < 16
    batches = [(pixels[some].to(torch.uint8), labels.sort().values[some]) for some in order.split(8)]
    with pytest.raises(gate.Wrong):
        gate.match(batches, truth_of("dataload.directory"))


class Naive(IterableDataset):
    """The source's loader: it does not ask which worker it is."""

    def __init__(self, path: Path):
        self.path = path

    def __iter__(self) -> Iterator[bytes]:
        with tarfile.open(self.path) as tar:
            for member in tar:
                yield tar.extractfile(member).read()


def tar_of_numbers(path: Path, count: int) -> Path:
    with tarfile.open(path, "w") as tar:
        for number in range(count):
            member = tarfile.TarInfo(str(number))
            member.size = 1
            tar.addfile(member, io.BytesIO(bytes([number])))
    return path


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # on fewer cores than workers
@pytest.mark.parametrize("workers", [0, 1, 2, 3])
def test_a_naive_tar_loader_delivers_a_copy_for_each_worker(tmp_path: Path, workers: int):
    """DL-06, K19: 8 files and 2 workers give 16 samples."""
    before = children()
    path = tar_of_numbers(tmp_path / "8.tar", 8)
    context = "fork" if workers else None
    loader = DataLoader(Naive(path), batch_size=None, num_workers=workers, multiprocessing_context=context)
    copies = max(workers, 1)
    assert collections.Counter(loader) == {bytes([number]): copies for number in range(8)}
    assert children() <= before


def test_the_tar_loaders_own_streams_share_the_file():
    """The same class with two and with three workers: each sample once, whatever their number."""
    module, (folder, labels, _) = importlib.import_module("impls.dataload.tar"), fresh("dataload.tar")
    for workers in (2, 3):
        batches = module.Forked(module._Stream(folder / "all.tar", labels), 8, workers, shuffle=None)
        assert torch.equal(torch.cat([y for _, y in batches]).sort().values, torch.arange(16))


def test_a_buffer_brings_a_sample_at_most_fifteen_places_too_early():
    labels = torch.arange(64)
    batches = function("dataload.tar", "shuffle_buffer")(pictures.crops(64, 128), labels, 8)
    order = torch.cat([y for _, y in batches])
    assert not torch.equal(order, labels) and (order - torch.arange(64)).max() <= 15


def test_a_mapped_tar_file_hands_out_views_and_others_copies():
    made = {}
    for variant in ("tar_mapped", "tar_offsets"):
        with ready("dataload.container", variant, fresh("dataload.container")) as call:
            (first, _), (second, _) = itertools.islice(call(), 2)
            made[variant] = first.untyped_storage().data_ptr() == second.untyped_storage().data_ptr()
    assert made == {"tar_mapped": True, "tar_offsets": False}


def test_data_sets_can_be_sent_to_workers_that_are_not_forked():
    folder, labels, _ = fresh("dataload.directory")
    directory, split = (importlib.import_module(f"impls.dataload.{name}") for name in ("directory", "split"))
    images = [torch.zeros(16, 2, 2, dtype=torch.uint8), labels]
    for data in (directory._Files(folder, labels), split._PerSample(*images), split._Batches(*images)):
        sent = pickle.loads(pickle.dumps(data))
        assert len(sent) == 16 and all(torch.equal(*pair) for pair in zip(sent[7], data[7], strict=True))


# -- DL-08, DL-09, DL-10 -----------------------------------------------------------------------------------------------


def test_a_random_split_is_disjoint_and_exhaustive():
    """DL-08: 80 and 20 % of 60000 are 48000 and 12000."""
    train, rest = random_split(range(60_000), [0.8, 0.2])
    assert (len(train), len(rest)) == (48_000, 12_000)
    assert sorted([*train.indices, *rest.indices]) == list(range(60_000))


def test_a_subset_asks_for_whole_batches_only_where_the_data_set_can_answer():
    module, (images, labels, train, _) = importlib.import_module("impls.dataload.split"), fresh("dataload.split")
    plain, whole = (
        module.Subset(kind(images, labels), train.tolist()) for kind in (module._PerSample, module._Batches)
    )
    assert isinstance(plain.__getitems__([0, 1]), list)
    assert whole.__getitems__([0, 1])[0].shape == (2, 28, 28)


def test_a_pickle_runs_what_it_is_told_and_torch_load_does_not(tmp_path: Path):
    """DL-09: whoever wrote the file decides what runs."""

    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "it ran",))

    (tmp_path / "table.pkl").write_bytes(pickle.dumps(Bomb()))
    torch.save(Bomb(), tmp_path / "table.pt")
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "table.pt")
    assert not (tmp_path / "it ran").exists()
    pickle.loads((tmp_path / "table.pkl").read_bytes())
    assert (tmp_path / "it ran").exists()


def test_what_is_drawn_packs_as_digits_do_and_noise_does_not():
    """DL-09: MNIST's own images pack to a fifth; noise of the same range does not pack at all."""
    import zlib

    folder = truth_of("dataload.read_file").inputs[0]
    content = (folder / "images-ubyte").read_bytes()[16:]
    assert (np.frombuffer(content, np.uint8) == 0).mean() == pytest.approx(0.81, abs=0.03)
    assert 0.1 < len(zlib.compress(content)) / len(content) < 0.35
    noise = np.random.default_rng(0).integers(256, size=len(content), dtype=np.uint8).tobytes()
    assert len(zlib.compress(noise)) > 0.99 * len(noise)


def test_the_safetensors_file_by_hand_is_one():
    safe_open = pytest.importorskip("safetensors").safe_open
    folder = truth_of("dataload.read_file").inputs[0]
    with safe_open(folder / "table.safetensors", framework="np") as file:
        assert sorted(file.keys()) == ["x", "y"]
        assert file.get_slice("x").get_shape() == [5000, 784]


# -- the declarations --------------------------------------------------------------------------------------------------


def test_the_work_declared_is_that_of_the_tensors():
    def work(name: str) -> tuple[int, int]:
        component = catalogue.component(name)
        return component.flops(CASES[name]), component.bytes(CASES[name])

    assert work("dataload.order") == (0, 2 * 50 * (784 + 8))
    assert work("dataload.collate") == (0, 2 * 4 * 5 * 24)
    assert work("dataload.points") == (2 * 3000, 8 * 3000)
    assert work("dataload.labels") == (500, 16 * 500)
    assert work("dataload.directory") == (0, 16 * 3 * 128 * 128)
    assert work("dataload.split") == (40 * 784, 40 * (784 * 5 + 16))
    assert work("dataload.read_file") == (0, 70 * (784 * 5 + 9))
    assert work("dataload.to_device") == (50 * 784, 50 * 784 * 6)
    files = truth_of("dataload.container").expected[1].numel()
    assert work("dataload.container")[1] == pytest.approx(2 * files, rel=0.3)


@pytest.mark.parametrize("name", ["dataload.directory", "dataload.tar"])
def test_a_whole_epoch_can_be_held_at_once(name: str):
    """Each of the two tensors of a worker's batch holds an open file, and many systems allow 1024 to a process."""
    for case in catalogue.component(name).cases:
        assert 2 * case.shape["length"] / 8 < 900
