"""The exception for a worker that does not answer."""

from __future__ import annotations


class Fault(Exception):
    """A worker that did not answer: it crashed, or one step of it took too long."""

    def __init__(self, status: str, reason: str, cell: str, step: str = "") -> None:
        super().__init__(reason)
        self.status = status  # "crashed", "timeout", "oom", or "error" if its answer cannot be read
        self.reason = reason
        self.cell = cell  # the cell that was running; "" if none
        self.step = step  # the step of it that was running
