"""DL-09: a table of 5000 digits in eleven formats: all rows, and 64 of them.

The digits are the first of MNIST, or drawings that compress as well: four fifths of their pixels are black.
"""

from __future__ import annotations

import gzip
import json
import pickle
import struct
from functools import cache, partial
from pathlib import Path
from typing import Any

from benchmarks import pictures
from perfsuite.host import data
from perfsuite.model.component import Case, Component, Inputs

WIDTH = 784


def inputs(case: Case, generator: Any) -> Inputs:
    """The folder with the files, and which rows are asked for, in random order."""
    import torch

    length = case.shape["length"]
    return files(length), torch.randperm(length, generator=generator)[: case.shape["rows"]].clone()


def files(length: int) -> Path:
    """The folder with the first ``length`` digits in each format. Drawings and MNIST have separate folders."""
    own = "mnist" if data.given("MNIST") else "drawn"
    return data.made(f"digits-{own}-{length}", 1, _writing(length))


@cache
def _writing(length: int) -> partial[None]:
    return partial(_write, length=length)


def _write(folder: Path, length: int) -> None:
    import numpy
    import torch

    raw = pictures.root("MNIST") / "MNIST" / "raw"
    images = numpy.array(pictures.pixels(raw / "train-images-idx3-ubyte")[:length])
    labels = pictures.labels(raw / "train-labels-idx1-ubyte")[:length]
    x, y = images.reshape(length, WIDTH).astype(numpy.float32) / 256, labels.astype(numpy.int64)
    packed = {
        "images-ubyte": struct.pack(">4i", 0x803, length, 28, 28) + images.tobytes(),
        "labels-ubyte": struct.pack(">2i", 0x801, length) + labels.tobytes(),
    }
    for name, content in packed.items():
        (folder / name).write_bytes(content)
        (folder / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
    (folder / "table.pkl.gz").write_bytes(gzip.compress(pickle.dumps((x, y)), mtime=0))
    numpy.save(folder / "x.npy", x)
    numpy.save(folder / "y.npy", y)
    numpy.savez(folder / "plain.npz", x=x, y=y)
    numpy.savez_compressed(folder / "packed.npz", x=x, y=y)
    torch.save({"x": torch.from_numpy(x), "y": torch.from_numpy(y)}, folder / "table.pt")
    (folder / "table.safetensors").write_bytes(_safetensors(x, y))


def _safetensors(x: Any, y: Any) -> Any:
    """Write the format by hand, so that the files are the same with and without the package."""
    places = {
        "x": {"dtype": "F32", "shape": x.shape, "data_offsets": [0, x.nbytes]},
        "y": {"dtype": "I64", "shape": y.shape, "data_offsets": [x.nbytes, x.nbytes + y.nbytes]},
    }
    header = json.dumps(places).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + x.tobytes() + y.tobytes()


def reference(case: Case, folder: Any, rows: Any) -> Any:
    """The rows from the original files, bytes divided by 256, which is exact even in float32."""
    import torch

    images, labels = ((folder / f"{name}-ubyte").read_bytes() for name in ("images", "labels"))
    x = torch.frombuffer(bytearray(images[16:]), dtype=torch.uint8).view(-1, WIDTH)
    y = torch.frombuffer(bytearray(labels[8:]), dtype=torch.uint8)
    return x[rows].double() / 256, y[rows].long()


def tolerance(case: Case, expected: Any, folder: Any, rows: Any) -> Any:
    """A byte divided by a power of two is exact."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic, except for the variants that divide by 256."""
    return 0


def bytes(case: Case) -> int:
    """The size of the chosen rows as bytes in a file plus as numbers in memory."""
    return int(case.shape["rows"]) * (WIDTH * (1 + 4) + 1 + 8)


def table(length: int, rows: int, **more: Any) -> Case:
    """``rows`` of a table of ``length``."""
    series = f"rows of {length}"
    return Case(f"{length}-{rows}", {"length": length, "rows": rows}, series=series, size=rows, **more)


COMPONENT = Component(
    name="dataload.read_file",
    title="A data set from its file",
    question="Which format is fastest to read, and what does a mapped file save if only a few rows are needed?",
    rows=("DL-09",),
    cases=(
        table(5_000, 5_000),
        table(5_000, 64),
        table(50_000, 50_000, opt_in="350 MB of files, and a second for the compressed ones"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="pickle_gzip",
    devices=("cpu",),
    accepts={"bf16 arithmetic": "The inputs are row numbers and a folder: there is nothing to round."},
    work={
        "idx": "Reads one byte per pixel instead of four, and converts the chosen rows.",
        "idx_mapped": "Reads one byte per pixel instead of four, and converts the chosen rows.",
        "idx_gzip": "Decompresses one byte per pixel instead of four, and converts the chosen rows.",
        "npy_mapped": "Reads only the pages of the chosen rows.",
        "torch_mapped": "Reads only the pages of the chosen rows.",
        "safetensors": "Reads only the pages of the chosen rows.",
    },
    left_out={
        "the 10000 rows for validation and the 10000 for tests": "The source's file has them too: more of the same.",
        "parquet": "It needs a separate package, and is designed for tables with named columns.",
        "a cold page cache": "Only root can empty it; this measures the format, not the disk.",
    },
)
