"""A worker that was forked from another worker instead of being started."""

from __future__ import annotations

import os
import subprocess
import time


class Forked:
    """A process forked by another one and adopted by this one, with the interface of :class:`subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code; ``None`` while it is running."""
        if self.returncode is None:
            self._end(os.WNOHANG)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended.

        Raises:
            subprocess.TimeoutExpired: it is still running after ``timeout`` seconds.
        """
        end = time.monotonic() + (timeout or 0.0)
        while self.poll() is None:
            if timeout is None:
                self._end(0)
            elif time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            else:
                time.sleep(0.001)
        assert self.returncode is not None
        return self.returncode

    def _end(self, how: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, how)
        except ChildProcessError:  # it was reaped elsewhere
            pid, status = self.pid, 0
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)
