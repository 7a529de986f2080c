"""A launch of one variant that has a process to itself. Runs in a worker."""

from __future__ import annotations

import contextlib
import statistics
from functools import partial
from typing import Any

from perfsuite.isolation import surroundings
from perfsuite.model.cell import Cell
from perfsuite.model.record import to_json
from perfsuite.tasks import trial
from perfsuite.tasks.turns import Group, Plan
from perfsuite.workers.context import WorkerContext


class Alone:
    """One variant that has a process to itself; the others in its group have their own processes."""

    def __init__(self, context: WorkerContext, cell: Cell, plan: Plan) -> None:
        self._context, self._cell = context, cell
        context.trusted = not plan.recorded
        self._stack = contextlib.ExitStack()
        try:
            self._group = Group(context, cell, plan, self._stack)
            self._busy = cell.threads == "all" and not surroundings.idle()
            self._variant = self._group.begin(cell)
            self._verify = self._quiet()
        except BaseException:
            self._stack.close()
            raise

    @property
    def count(self) -> int:
        """How many samples are to be taken."""
        return self._variant.count

    def _quiet(self) -> surroundings.Verify:
        self._stack.enter_context(surroundings.undisturbed())
        self._stack.enter_context(surroundings.no_recompiles([self._cell]))
        return surroundings.watch(often=True)

    def sample(self, at: int) -> None:
        """Take one sample on content number ``at``."""
        self._group.fill(at)
        self._group.sample(self._variant, self._verify)

    def finish(self) -> dict[str, Any]:
        """The measurements, after a trial and calls on new contents; the process is not used for timing any more.

        A launch that is not recorded has no trial: what a variant does there gives it no number.

        Raises:
            Wrong: it answers repeated inputs from memory, or inspects its callers.
        """
        variant, group = self._variant, self._group
        if group.plan.recorded:
            seconds = statistics.median(batch.wall for batch in variant.batches)
            trial.audition(self._context, self._cell, variant.timed, seconds, partial(group.look, variant))
            if variant.calls > 1 or variant.count >= len(group.contents):
                trial.repeated(self._context, self._cell, variant.timed, group.inputs, group.contents[0], enough=0.0)
        self._stack.close()
        return {"launch": to_json(variant.launch(group.plan.launch, alone=True)), "contended": self._busy}
