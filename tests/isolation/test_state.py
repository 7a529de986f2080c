"""Whatever a variant could leave changed is noticed and named: one process in which all is changed and put back."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from perfsuite.project.catalogue import ROOT

# (what is done, what undoes it, what must be told of it)
CHANGES = [
    ("torch.set_default_dtype(torch.float64)", "torch.set_default_dtype(torch.float32)", "default dtype from"),
    ("torch.set_default_device('meta')", "torch.set_default_device(None)", "default device from cpu to meta"),
    ("torch.set_grad_enabled(False)", "torch.set_grad_enabled(True)", "grad mode from True to False"),
    ("torch.set_num_threads(3)", "torch.set_num_threads(1)", "threads from 1 to 3"),
    ("mode = Through(); mode.__enter__()", "mode.__exit__(None, None, None)", "function modes entered from 0 to 1"),
    ("mode = Sees(); mode.__enter__()", "mode.__exit__(None, None, None)", "dispatch modes entered from 0 to 1"),
    ("g = torch.inference_mode(); g.__enter__()", "g.__exit__(None, None, None)", "inference mode from False to True"),
    ("g = torch.autocast('cpu'); g.__enter__()", "g.__exit__(None, None, None)", "autocast cpu from False to True"),
    ("torch.autograd.set_detect_anomaly(True)", "torch.autograd.set_detect_anomaly(False)", "anomaly detection from"),
    ("torch.backends.mkldnn.enabled = False", "torch.backends.mkldnn.enabled = True", "oneDNN from True to False"),
    ("torch.set_flush_denormal(True)", "torch.set_flush_denormal(False)", "flush denormal from False to True"),
    ("torch.backends.cudnn.benchmark = True", "torch.backends.cudnn.benchmark = False", "cudnn benchmark from False"),
    ("torch.backends.cudnn.conv.fp32_precision = 'tf32'", "precision.full()", "convolution precision from ieee"),
    ("torch.backends.cudnn.rnn.fp32_precision = 'tf32'", "precision.full()", "recurrent precision from ieee to tf32"),
    ("torch.backends.cudnn.allow_tf32 = True", "precision.full()", "cuDNN's allow_tf32 from False to True"),
    ("torch.set_float32_matmul_precision('medium')", "precision.full()", "matmul precision from highest to medium"),
    ("torch.backends.cuda.matmul.fp32_precision = 'tf32'", "precision.full()", "matrix product precision from ieee"),
    ("torch.backends.cuda.enable_math_sdp(False)", "torch.backends.cuda.enable_math_sdp(True)", "attention kernels"),
    ("gc.disable()", "gc.enable()", "garbage collection from True to False"),
    ("sys.settrace(lambda *_: None)", "sys.settrace(None)", "trace function from None"),
    ("sys.setprofile(lambda *_: None)", "sys.setprofile(None)", "profile function from None"),
    ("old = sys.getrecursionlimit(); sys.setrecursionlimit(500)", "sys.setrecursionlimit(old)", "recursion limit"),
    ("old = sys.stdout; sys.stdout = io.StringIO()", "sys.stdout = old", "standard output from"),
    ("warnings.simplefilter('error')", "warnings.resetwarnings()", "warnings as errors from False to True"),
    ("old = numpy.seterr(all='raise')", "numpy.seterr(**old)", "numpy's errors"),
    ("old = os.getcwd(); os.chdir('/')", "os.chdir(old)", "working directory from"),
    ("old = os.umask(0o027)", "os.umask(old)", "umask from"),
    ("os.environ['OMP_NUM_THREADS'] = '7'", "del os.environ['OMP_NUM_THREADS']", "OMP_NUM_THREADS from None to 7"),
    ("del os.environ['KNOWN']", "os.environ['KNOWN'] = 'yes'", "environment variable KNOWN from yes to None"),
    ("signal.signal(signal.SIGUSR1, signal.SIG_IGN)", "signal.signal(signal.SIGUSR1, signal.SIG_DFL)", "SIGUSR1 from"),
    ("signal.setitimer(signal.ITIMER_REAL, 60)", "signal.setitimer(signal.ITIMER_REAL, 0)", "timer from False to True"),
    ("signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])",
     "signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR2])", "blocked signals from"),
    ("old = resource.getrlimit(resource.RLIMIT_CORE); resource.setrlimit(resource.RLIMIT_CORE, (0, old[1]))",
     "resource.setrlimit(resource.RLIMIT_CORE, old)", "resource limit RLIMIT_CORE from"),
    ("kept = [open(os.devnull) for _ in range(100)]", "[one.close() for one in kept]", "open files from"),
]  # fmt: skip

SCRIPT = """
import gc, io, json, os, resource, signal, sys, warnings
import numpy, torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from perfsuite.host import precision
from perfsuite.isolation import state

class Through(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        return function(*args, **(kwargs or {}))

class Sees(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        return function(*args, **(kwargs or {}))

os.environ["KNOWN"] = "yes"
warnings.resetwarnings()
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
torch.set_num_threads(1)
precision.full()
before = state.read()
told = [state.changed(before, state.read())]
space = dict(globals())
for do, undo in json.loads(sys.argv[1]):
    exec(do, space)
    after = state.read()
    exec(undo, space)
    told.append([state.changed(before, after), state.changed(before, state.read())])
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told() -> list:
    changes = json.dumps([change[:2] for change in CHANGES])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, changes], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_where_nothing_was_changed_nothing_is_told(told: list):
    assert told[0] == []


@pytest.mark.parametrize("index", range(len(CHANGES)), ids=[change[2].replace(" ", "-") for change in CHANGES])
def test_a_setting_that_is_left_changed_is_named(told: list, index: int):
    changed, after = told[index + 1]
    assert any(CHANGES[index][2] in phrase for phrase in changed), changed
    assert after == [], "put back, it is as it was"


@pytest.mark.skipif(not hasattr(__import__("os"), "sched_setaffinity"), reason="needs CPU affinity")
def test_what_cannot_be_put_back_is_named_too():
    script = (
        "import os, torch\n"
        "from perfsuite.isolation import state\n"
        "before = state.read()\n"
        "os.nice(3)\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "print(*state.changed(before, state.read()), sep='\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    cores = len(__import__("os").sched_getaffinity(0))
    assert "priority from" in done.stdout
    assert ("CPU affinity from" in done.stdout) == (cores > 1)
