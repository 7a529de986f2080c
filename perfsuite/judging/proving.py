"""The first pass of a comparison: every cell is proved on both sides, and what it does is counted."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perfsuite.judging import outlook
from perfsuite.judging.opening import NAMES
from perfsuite.judging.stage import SEEDS, Stage
from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.model.record import FAILED
from perfsuite.pairing.sequential import Rule
from perfsuite.pairing.workers import Workers
from perfsuite.project import catalogue
from perfsuite.workers.referee import vouched


class Proof:
    """The pass, and which side it is at."""

    def __init__(self, stage: Stage, ahead: Callable[[], None]) -> None:
        """``ahead`` starts the workers of the first epochs, which import torch while these prove."""
        self._stage, self._ahead = stage, ahead
        self._found, self._options = stage.found, stage.options
        self._side = NAMES[0]
        self._files: dict[str, tuple[str, str]] = {}  # component -> the verdict on all, where its file is at fault

    def prove(self) -> None:
        """Check every cell on both sides, and count what it does; what runs on one side only is incomparable."""
        waiting = outlook.waiting(self._found)
        expected = outlook.proofs(self._found)
        self._stage.progress.plan("proof", {("proof", cell): seconds for cell, seconds in expected.items()})
        while waiting:
            with self._stage.workers(0, 0, {}) as workers:
                self._ahead()
                while waiting:
                    cell = waiting.pop(0)
                    self._stage.progress.step(f"proving {cell}", "proof" if cell in expected else "", cell)
                    try:
                        if not self._prove(workers, cell):
                            break  # nothing else is asked of workers in which something did not end well
                    except Fault as fault:
                        side, verdict = ("HEAD", "ERROR") if self._side == NAMES[1] else ("BASE", "INCOMPARABLE")
                        self._proved(cell, verdict, f"{side} {fault.status}: {fault.reason}")
                        break
        if self._found.rule is None and (cells := self._found.comparable()):
            options = self._options
            rule = Rule(len(cells), options.alpha, options.delta, split=options.split)
            self._stage.journal.add("rule", rule=dataclasses.asdict(rule))

    def _prove(self, workers: Workers, name: str) -> bool:
        """Prove one cell on both sides; whether the workers are fit for another."""
        began = time.monotonic()
        cell = Cell.parse(name)
        paths = [Path(self._found.head[side]["path"]) for side in ("base", "head")]
        sides = [cell in set(catalogue.cells(catalogue.component(cell.component), path)) for path in paths]
        if not all(sides):
            self._proved(name, "INCOMPARABLE", f"only in {'BASE' if sides[0] else 'HEAD'}")
            return True
        if both := set.intersection(*(catalogue.operators(cell.component, path) for path in paths)):
            told = f"both register the operator {min(both)!r}: in one process they would call the same one"
            self._proved(name, "INCOMPARABLE", f"{told}; begin its name with __package__")
            return True
        if verdict := self._files.get(cell.component):
            self._proved(name, *verdict)
            return True
        answers: list[dict[str, Any]] = []
        for package, process in zip(NAMES, (workers.base, workers.head), strict=True):
            self._side = package
            answer = process.ask("check", cell=name, seeds=self._stage.seeds(name), package=package)
            answer = vouched(process.verdicts(), name, answer, SEEDS + 1)
            if answer["status"] not in FAILED and (strays := process.strays()):
                answer = {"status": "error", "reason": f"leaves {len(strays)} process(es) behind"}
            answers.append(answer)
        if any(answer["status"] != "ok" for answer in answers):
            if any(answer.get("file") for answer in answers):
                self._files[cell.component] = _unfit(answers[0], answers[1])
            self._proved(name, *_unfit(answers[0], answers[1]), seconds=time.monotonic() - began)
            return not any(answer["status"] in FAILED for answer in answers)
        call = max(answer["proof"]["call"] for answer in answers)
        if call > self._options.longest:
            self._proved(name, "skipped", f"takes {call:.2g} s a call; above --longest {self._options.longest:g}")
            return True
        counts = {}
        for package, side in zip(NAMES, ("base", "head"), strict=True):
            if self._options.counts:
                self._side = package
                counts[side] = (
                    getattr(workers, side)
                    .ask(
                        "counts",
                        cell=name,
                        package=package,
                        seed=self._stage.seeds(name)[0],
                        instructions=self._options.instructions,
                    )
                    .get("counts", {})
                )
        self._proved(name, "", "", counts=counts, call=call, seconds=time.monotonic() - began)
        return True

    def _proved(self, cell: str, verdict: str, reason: str, **values: Any) -> None:
        self._stage.journal.add("proof", cell=cell, verdict=verdict, reason=reason, **values)


def _unfit(base: dict[str, Any], head: dict[str, Any]) -> tuple[str, str]:
    """The verdict on a cell that does not pass its proof on both sides."""
    if base["status"] == head["status"] == "skipped":
        return "skipped", head["reason"]
    if head["status"] not in ("ok", "skipped"):
        also = "" if base["status"] == "ok" else f"; BASE {base['status']} too"
        return "ERROR", f"HEAD {head['status']}: {head['reason']}{also}"
    side, answer = ("BASE", base) if base["status"] != "ok" else ("HEAD", head)
    return "INCOMPARABLE", f"{side} {answer['status']}: {answer['reason']}"
