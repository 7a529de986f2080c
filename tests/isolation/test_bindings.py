"""A name that stands for something else is noticed and named, and what libraries do when first used is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from perfsuite.project import mount
from perfsuite.project.catalogue import IMPLS, ROOT

# (what is done, what undoes it, what must be told of it)
CHANGES = [
    ("old = torch.softmax; torch.softmax = lambda *a, **k: old(*a, **k)", "torch.softmax = old",
     "replaces torch.softmax"),
    ("old = F.softmax.__code__; F.softmax.__code__ = (lambda x: x).__code__", "F.softmax.__code__ = old",
     "replaces the code of torch.nn.functional.softmax"),
    ("old = F.softmax.__defaults__; F.softmax.__defaults__ = (1, 2, 3)", "F.softmax.__defaults__ = old",
     "replaces the defaults of torch.nn.functional.softmax"),
    ("torch.Tensor.add = lambda *a: None", "del torch.Tensor.add", "replaces torch.Tensor.add"),
    ("old = torch.Tensor.__rsub__; del torch.Tensor.__rsub__", "torch.Tensor.__rsub__ = old",
     "removes torch.Tensor.__rsub__"),
    ("old = torch.nn.Linear.forward; torch.nn.Linear.forward = lambda *a: None", "torch.nn.Linear.forward = old",
     "replaces torch.nn.Linear.forward"),
    ("old = torch.optim.SGD.step; torch.optim.SGD.step = lambda *a: None", "torch.optim.SGD.step = old",
     "replaces torch.optim.SGD.step"),
    ("old = torch.nn.functional; torch.nn.functional = 1", "torch.nn.functional = old",
     "replaces torch.nn.functional"),
    ("old = sys.modules['torch']; sys.modules['torch'] = json", "sys.modules['torch'] = old",
     "replaces sys.modules.torch"),
    ("old = numpy.matmul; numpy.matmul = max", "numpy.matmul = old", "replaces numpy.matmul"),
    ("old = json.dumps; json.dumps = str", "json.dumps = old", "replaces json.dumps"),
    ("old = builtins.isinstance; builtins.isinstance = lambda *a: old(*a)", "builtins.isinstance = old",
     "replaces builtins.isinstance"),
    ("gate.isinstance = lambda *a: True", "del gate.isinstance", "replaces perfsuite.proving.gate.isinstance"),
    ("old = gate.match; gate.match = max", "gate.match = old", "replaces perfsuite.proving.gate.match"),
    ("old = turns.JUDGED; turns.JUDGED = 0", "turns.JUDGED = old", "replaces perfsuite.tasks.turns.JUDGED"),
    ("old = vars(clock.HostClock)['now']; clock.HostClock.now = max", "clock.HostClock.now = old",
     "replaces perfsuite.measuring.clock.HostClock.now"),
    ("old = time.perf_counter_ns; time.perf_counter_ns = max", "time.perf_counter_ns = old",
     "replaces time.perf_counter_ns"),
    ("loop = timing._loop(2); old = loop.__code__; loop.__code__ = timing._loop(3).__code__", "loop.__code__ = old",
     "replaces the code of the timing loop of 2 arguments"),
    ("old = timing._loop.__wrapped__.__code__; timing._loop.__wrapped__.__code__ = (lambda arity: max).__code__",
     "timing._loop.__wrapped__.__code__ = old", "replaces the code of perfsuite.measuring.timing._loop"),
    ("cell = surroundings.kept.__closure__[0]; old = cell.cell_contents; cell.cell_contents = max",
     "cell.cell_contents = old", "replaces what is enclosed by perfsuite.isolation.surroundings.kept"),
    ("context.CHANCE.randrange = lambda n: 0", "del context.CHANCE.randrange",
     "replaces perfsuite.workers.context.CHANCE.randrange"),
    ("old = answer.bound().copy; answer.bound().copy = max", "answer.bound().copy = old",
     "replaces perfsuite.proving.answer.bound().copy"),
    ("random.SystemRandom.sample = lambda *a: []", "del random.SystemRandom.sample",
     "replaces random.SystemRandom.sample"),
    ("old = torch.ops.aten.mm; torch.ops.aten.mm = max", "torch.ops.aten.mm = old", "replaces torch.ops.aten.mm"),
    ("old = torch.ops.aten.mm._op; torch.ops.aten.mm._op = max", "torch.ops.aten.mm._op = old",
     "replaces the kernels of torch.ops.aten.mm"),
    ("own = torch.library.Library('aten', 'IMPL'); own.impl('mm', lambda a, b: a, 'CPU')", "own._destroy()",
     "registers aten/mm for CPU"),
    *((f"old = {name}; builtins.{name} = lambda *_: 0", f"builtins.{name} = old", f"replaces builtins.{name}")
      for name in ("any", "len", "map", "zip", "sorted", "list", "getattr", "type", "vars", "sum", "set")),
    ("own = torch._C._dispatch_library('IMPL', 'aten', 'CPU', __file__, 1); own.impl('mm', 'CPU', lambda a, b: a)",
     "own.reset()", "registers another kernel of aten/mm"),
    ("old = torch.manual_seed; torch.manual_seed = lambda seed: old(seed)", "torch.manual_seed = old",
     "replaces torch.manual_seed"),
    ("import benchmarks.components.matmul.ladder as own",
     "[sys.modules.pop(name) for name in list(sys.modules) if name.startswith('benchmarks.components.matmul')]",
     "imports benchmarks.components.matmul.ladder"),
]  # fmt: skip
# What a sample's own time depends on is looked at after each.
OFTEN = ("torch.softmax", "perf_counter_ns", "HostClock.now", "gate.match", "Linear.forward", "builtins.isinstance")

SCRIPT = """
import builtins, json, random, sys, time, warnings
import numpy, torch
from torch.nn import functional as F
from perfsuite.proving import answer, gate
from perfsuite.isolation import bindings, surroundings
from perfsuite.measuring import clock, timing
from perfsuite.tasks import passes, turns
from perfsuite.workers import context

