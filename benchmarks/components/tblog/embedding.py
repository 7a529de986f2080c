"""TB-05: the files of TensorBoard's projector, for the source's thousand points with images."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tblog import _events as log
from perfsuite.model.component import Case, Component, Inputs

WIDTH, SIDE, CLASSES = 32, 28, 10
START, END = b"\x89PNG\r\n\x1a\n", b"IEND"


def inputs(case: Case, generator: Any) -> Inputs:
    """``points`` (n, 32) normal, ``labels`` (n,) of ten classes, ``pictures`` (n, 1, 28, 28)."""
    import torch

    n = case.shape["n"]
    points = torch.randn(n, WIDTH, generator=generator)
    labels = torch.randint(CLASSES, (n,), generator=generator)
    return points, labels, log.smooth((n, 1, SIDE, SIDE), generator)


def canonical(case: Case, output: Any) -> Any:
    """``(points, labels, sprite)``: float32 (n, 32), int64 (n,), and the square sprite image in uint8."""
    import torch

    content = log.content(output)
    first = content.index(START)
    last = content.index(END, first) + len(END) + 4
    points = [[float(number) for number in line.split("\t")] for line in content[last:].decode().splitlines()]
    labels = [int(line) for line in content[:first].decode().splitlines()]
    return torch.tensor(points, dtype=torch.float32), torch.tensor(labels), log.decoded(content[first:last])


def reference(case: Case, points: Any, labels: Any, pictures: Any) -> Any:
    """The points, the labels, and ``floor(255 x)`` of the images, row by row in the smallest square that fits."""
    import math

    import torch

    side = math.ceil(math.sqrt(len(points)))
    tiles = torch.zeros(side * side, SIDE, SIDE, dtype=torch.uint8)
    tiles[: len(points)] = (pictures[:, 0].double() * 255).floor().to(torch.uint8)
    rows = [torch.cat(list(row), 1) for row in tiles.split(side)]
    return points.double(), labels, torch.cat(rows)


def flops(case: Case) -> int:
    """One product for each pixel."""
    return int(case.shape["n"]) * SIDE * SIDE


def bytes(case: Case) -> int:
    """Points, labels and images read once; the files, text and PNG, have a different size."""
    return int(case.shape["n"]) * (4 * WIDTH + 8 + 4 * SIDE * SIDE)


COMPONENT = Component(
    name="tblog.embedding",
    title="Points for the projector",
    question="What does it cost to write a thousand points with images, and which of the files costs most?",
    rows=("TB-05",),
    cases=(Case("1000x32", {"n": 1000}),),
    inputs=inputs,
    reference=reference,
    tolerance=log.exact,
    flops=flops,
    bytes=bytes,
    baseline="add_embedding",
    devices=("cpu",),
    canonical=canonical,
    work={"add_embedding": "Also opens an event file, which stays empty, and writes the projector's settings."},
    left_out={
        "t-SNE": "It is not logging: it takes seconds for a thousand points, in any variant.",
        "PCA": "It is a different set of points, two numbers each; this component measures how to write them.",
    },
)
