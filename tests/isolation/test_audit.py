"""Who looks at the frames of its callers, and whose work goes on after it has returned: small variants, real checks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from perfsuite.project import mount
from perfsuite.project.catalogue import IMPLS, ROOT

HEAD = """
import concurrent.futures, ctypes, gc, inspect, logging, sys, threading, traceback
from collections import namedtuple
from dataclasses import dataclass
from enum import Enum
from functools import partial
from operator import call
"""
FRAMES, OBJECTS, MEMORY = "the frames of its callers", "objects that it was not given", "memory by its address"
LOOKS = {  # a function's lines, and what must be told of it
    "sys._getframe(1)": f"{FRAMES}: sys._getframe in LINE",
    "list(map(sys._getframe, [1]))": f"{FRAMES}: sys._getframe in LINE",
    "partial(call, sys._getframe)(1)": f"{FRAMES}: sys._getframe in LINE",
    "inspect.currentframe()": f"{FRAMES}: sys._getframe in LINE",
    "inspect.stack()": f"{FRAMES}: sys._getframe in LINE",
    "traceback.extract_stack()": f"{FRAMES}: sys._getframe in LINE",
    "logging.getLogger().findCaller(stacklevel=3)": f"{FRAMES}: sys._getframe in LINE",
    "exec(compile('import sys; sys._getframe(2)', sys.modules['json'].__file__, 'exec'), {'__name__': 'json'})":
        f"{FRAMES}: sys._getframe in LINE",
    "sys._current_frames()": f"{FRAMES}: sys._current_frames in LINE",
    "concurrent.futures.ThreadPoolExecutor(1).submit(sys._current_frames).result()":
        f"{FRAMES}: sys._current_frames in a thread of its own",
    "sys.settrace(sys.gettrace())": f"{FRAMES}: sys.settrace in LINE",
    "sys.setprofile(None)": f"{FRAMES}: sys.setprofile in LINE",
    "(_ for _ in ()).gi_frame": f"{FRAMES}: gi_frame in LINE",
    "caught().tb_frame": f"{FRAMES}: tb_frame in LINE",
    "gc.get_objects()": f"{OBJECTS}: gc.get_objects in LINE",
    "gc.get_referrers(1)": f"{OBJECTS}: gc.get_referrers in LINE",
    "gc.get_referents(vars(int))": f"{OBJECTS}: gc.get_referents in LINE",
    "ctypes.pythonapi.PyEval_GetFrame": f"{OBJECTS}: PyEval_GetFrame in LINE",
    "ctypes.py_object.from_address(id(1))": f"{MEMORY}: ctypes.cdata in LINE",
    "ctypes.string_at(id(1), 1)": f"{MEMORY}: ctypes.string_at in LINE",
    # What libraries do for themselves.
    "namedtuple('Pair', 'a b')": "",
    "Enum('Kind', 'a b')": "",
    "dataclass(type('One', (), {}))": "",
    "torch.manual_seed(1)": "",
    "torch.compile(lambda x: x + 1, backend='eager')(torch.ones(1))": "",
    "ctypes.CDLL(None).getpid()": "",
    "ctypes.c_char.from_buffer(bytearray(1))": "",
    "ctypes.c_char.from_buffer(bytearray(1)), ctypes.c_char.from_address(id(1))": f"{MEMORY}: ctypes.cdata in LINE",
    "threading.Thread(target=len, args=([],)).start()": "",
    "gc.collect()": "",
}  # fmt: skip
CAUGHT = """
def caught():
    try:
        1 / 0
    except ZeroDivisionError as problem:
        return problem.__traceback__
"""
SCRIPT = """
import json, sys
from pathlib import Path
where = Path(sys.argv[1])
sys.path.insert(0, str(where))
import torch
from perfsuite.isolation import audit
import impls_x.family.x as x
hook = audit.installed()
x.look_0()
told = []
for number in range(int(sys.argv[2])):
    with hook.armed([where / "impls_x"], "family.x") as seen:
        getattr(x, f"look_{number}")()
    told.append(list(dict.fromkeys(seen)))
x.look_0()
with hook.armed([where / "impls_x"], "timing.profilers") as seen:
    x.allowed()
    told.append(list(seen))
with hook.armed([where / "other"], "family.x") as seen:
    x.look_0()
    told.append(list(seen))
