"""Shared by the components that read files of photographs: the files, and the reference for an epoch."""

from __future__ import annotations

from typing import Any

from benchmarks import pictures
from benchmarks.components.dataload._epoch import by_label, lengths
from perfsuite.model.component import Case, Inputs

BATCH = 8


def inputs(case: Case, generator: Any) -> Inputs:
    """The folder with ``length`` crops of photographs, ``side`` pixels wide; labels that number them; the batch size.

    The files are the same for each seed, the labels are not.
    """
    import torch

    length = case.shape["length"]
    return pictures.crops(length, case.shape["side"]), torch.randperm(length, generator=generator), BATCH


def canonical(case: Case, batches: Any) -> Any:
    """``(lengths of the batches, images, labels)`` in the order of the labels."""
    return by_label(batches, case.shape["length"])


def reference(case: Case, folder: Any, labels: Any, batch: int) -> Any:
    """The images as decoded when the files were written, in the order of their labels."""
    import numpy
    import torch

    images = torch.from_numpy(numpy.load(folder / "pixels.npy"))
    order = labels.argsort()
    return lengths(len(labels), batch), images[order], labels[order]


def tolerance(case: Case, expected: Any, folder: Any, labels: Any, batch: int) -> Any:
    """Bytes must be equal: decoders agree on the accurate cosine transform, and colours have full resolution."""
    return 0.0


def flops(case: Case) -> int:
    """Zero: decoding is not floating-point work."""
    return 0


def bytes(case: Case) -> int:
    """The pixels written once. The files, a ninth of that, are not counted: their sizes differ from image to image."""
    return 3 * int(case.shape["length"]) * int(case.shape["side"]) ** 2
