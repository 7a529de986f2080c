"""A worker's life: it obeys jobs one at a time until its pipe closes, and may have itself forked.

It alone imports torch and the variants. Jobs and answers are JSON lines on two pipes, whose numbers a variant does not
reach by accident; an answer bears the token of its job.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from perfsuite.host import descriptors, precision
from perfsuite.isolation import bindings, forks
from perfsuite.measuring import yardstick
from perfsuite.project import mount
from perfsuite.proving import answer
from perfsuite.workers.board import QUESTION, Board
from perfsuite.workers.context import WorkerContext

PR_SET_PDEATHSIG = 1

Job = dict[str, Any]  # "do", "token", and what that takes
Jobs = Mapping[
    str, Callable[[Job, WorkerContext], Any]
]  # by what they are asked for; what they answer is of JSON's types


def main() -> None:
    """Obey the jobs that come in until the pipe closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mount", type=Path, required=True)
    parser.add_argument("--caches", type=Path, required=True)
    parser.add_argument("--board", type=Path, required=True)
    parser.add_argument("--pipes", type=int, nargs=2, required=True)
    parser.add_argument("--memory-limit", type=int, default=0)
    parser.add_argument("--forks", type=int, default=0)
    parser.add_argument("--jobs", default="perfsuite.tasks.jobs")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C ends
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # What a variant prints goes to the log; the pipes are out of its reach and not inherited by what it starts.
    read, write = (descriptors.out_of_reach(pipe) for pipe in options.pipes)

    os.environ["NUMBA_CACHE_DIR"] = str(options.caches / "numba")  # what one worker compiled the next need not

    gc.disable()  # nothing of what is imported is garbage: to look for some takes a tenth of the start
    import numpy  # noqa: F401  (its BLAS must be loaded before its threads can be limited)
    import torch

    table: Jobs = importlib.import_module(options.jobs).JOBS  # and with it all that runs beside a variant
    gc.freeze()  # what the imports left is not looked through again before every group of cells
    gc.enable()
    torch.set_num_threads(1)
    precision.full()
    forks.watch()
    answer.bound()
    yardstick.yardstick()
    bindings.taken()
    if options.memory_limit:
        _limit_memory(options.memory_limit)
    context = WorkerContext(options.mount, options.caches, Board(options.board).step, folder=Path(os.environ["TMPDIR"]))
    serve(
        read,
        write,
        context,
        table,
        socket.socket(fileno=descriptors.out_of_reach(options.forks)) if options.forks else None,
    )


def _limit_memory(size: int) -> None:
    """Let this process grow by ``size`` bytes and no more."""
    import resource

    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + size, used + size))


def serve(read: int, write: int, context: WorkerContext, table: Jobs, forks: socket.socket | None = None) -> None:
    """Obey the jobs that come in until the pipe closes; ``forks`` brings the pipes of workers to be forked."""
    jobs, owner = os.fdopen(read, "r", encoding="utf-8"), os.getpid()
    job: Job = {}

    def say(text: bytes) -> None:
        if os.getpid() != owner:  # native code of a variant forked, and the child came back from its call as well
            os._exit(1)
        _write_all(write, job["token"].encode() + b" " + text + b"\n")

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        say(QUESTION + json.dumps(question).encode())
        reply: dict[str, Any] = json.loads(next(jobs))
        return reply

    context.ask = ask
    for line in jobs:
        job = json.loads(line)
        if job["do"] == "fork":
            assert forks is not None
            say(json.dumps(_fork(job, context, table, forks, (read, write))).encode())
        else:
            context.package = job.get("package", mount.NAME)
            say(json.dumps(table[job["do"]](job, context)).encode())


def _fork(job: Job, context: WorkerContext, table: Jobs, forks: socket.socket, mine: Sequence[int]) -> int:
    """Fork a worker that is no child of this one, and return its number; in that worker it never returns.

    It becomes a child of whoever started this one, which takes in what loses its parent (Linux).
    """
    _, files, _, _ = socket.recv_fds(forks, 1, 3)
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        os.close(told)
        pid = os.fork()
        if pid:
            os.write(tell, str(pid).encode())
            os._exit(0)
        try:
            os.close(tell)
            forks.close()
            for descriptor in mine:
                os.close(descriptor)
            _become(job, context, table, files)
        finally:
            os._exit(1)
    os.close(tell)
    os.waitpid(child, 0)
    pid = int(os.read(told, 16))
    for descriptor in (told, *files):
        os.close(descriptor)
    return pid


def _become(job: Job, context: WorkerContext, table: Jobs, files: Sequence[int]) -> None:
    """Be a worker of its own: other pipes, another board, another folder."""
    read, write, log = files
    sys.stdout.flush()
    for standard in (1, 2):
        os.dup2(log, standard)
    os.close(log)
    while os.getppid() != job["owner"]:
        time.sleep(0.0005)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ["TMPDIR"] = tempfile.tempdir = job["temporary"]
    context.folder, context.step = Path(job["temporary"]), Board(Path(job["board"])).step
    serve(descriptors.out_of_reach(read), descriptors.out_of_reach(write), context, table)
    os._exit(0)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