print(json.dumps(told))
"""


def run(script: str, *arguments: str, where: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", script, *arguments],
        cwd=where,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[list[str]]]:
    """The lines of the file of variants, and what was told of each."""
    where = tmp_path_factory.mktemp("mount")
    (where / "impls" / "family").mkdir(parents=True)
    (where / "impls" / "__init__.py").touch()
    (where / "impls" / "family" / "__init__.py").touch()
    text = f"{HEAD}import torch\n{CAUGHT}"
    for number, line in enumerate(LOOKS):
        text += f"def look_{number}():\n    {line}\n"
    text += "def allowed():\n    sys.settrace(None)\n    sys._current_frames()\n"
    (where / "impls" / "family" / "x.py").write_text(text)
    mount.lay(where / "impls", where / "mount")
    return text.splitlines(), json.loads(run(SCRIPT, str(where / "mount"), str(len(LOOKS)), where=where))


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_is_told_with_its_line_and_a_librarys_own_is_not(told, look: str):
    lines, seen = told
    line = f"impls/family/x.py, line {lines.index('    ' + look) + 1}"
    wanted = LOOKS[look].replace("LINE", line)
    found = seen[list(LOOKS).index(look)]
    assert (f"looks at {wanted}" in found) if wanted else not found, found


def test_what_a_component_is_about_is_allowed_and_nobody_elses_tree_is_watched(told):
    _, seen = told
    assert seen[-2:] == [[], []]


CHECK = """
import os, sys
from pathlib import Path
where = Path(sys.argv[1])
sys.path.insert(0, str(where))
import numpy, torch
from perfsuite.isolation import bindings
from perfsuite.tasks import passes
from perfsuite.model.cell import Cell
from perfsuite.workers.contents import Truths
from perfsuite.workers.referee import judged
from perfsuite.workers.context import WorkerContext
bindings.taken()
torch.set_num_threads(1)
truths = Truths()
context = WorkerContext(where, where / "caches", lambda what, cell: None, lambda asked: judged(asked, truths), where)
for name in sys.argv[2:]:
    answer = passes.check(context, Cell("matmul.ladder", name, "eager", "cpu", "64", "1"), [3, 4])
    print(answer["status"], answer["reason"], flush=True)
os._exit(0)  # threads are at work
"""
VARIANTS = """
import sys, threading, time
from queue import SimpleQueue
_WORK = SimpleQueue()

def _worker():
    while True:
        _WORK.get()()

def mm(a, b):
    sys._getframe(1)
    return a @ b

def mm_out(a, b):
    mm_out.calls += 1
    return a @ b if mm_out.calls <= 4 else torch.zeros(len(a), b.shape[1])

mm_out.calls = 0

def matmul(a, b):
    out = a @ b
    if not _worker.__dict__:
        _worker.started = threading.Thread(target=_worker, daemon=True).start()
    _WORK.put(lambda: [a @ b for _ in range(2000)])
    return out

def addmm(a, b):
    out = torch.empty(len(a), b.shape[1])
    if not _worker.__dict__:
        _worker.started = threading.Thread(target=_worker, daemon=True).start()
    _WORK.put(lambda: [torch.mm(a, b, out=out) for _ in range(200)])
    return out
"""


def test_a_check_tells_of_looks_of_lies_to_who_times_it_and_of_work_that_goes_on(tmp_path: Path):
    mount.lay(IMPLS, tmp_path)
    file = tmp_path / "impls_x" / "matmul" / "ladder.py"
    text = f"{file.read_text()}\n{VARIANTS}"
    file.write_text(text)
    line = text[: text.rindex("sys._getframe(1)")].count("\n") + 1
    told = run(CHECK, str(tmp_path), "einsum", "mm", "mm_out", "matmul", "addmm", where=tmp_path)
    honest, look, lie, later, never = told.splitlines()
    assert look == f"wrong looks at the frames of its callers: sys._getframe in impls/matmul/ladder.py, line {line}"
    assert lie.startswith("wrong ") and "outside the tolerance" in lie, (
        "a first call and three of the proof, then it is timed"
    )
    assert later.startswith("wrong its work goes on after it has returned: ")
    assert never.startswith("wrong ")
    assert honest == "ok "
