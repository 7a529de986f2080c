"""Variants that misbehave in every known way; a run must lose only the culprit."""

import contextlib
import ctypes
import gc
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from queue import SimpleQueue

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from .. import _build
from .._contract import needs, prepared

CALLS: Counter[str] = Counter()
KEPT: list[object] = []
WORK: SimpleQueue = SimpleQueue()  # for a thread that continues after the call
BOMB = """
import mmap, os, time
begun = mmap.mmap(-1, 1)  # how many it has started, counted by all of them
while begun[0] < 40:  # a real one would not stop
    begun[0] += 1
    if os.fork() == 0:
        os.setsid()
time.sleep(60)
"""
CHECKED = 3500  # at least as many calls as a check makes; later calls are timed ones


def good(x: torch.Tensor) -> torch.Tensor:
    """The correct variant."""
    return x + 1


# -- ends in a wrong way ----------------------------------------------------------------------------------------------


def raises(x: torch.Tensor) -> torch.Tensor:
    """Raises."""
    raise RuntimeError("no luck today")


def raises_escapes(x: torch.Tensor) -> torch.Tensor:
    """Raises a message with terminal escapes and an unencodable character."""
    raise RuntimeError("\x1b[31mred\x07 and half a letter \udc80")


def garbage(x: torch.Tensor) -> torch.Tensor:
    """Returns a wrong result."""
    return torch.full_like(x, 7.0)


def hangs(x: torch.Tensor) -> torch.Tensor:
    """Never returns."""
    while True:
        time.sleep(1)


def stops(x: torch.Tensor) -> torch.Tensor:
    """Stops its process, as Ctrl-Z does."""
    os.kill(os.getpid(), signal.SIGSTOP)
    return x


def exits(x: torch.Tensor) -> torch.Tensor:
    """Ends the process without a message."""
    os._exit(7)


def leaves(x: torch.Tensor) -> torch.Tensor:
    """Ends the process with SystemExit."""
    raise SystemExit(5)


def segfaults(x: torch.Tensor) -> torch.Tensor:
    """Reads address zero."""
    ctypes.string_at(0)
    return x


def killed(x: torch.Tensor) -> torch.Tensor:
    """Is killed from outside."""
    os.kill(os.getpid(), signal.SIGKILL)
    return x


def allocates(x: torch.Tensor) -> torch.Tensor:
    """Asks for more memory than there is."""
    return torch.ones(1 << 40)[: x.numel()] + x


@needs("cc")
@prepared
def does_not_build(x: torch.Tensor):
    """Compiles invalid C."""
    source = Path(tempfile.mkdtemp(), "wrong.c")
    source.write_text("int answer(void) { return fortytwo; }\n")
    return lambda: _build.extension(source)


def loses_a_worker(x: torch.Tensor) -> torch.Tensor:
    """Reads through a DataLoader whose process is killed."""

    class Fatal(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: int) -> torch.Tensor:
            os.kill(os.getpid(), signal.SIGKILL)
            return x

    return next(iter(torch.utils.data.DataLoader(Fatal(), num_workers=1)))


# -- writes where it should not ---------------------------------------------------------------------------------------


def prints_binary(x: torch.Tensor) -> torch.Tensor:
    """Right, but noisy on both outputs."""
    os.write(1, bytes(range(256)) * 50)
    os.write(2, b'\xff\xfe{"do": "check"}\n' * 50)
    return x + 1


def writes_to_low_files(x: torch.Tensor) -> torch.Tensor:
    """Right, but writes to file descriptors that it did not open."""
    for number in range(3, 20):
        with contextlib.suppress(OSError):
            os.write(number, b"not json\n")
    return x + 1


def closes_low_files(x: torch.Tensor) -> torch.Tensor:
    """Right, but closes file descriptors that it did not open, as daemons do."""
    os.closerange(3, 256)
    return x + 1


