"""Whether the cores are free, and what a setting may cost: made-up counters, a fresh process."""

from __future__ import annotations

import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator

import pytest

from benchmarks import surroundings
from benchmarks.catalogue import ROOT
from benchmarks.cell import Cell

Times = namedtuple("Times", ["user", "system", "idle", "iowait"])


def counters(busy: float, free: float) -> Iterator[Times]:
    """The processors' counters, read again and again."""
    count = 0
    while True:
        yield Times(busy * count, 0.0, free * count, 0.0)
        count += 1


def fake(monkeypatch: pytest.MonkeyPatch, busy: float, free: float) -> list[float]:
    """Put made-up counters and a made-up clock in place; the naps that were taken."""
    readings = counters(busy, free)
    clock = [0.0]
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr(surroundings.psutil, "cpu_times", lambda: next(readings))
    monkeypatch.setattr(surroundings.time, "sleep", sleep)
    monkeypatch.setattr(surroundings.time, "monotonic", lambda: clock[0])
    return naps


def test_free_cores_are_found_free_at_the_first_look(monkeypatch: pytest.MonkeyPatch):
    naps = fake(monkeypatch, busy=0.004, free=0.196)
    assert surroundings.idle() and len(naps) == 1


def test_busy_cores_are_waited_for_and_then_reported(monkeypatch: pytest.MonkeyPatch):
    naps = fake(monkeypatch, busy=0.1, free=0.1)
    assert not surroundings.idle(patience=2.0)
    assert sum(naps) == pytest.approx(2.0, abs=0.2)


def test_the_settings_of_a_cell_do_not_import_the_compiler():
    script = (
        "import sys, numpy, torch\n"
        "from benchmarks import surroundings\n"
        "from benchmarks.cell import Cell\n"
        "before = 'torch._inductor.config' in sys.modules\n"
        "with surroundings.settings(Cell.parse('matmul.ladder/mm/eager/cpu/8/1')) as verify:\n"
        "    verify()\n"
        "print(before, 'torch._inductor.config' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"], "it would cost every worker two seconds"


@pytest.mark.parametrize(("part", "name"), [("conv", "convolution precision"), ("rnn", "recurrent precision")])
def test_a_variant_that_leaves_another_precision_is_told_and_put_right(part: str, name: str):
    """The choice of cuDNN is ten bits of float32: beside it, a rival that computes in full would look slow."""
    import torch

    where = getattr(torch.backends.cudnn, part)
    before = where.fp32_precision
    other = "tf32" if before != "tf32" else "ieee"
    with surroundings.settings(Cell.parse("matmul.ladder/mm/eager/cpu/8/1")) as verify:
        verify()
        where.fp32_precision = other
        with pytest.raises(surroundings.Changed, match=f"{name} from {before} to {other}"):
            verify()
        assert where.fp32_precision == before
