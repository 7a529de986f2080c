"""Images: right answers, the source's numbers and its mistakes, mistakes that the gate must know, the work declared."""

from __future__ import annotations

import functools
import importlib
import zlib
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks import pictures
from benchmarks.components.images import _resized
from perfsuite.host import data
from perfsuite.measuring import prepared
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate

FAMILY = [name for name in catalogue.components() if name.startswith("images.")]
CASES = {
    "images.items": [Case("", {}, size=70)],
    "images.mean_std": [Case("", {}, size=1), Case("", {}, size=1700)],
    "images.normalise": [Case("", {}, size=33), Case("", {}, size=1)],
    "images.crop_invert": [Case("", {}, size=33), Case("", {}, size=1)],
    "images.jitter": [Case("", {}, "uint8", size=33), Case("", {}, "uint8", size=1)],
    "images.resize": [Case(mode, {}, "uint8") for mode in ("nearest", "bilinear", "bicubic")],
    "images.augment": [Case("", {}, size=64), Case("", {}, size=37)],
    "images.rotate": [
        Case("", {"count": 5, "channels": 1, "side": 28}, "uint8"),
        Case("", {"count": 2, "channels": 3, "side": 61}, "uint8"),
    ],
}
MEAN, STD = 0.2860, 0.3530


@functools.cache
def truth_of(name: str, at: int = 0, seed: int = 0) -> gate.Truth:
    return gate.truth(catalogue.component(name), CASES[name][at], seed)


def fresh(name: str, at: int = 0) -> tuple[Any, ...]:
    return gate.copy(truth_of(name, at).inputs, "cpu")


def ready(name: str, variant: str, inputs: tuple[Any, ...]) -> prepared.Prepared:
    found = getattr(importlib.import_module(f"impls.{name}"), variant)
    if reason := prepared.missing(getattr(found, "__needs__", ()), "eager", "cpu"):
        pytest.skip(reason)
    return prepared.prepare(found, "eager", inputs)


def every_variant() -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in FAMILY
        for variant in catalogue.variants(name)
    ]


@pytest.mark.parametrize(("name", "variant"), every_variant())
def test_every_variant_is_right_on_other_shapes_too(name: str, variant: str):
    for at in range(len(CASES[name])):
        inputs = fresh(name, at)
        if name == "images.mean_std" and variant == "loader" and at:
            inputs = (inputs[0][:50],)
            truths = [gate.truth(catalogue.component(name), Case("", {}, size=50), seed) for seed in range(2)]
        else:
            truths = [truth_of(name, at, seed) for seed in range(2)]
        gate.prove(ready(name, variant, inputs), inputs, truths)


# -- the data set's class and its files --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", data.NAMES)
def test_torchvisions_class_reads_the_files(name: str):
    """IM-01: 60000 and 10000 images of 28 x 28 bytes, with labels of ten classes."""
    datasets = pytest.importorskip("torchvision.datasets")
    raw = pictures.root(name) / name / "raw"
    assert {path.name: path.stat().st_size for path in raw.iterdir() if path.name in data.SETS} == data.SETS
    for train, count in ((True, 60_000), (False, 10_000)):
        found = getattr(datasets, name)(pictures.root(name), train=train)
        assert found.data.shape == (count, 28, 28) and found.data.dtype == torch.uint8
        assert found.targets.unique().tolist() == list(range(10))
    image, label = found[0]
    assert image.size == (28, 28) and image.mode == "L" and 0 <= label < 10


@pytest.mark.parametrize(("name", "mean", "std"), [("FashionMNIST", 0.2860, 0.3530), ("MNIST", 0.1307, 0.3081)])
def test_the_files_look_like_the_sets_that_they_stand_for(name: str, mean: float, std: float):
    images = np.array(pictures.pixels(pictures.root(name) / name / "raw" / "t10k-images-idx3-ubyte"))
    pixels = images / 255
    assert (images == 0).mean() == pytest.approx(pictures.LOOKS[name].black, abs=0.03)
    assert pixels.mean() == pytest.approx(mean, abs=0.01) and pixels.std() == pytest.approx(std, abs=0.015)
    neighbours = np.abs(np.diff(pixels, axis=2)).mean()
    assert neighbours < 0.1, "smooth, not noise"
    assert len(zlib.compress(images[:1000].tobytes())) < 0.6 * images[:1000].size