def writes_to_every_pipe(x: torch.Tensor) -> torch.Tensor:
    """Right, but finds the pipes of others and writes to them."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if int(name) > 2 and os.readlink(f"/proc/self/fd/{name}").startswith("pipe:"):
                os.write(int(name), b"not json\n")
    return x + 1


# -- leaves something behind ------------------------------------------------------------------------------------------


def leaves_children(x: torch.Tensor) -> torch.Tensor:
    """Right, but starts a process in its own session and leaves it running."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # left-behind"], start_new_session=True)
    return x + 1


def forks_bomb(x: torch.Tensor) -> torch.Tensor:
    """Right, but starts a fork bomb, with each process in its own session."""
    CALLS["bomb"] += 1
    if CALLS["bomb"] == 1:
        subprocess.Popen([sys.executable, "-c", BOMB])
        time.sleep(0.5)  # until it has started
    return x + 1


def forks_and_returns(x: torch.Tensor) -> torch.Tensor:
    """Right, but forks, and the child returns from the call as well."""
    os.fork()
    return x + 1


def opens_files(x: torch.Tensor) -> torch.Tensor:
    """Opens files until there are no more."""
    while True:
        KEPT.append(Path(os.devnull).open())


def keeps_files(x: torch.Tensor) -> torch.Tensor:
    """Right, but leaves a few files open in every call."""
    KEPT.extend(Path(os.devnull).open() for _ in range(30))
    return x + 1


def spins(x: torch.Tensor) -> torch.Tensor:
    """Right, but leaves a thread running."""

    def turn() -> None:
        while True:
            pass

    if not CALLS["spins"]:
        threading.Thread(target=turn, daemon=True).start()
    CALLS["spins"] += 1
    return x + 1


# -- leaves global state changed --------------------------------------------------------------------------------------


def sets_dtype(x: torch.Tensor) -> torch.Tensor:
    """Right, but changes the default dtype."""
    torch.set_default_dtype(torch.float64)
    return x + 1


def sets_device(x: torch.Tensor) -> torch.Tensor:
    """Right, but sets the default device to meta."""
    torch.set_default_device("meta")
    return x + 1


