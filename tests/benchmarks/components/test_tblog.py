"""Logs: what was written is read back, nothing is lost, nothing is left behind, watching changes nothing; mistakes."""

from __future__ import annotations

import importlib
import random
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from variants import some

from benchmarks.components.tblog import _events as events
from impls.tblog import _log, _network
from perfsuite.measuring import prepared
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

pytest.importorskip("tensorboard")

FAMILY = [name for name in catalogue.components() if name.startswith("tblog.")]
TWO = Case("two", {"steps": 2})
SHAPES: dict[str, dict[str, Any]] = {
    "tblog.scalars": {"n": 23},
    "tblog.histograms": {"network": "convnet"},
    "tblog.graph": {"batch": 2},
    "tblog.images": {"n": 16, "side": 5},
    "tblog.embedding": {"n": 7},
    "tblog.hparams": {},
    "tblog.text": {"n": 3},
    "tblog.audio": {"n": 11},
    "tblog.pr_curve": {"n": 77},
    "tblog.training": {"steps": 1},
}


def answer(component: str, variant: str, inputs: tuple[Any, ...]) -> Any:
    """What the variant returns; skips the test where it needs what is not here."""
    function = getattr(importlib.import_module(f"impls.{component}"), variant)
    if reason := prepared.missing(getattr(function, "__needs__", ()), "eager", "cpu"):
        pytest.skip(reason)
    try:
        return prepared.first_call(prepared.prepare(function, "eager", inputs))
    except prepared.Missing as missing:
        pytest.skip(str(missing))


def every_variant(*names: str) -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in names
        for variant in catalogue.variants(name)
    ]


