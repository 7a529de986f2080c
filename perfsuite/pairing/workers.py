"""The worker processes of one epoch: one for both trees, or one for each if their packages differ."""

from __future__ import annotations

import dataclasses
from typing import Any

import psutil

from perfsuite.pairing import apart, pair
from perfsuite.workers.process import Process
from perfsuite.workers.referee import vouched


class Workers:
    """The process of each side: one for both, unless their packages differ."""

    def __init__(self, base: Process, head: Process) -> None:
        self.base = base
        self.head = head

    def __enter__(self) -> Workers:
        """The workers themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them."""
        self.close()

    def close(self) -> None:
        """Stop them and every process that they started."""
        self.base.close()
        if self.apart:
            self.head.close()

    @property
    def apart(self) -> bool:
        """Whether each side has its own process."""
        return self.base is not self.head

    def ready(self) -> None:
        """Wait until torch is imported.

        Raises:
            Fault: the import failed.
        """
        for process in {self.base, self.head}:
            process.ask("ready")

    def strays(self) -> list[psutil.Process]:
        """The processes that variants started and left behind."""
        return [stray for process in {self.base, self.head} for stray in process.strays()]

    def compare(self, cell: str, plan: pair.Plan) -> dict[str, Any]:
        """Compare one cell: the result of ``pairing.pair``.

        Raises:
            Fault: a worker crashed, or one step took too long.
        """
        if self.apart:
            answer = apart.measure(self.base, self.head, cell, plan)
        else:
            answer = self.base.ask("pair", cell=cell, plan=dataclasses.asdict(plan))
        verdicts = [verdict for process in {self.base, self.head} for verdict in process.verdicts()]
        return vouched(verdicts, cell, answer, 2)