def test_drawings_are_the_same_each_time_and_differ_by_seed():
    look = pictures.LOOKS["MNIST"]
    images, classes = pictures.drawn(look, 300, 0)
    again, same = pictures.drawn(look, 300, 0)
    other, _ = pictures.drawn(look, 300, 1)
    assert np.array_equal(images, again) and np.array_equal(classes, same) and not np.array_equal(images, other)
    assert len(np.unique(images.reshape(300, -1), axis=0)) == 300
    flat = images.reshape(300, -1).astype(float)
    alike = np.corrcoef(flat)[classes[:, None] == classes].mean()
    assert alike > np.corrcoef(flat)[classes[:, None] != classes].mean() + 0.2, "a class looks like itself"


def test_the_users_own_files_are_read_in_place_of_drawings(tmp_path, monkeypatch):
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for file, size in data.SETS.items():
        with (raw / file).open("wb") as opened:
            opened.truncate(size)
    monkeypatch.setenv(data.GIVEN, str(tmp_path))
    assert pictures.root("FashionMNIST") == tmp_path != pictures.root("MNIST")
    assert not pictures.grey("FashionMNIST", 10, torch.Generator()).any()


# -- the source's numbers ----------------------------------------------------------------------------------------------


def test_the_range_of_the_sources_crop():
    """IM-04: [1, 18, 18]; black is -0.8102. The digits printed are those of a mean and deviation with more of them."""
    images = torch.zeros(2, 28, 28, dtype=torch.uint8)
    images[1] = 255
    crops = ready("images.crop_invert", "source", (images, torch.tensor([False, False])))()
    assert crops.shape == (2, 1, 18, 18)
    assert crops.min() == pytest.approx(-0.8102, abs=1e-4) == pytest.approx(-MEAN / STD, abs=1e-4)
    mean, std = 0.2860405743122101, 0.3530242443084717
    assert -mean / std == pytest.approx(-0.8102576732635498, abs=1e-5)
    assert (1 - mean) / std == pytest.approx(2.022408962249756, abs=1e-5)


def test_a_colour_jitter_without_arguments_changes_nothing():
    """IM-04: it only draws an order for steps that are not there."""
    transforms = pytest.importorskip("torchvision.transforms")
    image = truth_of("images.rotate", 1).inputs[0][0]
    assert torch.equal(transforms.ColorJitter()(image), image)
    assert not torch.equal(transforms.ColorJitter(brightness=(0.5, 0.6))(image), image)


def test_colours_keep_their_axis():
    """IM-02: of (images, colours, rows, columns) the means of the colours are over 0, 2 and 3, not over 0, 1 and 2."""
    images = torch.zeros(4, 3, 5, 6) + torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1)
    assert torch.allclose(images.mean((0, 2, 3)), torch.tensor([0.1, 0.2, 0.3]))
    assert images.mean((0, 1, 2)).shape == (6,)


def test_the_mean_of_deviations_is_no_deviation():
    """IM-02: it leaves out how far the means of the batches lie apart, the more the smaller they are."""
    truth = truth_of("images.mean_std", 1)
    x = truth.inputs[0].float() / 255
    apart = torch.stack([batch.std() for batch in x.split(32)]).mean()
    assert apart < truth.expected[1] * 0.999
    with pytest.raises(gate.Wrong):
        gate.match(torch.stack([x.mean(), apart]), truth)


def test_sums_of_squares_in_float32_lose_their_digits():
    """IM-02: one number after the other, as a loop adds them up."""
    truth = truth_of("images.mean_std", 1)
    x = truth.inputs[0].numpy().ravel().astype(np.float32) / np.float32(255)
    first, second = (np.cumsum(values, dtype=np.float32)[-1] / np.float32(len(x)) for values in (x, x * x))
    with pytest.raises(gate.Wrong):
        gate.match(torch.tensor([first, np.sqrt(second - first * first)]), truth)


