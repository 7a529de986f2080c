"""Training steps under a profiler: ``x`` (steps, batch, 784), ``y`` (steps, batch), ``start`` ``[w1, b1, w2, b2]``.

Each variant makes the steps of a network with one hidden layer, cross entropy and rate 0.1, and returns the four new
parameters as a list. What it takes longer than ``bare`` is the cost of being watched.
"""

import cProfile
import pstats
import sys
import tempfile
import tracemalloc
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread, get_ident

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile, record_function, schedule
from torch.utils.flop_counter import FlopCounterMode

from .._contract import needs

RATE = 0.1
Tensors = list[torch.Tensor]


def _step(parameters: Tensors, x: torch.Tensor, y: torch.Tensor) -> None:
    """One step, in place."""
    w1, b1, w2, b2 = leaves = [each.detach().requires_grad_() for each in parameters]
    hidden = torch.tanh(nn.functional.linear(x, w1, b1))
    loss = nn.functional.cross_entropy(nn.functional.linear(hidden, w2, b2), y)
    for parameter, slope in zip(parameters, torch.autograd.grad(loss, leaves), strict=True):
        parameter -= RATE * slope


def _trained(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    parameters = [each.clone() for each in start]
    for batch, labels in zip(x, y, strict=True):
        _step(parameters, batch, labels)
    return parameters


def _profile(x: torch.Tensor, **options: object) -> profile:
    """The profiler of torch: of the CPU, and of the GPU where the work is done there.

    Raises:
        RuntimeError: another one is running, whose events this one would take.
    """
    if torch.autograd._profiler_enabled():
        raise RuntimeError("another profiler is running: two of torch's would share their events")
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if x.is_cuda else [])]
    return profile(activities=activities, **options)


def torch_table(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """The profiler of torch, and its events added up by operator: the first table costs more than the profiling.

    TM-04.
    """
    with _profile(x) as seen:
        parameters = _trained(x, y, start)
    seen.key_averages().table(sort_by="self_cpu_time_total")
    return parameters


def flop_counter(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """Count the arithmetic of products and convolutions: a function in Python stands in each operator's way.

    TM-04.
    """
    with FlopCounterMode(display=False):
        return _trained(x, y, start)


def torch_stacks(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """The profiler of torch with Python's stacks: every call of a Python function becomes an event, too.

    TM-04.
    """
    with _profile(x, with_stack=True):
        return _trained(x, y, start)


def torch_shapes(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """The profiler of torch, which also notes the shapes of each operator's inputs.

    TM-04.
    """
    with _profile(x, record_shapes=True):
        return _trained(x, y, start)


def torch_trace(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """The profiler of torch, and its events written to a file as a trace.

    TM-04.
    """
    with _profile(x) as seen:
        parameters = _trained(x, y, start)
    with tempfile.TemporaryDirectory() as folder:
        seen.export_chrome_trace(str(Path(folder, "trace.json")))
    return parameters


def torch_memory(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """The profiler of torch, which also notes every block of memory taken and given back.

    TM-04.
    """
    with _profile(x, profile_memory=True):
        return _trained(x, y, start)


def torch_profiler(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """The profiler of torch: an event for each operator, and a fixed cost to start and to stop.

    TM-04.
    """
    with _profile(x):
        return _trained(x, y, start)


def torch_schedule(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """The profiler of torch for one step in ten: the others run almost free, but starting and stopping stay.

    TM-04.
    """
    parameters = [each.clone() for each in start]
    with _profile(x, schedule=schedule(wait=8, warmup=1, active=1)) as seen:
        for batch, labels in zip(x, y, strict=True):
            _step(parameters, batch, labels)
            seen.step()
    return parameters


def lines(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """Count the lines that Python executes: a function of ours is called for each of them.

    TM-04.
    """
    count: Counter[int] = Counter()

    def look(frame, event, _):
        count[frame.f_lineno] += event == "line"
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        return _trained(x, y, start)
    finally:
        sys.settrace(before)


def allocations(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """``tracemalloc``: where each Python object was made; of tensors it sees the handles, not the memory.

    TM-04.
    """
    with ExitStack() as stack:
        if not tracemalloc.is_tracing():
            tracemalloc.start()
            stack.callback(tracemalloc.stop)
        return _trained(x, y, start)


def functions(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """``cProfile``: each call of a function, Python's or C's, is timed; operators appear by their Python names.

    TM-04.
    """
    seen = cProfile.Profile()
    parameters = seen.runcall(_trained, x, y, start)
    pstats.Stats(seen)
    return parameters


def sampled(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """Another thread looks once in a millisecond which line is being executed: the work itself is left alone.

    TM-04. Programs that look from outside, like py-spy, take not even the lock of the interpreter.
    """
    watched, done, seen = get_ident(), Event(), Counter()

    def look() -> None:
        while not done.wait(0.001):
            frame = sys._current_frames()[watched]
            seen[frame.f_code.co_name, frame.f_lineno] += 1

    watcher = Thread(target=look)
    watcher.start()
    try:
        return _trained(x, y, start)
    finally:
        done.set()
        watcher.join()


@needs("cuda")
def memory_history(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """The allocator of the GPU notes each block with the lines of Python that asked for it.

    TM-04. With those of C++ too, which is the default, each library gets a process that knows its symbols, and stays.
    """
    torch.cuda.memory._record_memory_history(max_entries=100_000, stacks="python")
    try:
        parameters = _trained(x, y, start)
        torch.cuda.memory._snapshot()
        return parameters
    finally:
        torch.cuda.memory._record_memory_history(enabled=None)


@needs("cuda")
def nvtx(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """A name around each step for a profiler of the GPU that may be attached; none is.

    TM-04.
    """
    parameters = [each.clone() for each in start]
    for batch, labels in zip(x, y, strict=True):
        with torch.cuda.nvtx.range("step"):
            _step(parameters, batch, labels)
    return parameters


def labelled(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """``record_function`` around each step, and no profiler that would note it: labels may stay in the code.

    TM-04.
    """
    parameters = [each.clone() for each in start]
    for batch, labels in zip(x, y, strict=True):
        with record_function("step"):
            _step(parameters, batch, labels)
    return parameters


def bare(x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    """The steps, unwatched.

    TM-04.
    """
    return _trained(x, y, start)
