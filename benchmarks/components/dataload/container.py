"""DL-06, DL-05: the bytes of 64 and of 512 JPEG files from a folder, a tar file and a zip file."""

from __future__ import annotations

from typing import Any

from benchmarks import pictures
from perfsuite.model.component import Case, Component, Inputs

SIDE = 128


def inputs(case: Case, generator: Any) -> Inputs:
    """The folder with the files, and labels that number them: the files are the same for each seed."""
    import torch

    length = case.shape["length"]
    return pictures.crops(length, SIDE), torch.randperm(length, generator=generator)


def canonical(case: Case, items: Any) -> Any:
    """``(sizes, bytes, labels)`` in the order of the labels."""
    import torch

    contents, labels = zip(*sorted(items, key=lambda item: int(item[1])), strict=True)
    return torch.tensor([len(content) for content in contents]), torch.cat(contents), torch.stack(labels)


def reference(case: Case, folder: Any, labels: Any) -> Any:
    """The contents of the files, in the order of their labels."""
    import torch

    files = [bytearray(path.read_bytes()) for path in sorted((folder / "jpeg").iterdir())]
    contents = [torch.frombuffer(files[at], dtype=torch.uint8) for at in labels.argsort().tolist()]
    return torch.tensor([len(content) for content in contents]), torch.cat(contents), labels.sort().values


def tolerance(case: Case, expected: Any, folder: Any, labels: Any) -> Any:
    """Bytes must be equal."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic."""
    return 0


def bytes(case: Case) -> int:
    """A ninth of a byte for each colour value of a pixel, about 5 kB per file, read once and written once."""
    return 2 * int(case.shape["length"]) * SIDE * SIDE * 3 // 9


COMPONENT = Component(
    name="dataload.container",
    title="Many small files in one",
    question="What does it cost to read a file in a folder, in a tar file and in a zip file?",
    rows=("DL-06", "DL-05"),
    cases=tuple(Case(f"{n}", {"length": n}, "uint8", "files", n) for n in (64, 512)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="directory",
    aliases="The label of a file is one of the inputs.",
    devices=("cpu",),
    canonical=canonical,
    stream=True,
    work={
        "tar_offsets": "The index is built before the timing.",
        "tar_mapped": "The index is built before the timing. Copies nothing: pages are read when bytes are used.",
    },
    left_out={
        "a compressed tar or zip file": "A JPEG file does not get smaller.",
        "a cold page cache": "Only root can empty it.",
    },
)
