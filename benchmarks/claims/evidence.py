"""The evidence that a run has for a claim: its records by cell, and the reason if a cell cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from perfsuite.model.cell import Cell
from perfsuite.model.estimates import Estimate
from perfsuite.model.record import Fact, Record, Run

UNTIMED = ("needs", "failed", "absent")


@dataclass(frozen=True)
class Answer:
    """The answer of the cells of one case to one question."""

    says: str  # "yes", "no", "undecided"; or why there is no time: "needs", "failed", "absent"
    figure: Estimate | None
    why: str  # "" for cells that were not selected

    @property
    def timed(self) -> bool:
        """Whether there is a figure, whether or not it decides the question."""
        return self.figure is not None


@dataclass(frozen=True)
class Evidence:
    """The records of a run, by cell."""

    records: Mapping[str, Record]
    devices: frozenset[str]  # those on which something ran, and the CPU
    cores: int  # 0 if unknown
    facts: Mapping[str, Fact]  # by sentence

    @classmethod
    def of(cls, run: Run) -> Evidence:
        """The evidence in ``run``."""
        devices = {"cpu", *(record.key.device for record in run.records if not _needs(record))}
        records = {record.cell: record for record in run.records}
        cores = run.machine.get("cores")
        facts = {fact.says: fact for fact in run.facts}
        return cls(records, frozenset(devices), cores if isinstance(cores, int) else 0, facts)

    def series(self, component: str, series: str) -> dict[int, str]:
        """The cases of a series by size, in ascending order."""
        records = [record for record in self.records.values() if record.series == series]
        cases = {record.size: record.key.case for record in records if record.key.component == component}
        return dict(sorted(cases.items()))

    def missing(self, cell: Cell) -> Answer | None:
        """Why ``cell`` cannot be used; ``None`` if it can."""
        record = self.records.get(str(cell))
        if record is None and cell.device not in self.devices:
            return Answer("needs", None, f"needs {cell.device}")
        if record is None:
            return Answer("absent", None, "")
        if _needs(record):
            return Answer("needs", None, record.reason)
        if record.status != "ok":
            says = "absent" if record.status == "skipped" else "failed"
            return Answer(says, None, f"{cell} is {record.status}: {record.reason}")
        return None


def _needs(record: Record) -> bool:
    return record.status == "skipped" and record.reason.startswith("needs ")


def pick(answers: Sequence[Answer], order: Sequence[str], end: Callable[..., Answer]) -> Answer:
    """The answer that comes first in ``order``. ``end`` picks the highest or the lowest figure among equals."""
    says = min((answer.says for answer in answers), key=order.index)
    return end(
        (answer for answer in answers if answer.says == says),
        key=lambda answer: answer.figure.value if answer.figure else 0.0,
    )
