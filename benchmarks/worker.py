"""The process that runs variants: it is given a mounted tree and obeys small jobs, one at a time.

It alone imports torch and the contestants. Jobs and answers are JSON lines on two pipes, whose numbers a variant does
not reach by accident; an answer bears the token of its job. A board in shared memory says at every moment what is
running, so that the parent can name the culprit of a crash or a hang without being woken.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import mmap
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

QUESTION = b"?"  # what an answer begins with that is none yet: something is to be judged first
BOARD = 1024  # bytes: a counter of the steps begun, where the log stood then, and the running one's text
PR_SET_PDEATHSIG = 1


class Board:
    """What a worker is doing, readable from outside at any moment."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), BOARD)
        self._owner = os.getpid()

    def step(self, what: str, cell: str = "") -> None:
        """Begin a step; its time allowance begins anew, and what is printed from now on is its own.

        A process that a variant forked has no say.
        """
        if os.getpid() != self._owner:
            return
        text = f"{what}\n{cell}".encode(errors="replace")[: BOARD - 17]
        count = int.from_bytes(self._map[:8], "little") + 1
        self._map[8:16] = _printed().to_bytes(8, "little")
        self._map[16 : 17 + len(text)] = text + b"\0"
        self._map[:8] = count.to_bytes(8, "little")

    def read(self) -> Step:
        """The step that is running."""
        text = self._map[16:].split(b"\0", 1)[0].decode(errors="replace")
        what, _, cell = text.partition("\n")
        count, printed = (int.from_bytes(self._map[at : at + 8], "little") for at in (0, 8))
        return Step(count, what, cell, printed)


class Step(NamedTuple):
    """One step of a worker's work."""

    number: int  # how many were begun
    what: str
    cell: str  # "" if nothing of a cell is running
    printed: int  # bytes in the worker's log when it began


def _printed() -> int:
    """Bytes in the log so far, what Python held back included; 0 if a variant closed it."""
    try:
        sys.stdout.flush()
        return os.fstat(1).st_size
    except (OSError, ValueError, AttributeError):
        return 0


def obey(job: dict[str, Any], site: Any) -> Any:
    """Do one job and return its answer, in JSON's types."""
    from benchmarks import mount, passes, turns
    from benchmarks.cell import Cell

    site.package = job.get("package", mount.NAME)
    match job["do"]:
        case "ready":
            return None
        case "environment":
            from benchmarks.machine import environment

            return environment()
        case "facts":
            from benchmarks.facts import look
            from benchmarks.record import to_json

            site.step("facts")
            return to_json(look())
        case "limits":
            from benchmarks import limits
            from benchmarks.record import to_json

            site.step("limits")
            roofs = limits.probe(job["threads"], seconds=job["seconds"], names=job["names"], device=job["device"])
            return to_json(roofs)
        case "accuracy":
            from benchmarks import accuracy

            site.step("accuracy")
            return accuracy.measure()
        case "judge":
            from benchmarks.referee import Truths, judged

            site.step("reference")
            site.truths = site.truths or Truths()
            return judged(job["question"], site.truths)
        case "seeds":
            from benchmarks.referee import seeds

            site.step("seeds")
            return seeds(*job["arguments"])
        case "check":
            return passes.check(site, Cell.parse(job["cell"]), job["seeds"], job.get("cost", False))
        case "time":
            return turns.interleave(site, [Cell.parse(cell) for cell in job["cells"]], turns.Plan(**job["plan"]))
        case "counts":
            return passes.counts(site, Cell.parse(job["cell"]), job["seed"], job["instructions"])
        case "pair":
            from benchmarks.compare import pair

            return pair.measure(site, Cell.parse(job["cell"]), pair.Plan(**job["plan"]))
        case "alone" | "sample" | "finish":
            return _alone(job, site)
        case "load":
            return site.load(Cell.parse(job["cell"]), job["seeds"])
        case "import":
            return site.warm(job["modules"], job["compiler"])
        case "hold" | "quiet" | "fill" | "batch" | "release":
            return _turn(job, site)
        case "trace":
            return passes.trace(site, Cell.parse(job["cell"]), job["seed"], Path(job["folder"]))
    raise ValueError(f"no such job: {job['do']!r}")


