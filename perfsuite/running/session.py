"""One run: the passes in order, each in its own workers, whatever the variants do to them.

limits and check, with memory and operators -> six launches of timing -> the parts of unexplained times again -> first
calls of compiled cells -> trace. A fault costs only the cell that was running; the others continue in a fresh worker.
Every result is written to the journal at once.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from perfsuite.host import commits, machine
from perfsuite.model.record import Run, to_json
from perfsuite.model.shard import Shard
from perfsuite.project import catalogue
from perfsuite.records.folding import fold
from perfsuite.records.journal import Journal, begin
from perfsuite.records.options import Options
from perfsuite.running import checks, counting, first_calls, launching, profiling
from perfsuite.running.context import Context
from perfsuite.running.progress import Progress


def start(options: Options, results: Path, tree: Path = catalogue.IMPLS, shard: Shard | None = None) -> Journal:
    """Open the journal of a new run of ``options`` on ``tree``, or of one ``shard`` of a run."""
    facts = machine.machine()
    commit, dirty = commits.commit(catalogue.ROOT)
    return begin(
        results,
        options,
        {
            "machine": facts,
            "machine_class": machine.machine_class(facts),
            "commit": commit,
            "dirty": dirty,
            "tree": catalogue.tree_hash(tree),
            **({"shard": to_json(shard)} if shard else {}),
        },
    )


def measure(journal: Journal, results: Path, tree: Path = catalogue.IMPLS, progress: Progress | None = None) -> Run:
    """Do the remaining work of the journal's run, and fold it. Ctrl-C ends it early and keeps the results so far.

    Raises:
        ValueError: the tree of a resumed run has changed since the run began.
    """
    if catalogue.tree_hash(tree) != journal.found.head["tree"]:
        raise ValueError(f"{tree} has changed since run {journal.found.head['run']} began: start a new run")
    run = Context(journal, results, tree, progress)
    began = time.monotonic()
    ended = False
    try:
        checks.check(run)
        launching.measure(run)
        counting.count(run, tree)
        first_calls.measure(run)
        profiling.trace(run)
        ended = True
    except KeyboardInterrupt:
        run.progress.note(f"interrupted: what was measured is kept; `{catalogue.PROJECT.command} run --resume` goes on")
    finally:
        run.progress.end()
        run.close()
        with contextlib.suppress(OSError):  # on a full disk the error has been reported already
            secret = run.workers.referee.secret
            journal.add("sitting", seconds=time.monotonic() - began, ended=ended, secret=secret)
        journal.close()
    return fold(journal.found, tree)
