"""Whether the cores are free, and what a setting may cost: made-up counters, a fresh process."""

from __future__ import annotations

import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from perfsuite.isolation import surroundings
from perfsuite.project.catalogue import ROOT

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


def test_neither_the_settings_nor_the_cost_of_a_cell_import_the_compiler():
    script = (
        "import sys, numpy, torch\n"
        "from perfsuite.isolation import surroundings\n"
        "from perfsuite.model.cell import Cell\n"
        "before = 'torch._inductor.config' in sys.modules\n"
        "with surroundings.settings(Cell.parse('matmul.ladder/mm/eager/cpu/8/1')) as verify:\n"
        "    verify()\n"
        "from perfsuite.instruments import cost\n"
        "cost.cost(lambda: torch.ones(2) + 1, lambda: torch.ones(2) + 1)\n"
        "print(before, 'torch._dynamo' in sys.modules or 'torch._inductor.config' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"], "it would cost every worker two seconds"


def run(script: str) -> list[str]:
    """The lines that a script prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


PRECISIONS = """
import torch
from perfsuite.host import precision
print(precision.read()["cuDNN's allow_tf32"], precision.read()["convolution precision"])
precision.full()
torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32, torch.get_float32_matmul_precision()
print(*sorted(set(precision.read().values())))
torch.backends.cudnn.conv.fp32_precision = "tf32"
torch.backends.cuda.matmul.fp32_precision = "tf32"
told = precision.read()
print(told["cuDNN's allow_tf32"], told["matmul precision"], told["convolution precision"], told["recurrent precision"])
precision.full()
print(*sorted(set(precision.read().values())))
"""


def test_full_precision_can_be_read_through_both_of_torchs_interfaces():
    """The newer one alone would leave the older one unreadable, and torch's own compiler reads it."""
    assert run(PRECISIONS) == ["True tf32", "False highest ieee", "mixed mixed tf32 ieee", "False highest ieee"]


LEFT = """
import threading
import torch
from perfsuite.isolation import surroundings
from perfsuite.model.cell import Cell
from perfsuite.measuring.prepared import Missing
cell = Cell.parse("matmul.ladder/mm/eager/cpu/8/1")

def end(do, raises=None):
    try:
        with surroundings.kept(cell):
            do()
            if raises:
                raise raises
    except Exception as problem:
        print(type(problem).__name__, problem, *getattr(problem, "__notes__", ()))
    else:
        print("nothing")
    torch.set_grad_enabled(True)

end(lambda: None)
end(lambda: torch.set_grad_enabled(False))
end(lambda: torch.set_grad_enabled(False), Missing("needs a thing"))
end(lambda: None, Missing("needs a thing"))
end(lambda: torch.set_grad_enabled(False), RuntimeError("no"))
wait = threading.Event()
end(lambda: threading.Thread(target=wait.wait, daemon=True).start())
end(lambda: threading.Thread(target=exec, args=("while True: pass",), daemon=True).start())
"""


def test_what_is_left_behind_is_told_however_a_cell_ends():
    gradients = "changes global state: grad mode from True to False"
    assert run(LEFT) == [
        "nothing",
        f"Changed {gradients}",
        f"Changed {gradients}",
        "Missing needs a thing",
        f"RuntimeError no {gradients}",
        "nothing",  # a thread that waits harms nobody
        "Changed leaves 1 thread(s) running",
    ]


def test_state_that_a_file_of_components_keeps_is_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch):
    kept = ["replaces perf.metrics.held.total", "replaces torch.softmax"]
    monkeypatch.setattr(surroundings, "PROJECT", SimpleNamespace(components="perf"))
    monkeypatch.setattr(surroundings, "by_decorator", lambda: True)
    assert "marked @perfsuite.prepared" in surroundings._remedy(kept)[0] and not surroundings._remedy(kept[1:])
    monkeypatch.setattr(surroundings, "by_decorator", lambda: False)
    assert not surroundings._remedy(kept)