def _alone(job: dict[str, Any], site: Any) -> dict[str, Any]:
    """One step of a cell that is timed in this process alone."""
    from benchmarks import turns
    from benchmarks.cell import Cell
    from benchmarks.site import attempt

    def take() -> dict[str, Any]:
        match job["do"]:
            case "alone":
                site.held = turns.Alone(site, Cell.parse(job["cell"]), turns.Plan(**job["plan"]))
                return {"count": site.held.count}
            case "sample":
                site.held.sample(job["at"])
            case "finish":
                return site.held.finish()  # type: ignore[no-any-return]
        return {}

    return attempt(take)


def _turn(job: dict[str, Any], site: Any) -> dict[str, Any]:
    """One turn of a cell whose other arm is in another process."""
    from benchmarks.cell import Cell
    from benchmarks.compare import pair
    from benchmarks.site import attempt

    def take() -> dict[str, Any]:
        match job["do"]:
            case "hold":
                site.held = pair.Held(site, Cell.parse(job["cell"]), job["seeds"])
            case "quiet":
                site.held.quiet()
            case "batch":
                return {"wall": site.held.batch(job["calls"], job["judged"])}
            case "fill":
                site.held.fill(job["at"])
            case "release":
                site.held.release()
        return {}

    return attempt(take)


def _limit_memory(size: int) -> None:
    """Let this process grow by ``size`` bytes and no more."""
    import resource

    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + size, used + size))


def main() -> None:
    """Obey the jobs that come in until the pipe closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mount", type=Path, required=True)
    parser.add_argument("--caches", type=Path, required=True)
    parser.add_argument("--board", type=Path, required=True)
    parser.add_argument("--pipes", type=int, nargs=2, required=True)
    parser.add_argument("--memory-limit", type=int, default=0)
    parser.add_argument("--forks", type=int, default=0)
    options = parser.parse_args()
    from benchmarks import descriptors

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C ends
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    sys.path.insert(0, str(options.mount))
    # What a variant prints goes to the log; the pipes are out of its reach and not inherited by what it starts.
    read, write = (descriptors.out_of_reach(pipe) for pipe in options.pipes)

    os.environ["NUMBA_CACHE_DIR"] = str(options.caches / "numba")  # what one worker compiled the next need not

    gc.disable()  # nothing of what is imported is garbage: to look for some takes a tenth of the start
    import numpy  # noqa: F401  (its BLAS must be loaded before its threads can be limited)
    import torch

    from benchmarks import answer, bindings, forks, precision, yardstick
    from benchmarks.site import Site

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
    site = Site(options.mount, options.caches, Board(options.board).step, folder=Path(os.environ["TMPDIR"]))
    serve(read, write, site, socket.socket(fileno=descriptors.out_of_reach(options.forks)) if options.forks else None)


def serve(read: int, write: int, site: Any, forks: socket.socket | None = None) -> None:
    """Obey the jobs that come in until the pipe closes; ``forks`` brings the pipes of workers to be forked."""
    jobs, owner = os.fdopen(read, "r", encoding="utf-8"), os.getpid()
    job: dict[str, Any] = {}

    def say(text: bytes) -> None:
        if os.getpid() != owner:  # native code of a variant forked, and the child came back from its call as well
            os._exit(1)
        _write_all(write, job["token"].encode() + b" " + text + b"\n")

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        say(QUESTION + json.dumps(question).encode())
        reply: dict[str, Any] = json.loads(next(jobs))
        return reply

    site.ask = ask
    for line in jobs:
        job = json.loads(line)
        if job["do"] == "fork":
            assert forks is not None
            say(json.dumps(_fork(job, site, forks, (read, write))).encode())
        else:
            say(json.dumps(obey(job, site)).encode())


def _fork(job: dict[str, Any], site: Any, forks: socket.socket, mine: Sequence[int]) -> int:
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
            _become(job, site, files)
        finally:
            os._exit(1)
    os.close(tell)
    os.waitpid(child, 0)
    pid = int(os.read(told, 16))
    for descriptor in (told, *files):
        os.close(descriptor)
    return pid


def _become(job: dict[str, Any], site: Any, files: Sequence[int]) -> None:
    """Be a worker of its own: other pipes, another board, another folder."""
    from benchmarks import descriptors

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
    site.folder, site.step = Path(job["temporary"]), Board(Path(job["board"])).step
    serve(descriptors.out_of_reach(read), descriptors.out_of_reach(write), site)
    os._exit(0)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    # Run by path: whatever `benchmarks` the interpreter would find otherwise, the mounted one is meant.
    sys.path.insert(0, sys.argv[sys.argv.index("--mount") + 1])
    from benchmarks.worker import main as mounted

    mounted()
