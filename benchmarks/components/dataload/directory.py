"""DL-05, DL-02: epochs over a folder of JPEG files: 16 and 64 crops of 128 x 128 pixels, and 32 of 384 x 384."""

from __future__ import annotations

from typing import Any

from benchmarks.components.dataload import _photos
from perfsuite.model.component import Case, Component

WORKERS = ("per_sample", "workers_1", "workers_2", "workers_4", "persistent_2", "threads_2")


def files(length: int, side: int, **more: Any) -> Case:
    """``length`` files in batches of 8; those of 128 pixels form the series."""
    series = "files of 128 pixels" if side == 128 else ""
    shape = {"length": length, "side": side}
    return Case(f"{length}x{side}-b{_photos.BATCH}", shape, "uint8", series, length, **more)


COMPONENT = Component(
    name="dataload.directory",
    title="Photographs from a folder",
    question="What does decoding cost in each library, and from how much of it do worker processes pay off?",
    rows=("DL-05", "DL-02"),
    cases=(
        files(64, 128),
        files(16, 128, only=(*WORKERS, "array_file")),
        files(32, 384, only=(*WORKERS, "torchvision_io", "array_file")),
        files(512, 128, opt_in="a third of a second per epoch, for each of ten variants"),
    ),
    inputs=_photos.inputs,
    reference=_photos.reference,
    tolerance=_photos.tolerance,
    flops=_photos.flops,
    bytes=_photos.bytes,
    baseline="per_sample",
    devices=("cpu",),
    canonical=_photos.canonical,
    stream=True,
    work={
        "array_file": "Decodes nothing: the pixels are in a separate file.",
        "decoded_first": "Decodes before the timing, and keeps all pixels in memory.",
        "persistent_2": "Starts its workers only in the first epoch.",
        "threads_2": "Starts all batches at once: the whole epoch may be in memory.",
    },
    left_out={
        "names drawn by random.choice": "Some files come twice and others never (see the tests). The proof rejects it.",
        "a cold page cache": "Only root can empty it; this measures decoding, not a disk.",
        "torchcodec": "It will replace torchvision's decoders, and is a separate package.",
        "turbojpeg": "It wraps the library that PIL, torchvision and OpenCV use for decoding.",
        "decoding on the GPU": "nvJPEG rounds differently, and needs larger images than these.",
        "8 workers": "Four workers on two cores show the cost of more.",
        "one file of records (LMDB)": "`dataload.container` has the tar file with an index, which is equivalent.",
    },
)
