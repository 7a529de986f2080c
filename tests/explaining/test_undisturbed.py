"""Evidence does not change times: a process that was there while the passes ran is as fast as one that was not.

The comparison is that of `compare`: the same cell in turns in two processes, one number for each pair of them, roles
drawn at random, and the sequential test until it says that both are the same within 2 %.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from perfsuite.explaining import workers
from perfsuite.explaining.taking import Passes
from perfsuite.explaining.workers import Side, Workers
from perfsuite.model.cell import Cell
from perfsuite.pairing import apart, pair
from perfsuite.pairing.sequential import Judge, Rule
from perfsuite.project import catalogue, mount
from perfsuite.running.progress import Progress
from perfsuite.workers.process import Process

pytestmark = pytest.mark.long
CELL = "smallops.row_sum/torch_sum/eager/cpu/5000x10/1"
MOST = 60  # epochs
Disturb = Callable[[Passes, Process], None]


def elsewhere(passes: Passes, timed: Process) -> None:
    """All passes of an explanation, each in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        found = passes.take(1e-3, None, Path(folder))
    assert found.evidence.operators == 1, passes.missing


def within(passes: Passes, timed: Process) -> None:
    """What an explanation never does: watch every call of the process that is timed."""
    timed.ask("watched", cell=CELL)


@contextlib.contextmanager
def side() -> Iterator[Side]:
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        mount.lay(catalogue.IMPLS, where / "mount", mount.alone())
        yield Side("A", CELL, where / "mount", where)


def judged(disturb: Disturb) -> Judge:
    """Epochs until the same within 2 %, or slower, is certain."""
    judge, cell = Judge(Rule(1)), Cell.parse(CELL)
    with side() as one, Workers(300.0) as fresh:
        seeds = fresh.referee.seeds(cell.component, cell.case, 2)
        passes = Passes(one, fresh, Progress())
        while judge.finding.verdict == "UNDECIDED" and len(judge.xs) < MOST:
            with fresh.fresh(one) as there:
                there.ask("ready")
                disturb(passes, there)
                with fresh.fresh(one) as later:
                    later.ask("ready")
                    judge.add(_ratio(there, later, seeds))
    return judge


def _ratio(there: Process, later: Process, seeds: list[int]) -> float:
    """The log ratio of the time in the process that was there to that in the later one; which is BASE is drawn."""
    turned = bool(random.getrandbits(1))
    base, head = (there, later) if turned else (later, there)
    suffix = mount.alone()
    plan = pair.Plan((suffix, suffix), random.getrandbits(48), seeds, 3e-4, 0.3, ("ABBA", "BAAB"))
    answer = apart.measure(base, head, CELL, plan)
    assert answer["status"] == "ok", answer
    return -answer["x"] if turned else answer["x"]


def test_evidence_does_not_change_times():
    judge = judged(elsewhere)
    assert judge.finding.verdict == "SAME", judge.xs


def test_watching_the_timed_process_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workers, "JOBS", "disturbing")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # where the workers find it
    judge = judged(within)
    assert judge.finding.verdict == "SLOWER", judge.xs