def enters_function_mode(x: torch.Tensor) -> torch.Tensor:
    """Right, but leaves a mode active that intercepts every torch function."""

    class Through(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            return function(*args, **(kwargs or {}))

    Through().__enter__()
    return x + 1


def enters_dispatch_mode(x: torch.Tensor) -> torch.Tensor:
    """Right, but leaves a mode active that intercepts every operator."""

    class Through(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            return function(*args, **(kwargs or {}))

    y = x + 1
    Through().__enter__()
    return y


def detects_anomalies(x: torch.Tensor) -> torch.Tensor:
    """Right, but enables anomaly detection for everything from now on."""
    torch.autograd.set_detect_anomaly(True)
    return x + 1


def disables_onednn(x: torch.Tensor) -> torch.Tensor:
    """Right, but disables oneDNN from now on."""
    torch.backends.mkldnn.enabled = False
    return x + 1


def sets_precision(x: torch.Tensor) -> torch.Tensor:
    """Right, but lowers the precision of matrix products from now on, through the newer interface only."""
    torch.backends.cuda.matmul.fp32_precision = "tf32"
    return x + 1


def sets_affinity(x: torch.Tensor) -> torch.Tensor:
    """Right, but pins the process to one core from now on."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    return x + 1


def is_nice(x: torch.Tensor) -> torch.Tensor:
    """Right, but lowers the priority of the process from now on."""
    os.nice(5)
    return x + 1


def disables_gc(x: torch.Tensor) -> torch.Tensor:
    """Right, but disables garbage collection from now on."""
    gc.disable()
    return x + 1


def traces(x: torch.Tensor) -> torch.Tensor:
    """Right, but traces every line of Python from now on."""
    sys.settrace(lambda frame, event, argument: None)
    return x + 1


def profiles(x: torch.Tensor) -> torch.Tensor:
    """Right, but profiles every Python call from now on."""
    sys.setprofile(lambda frame, event, argument: None)
    return x + 1


def limits_files(x: torch.Tensor) -> torch.Tensor:
    """Right, but limits the number of open files from now on."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    return x + 1


def changes_folder(x: torch.Tensor) -> torch.Tensor:
    """Right, but changes the working directory from now on."""
    os.chdir("/")
    return x + 1


def sets_umask(x: torch.Tensor) -> torch.Tensor:
    """Right, but makes new files unreadable from now on."""
    os.umask(0o777)
    return x + 1


def sets_variable(x: torch.Tensor) -> torch.Tensor:
    """Right, but makes processes started from now on use eight threads."""
    os.environ["OMP_NUM_THREADS"] = "8"
    return x + 1


def sets_alarm(x: torch.Tensor) -> torch.Tensor:
    """Right, but sets an alarm that goes off while others run."""
    signal.setitimer(signal.ITIMER_REAL, 3.0)
    return x + 1


# -- deceives the timing ----------------------------------------------------------------------------------------------


def slows_others(x: torch.Tensor) -> torch.Tensor:
    """Right, but makes a torch function slower for all others from now on."""
    if "softmax" not in CALLS:
        CALLS["softmax"] += 1
        fast = torch.softmax
        torch.softmax = lambda *arguments, **options: (time.sleep(1e-4), fast(*arguments, **options))[1]
    return x + 1


def sets_clock(x: torch.Tensor) -> torch.Tensor:
    """Right, but makes the suite's clock run at half its speed from now on."""
    clock = sys.modules["perfsuite.measuring.clock"].HostClock
    clock.now = staticmethod(lambda: time.perf_counter_ns() // 2)
    return x + 1


def sees_its_callers(x: torch.Tensor) -> torch.Tensor:
    """Right, but does nothing if the timing loop is among its callers."""
    frame = sys._getframe(1)
    return x if frame.f_code.co_name == "loop" else x + 1


def works_on(x: torch.Tensor) -> torch.Tensor:
    """Right, but another thread keeps working after the call has returned."""
    if "works_on" not in CALLS:
        CALLS["works_on"] += 1
        threading.Thread(target=lambda: [WORK.get()() for _ in iter(int, 1)], daemon=True).start()
    WORK.put(lambda: [x + 1 for _ in range(1000)])
    return x + 1


# -- only while it is timed -------------------------------------------------------------------------------------------


def tires(x: torch.Tensor) -> torch.Tensor:
    """Right at first and wrong when warm."""
    CALLS["tires"] += 1
    return x + (1 if CALLS["tires"] < CHECKED else 2)


def dies_while_timed(x: torch.Tensor) -> torch.Tensor:
    """Right in the check, but ends the process while it is timed."""
    CALLS["dies"] += 1
    if CALLS["dies"] > CHECKED:
        os.kill(os.getpid(), signal.SIGSEGV)
    return x + 1


def changes_while_timed(x: torch.Tensor) -> torch.Tensor:
    """Right in the check, but turns off gradients for everything while it is timed."""
    CALLS["changes"] += 1
    if CALLS["changes"] == CHECKED:
        torch.set_grad_enabled(False)
    return x + 1


def forks_while_timed(x: torch.Tensor) -> torch.Tensor:
    """Right in the check, but starts a process and leaves it running while it is timed."""
    CALLS["forks"] += 1
    if CALLS["forks"] == CHECKED:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # left-behind"], start_new_session=True)
    return x + 1


# -- cannot run here --------------------------------------------------------------------------------------------------


@needs("a_module_that_nobody_has")
def needs_module(x: torch.Tensor) -> torch.Tensor:
    """Cannot run here, and its decorator says so."""
    return x + 1


def says_it_needs(x: torch.Tensor) -> torch.Tensor:
    """Cannot run here, and says so when called."""
    raise NotImplementedError("needs a quantum computer")


def not_implemented(x: torch.Tensor) -> torch.Tensor:
    """Raises the error that torch raises for missing kernels."""
    raise NotImplementedError("no kernel for this dtype")


@prepared
def also_good(x: torch.Tensor):
    """The last one, which runs although all the others failed before it."""
    out = torch.empty_like(x)
    return lambda: torch.add(x, 1, out=out)
