"""The parent's end of a worker: start it, give it a job, watch it, and leave nothing of it behind."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil

from benchmarks.catalogue import ROOT
from benchmarks.worker import BOARD, Board

PR_SET_CHILD_SUBREAPER = 36
POLL = 0.1  # seconds between two looks at a worker that is silent
START = 180.0  # seconds that importing torch may take
WORKERS: set[int] = set()  # that live now: what one leaves behind is none of the others
SETTINGS = {  # of every worker, before anything is imported
    "TORCHINDUCTOR_COMPILE_THREADS": "1",  # the compiler starts no processes
    "KINETO_LOG_LEVEL": "99",  # the profiler keeps quiet
    "HF_HUB_OFFLINE": "1",  # nothing is downloaded, whatever a variant asks for
    "TOKENIZERS_PARALLELISM": "false",  # one core, unless a variant says otherwise
}


class Fault(Exception):
    """A worker that did not answer: it crashed, or one step of it took too long."""

    def __init__(self, status: str, reason: str, cell: str, step: str = "") -> None:
        super().__init__(reason)
        self.status = status  # "crashed", "timeout" or "oom"
        self.reason = reason
        self.cell = cell  # what was running; "" if nothing of a cell
        self.step = step  # and which step of it


class Process:
    """One worker process. Use it as a context manager: at the end it is gone, with all that it started."""

    def __init__(
        self,
        mount: Path,
        scratch: Path,
        *,
        timeout: float,
        memory_limit: int = 0,
        variables: Mapping[str, str] = MappingProxyType({}),
        python: str = sys.executable,
    ) -> None:
        self.timeout = timeout  # seconds that one step may take
        self._adopt_orphans()
        self._before = {child.pid for child in psutil.Process().children()}
        board = scratch / "board"
        board.write_bytes(bytes(BOARD))
        self._board = Board(board)
        self._log = scratch / "worker.log"
        job_read, job_write = os.pipe()
        answer_read, answer_write = os.pipe()
        command = [python, "-P", str(ROOT / "benchmarks" / "worker.py"), "--mount", str(mount)]
        command += ["--caches", str(scratch / "caches"), "--board", str(board)]
        command += ["--pipes", str(job_read), str(answer_write), "--memory-limit", str(memory_limit)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(job_read, answer_write),
                env={**_environment(), **variables},
            )
        WORKERS.add(self._process.pid)
        os.close(job_read)
        os.close(answer_write)
        self._jobs = os.fdopen(job_write, "w", encoding="utf-8")
        self._answers = answer_read
        self._buffer = b""
        self._fresh = True

    def __enter__(self) -> Process:
        """The worker itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the worker and all that it started."""
        self.close()

    def ask(self, do: str, **arguments: Any) -> Any:
        """Give the worker a job and wait for its answer.

        Raises:
            Fault: it crashed, ran out of memory, or one step took longer than the time-out.
        """
        with contextlib.suppress(BrokenPipeError):  # a dead worker is noticed while waiting
            self._jobs.write(json.dumps({"do": do, **arguments}) + "\n")
            self._jobs.flush()
        answer = self._wait()
        self._fresh = False
        return json.loads(answer)

    def _wait(self) -> bytes:
        steps, since = self._board.read()[0], time.monotonic()
        while True:
            ready, _, _ = select.select([self._answers], [], [], POLL)
            if ready:
                chunk = os.read(self._answers, 1 << 20)
                self._buffer += chunk
                if b"\n" in self._buffer:
                    line, _, self._buffer = self._buffer.partition(b"\n")
                    return line
                if not chunk:  # the pipe is closed: the end is near, but a forked child may be what closed it
                    time.sleep(POLL)
            if (code := self._process.poll()) is not None:
                raise self._crash(code)
            count, what, cell = self._board.read()
            if count != steps:
                steps, since = count, time.monotonic()
            allowed = max(self.timeout, START) if self._fresh and not count else self.timeout
            if time.monotonic() - since > allowed:
                self.close()
                raise Fault("timeout", f"{what or 'start'} took longer than {allowed:g} s", cell, what)

    def _crash(self, code: int) -> Fault:
        _, what, cell = self._board.read()
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        self.close()
        return Fault("crashed", f"{how} during {what or 'start'}{_last_words(self._log)}", cell, what)

    def strays(self) -> list[psutil.Process]:
        """Processes that were started by variants and are still there; Python's own service processes are not."""
        with contextlib.suppress(psutil.Error):
            found = self._orphans()
            found += psutil.Process(self._process.pid).children(recursive=True)
            return [child for child in found if not _is_service(child)]
        return []

    def close(self) -> None:
        """Stop the worker, and whatever it started, wherever that hides."""
        with contextlib.suppress(OSError):
            self._jobs.close()
        tree: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            tree = psutil.Process(self._process.pid).children(recursive=True)
        if self._process.poll() is None and not tree:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)  # the pipe is closed: an idle worker ends by itself
        if self._process.poll() is None:
            self._process.kill()
        _kill(tree)
        self._process.wait()
        for _ in range(50):  # orphans come to this process, and may have started others meanwhile
            left = self._orphans()
            if not left:
                break
            _kill([item for child in left for item in _family(child)])
        WORKERS.discard(self._process.pid)
        with contextlib.suppress(OSError):
            os.close(self._answers)
            self._answers = -1

    def _orphans(self) -> list[psutil.Process]:
        """What became a child of this process since the worker was started, and is no worker."""
        known = self._before | WORKERS | {self._process.pid}
        return [child for child in psutil.Process().children() if child.pid not in known]

    @staticmethod
    def _adopt_orphans() -> None:
        """Become the parent of what a dead worker leaves behind, so that it can be found (Linux)."""
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _environment() -> dict[str, str]:
    """The user's environment and what is set in every worker; bytecode is cached."""
    changed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**changed, **SETTINGS}


def _family(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return [process, *process.children(recursive=True)]
    return [process]


def _is_service(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        line = " ".join(process.cmdline())
        return "resource_tracker" in line or "forkserver" in line
    return True


def _kill(processes: Iterable[psutil.Process]) -> None:
    processes = list(processes)
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=2)


def _last_words(log: Path, most: int = 200) -> str:
    """The last line that a worker printed, made fit to print."""
    with contextlib.suppress(OSError):
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 4096))
            text = file.read().decode(errors="replace")
        lines = ["".join(c if c.isprintable() else " " for c in line).strip() for line in text.splitlines()]
        if lines := [line for line in lines if line]:
            return f"; last output: {lines[-1][:most]}"
    return ""
