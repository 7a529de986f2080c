"""Process state that a variant could leave changed, so that later samples are measured under other conditions.

There is one function per setting; to watch another setting, add one line. Runs in a worker; torch is imported inside
the functions. Reading everything takes a tenth of a millisecond, with cold caches more: too long after each sample.
"""

from __future__ import annotations

import builtins
import gc
import locale
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from perfsuite.host import precision
from perfsuite.isolation import forks
from perfsuite.model.printable import cut, visible

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]  # CPython: functions here call these, even if a builtin is replaced

State = Mapping[str, Any]
FILES = 64  # additional file descriptors that may stay open: libraries keep a few
# Variables that the worker sets for each compiled cell, or that a library sets itself on first use: torch's compiler,
# Triton, scikit-learn.
LIBRARIES = (
    "TORCHINDUCTOR_CACHE_DIR",
    "TRITON_CACHE_DIR",
    "TRITON_PTXAS_PATH",
    "_TORCHINDUCTOR_PYOBJECT_TENSOR_DATA_PTR",
    "KMP_INIT_AT_FORK",
)
USUAL_DEPTH = 1000  # torch's compiler raises the recursion limit permanently, so higher limits count as this


def read() -> State:
    """Every setting by name; an unreadable one gets a text that says so, because a variant may have caused that too."""
    found = {name: _tried(get) for name, get in {**_python(), **_system(), **_torch()}.items()}
    return {**found, **precision.read(), "files": files()}


def changed(before: State, after: State) -> list[str]:
    """The differences, one phrase each: ``grad mode from True to False``."""
    names = [name for name in before if name in after and before[name] != after[name]]
    told = [f"{name} {_phrase(before[name], after[name])}" for name in names if name != "files"]
    return [*told, *_files(before, after)]


def _files(before: State, after: State) -> Iterator[str]:
    """Open files, as counted by :func:`files`; a few more are allowed."""
    if after.get("files", 0) - before.get("files", 0) > FILES:
        yield f"open files from {before['files']} to {after['files']}"


def files() -> int:
    """How many file descriptors this process has open; 0 if the system does not report it."""
    try:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 (Path.iterdir would create a thousand paths)
    except OSError:
        return 0


def _tried(get: Callable[[], Any]) -> Any:
    try:
        return get()
    except Exception as problem:
        return f"unreadable ({type(problem).__name__})"


def _phrase(before: Any, after: Any) -> str:
    """``from A to B``; for mappings only the entries that differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        return ", ".join(f"{key} from {_short(before.get(key))} to {_short(after.get(key))}" for key in keys[:3])
    return f"from {_short(before)} to {_short(after)}"


def _short(value: Any) -> str:
    return cut(visible(str(value)), 60)


def _python() -> dict[str, Callable[[], Any]]:
    return {
        "garbage collection": gc.isenabled,
        "trace function": sys.gettrace,
        "profile function": sys.getprofile,
        "trace function of threads": threading.gettrace,
        "recursion limit": lambda: min(sys.getrecursionlimit(), USUAL_DEPTH),
        "switch interval": sys.getswitchinterval,
        "warnings as errors": lambda: any(rule[0] == "error" for rule in warnings.filters),
        "standard output": lambda: type(sys.stdout).__name__,
        "standard error": lambda: type(sys.stderr).__name__,
        "locale": lambda: locale.setlocale(locale.LC_ALL),
        "numpy's errors": lambda: sys.modules["numpy"].geterr() if "numpy" in sys.modules else {},
    }


def _system() -> dict[str, Callable[[], Any]]:
    return {
        "working directory": os.getcwd,
        "environment variable": _environment,
        "umask": _umask,
        "CPU affinity": lambda: sorted(os.sched_getaffinity(0)),
        "priority": lambda: os.getpriority(os.PRIO_PROCESS, 0),
        "resource limit": _limits,
        "processes forked by hand": forks.count,
        "signal handler": _handlers,
        "blocked signals": lambda: sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "timer": lambda: any(signal.getitimer(kind)[0] for kind in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL)),
    }


def _handlers() -> dict[str, Any]:
    """Without SIGCHLD, which DataLoader handles to notice when its processes die."""
    return {one.name: signal.getsignal(one) for one in signal.Signals if one != signal.SIGCHLD}


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in LIBRARIES}


def _umask() -> str:
    """It can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return f"{mask:03o}"


def _limits() -> dict[str, tuple[int, int]]:
    import resource

    names = [name for name in dir(resource) if name.startswith("RLIMIT_") and name != "RLIMIT_OFILE"]  # another NOFILE
    return {name: resource.getrlimit(getattr(resource, name)) for name in names}


def _torch() -> dict[str, Callable[[], Any]]:
    import torch

    cuda, cudnn = torch.backends.cuda, torch.backends.cudnn
    return {
        "threads": torch.get_num_threads,
        "default dtype": torch.get_default_dtype,
        "default device": lambda: str(torch.get_default_device()),
        "function modes entered": torch._C._len_torch_function_stack,
        "dispatch modes entered": torch._C._len_torch_dispatch_stack,
        "grad mode": torch.is_grad_enabled,
        "inference mode": torch.is_inference_mode_enabled,
        "anomaly detection": torch.is_anomaly_enabled,
        "autograd's threads": torch._C._is_multithreading_enabled,
        "saved tensors' hooks": lambda: torch._C._autograd._saved_tensors_hooks_is_enabled(),
        "autograd's profiler": lambda: torch._C._autograd._profiler_enabled(),
        "autocast": lambda: {kind: torch.is_autocast_enabled(kind) for kind in ("cpu", "cuda")},
        "autocast dtype": lambda: {kind: torch.get_autocast_dtype(kind) for kind in ("cpu", "cuda")},
        "deterministic": torch.are_deterministic_algorithms_enabled,
        "flush denormal": lambda: float(torch.full((1,), 1e-40, dtype=torch.float32, device="cpu") * 1.0) == 0.0,
        "oneDNN": lambda: torch._C._get_mkldnn_enabled(),
        "NNPACK": lambda: torch._C._get_nnpack_enabled(),
        "cudnn": lambda: {name: getattr(cudnn, name) for name in ("enabled", "benchmark", "deterministic")},
        "attention kernels": lambda: {
            name: getattr(cuda, f"{name}_sdp_enabled")() for name in ("flash", "mem_efficient", "math", "cudnn")
        },
        "reduced-precision reductions": lambda: (
            str(cuda.matmul.allow_fp16_reduced_precision_reduction),
            str(cuda.matmul.allow_bf16_reduced_precision_reduction),
        ),
        "opt_einsum": lambda: (torch.backends.opt_einsum.enabled, torch.backends.opt_einsum.strategy),
        "quantized engine": lambda: torch.backends.quantized.engine,
    }


# -- threads and children ---------------------------------------------------------------------------------------------


def threads() -> dict[int, int]:
    """Thread id -> nanoseconds that this thread of the process has run, or waited for a core.

    Empty if the system does not report them. The sum of both is the thread's demand, however busy the machine is.
    """
    found = {}
    for folder in Path("/proc/self/task").glob("[0-9]*"):
        try:
            ran, waited = (folder / "schedstat").read_text(encoding="ascii").split()[:2]
            found[int(folder.name)] = int(ran) + int(waited)
        except (OSError, ValueError):  # the thread has ended in the meantime
            continue
    return found