warnings.simplefilter("ignore")
__file__ = "here.py"
bound = bindings.taken()
told = [bound.changed(), bound.changed_often()]
space = dict(globals())
for do, undo in json.loads(sys.argv[1]):
    exec(do, space)
    told.append([bound.changed(), bound.changed_often()])
    exec(undo, space)
    told[-1].append(bound.changed())
json.dump(told, sys.stdout)
"""


def run(script: str, *arguments: str, where: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=where, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def told() -> list:
    return json.loads(run(SCRIPT, json.dumps([change[:2] for change in CHANGES])))


def test_where_nothing_was_rebound_nothing_is_told(told: list):
    assert told[:2] == [[], []]


@pytest.mark.parametrize("index", range(len(CHANGES)), ids=[change[2].replace(" ", "-") for change in CHANGES])
def test_what_is_rebound_is_named(told: list, index: int):
    changed, often, after = told[index + 2]
    assert CHANGES[index][2] in changed
    assert after == [], "put back, it is as it was"
    if CHANGES[index][2].endswith(OFTEN) and not CHANGES[index][2].startswith("replaces the"):
        assert CHANGES[index][2] in often


FIRST_USE = """
import sys, warnings
import numpy, torch
from perfsuite.isolation import bindings, compiling
from perfsuite.model.cell import Cell

warnings.simplefilter("ignore")
bound = bindings.taken()
before = torch.manual_seed, torch.optim.SGD.step, torch.compile
with compiling.watched(Cell.parse("matmul.ladder/mm/eager/cpu/8/1")):
    assert torch.compile is not before[2]
    torch.optim.SGD([torch.ones(1, requires_grad=True)]).step()
    torch.compile(lambda x: x + 1, backend="eager")(torch.ones(1))
    torch.func.vmap(torch.func.grad(lambda x: torch.nn.functional.huber_loss(x, x)))(torch.ones(2))
    print(*bound.changed_often(), *bound.changed())
assert torch.manual_seed is not before[0] and torch.optim.SGD.step is not before[1] and torch.compile is before[2]
print(*bound.changed_often(), *bound.changed())
torch.manual_seed = before[0]
print(*bound.changed())
torch.manual_seed = torch._dynamo.disable(before[0])
print(*bound.changed())
torch.softmax = torch._dynamo.disable(torch.softmax)
print(*bound.changed())
"""


def test_what_libraries_rebind_when_they_are_first_used_is_no_harm_and_is_held_to_from_then_on():
    assert run(FIRST_USE).splitlines() == [
        "",
        "",
        "replaces torch.manual_seed",
        "replaces torch.manual_seed",
        "replaces torch.manual_seed replaces torch.softmax",
    ]


NAMESPACE = """
import sys
sys.path.insert(0, sys.argv[1])
import torch, spaced
sys.modules["benchmarks.spaced"] = spaced
from perfsuite.isolation import bindings
bound, before = bindings.taken(), spaced.__path__._path
sys.path.append("/elsewhere")
assert list(spaced.__path__) and spaced.__path__._path is not before
print(*bound.changed())
"""


def test_a_folder_of_components_without_init_may_be_looked_up_again(tmp_path: Path):
    """Python does this whenever sys.path has changed, as torch.compile changes it."""
    (tmp_path / "spaced").mkdir()
    assert run(NAMESPACE, str(tmp_path)) == "\n"


CHECK = """
import json, sys
from pathlib import Path
where = Path(sys.argv[1])
sys.path.insert(0, str(where))
import numpy, torch
from perfsuite.isolation import bindings
from perfsuite.tasks import passes, turns
from perfsuite.model.cell import Cell
from perfsuite.workers.contents import Truths
from perfsuite.workers.referee import judged
from perfsuite.workers.context import WorkerContext
bindings.taken()
truths = Truths()
context = WorkerContext(where, where / "caches", lambda what, cell: None, lambda asked: judged(asked, truths), where)
cell = Cell("matmul.ladder", "mm", "eager", "cpu", "8", "1")
if sys.argv[2] == "check":
    answer = passes.check(context, cell, [3, 4])
else:
    plan = turns.Plan(launch=1, rounds=4, budget=1.0, target=1e-3, began=0.0, seeds=[3, 4])
    answer = next(iter(turns.interleave(context, [cell], plan).values()))
print(json.dumps([answer["status"], answer["reason"]]))
"""
SLOW = "    torch.softmax = lambda *a, **k: None\n"


@pytest.mark.parametrize(
    ("job", "where", "reason"),
    [
        ("check", "file", "importing impls/matmul/ladder.py replaces torch.softmax"),
        ("check", "call", "replaces torch.softmax"),
        ("time", "call", "replaces torch.softmax"),
    ],
)
def test_a_variant_that_rebinds_a_name_fails(tmp_path: Path, job: str, where: str, reason: str):
    mount.lay(IMPLS, tmp_path)
    file = tmp_path / "impls_x" / "matmul" / "ladder.py"
    body = SLOW.strip() if where == "file" else ""
    extra = f"def mm(a, b):\n{SLOW if where == 'call' else ''}    return a @ b\n"
    file.write_text(f"{file.read_text()}\n{body}\n{extra}")
    assert json.loads(run(CHECK, str(tmp_path), job, where=tmp_path)) == ["error", reason]
