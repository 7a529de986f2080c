"""DL-06: epochs over tar files of JPEG files, 32 crops of photographs, 384 pixels wide, by one process and by two."""

from __future__ import annotations

from typing import Any

from benchmarks.components.dataload import _photos
from perfsuite.model.component import Case, Component


def files(length: int, side: int, **more: Any) -> Case:
    """``length`` files in batches of 8; two workers with half of them each come out even."""
    shape = {"length": length, "side": side}
    return Case(f"{length}x{side}-b{_photos.BATCH}", shape, "uint8", size=length, **more)


COMPONENT = Component(
    name="dataload.tar",
    title="Photographs from tar files",
    question="How do workers share a tar file, and what does each way cost?",
    rows=("DL-06",),
    cases=(files(32, 384), files(512, 128, opt_in="a third of a second an epoch, for each of six variants")),
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
        "stride_2": "Keeps the file's order but for the turns of the workers.",
        "tar_per_worker_2": "Keeps the order of each file; the parts are made before the clock.",
        "shuffle_buffer": "Shuffles a little: a sample comes at most 15 places too early.",
        "offsets_2": "Finds the index before the clock.",
        "array_file": "Decodes nothing: the pixels are in a file of their own.",
    },
    left_out={
        "a loader that knows nothing of its workers": "It delivers each image once for each worker: the source's own"
        " mistake, which a test shows and the gate stops.",
        "4096 files": "Eight times as long as 512, and no other answer.",
    },
)
