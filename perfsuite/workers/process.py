"""The parent's side of a worker: start it, give it jobs, watch it, and clean up after it."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import psutil

from perfsuite.host import family, scratch, shared_memory
from perfsuite.model.fault import Fault
from perfsuite.model.printable import cut, visible
from perfsuite.project.settings import ENGINE
from perfsuite.workers.board import BOARD, QUESTION, Board, Step
from perfsuite.workers.forked import Forked
from perfsuite.workers.variables import inherited, share_headers

PR_SET_CHILD_SUBREAPER = 36
POLL = 0.1  # seconds between checks of a silent worker
START = 180.0  # seconds that importing torch may take
WORKERS: set[int] = set()  # ids of live workers, so that they are not mistaken for leftovers of one worker


Judge = Callable[[Mapping[str, Any]], dict[str, Any]]


class Verdict(NamedTuple):
    """The referee's verdict on one result."""

    cell: str
    wrong: str  # "" if it is right


class Process:
    """One worker process. Use it as a context manager: at the end it is stopped, with all processes that it started."""

    def __init__(
        self,
        mount: Path,
        folder: Path,
        *,
        timeout: float,
        memory_limit: int = 0,
        variables: Mapping[str, str] = MappingProxyType({}),
        python: str = sys.executable,
        judge: Judge | None = None,
        jobs: str = "perfsuite.tasks.jobs",
        forks: bool = False,
        origin: Process | None = None,
    ) -> None:
        self.timeout = timeout  # seconds that one step may take
        self._verdicts: list[Verdict] = []
        self._judge = judge
        self._adopt_orphans()
        self._before = {child.pid for child in psutil.Process().children()}
        self._temporary = scratch.Scratch()
        board = self._temporary.path / "board"
        board.write_bytes(bytes(BOARD))
        self._board = Board(board)
        self._socket: socket.socket | None = None
        job_read, job_write = os.pipe()
        answer_read, answer_write = os.pipe()
        command = [python, "-P", str(ENGINE / "workers" / "worker.py"), "--mount", str(mount)]
        command += ["--caches", str((folder / "caches").resolve()), "--board", str(board)]
        command += ["--pipes", str(job_read), str(answer_write), "--memory-limit", str(memory_limit), "--jobs", jobs]
        self._log = self._temporary.path / "worker.log"
        environment = {**inherited(), **variables, "TMPDIR": str(self._temporary.path)}
        handed_on = [job_read, answer_write]
        if forks:
            self._socket, theirs = socket.socketpair()
            handed_on.append(theirs.fileno())
            command += ["--forks", str(theirs.fileno())]
        try:
            share_headers(self._temporary.path / f"torchinductor_{environment['LOGNAME']}", folder / "caches")
            with self._log.open("ab") as log:
                if origin is not None:
                    self._process: subprocess.Popen[bytes] | Forked = origin.fork(
                        (job_read, answer_write, log.fileno()), board, self._temporary.path
                    )
                else:
                    self._process = subprocess.Popen(
                        command,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        pass_fds=handed_on,
                        env=environment,
                    )
        except BaseException:
            self._temporary.remove()
            raise
        if forks:
            theirs.close()
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
        """Stop the worker and all processes that it started."""
        self.close()

    def ask(self, do: str, **arguments: Any) -> Any:
        """Give the worker a job and wait for its answer; in the meantime it may ask for results to be judged.

        Raises:
            Fault: it crashed, ran out of memory, a step exceeded the time-out, or the answer was not written by it.
        """
        token = secrets.token_hex(8)
        self._tell({"do": do, "token": token, **arguments})
        while True:
            line = self._wait()
            self._fresh = False
            told, _, answer = line.partition(b" ")
            try:
                if told != token.encode():
                    raise ValueError
                found = json.loads(answer.removeprefix(QUESTION))
            except ValueError:
                raise self._unreadable(line) from None
            if not answer.startswith(QUESTION):
                return found
            self._tell(self._judged(found))

    def _tell(self, message: Mapping[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):  # a dead worker is noticed while waiting
            self._jobs.write(json.dumps(message) + "\n")
            self._jobs.flush()

    def _judged(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The referee's verdict on a variant's result, recorded here before the worker gets it."""
        if self._judge is None:
            raise RuntimeError("a worker without a referee cannot have results judged")
        told = self._judge(question)
        if "error" not in told and "state" not in question:
            self._verdicts.append(Verdict(question["cell"], told.get("wrong", "")))
        return told

    def _wait(self) -> bytes:
        seen, since = self._board.read().number, time.monotonic()
        while True:
            ready, _, _ = select.select([self._answers], [], [], POLL)
            if ready:
                chunk = os.read(self._answers, 1 << 20)
                self._buffer += chunk
                if b"\n" in self._buffer:
                    line, _, self._buffer = self._buffer.partition(b"\n")
                    return line
                if not chunk:  # the pipe is closed: the worker is ending, unless a variant closed the pipe
                    time.sleep(POLL)
            if (code := self._process.poll()) is not None:
                raise self._crash(code)
            step = self._board.read()
            if step.number != seen:
                seen, since = step.number, time.monotonic()
            allowed = max(self.timeout, START) if self._fresh and not step.number else self.timeout
            if time.monotonic() - since > allowed:
                raise self._late(step, allowed)

    def _late(self, step: Step, allowed: float) -> Fault:
        """The fault of a worker that exceeded the time-out; its state is read before it is killed."""
        reason = f"{step.what or 'start'} took longer than {allowed:g} s"
        with contextlib.suppress(psutil.Error):
            if psutil.Process(self._process.pid).status() == psutil.STATUS_STOPPED:
                reason += ": the process was stopped (SIGSTOP)"
        if shared_memory.full():
            reason += f": {shared_memory.advice()}"
        self.close()
        return Fault("timeout", reason, step.cell, step.what)

    def _crash(self, code: int) -> Fault:
        step = self._board.read()
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        reason = f"{how} during {step.what or 'start'}{_last_words(self._log, step.printed)}"
        self.close()
        return Fault("crashed", reason, step.cell, step.what)

    def _unreadable(self, line: bytes) -> Fault:
        step = self._board.read()
        self.close()
        text = cut(visible(line.decode(errors="replace")), 60)
        return Fault("error", f"something else than the worker wrote into its answers: {text}", step.cell, step.what)

    def fork(self, files: Sequence[int], board: Path, temporary: Path) -> Forked:
        """Fork a copy of this worker in its current state, which avoids repeating the imports.

        ``files`` are the descriptors for its jobs, its answers, and its output.
        """
        assert self._socket is not None, "this worker does not fork"
        socket.send_fds(self._socket, [b"f"], list(files))
        pid = self.ask("fork", board=str(board), temporary=str(temporary), owner=os.getpid())
        return Forked(pid)

    def verdicts(self) -> list[Verdict]:
        """The referee's verdicts since the last call of this method."""
        found, self._verdicts = self._verdicts, []
        return found

    def strays(self) -> list[psutil.Process]:
        """Processes that were started by variants and still exist, without Python's own service processes."""
        found = []
        for number in self._started():
            with contextlib.suppress(psutil.Error):
                child = psutil.Process(number)
                if not _is_service(child):
                    found.append(child)
        return found

    def dismiss(self) -> None:
        """Give no more jobs: an idle worker then ends by itself, while others are being closed."""
        with contextlib.suppress(OSError):
            self._jobs.close()

    def close(self) -> None:
        """Stop the worker and all processes that it started, including orphans."""
        self.dismiss()
        if self._process.poll() is None and not self._started():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)  # the pipe is closed: an idle worker ends by itself
        family.end(lambda: self._started() | ({self._process.pid} if self._process.poll() is None else set()))
        self._process.wait()
        family.bury(self._before | WORKERS)
        WORKERS.discard(self._process.pid)
        with contextlib.suppress(OSError):
            os.close(self._answers)
            self._answers = -1
        if self._socket is not None:
            self._socket.close()
        self._temporary.remove()

    def _started(self) -> set[int]:
        """Descendants of the worker, and new children of this process that are not workers.

        The latter are orphans: processes that outlived their parent.
        """
        table, known = family.parents(), self._before | WORKERS | {self._process.pid}
        adopted = {one for one, parent in table.items() if parent == os.getpid() and one not in known}
        return family.below([self._process.pid, *adopted], table) | adopted

    @staticmethod
    def _adopt_orphans() -> None:
        """Become the parent of orphans of a dead worker, so that they can be found (Linux)."""
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _is_service(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        line = " ".join(process.cmdline())
        return "resource_tracker" in line or "forkserver" in line
    return True


def _last_words(log: Path, since: int, most: int = 200) -> str:
    """The last line in a worker's log after the first ``since`` bytes, made safe to print."""
    with contextlib.suppress(OSError):
        with log.open("rb") as file:
            file.seek(max(since, log.stat().st_size - 4096))
            text = file.read().decode(errors="replace")
        lines = [visible(line.strip()) for line in text.splitlines()]
        if lines := [line for line in lines if line]:
            return f"; last output: {cut(lines[-1], most)}"
    return ""
