"""The first pass of a comparison: every cell is proved on both sides, and its operators and memory are counted."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perfsuite.judging import outlook
from perfsuite.judging.stage import SEEDS, Stage
from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.model.record import FAILED
from perfsuite.pairing.sequential import Rule
from perfsuite.pairing.workers import Workers
from perfsuite.project import catalogue
from perfsuite.workers.referee import vouched


class Apart(Exception):
    """Why the trees cannot share a process after all."""


class Proof:
    """The pass, and the side it is working on."""

    def __init__(self, stage: Stage, ahead: Callable[[], None], discard: Callable[[], None]) -> None:
        """``ahead`` starts the workers of the first epochs, which import torch meanwhile; ``discard`` stops them."""
        self._stage, self._ahead, self._discard = stage, ahead, discard
        self._found, self._options = stage.found, stage.options
        self._side = 0  # 0 is BASE
        self._files: dict[str, tuple[str, str]] = {}  # component -> verdict on all cells, if its file is at fault

    def prove(self) -> None:
        """Check every cell on both sides, and take its counts; a cell that runs on one side only is incomparable."""
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
                            break  # workers in which something failed are not used again
                    except Apart as problem:
                        self._stage.progress.note(f"each side in a process of its own: {problem}")
                        self._stage.lay_apart(str(problem))
                        self._discard()
                        waiting.insert(0, cell)
                        break
                    except Fault as fault:
                        side, verdict = ("HEAD", "ERROR") if self._side else ("BASE", "INCOMPARABLE")
                        self._proved(cell, verdict, f"{side} {fault.status}: {fault.reason}")
                        break
        if self._found.rule is None and (cells := self._found.comparable()):
            options = self._options
            together = max(len(cells), options.together)
            rule = Rule(together, options.alpha, options.delta, split=options.split)
            self._stage.journal.add("rule", rule=dataclasses.asdict(rule))

    def _prove(self, workers: Workers, name: str) -> bool:
        """Prove one cell on both sides; returns whether the workers can be used for another."""
        began = time.monotonic()
        cell = Cell.parse(name)
        paths = [Path(self._found.head[side]["path"]) for side in ("base", "head")]
        sides = [cell in set(catalogue.cells(catalogue.component(cell.component), path)) for path in paths]
        if not all(sides):
            self._proved(name, "INCOMPARABLE", f"only in {'BASE' if sides[0] else 'HEAD'}")
            return True
        registered = [catalogue.operators(cell.component, path) for path in paths]
        if not self._stage.apart and (both := set.intersection(*registered)):
            told = f"both register the operator {min(both)!r}: in one process they would call the same one"
            self._proved(name, "INCOMPARABLE", f"{told}; begin its name with __package__")
            return True
        if verdict := self._files.get(cell.component):
            self._proved(name, *verdict)
            return True
        answers: list[dict[str, Any]] = []
        for number, process in enumerate((workers.base, workers.head)):
            self._side, suffix = number, self._stage.sides(0)[number]
            answer = process.ask("check", cell=name, seeds=self._stage.seeds(name), side=suffix)
            answer = vouched(process.verdicts(), name, answer, SEEDS + 1)
            if answer["status"] not in FAILED and (strays := process.strays()):
                answer = {"status": "error", "reason": f"leaves {len(strays)} process(es) behind"}
            answers.append(answer)
        for process in {workers.base, workers.head}:
            if strange := process.ask("strangers", compiled=cell.compiles):
                self._stranger(strange[0])
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
        for number, side in enumerate(("base", "head")):
            if self._options.counts:
                self._side, suffix = number, self._stage.sides(0)[number]
                counts[side] = (
                    getattr(workers, side)
                    .ask(
                        "counts",
                        cell=name,
                        side=suffix,
                        seed=self._stage.seeds(name)[0],
                        instructions=self._options.instructions,
                    )
                    .get("counts", {})
                )
        self._proved(name, "", "", counts=counts, call=call, seconds=time.monotonic() - began)
        return True

    def _stranger(self, told: str) -> None:
        """What to do about a module that did not come from the commit's own tree.

        Raises:
            Apart: it asked for a package by its plain name, which each side can have in a process of its own.
            ValueError: it did so there too: what it would measure is not the commit.
        """
        if self._stage.apart:
            raise ValueError(f"{told}, and not from the tree that is compared: its time would be of other code")
        raise Apart(told)

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