@pytest.mark.parametrize(("component", "variant"), every_variant(*FAMILY))
def test_every_variant_is_right_on_another_shape_and_when_its_inputs_change_in_place(component: str, variant: str):
    problem = catalogue.component(component)
    case = Case("other", SHAPES[component], dtype=problem.cases[0].dtype)
    truths = [gate.truth(problem, case, seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    gate.prove(lambda: answer(component, variant, inputs), inputs, truths)


@pytest.mark.parametrize(("component", "variant"), every_variant(*FAMILY))
def test_no_folder_is_left_behind(component: str, variant: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """All folders are made in one place, and it is empty afterwards."""
    make = _log.tempfile.TemporaryDirectory
    made = []

    def here(dir: str | None = None, **options: Any) -> Any:
        made.append(dir)
        return make(dir=tmp_path, **options)

    monkeypatch.setattr(_log.tempfile, "TemporaryDirectory", here)
    inputs = gate.truth(catalogue.component(component), Case("other", SHAPES[component]), 0).inputs
    answer(component, variant, inputs)
    assert list(tmp_path.iterdir()) == []
    assert bool(made) == (variant != "silent")
    if component == "tblog.scalars":
        assert made == [_log.MEMORY if variant == "tmpfs" else _log.DISK]


# -- what is written when --------------------------------------------------------------------------------------------


def scalars_in(folder: Path) -> int:
    """How many scalars are on file."""
    (path,) = folder.glob("events*")
    found = events.events(torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.uint8))
    return len(found.Scalars("loss")) if "loss" in found.Tags()["scalars"] else 0


def test_flushing_or_closing_a_log_loses_nothing(tmp_path: Path):
    """TB-08: what is still in the queue is not on file; flushing and closing wait for it, and belong to the cost."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(tmp_path, max_queue=1000, flush_secs=3600)
    for step in range(100):
        writer.add_scalar("loss", step, step)
    writer.flush()
    assert scalars_in(tmp_path) == 100
    for step in range(100, 150):
        writer.add_scalar("loss", step, step)
    writer.close()
    assert scalars_in(tmp_path) == 150


def test_what_is_in_the_queue_is_not_on_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from tensorboard.summary.writer.record_writer import RecordWriter
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(tmp_path, max_queue=1000)
    go, write = threading.Event(), RecordWriter.write
    monkeypatch.setattr(RecordWriter, "write", lambda *told: go.wait(60) and write(*told))
    for step in range(100):
        writer.add_scalar("loss", step, step)
    assert scalars_in(tmp_path) == 0, "whoever is killed here has lost all of them"
    go.set()
    writer.close()
    assert scalars_in(tmp_path) == 100


def test_without_tensorflow_the_file_is_opened_for_each_record(monkeypatch: pytest.MonkeyPatch):
    from tensorboard.compat import tf
    from tensorboard.compat.tensorflow_stub.io import gfile

    if tf.__version__ != "stub":
        pytest.skip("TensorFlow is installed")
    opened, write = [], gfile.LocalFileSystem._write
    monkeypatch.setattr(gfile.LocalFileSystem, "_write", lambda *told: opened.append(1) or write(*told))
    scalars(torch.ones(20))
    assert len(opened) == 21


def test_hparams_and_add_scalars_make_runs_of_their_own(tmp_path: Path):
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars("loss", {"train": 1.0, "test": 2.0}, 0)
        writer.add_hparams({"lr": 0.1}, {"loss": 1.0}, run_name="settings")
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"loss_train", "loss_test", "settings"}
    assert len(list(tmp_path.rglob("events*"))) == 4


def test_the_compiled_checksum_is_tensorboards():
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    try:
        checksum = _log.compiled_checksum()
    except NotImplementedError as missing:
        pytest.skip(str(missing))
    for length in (0, 1, 7, 8, 1000):
        content = random.Random(length).randbytes(length)
        assert checksum(content) == masked_crc32c(content)
    assert masked_crc32c(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_a_damaged_log_is_refused_and_tensorboard_reads_only_what_stands_before():
    good = answer("tblog.scalars", "add_scalar", (torch.arange(10.0),))
    bad = good.clone()
    bad[-10] ^= 1
    with pytest.raises(ValueError, match="is damaged"):
        events.events(bad)
    assert len(events.events(good).Scalars("loss")) == 10


# -- what the source says, and what is so ------------------------------------------------------------------------------


def test_the_network_has_the_parameters_of_the_source():
    assert sum(parameter.numel() for parameter in _network.ConvNet().parameters()) == 30_762
    component, case = some("tblog.histograms", "mlp")
    assert component.bytes(case) == 4 * 669_706


def test_adding_the_graph_runs_the_network_more_than_once():
    """TB-03: it is traced, and run again to check the trace; hooks see each of them."""
    _, weights = gate.truth(*some("tblog.graph"), 0).inputs
    network = _network.with_weights(weights)
    runs = []
    network.register_forward_hook(lambda *_: runs.append(1))
    importlib.import_module("impls.tblog.graph")._graph(network, torch.zeros(1, 1, 28, 28))
    assert len(runs) >= 2


def test_the_accuracy_of_the_sources_package_cannot_reach_one():
    """TB-09: whole batches of 64 are counted, and all 10,000 images divided by."""
    assert 10_000 // 64 * 64 / 10_000 == 0.9984


def test_watching_a_training_changes_no_bit_of_it_and_the_log_is_whole():
    inputs = catalogue.component("tblog.training").inputs(TWO, torch.Generator().manual_seed(0))
    module = importlib.import_module("impls.tblog.training")
    silent = module.silent(*inputs)
    for variant in ("everything", "everything_once", "scalars"):
        watched = getattr(module, variant)(*inputs)
        assert all(torch.equal(*pair) for pair in zip(silent, watched, strict=True)), variant
    written = _log.logged(lambda writer: module._trained(*inputs, lambda *told: module._all(writer, *told)))
    found = events.events(written)
    assert len(found.Scalars("loss")) == len(found.Images("maps")) == 2
    histograms = found.Tags()["histograms"]
    assert len(histograms) == 16
    for tag in histograms:
        entries = found.Histograms(tag)
        assert len(entries) == 2
        name = tag.partition("/")[2]
        numel = dict(_network.ConvNet().named_parameters())[name].numel()
        assert all(sum(each.histogram_value.bucket) == each.histogram_value.num == numel for each in entries)


def test_what_the_variants_of_training_write(monkeypatch: pytest.MonkeyPatch):
    inputs = catalogue.component("tblog.training").inputs(TWO, torch.Generator().manual_seed(0))
    module = importlib.import_module("impls.tblog.training")
    kept = []
    monkeypatch.setattr(module, "logged", lambda write: kept.append(_log.logged(write)))
    for variant in ("everything", "everything_once", "scalars", "silent"):
        getattr(module, variant)(*inputs)
    found = [events.events(each) for each in kept]
    assert [len(each.Scalars("loss")) for each in found] == [2, 2, 2]
    assert [len(each.Images("maps")) if "maps" in each.Tags()["images"] else 0 for each in found] == [2, 1, 0]
    assert [len(each.Tags()["histograms"]) for each in found] == [16, 16, 0]


def test_a_curve_of_precision_has_127_thresholds_at_most():
    chances, labels = gate.truth(*some("tblog.pr_curve"), 0).inputs
    many = _log.logged(lambda writer: writer.add_pr_curve("curve", labels, chances, num_thresholds=500))
    (entry,) = events.events(many).Tensors("curve")
    assert [size.size for size in entry.tensor_proto.tensor_shape.dim] == [6, 127]


# -- mistakes ----------------------------------------------------------------------------------------------------------


def write(call: Callable[..., Any]) -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _log.logged(call)


def scalars(values: torch.Tensor, first: int = 0, every: int = 1, tag: str = "loss") -> torch.Tensor:
    def add(writer: Any) -> None:
        for step in range(0, len(values), every):
            writer.add_scalar(tag, values[step].item(), first + step)

    return write(add)


def histogram(tensors: list[torch.Tensor], change: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    def add(writer: Any) -> None:
        for tag, tensor in enumerate(tensors):
            writer.add_histogram(str(tag), change(tensor))

    return write(add)


def raw_histogram(tensors: list[torch.Tensor]) -> torch.Tensor:
    """The right sums, and bins in reverse of what is all on one side."""

    def add(writer: Any) -> None:
        for tag, tensor in enumerate(tensors):
            low, high, x = tensor.min().item(), tensor.max().item(), tensor.double()
            counts = torch.zeros(8, dtype=torch.int64)
            counts[0] = tensor.numel()
            limits = torch.linspace(low, high, 9)[1:].tolist()
            writer.add_histogram_raw(
                str(tag), low, high, tensor.numel(), x.sum().item(), x.square().sum().item(), limits, counts.tolist()
            )

    return write(add)


def picture(maps: torch.Tensor, *more: Any, **options: Any) -> torch.Tensor:
    return write(lambda writer: writer.add_images("maps", maps, *more, **options))


def embedded(*inputs: torch.Tensor) -> torch.Tensor:
    return answer("tblog.embedding", "joined", inputs)


def curve(chances: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return write(lambda writer: writer.add_pr_curve("curve", labels, chances))


MISTAKES: dict[str, dict[str, Callable[..., Any]]] = {
    "tblog.scalars": {
        "steps from 1": lambda values: scalars(values, first=1),
        "every second step": lambda values: scalars(values, every=2),
        "another tag": lambda values: scalars(values, tag="train"),
        "the last is lost": lambda values: scalars(values[:-1]),
        "in half precision": lambda values: scalars(values.half()),
        "nothing": lambda values: scalars(values[:0]),
    },
    "tblog.histograms": {
        "a part of the values": lambda tensors: histogram(tensors, lambda tensor: tensor.flatten()[: len(tensor)]),
        "their sizes": lambda tensors: histogram(tensors, torch.abs),
        "in half precision": lambda tensors: histogram(tensors, torch.Tensor.half),
        "one tensor is left out": lambda tensors: histogram(tensors[:-1], torch.clone),
        "all in the first bin": raw_histogram,
    },
    "tblog.graph": {
        "without its last layer": lambda x, weights: write(
            lambda writer: writer.add_graph(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10)), x)
        ),
        "nothing": lambda x, weights: write(lambda writer: None),
    },
    "tblog.images": {
        "the other way round": lambda maps: picture(maps.flip(0)),
        "transposed": lambda maps: picture(maps.mT),
        "inverted": lambda maps: picture(1 - maps),
        "stretched": lambda maps: picture(maps / maps.max()),
        "two pictures": lambda maps: write(lambda writer: [writer.add_images("maps", maps, i) for i in range(2)]),
        "seven of eight": lambda maps: picture(maps[:-1]),
    },
    "tblog.embedding": {
        "labels of other points": lambda points, labels, pictures: embedded(points, labels.roll(1), pictures),
        "pictures of other points": lambda points, labels, pictures: embedded(points, labels, pictures.roll(1, 0)),
        "two digits": lambda points, labels, pictures: embedded(points.mul(100).round().div(100), labels, pictures),
    },
    "tblog.hparams": {
        "settings for metrics": lambda settings, metrics: answer(
            "tblog.hparams", "same_writer", (settings, settings[:3])
        ),
        "scalars alone": lambda settings, metrics: scalars(metrics),
    },
    "tblog.text": {
        "the last line is lost": lambda rows: answer("tblog.text", "at_once", (rows[:-1],)),
        "three digits": lambda rows: answer("tblog.text", "at_once", (rows.mul(1000).round().div(1000),)),
    },
    "tblog.audio": {
        "louder": lambda samples: write(lambda writer: writer.add_audio("sound", samples * 1.001, sample_rate=8000)),
        "faster": lambda samples: write(lambda writer: writer.add_audio("sound", samples, sample_rate=44100)),
        "in eight bits": lambda samples: write(
            lambda writer: writer.add_audio("sound", (samples * 127).trunc() / 127, sample_rate=8000)
        ),
    },
    "tblog.pr_curve": {
        "the other class": lambda chances, labels: curve(1 - chances, ~labels),
        "labels of others": lambda chances, labels: curve(chances, labels.roll(1)),
        "fewer thresholds": lambda chances, labels: write(
            lambda writer: writer.add_pr_curve("curve", labels, chances, num_thresholds=50)
        ),
    },
    "tblog.training": {
        "the log takes part": lambda x, y, start: stepped(x, y, start),
        "the last batch is left out": lambda x, y, start: answer("tblog.training", "silent", (x[:-64], y[:-64], start)),
        "as it was": lambda x, y, start: [weight.clone() for weight in start],
    },
}


def stepped(x: torch.Tensor, y: torch.Tensor, start: list[torch.Tensor]) -> Any:
    """A log that scales the gradients that it looks at."""

    def log(step: int, loss: float, network: Any) -> None:
        for parameter in network.parameters():
            parameter.grad.mul_(1.1)

    return importlib.import_module("impls.tblog.training")._trained(x, y, start, log)


@pytest.mark.parametrize(("name", "mistake"), [(name, mistake) for name, all_ in MISTAKES.items() for mistake in all_])
def test_the_gate_knows_the_mistakes_of_logs(name: str, mistake: str):
    truth = gate.truth(*some(name), 0)
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name][mistake](*gate.copy(truth.inputs, "cpu")), truth)


@pytest.mark.parametrize(
    ("name", "case", "flops", "moved"),
    [
        ("scalars", "1000", 0, 24_000),
        ("histograms", "convnet", 6 * 30_762, 4 * 30_762),
        ("graph", "convnet-64", 0, 0),
        ("images", "8x28x28", 6272, 7 * 6272),
        ("embedding", "1000x32", 784_000, 1000 * (32 * 4 + 8 + 784 * 4)),
        ("hparams", "6-3", 0, 72),
        ("text", "100", 0, 2400),
        ("audio", "8000", 8000, 48_000),
        ("pr_curve", "200000", 600_000, 1_000_000),
        (
            "training",
            "3",
            3 * 64 * 2 * (2 * 97_344 + 3 * (557_568 + 25_600 + 320)),
            3 * 64 * (784 * 4 + 8) + 8 * 30_762,
        ),
    ],
)
def test_the_work_by_hand(name: str, case: str, flops: int, moved: int):
    component, found = some(f"tblog.{name}", case)
    assert (component.flops(found), component.bytes(found)) == (flops, moved)


@pytest.mark.parametrize("name", FAMILY)
def test_the_names_in_a_component_are_variants(name: str):
    component = catalogue.component(name)
    names = {variant.name for variant in catalogue.variants(name)}
    only = {variant for case in component.cases for variant in case.only}
    assert {component.baseline, *component.work, *only} <= names
