"""A worker that was forked from another one, and not started."""

from __future__ import annotations

import os
import subprocess
import time


class Forked:
    """A process that another one forked and that became a child of this one, as :class:`subprocess.Popen` has it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended; ``None`` while it lives."""
        if self.returncode is None:
            self._end(os.WNOHANG)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not within ``timeout`` seconds.
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
        except ChildProcessError:  # it was waited for elsewhere
            pid, status = self.pid, 0
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)
