"""DL-06: epochs over tar files with 32 JPEG crops of photographs, 384 pixels wide, by one process and by two."""

from __future__ import annotations

from typing import Any

from benchmarks.components.dataload import _photos
from perfsuite.model.component import Case, Component


def files(length: int, side: int, **more: Any) -> Case:
    """``length`` files in batches of 8, chosen so that two workers get full batches from half of them each."""
    shape = {"length": length, "side": side}
    return Case(f"{length}x{side}-b{_photos.BATCH}", shape, "uint8", size=length, **more)


COMPONENT = Component(
    name="dataload.tar",
    title="Photographs from tar files",
    question="How can workers share a tar file, and what does each way cost?",
    rows=("DL-06",),
    cases=(files(32, 384), files(512, 128, opt_in="a third of a second per epoch, for each of six variants")),
    inputs=_photos.inputs,
    reference=_photos.reference,
    tolerance=_photos.tolerance,
    flops=_photos.flops,
    bytes=_photos.bytes,
    baseline="stream",
    devices=("cpu",),
    canonical=_photos.canonical,
    stream=True,
    work={
        "stream": "Keeps the file's order.",
        "stride_2": "Keeps the file's order, except that the workers alternate.",
        "tar_per_worker_2": "Keeps the order of each file; the parts are made before the timing.",
        "shuffle_buffer": "Shuffles a little: a sample is at most 15 places early.",
        "offsets_2": "The index is built before the timing.",
        "array_file": "Decodes nothing: the pixels are in a separate file.",
    },
    left_out={
        "a loader that ignores which worker it runs in": "It delivers each image once for each worker: the source's"
        " mistake, which a test shows and the proof rejects.",
        "4096 files": "Eight times as long as 512, with the same outcome.",
    },
)
