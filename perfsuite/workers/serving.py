"""The main loop of a worker: it runs jobs one at a time until its pipe closes, and can fork itself on request.

Only workers import torch and the variants. Jobs and answers are JSON lines on two pipes, with descriptors that a
variant does not use by accident; an answer carries the token of its job.
"""

from __future__ import annotations

import argparse
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

from perfsuite.host import descriptors, precision, signals
from perfsuite.isolation import bindings, forks, private
from perfsuite.measuring import yardstick
from perfsuite.project import mount
from perfsuite.project.catalogue import PROJECT
from perfsuite.project.settings import SIDE
from perfsuite.proving import answer
from perfsuite.workers.board import QUESTION, Board
from perfsuite.workers.context import WorkerContext

Job = dict[str, Any]  # "do", "token", and the arguments of the job
Jobs = Mapping[str, Callable[[Job, WorkerContext], Any]]  # name of a job -> its function, which returns JSON types


def main() -> None:
    """Run jobs until the pipe closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mount", type=Path, required=True)
    parser.add_argument("--caches", type=Path, required=True)
    parser.add_argument("--board", type=Path, required=True)
    parser.add_argument("--pipes", type=int, nargs=2, required=True)
    parser.add_argument("--memory-limit", type=int, default=0)
    parser.add_argument("--forks", type=int, default=0)
    parser.add_argument("--jobs", default="perfsuite.tasks.jobs")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    signals.end_with_parent()
    # A variant's output goes to the log; the pipes are out of its reach and not inherited by its subprocesses.
    read, write = (descriptors.out_of_reach(pipe) for pipe in options.pipes)

    os.environ["NUMBA_CACHE_DIR"] = str(options.caches / "numba")  # shared, so that each function is compiled once

    gc.disable()  # imports create no garbage, and collecting takes a tenth of the start-up time
    import numpy  # noqa: F401  (its BLAS must be loaded before its threads can be limited)
    import torch

    table: Jobs = importlib.import_module(options.jobs).JOBS  # imports all code that runs in the variant's process
    gc.freeze()  # so that imported objects are not scanned before every group of cells
    gc.enable()
    torch.set_num_threads(1)
    precision.full()
    forks.watch()
    answer.bound()
    yardstick.yardstick()
    bindings.taken()
    if options.memory_limit:
        _limit_memory(options.memory_limit)
    if os.environ[SIDE]:
        private.refuse(PROJECT.measured)
    context = WorkerContext(options.mount, options.caches, Board(options.board).step, folder=Path(os.environ["TMPDIR"]))
    serve(
        read,
        write,
        context,
        table,
        socket.socket(fileno=descriptors.out_of_reach(options.forks)) if options.forks else None,
    )


def _limit_memory(size: int) -> None:
    """Let the memory of this process grow by at most ``size`` bytes."""
    import resource

    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + size, used + size))


def serve(read: int, write: int, context: WorkerContext, table: Jobs, forks: socket.socket | None = None) -> None:
    """Run jobs until the pipe closes; ``forks`` receives the pipes of workers to be forked."""
    jobs, owner = os.fdopen(read, "r", encoding="utf-8"), os.getpid()
    job: Job = {}

    def say(text: bytes) -> None:
        if os.getpid() != owner:  # native code of a variant forked, and the child returned from its call too
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
            context.side = job.get("side", mount.alone())
            say(json.dumps(table[job["do"]](job, context)).encode())


def _fork(job: Job, context: WorkerContext, table: Jobs, forks: socket.socket, mine: Sequence[int]) -> int:
    """Fork a worker that is not a child of this one, and return its process id; in the new worker this never returns.

    Its parent becomes the process that started this worker, because that process adopts orphans (Linux).
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
    """Become a separate worker with its own pipes, board and folder."""
    read, write, log = files
    sys.stdout.flush()
    for standard in (1, 2):
        os.dup2(log, standard)
    os.close(log)
    while os.getppid() != job["owner"]:
        time.sleep(0.0005)
    signals.end_with_parent()
    os.environ["TMPDIR"] = tempfile.tempdir = job["temporary"]
    context.folder, context.step = Path(job["temporary"]), Board(Path(job["board"])).step
    serve(descriptors.out_of_reach(read), descriptors.out_of_reach(write), context, table)
    os._exit(0)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
