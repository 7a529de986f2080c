"""The memory of whole runs, whose size is known to the byte: torch's, compiled code's and numpy's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import own
import pytest

N = 128
RESULT, CUBE = 4 * N**2, 4 * N**3
CORE = """\
import torch


def mm(a, b):
    return torch.mm(a, b)


def broadcast(a, b):
    return (a[:, :, None] * b).sum(dim=1)


def chain(a, b):
    return torch.mm(torch.mm(a, b), torch.eye(len(b)))


def numpy_mm(a, b):
    return torch.from_numpy(a.numpy() @ b.numpy())


def numpy_broadcast(a, b):
    return torch.from_numpy((a.numpy()[:, :, None] * b.numpy()).sum(1))


def numpy_kept(a, b):
    product = a.numpy()[:, :, None] * b.numpy()
    return torch.from_numpy((product + 0).sum(1))
"""
COMPONENT = f'''\
import torch
from mylib import core
from perfsuite import component

TORCH = ["mm", "broadcast", "chain"]


@component(
    variants=[core.mm, core.broadcast, core.chain, core.numpy_mm, core.numpy_broadcast, core.numpy_kept],
    executors={{name: ["eager", "compile"] for name in TORCH}},
    tolerance=1e-4,
)
def product(case, generator):
    """How much memory does a product take?"""
    return torch.randn({N}, {N}, generator=generator), torch.randn({N}, {N}, generator=generator)
'''
PEAKS = {  # by variant and executor; compiled code makes no product of three dimensions, the sum is fused with it
    "mm/eager": RESULT,
    "broadcast/eager": CUBE + RESULT,
    "chain/eager": 3 * RESULT,
    "numpy_mm/eager": RESULT,
    "numpy_broadcast/eager": CUBE + RESULT,
    "numpy_kept/eager": 2 * CUBE + RESULT,
    "mm/compile": RESULT,
    "broadcast/compile": RESULT,
    "chain/compile": 3 * RESULT,
}


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("g++"), reason="needs a C++ compiler")
def test_the_memory_of_a_run_is_known_to_the_byte(tmp_path: Path):
    files = {"src/mylib/core.py": CORE, "src/mylib/__init__.py": "", "perf/work.py": COMPONENT}
    root = own.repository(tmp_path / "repo", files)
    words = ("run", "-k", "cpu", "--launches", "1", "--timeout", "1200", "--budget", "0.01", "--no-report", "--json")
    cells = json.loads(own.perfsuite(root, *words, seconds=1500).stdout)["cells"]
    found = {"/".join(cell["cell"].split("/")[1:3]): (cell.get("peak"), cell.get("peak_is")) for cell in cells}
    assert found == {name: (peak, "exact") for name, peak in PEAKS.items()}