# -- the references themselves -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("old", "new"), [(61, 24), (24, 61), (30, 30)])
def test_the_weights_of_a_resize_are_those_of_torch(mode: str, old: int, new: int):
    x = torch.rand(1, 2, old, old, dtype=torch.float64)
    theirs = torch.nn.functional.interpolate(x, (new, new), mode=mode, antialias=True)[0]
    assert torch.allclose(_resized.resized(x[0], new, new, mode), theirs, atol=1e-6)


def test_the_nearest_pixel_is_that_under_the_middle():
    x = torch.arange(7.0, dtype=torch.float64).view(1, 1, 7)
    assert _resized.resized(x, 1, 3, "nearest").flatten().tolist() == [1, 3, 5]


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_quarter_turn_is_exact(turn: int):
    """IM-06: counter-clockwise, about the middle."""
    component, case = catalogue.component("images.rotate"), CASES["images.rotate"][0]
    images, _ = component.inputs(case, torch.Generator().manual_seed(0))
    turned = component.reference(case, images, torch.full((5,), 90.0 * turn))
    assert torch.allclose(turned, images.double().rot90(turn, (2, 3)), atol=1e-9)


# -- mistakes ----------------------------------------------------------------------------------------------------------


def _without_antialiasing(image: torch.Tensor, mode: str) -> torch.Tensor:
    x = image.permute(2, 0, 1).unsqueeze(0).float()
    return torch.nn.functional.interpolate(x, (224, 224), mode=mode)[0].round().clamp(0, 255).to(torch.uint8)


def _normal(x: torch.Tensor) -> torch.Tensor:
    return (x.float() / 255 - MEAN) / STD


def _augmented(change: str) -> Any:
    def wrong(photo: torch.Tensor, boxes: torch.Tensor, mirrored: torch.Tensor, side: int) -> torch.Tensor:
        if change == "mirror":
            mirrored = ~mirrored
        if change == "box":
            boxes = boxes + torch.tensor([1, 0, -1, 0])
        if change == "colours":
            photo = photo.flip(-1)
        right = importlib.import_module("impls.images.augment").normalised_together(photo, boxes, mirrored, side)
        return right + 0.05 * (change == "mean")

    return wrong


def _turned(images: torch.Tensor, angles: torch.Tensor, **more: Any) -> torch.Tensor:
    return importlib.import_module("impls.images.rotate").batch(images, angles, **more)


def _nearest(images: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    functional = pytest.importorskip("torchvision.transforms.functional")
    return torch.stack([functional.rotate(x, angle) for x, angle in zip(images, angles.tolist(), strict=True)])


def _bright(images: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    return (images * factors[:, :1, None]).clamp(0, 255).to(torch.uint8)


MISTAKES = {
    ("images.normalise", "no mean"): lambda x: (x.float() / 255 / STD).unsqueeze(1),
    ("images.normalise", "divided by 256"): lambda x: ((x.float() / 256 - MEAN) / STD).unsqueeze(1),
    ("images.normalise", "the constants of MNIST"): lambda x: ((x.float() / 255 - 0.1307) / 0.3081).unsqueeze(1),
    ("images.normalise", "a table in half precision"): lambda x: _normal(x).half().float().unsqueeze(1),
    ("images.mean_std", "divided by n"): lambda x: torch.stack([(x / 255).mean(), (x / 255).std(correction=0)]),
    ("images.mean_std", "the first images"): lambda x: torch.stack([(x[1:] / 255).mean(), (x / 255).std()]),
    ("images.crop_invert", "never inverted"): lambda x, _: _normal(x[:, None, 5:23, 5:23]),
    ("images.crop_invert", "another corner"): lambda x, i: _normal(
        torch.where(i[:, None, None, None], 255 - x[:, None, :18, :18], x[:, None, :18, :18])
    ),
    ("images.crop_invert", "inverted after normalising"): lambda x, i: torch.where(
        i[:, None, None, None], -_normal(x[:, None, 5:23, 5:23]), _normal(x[:, None, 5:23, 5:23])
    ),
    ("images.jitter", "nothing changed"): lambda x, f: x.clone(),
    ("images.jitter", "brightness alone"): _bright,
    ("images.jitter", "factors of another image"): lambda x, f: importlib.import_module("impls.images.jitter").batch(
        x, f.roll(1, 0)
    ),
    ("images.resize", "without antialiasing"): _without_antialiasing,
    ("images.augment", "mirrored the other way"): _augmented("mirror"),
    ("images.augment", "a box one pixel lower"): _augmented("box"),
    ("images.augment", "blue and red exchanged"): _augmented("colours"),
    ("images.augment", "another mean"): _augmented("mean"),
    ("images.rotate", "clockwise"): lambda x, a: _turned(x, -a),
    ("images.rotate", "in radians"): lambda x, a: _turned(x, a.deg2rad()),
    ("images.rotate", "the nearest pixel"): _nearest,
    ("images.rotate", "one degree too far"): lambda x, a: _turned(x, a + 1),
}
AT = {  # which of the cases; 1.3 million pixels do not tell n from n - 1
    ("images.mean_std", "the first images"): 1,
    ("images.resize", "without antialiasing"): 1,
}


@pytest.mark.parametrize(("name", "kind"), MISTAKES)
def test_the_gate_knows_the_mistakes_of_the_rows(name: str, kind: str):
    truth = truth_of(name, AT.get((name, kind), 0))
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name, kind](*truth.inputs), truth)


@pytest.mark.parametrize("kind", ["labels of other images", "other images", "not normalised", "another order"])
def test_the_gate_knows_the_mistakes_of_items(kind: str):
    truth = truth_of("images.items")
    _, x, y = truth.expected
    x = x.float()
    gate.match(zip(x.split(32), y.split(32), strict=True), truth)
    spoiled = {
        "labels of other images": (x, y.roll(1)),
        "other images": (x.roll(1, 0), y),
        "not normalised": (x * STD + MEAN, y),
        "another order": (x.flip(0), y.flip(0)),
    }[kind]
    with pytest.raises(gate.Wrong):
        gate.match(zip(*(part.split(32) for part in spoiled), strict=True), truth)


def test_what_the_preparation_holds_is_not_the_answer():
    """The same prepared variant follows the images that are wanted now."""
    inputs = fresh("images.items")
    made = ready("images.items", "normalised_first", inputs)
    first = torch.cat([x for x, _ in made()])
    inputs[1].copy_(inputs[1].flip(0))
    assert torch.equal(torch.cat([x for x, _ in made()]), first.flip(0))


# -- the declarations --------------------------------------------------------------------------------------------------


def test_the_work_declared_is_that_of_the_tensors():
    def work(name: str, at: int = 0) -> tuple[int, int]:
        component, case = catalogue.component(name), CASES[name][at]
        return component.flops(case), component.bytes(case)

    assert work("images.items") == (3 * 70 * 784, 70 * (784 * 5 + 16))
    assert work("images.mean_std", 1) == (3 * 1700 * 784, 1700 * 784)
    assert work("images.normalise") == (2 * 33 * 784, 33 * 784 * 5)
    assert work("images.crop_invert") == (2 * 33 * 324, 33 * 324 * 5)
    assert work("images.jitter") == (5 * 33 * 784, 33 * (2 * 784 + 8))
    assert work("images.resize")[1] == 2 * 3 * 224 * 224 and work("images.resize", 1)[1] == 3 * (427**2 + 224**2)
    assert work("images.rotate") == (5 * 784 * 15, 2 * 5 * 784)
    assert work("images.rotate", 1) == (2 * 61 * 61 * 29, 2 * 2 * 3 * 61 * 61)
    truth = truth_of("images.augment")
    boxes = sum(int(height * width) for _, _, height, width in truth.inputs[1])
    assert work("images.augment")[1] == pytest.approx(3 * boxes + 4 * truth.expected.numel(), rel=0.6)


def test_the_weights_of_a_resize_are_as_many_as_declared():
    """A row of the bilinear filter has 2 x scale weights, of the bicubic one 4 x scale."""
    component = catalogue.component("images.resize")
    for case in CASES["images.resize"][1:]:
        taps = float((_resized.weights(427, 224, case.name) != 0).sum(1).double().mean())
        counted = 2 * 3 * taps * (427 * 224 + 224 * 224)
        assert component.flops(case) == pytest.approx(counted, rel=0.1)


@pytest.mark.parametrize("name", FAMILY)
def test_the_names_in_a_component_are_variants(name: str):
    component = catalogue.component(name)
    assert {component.baseline, *component.work} <= {variant.name for variant in catalogue.variants(name)}
